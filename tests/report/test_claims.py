"""Claims: which entry falls under which, what can fall under none, and that no key knows them."""

import math
import re
from dataclasses import replace
from functools import cache

import pandas as pd
import pytest
from pydantic import ValidationError

from bias_exp.config import ClaimConfig, Study
from bias_exp.errors import RequestError
from bias_exp.keys import cell_key, cells_of, wanted_specs
from bias_exp.report.claims import ENDPOINTS, EXPLORATORY, Claims, claim_of, claim_text, why_empty
from bias_exp.report.gaps import gaps
from bias_exp.report.layout import Table
from bias_exp.report.markdown import to_markdown
from bias_exp.report.page import make_page
from bias_exp.report.tables import make_tables
from bias_exp.studies import build_study
from tests.report.synthetic import make_cells, make_frames, small_frames, small_study

GAP = {"endpoint": "accuracy gap", "family": "main"}
NET = {"endpoint": "ablation net", "family": "main"}
DIFFERS = {"endpoint": "difference in accuracy", "family": "main"}
TABLE = {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["b"], "female_ratios": [0, 0.5]}}


def study(**claims: dict) -> Study:
    return small_study(claims=claims)


def test_an_entry_falls_under_the_claim_whose_columns_are_its_own() -> None:
    claims = Claims.of(study(half={**GAP, "between": {"female_ratio": 0.5, "loss": ["ce", "focal"]}}))
    row = {"measure": "accuracy gap", "head": "profession", "female_ratio": 0.5, "loss": "ce"}
    assert claim_of(row, claims) == "half"
    assert claim_of(row | {"head": ""}, claims) == "half"
    for other in ({"measure": "RMS TPR gap"}, {"head": "gender"}, {"female_ratio": 0.25}, {"loss": "bce"}):
        assert claim_of(row | other, claims) == EXPLORATORY
    assert claim_of({"measure": "accuracy gap", "loss": "ce"}, claims) == EXPLORATORY


@cache
def claimed_tables() -> dict[str, Table]:
    """Tables with one claim on each endpoint, all of one family, that names one value of every column it can name."""
    axes = {"backbones": ["net"], "female_ratios": [0.5], "losses": ["ce", "focal"], "seeds": [0]}
    values = {"backbone": "net", "loss": "ce", "female_ratio": 0.5, "shares": "f50", "heads": "profession+gender"}
    values |= {"size": 200, "fraction": 0.2, "fill": "mean", "control": "rolled"}
    claims = {}
    for number, (endpoint, columns) in enumerate(ENDPOINTS.items()):
        between = {column: values[column] for column in columns}
        between |= {"loss": "ce - focal"} if endpoint.startswith("difference") else {}
        claims[f"c{number}"] = {"endpoint": endpoint, "family": "main", "between": between}
    frames = make_frames(small_study(claims=claims, matrix=axes | {"size": 200}), each=2)
    assert [
        why_empty(ClaimConfig.model_validate(one), Claims.of(study()), frames.cells) for one in claims.values()
    ] == [""] * len(claims)
    return {table.name: table for table in make_tables(frames)}


@pytest.mark.parametrize("number", range(len(ENDPOINTS)), ids=ENDPOINTS)
def test_every_endpoint_is_marked_by_one_table_and_can_be_told_by_all_its_columns(number: int) -> None:
    name, marked = f"c{number}", []
    for table in claimed_tables().values():
        for column in ("claim", "closure_claim"):
            if column in table.frame and (table.frame[column] == name).any():
                marked.append((table, column))
    ((table, column),) = marked
    assert (table.frame[column] == name).sum() == 1
    assert re.search(rf"\| *{name} *\|", to_markdown(make_page(table)))
    assert sum(f"{name}: " in to_markdown(make_page(one)) for one in claimed_tables().values()) == 1
    if column == "claim":
        row = table.frame[table.frame["claim"] == name].iloc[0]
        assert row["family"] == "claimed: main"
        assert row["m"] == 5, "over all tables; with one seed a difference of gaps has no p"


def test_every_table_with_q_marks_its_claims() -> None:
    with_q = {name for name, table in claimed_tables().items() if "q" in table.frame}
    assert with_q == {"gaps", "comparisons", "ablation", "ablation_null"}
    assert all({"claim", "claim_said"} <= set(claimed_tables()[name].frame) for name in with_q)


def test_a_root_mean_square_is_held_against_chance() -> None:
    """It is never negative, so that its sign alone would always be the claimed one."""
    claim = {"endpoint": "RMS TPR gap", "direction": "greater", "family": "main"}
    frames = make_frames(study(rms=claim), ablate=False)
    fair = frames.predictions.copy()
    odd = (fair["cell"] == frames.cells["cell"][1]) & (fair["head"] == "profession") & fair["id"].str.endswith("1")
    fair.loc[fair["cell"] == frames.cells["cell"][1], "predicted"] = fair["label"]
    fair.loc[odd, "predicted"] = fair.loc[odd, "label"].map({"baker": "doctor"}).fillna("baker")
    table = gaps(replace(frames, predictions=fair))
    assert table is not None
    rows = table.frame[table.frame["claim"] == "rms"]
    assert rows["value"].tolist()[1] == 0 < rows["null_mean"].tolist()[1]
    assert rows["claim_said"].tolist() == ["rms (as claimed)", "rms (opposite)", "rms (as claimed)"]


@pytest.mark.parametrize(
    ("direction", "value", "said"),
    [
        ("greater", 0.1, "a (as claimed)"), ("greater", -0.1, "a (opposite)"), ("less", -0.1, "a (as claimed)"),
        ("less", 0.0, "a (neither)"), ("less", math.nan, "a"), ("two-sided", 0.1, "a"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_sign(direction: str, value: float, said: str) -> None:
    claims = Claims.of(study(a={**GAP, "direction": direction}))
    row = pd.DataFrame({"measure": ["accuracy gap"], "value": [value]})
    assert claims.mark(row, "value")["claim_said"].tolist() == [said]


def test_a_page_says_whether_the_sign_is_the_claimed_one() -> None:
    """The synthetic models do better by women where they saw women only."""
    said = {}
    for direction in ("greater", "less", "two-sided"):
        claim = {**GAP, "direction": direction, "between": {"female_ratio": 1}}
        table = gaps(make_frames(study(women=claim), ablate=False))
        assert table is not None
        row = table.frame[table.frame["claim"] == "women"].iloc[0]
        said[direction] = (row["claim_said"], row["p"])
        assert re.search(rf"\| *{re.escape(row['claim_said'])} *\|", to_markdown(make_page(table)))
    assert [name for name, _ in said.values()] == ["women (as claimed)", "women (opposite)", "women"]
    assert len({p for _, p in said.values()}) == 1, "the test stays two-sided"


def test_the_first_of_two_claims_counts() -> None:
    claims = Claims.of(study(narrow={**GAP, "between": {"loss": "ce"}}, wide=GAP))
    assert claim_of({"measure": "accuracy gap", "loss": "ce"}, claims) == "narrow"
    assert claim_of({"measure": "accuracy gap", "loss": "focal"}, claims) == "wide"


def test_without_claims_everything_is_exploratory_and_pages_are_as_before() -> None:
    table = gaps(small_frames())
    assert table is not None
    assert set(table.frame["claim"]) == {EXPLORATORY}
    assert "claim" not in to_markdown(make_page(table)).lower()


def test_the_table_of_gaps_marks_each_entry() -> None:
    table = gaps(make_frames(study(half={**GAP, "between": {"female_ratio": "0.5"}}), ablate=False))
    assert table is not None
    named = table.frame.set_index(["measure", "female_ratio"])["claim"]
    assert named["accuracy gap", 0.5] == "half"
    assert (named.drop(("accuracy gap", 0.5)) == EXPLORATORY).all()
    page = to_markdown(make_page(table))
    assert len(re.findall(r"\| +half +\|", page)) == 1
    assert "half: accuracy gap two-sided, female_ratio = 0.5 (family main)" in page


def test_a_column_for_a_frame_without_measure_or_head() -> None:
    claims = Claims.of(study(probe={"endpoint": "ablation net", "head": "gender_probe", "family": "f"}))
    frame = pd.DataFrame({"head": ["gender_probe", "profession"]}, index=[7, 3])
    assert claims.column(frame, endpoint="ablation net").to_dict() == {7: "probe", 3: EXPLORATORY}


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ({**GAP, "endpoint": "acuracy gap"}, "no table measures 'acuracy gap'"),
        ({**GAP, "head": "race"}, "no model has the head 'race'"),
        ({**GAP, "between": {"female_ratio": 0.3}}, "no configuration with female_ratio = 0.3"),
        ({**GAP, "head": "gender_probe"}, "entries of accuracy gap are of the head 'profession' alone"),
        ({**NET, "head": "gender_probe"}, ""),
        ({**GAP, "between": {"shares": "f50"}}, ""),
        ({**GAP, "between": {"class": "nurse"}}, "entries of accuracy gap have no column class; they have backbone"),
        ({**NET, "between": {"fraction": 0.2, "fill": "mean", "control": "rolled"}}, ""),
        ({**NET, "between": {"fraction": 0.3}}, "there is fraction = 0.3 in no entry of ablation net; there is 0.2"),
        ({**NET, "between": {"control": "sham"}}, "there is control = sham in no entry"),
        ({**DIFFERS, "between": {"loss": "ce"}}, "nothing is compared with loss = ce; compared are none"),
    ],
)
def test_a_claim_that_no_entry_can_fall_under_is_told(claim: dict, why: str) -> None:
    frames = small_frames()
    found = why_empty(ClaimConfig.model_validate(claim), Claims.of(study()), frames.cells)
    assert (why in found) if why else found == ""


def test_a_difference_is_claimed_by_the_name_that_says_its_sign() -> None:
    axes = {"backbones": ["net"], "female_ratios": [0.5], "losses": ["ce", "focal"], "seeds": [0]}
    cells = make_cells(small_study(matrix=axes))
    found = {}
    for loss in ("ce - focal", "focal - ce", "ce"):
        claim = ClaimConfig.model_validate({**DIFFERS, "between": {"loss": loss}})
        found[loss] = why_empty(claim, Claims.of(study()), cells)
    assert found["ce - focal"] == ""
    assert found["focal - ce"] == "nothing is compared with loss = focal - ce; compared are ce - focal"
    assert found["ce"] == "nothing is compared with loss = ce; compared are ce - focal"


def test_claims_are_in_no_key() -> None:
    plain, claimed = (build_study(TABLE | extra, "t") for extra in ({}, {"claims": {"a": GAP}}))
    for one, other in zip(cells_of(plain, "d"), cells_of(claimed, "d"), strict=True):
        assert cell_key(one) == cell_key(other)
        assert wanted_specs(plain, one) == wanted_specs(claimed, other)


def test_one_value_and_a_list_of_it_are_one_claim() -> None:
    one, other = (ClaimConfig.model_validate({**GAP, "between": {"size": value}}) for value in (80, ["80"]))
    assert one == other
    assert claim_text(one) == "accuracy gap two-sided, size = 80 (family main)"


def test_a_misspelt_key_is_told_with_the_known_ones() -> None:
    with pytest.raises(RequestError, match=r"unknown key 'endpont' in \[claims.a\]; known keys: endpoint, family"):
        build_study(TABLE | {"claims": {"a": {"endpont": "x", **GAP}}}, "t")
    with pytest.raises(ValidationError, match="backbone"):
        ClaimConfig.model_validate({**GAP, "between": {"backbones": "b"}})
