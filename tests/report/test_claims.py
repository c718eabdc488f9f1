"""Claims: which entry falls under which, what can fall under none, and that no key knows them."""

import re

import pandas as pd
import pytest
from pydantic import ValidationError

from bias_exp.config import ClaimConfig, Study
from bias_exp.errors import RequestError
from bias_exp.keys import cell_key, cells_of, wanted_specs
from bias_exp.report.ablation import ablation
from bias_exp.report.claims import ENDPOINTS, EXPLORATORY, Claims, claim_of, claim_text, why_empty
from bias_exp.report.comparisons import comparisons
from bias_exp.report.gaps import gaps
from bias_exp.report.markdown import to_markdown
from bias_exp.report.page import make_page
from bias_exp.studies import build_study
from tests.report.synthetic import make_frames, small_frames, small_study

GAP = {"endpoint": "accuracy gap", "family": "main"}
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


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_endpoint_is_marked_by_some_table(endpoint: str) -> None:
    axes = {"backbones": ["net"], "female_ratios": [0, 1], "losses": ["ce", "focal"], "seeds": [0]}
    settings = {"claims": {"mine": {"endpoint": endpoint, "family": "main"}}, "matrix": axes}
    frames = make_frames(small_study(**settings), each=2)
    named = [table for make in (gaps, comparisons, ablation) if (table := make(frames)) is not None]
    columns = [table.frame[name] for table in named for name in ("claim", "closure_claim") if name in table.frame]
    marked = [column for column in columns if (column == "mine").any()]
    assert len(marked) == 1, "and by one alone"
    with_p = marked[0].name == "claim"
    family = [table for table in named if (table.frame["family"] == "claimed: main").any()]
    assert len(family) == with_p, "entries with a p are a family of their own"
    assert sum("mine: " in to_markdown(make_page(table)) for table in named) == 1


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
        ({**GAP, "head": "gender_probe"}, ""),
        ({**GAP, "between": {"shares": "f50", "class": "nurse"}}, ""),
    ],
)
def test_a_claim_that_no_entry_can_fall_under_is_told(claim: dict, why: str) -> None:
    frames = small_frames()
    found = why_empty(ClaimConfig.model_validate(claim), Claims.of(study()), frames.cells)
    assert (why in found) if why else found == ""


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
