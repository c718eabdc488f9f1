import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bias_exp.errors import RequestError
from bias_exp.report.label_error import (
    Audit,
    audit_of,
    audited_tables,
    label_error,
    read_audit,
    sensitivity,
    with_audit,
)
from bias_exp.report.page import make_page
from tests.report.synthetic import make_study, small_frames


def facts(female: tuple[int, int] = (90, 10), male: tuple[int, int] = (20, 80), **changes: Any) -> dict[str, Any]:
    """An audit in which so many labels of each gender are right and wrong."""
    seen = {"female": {"female": female[0], "male": female[1]}, "male": {"female": male[0], "male": male[1]}}
    strata = [{"label": name, "source": "a", "pictures": 500, "seen": counts} for name, counts in seen.items()]
    groups = [{"label": "female", "wrong": female[1], "n": sum(female)}, {"label": "male", "wrong": male[0], "n": 100}]
    return {
        "format": 1,
        "attribute": "gender",
        "items": 200,
        "agreement": {"kappa": 0.9},
        "groups": groups,
        "strata": strata,
    } | changes


def rates(female: float = 0.8, male: float = 0.7, config: str = "c") -> pd.DataFrame:
    return pd.DataFrame({"config": config, "group": ["female", "male"], "value": [female, male], "n": [200, 100]})


def audit(**changes: Any) -> Audit:
    return Audit(facts(**changes), "d")


def test_rates_and_gap_are_corrected_and_bounded() -> None:
    rows = sensitivity(rates(), audit()).set_index("group")
    gap = rows.loc["female - male"]
    assert gap["labelled"] == pytest.approx(0.1)
    assert gap["value"] == pytest.approx(0.1 / 0.7)
    assert gap["lo"] < gap["value"] < gap["hi"]
    assert gap["least"] < gap["labelled"] < gap["most"]
    assert gap["n"] == 300
    assert rows.loc["female", "value"] - rows.loc["male", "value"] == pytest.approx(gap["value"])
    assert list(rows["flag"]) == ["", "", ""]


def test_the_order_of_the_rows_does_not_matter_and_configurations_meet_the_same_draws() -> None:
    both = pd.concat([rates(), rates(config="d").iloc[::-1]])
    found = sensitivity(both, audit())
    one, other = (found[found["config"] == name].drop(columns="config").reset_index(drop=True) for name in "cd")
    assert one.equals(other)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [({"female": (50, 50), "male": (50, 50)}, "label_error_singular"), ({"strata": []}, "label_error_not_audited")],
)
def test_what_cannot_be_told_is_na_with_its_reason(changes: dict[str, Any], flag: str) -> None:
    rows = sensitivity(rates(), audit(**changes))
    assert set(rows["flag"]) == {flag}
    assert rows[["value", "lo", "hi", "least", "most"]].isna().all(axis=None)
    assert rows["labelled"].notna().all()


def test_a_rate_that_is_undefined_stays_so() -> None:
    rows = sensitivity(rates(female=np.nan), audit())
    assert set(rows["flag"]) == {"undefined"}
    assert sensitivity(rates().iloc[:1], audit()).empty


def test_the_table_has_a_row_a_configuration_and_group() -> None:
    frames = small_frames()
    table = label_error(frames, audit())
    assert table is not None
    configs = frames.cells["config"].nunique()
    assert len(table.frame) == 3 * configs
    assert {"female", "male", "female - male"} == set(table.frame["group"])
    assert "greatest possible" in str(make_page(table))
    assert "female 10 of 100, male 20 of 100" in table.notes[0]
    assert "kappa 0.90" in table.notes[0]
    assert label_error(frames, audit(strata=[])).frame["value"].isna().all()


def data_folder(tmp_path: Path, digest: str = "digest") -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"digest": digest}))
    (folder / "audit.json").write_text(json.dumps(facts()))
    return folder


def test_an_audit_counts_where_it_lies_beside_the_study_s_own_data(tmp_path: Path) -> None:
    folder = data_folder(tmp_path)
    study = make_study(data={"path": str(folder)})
    found = audit_of(study, "digest")
    assert found is not None
    assert found.facts["items"] == 200
    assert audit_of(study, "other") is None
    assert audit_of(make_study(), "digest") is None
    (folder / "audit.json").write_text(json.dumps(facts(attribute="race")))
    assert audit_of(study, "digest") is None
    (folder / "audit.json").unlink()
    assert audit_of(study, "digest") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2, "strata": []}', '{"format": 1, "strata": [{}]}'])
def test_a_file_that_is_no_audit_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "audit.json"
    path.write_text(text)
    with pytest.raises(RequestError, match="expected an audit of format 1"):
        read_audit(path)


def test_tables_are_made_anew_when_the_audit_changes() -> None:
    assert with_audit("d" * 16, None) == "d" * 16
    assert with_audit("d" * 16, Audit({}, "a" * 64)) != with_audit("d" * 16, Audit({}, "b" * 64))
    assert audited_tables(small_frames(), None) == []
    assert [table.name for table in audited_tables(small_frames(), audit())] == ["label_error"]
