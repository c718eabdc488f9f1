"""What was claimed before the first run stands; every later change is a deviation."""

import json

import pytest
from mlflow.exceptions import MlflowException

from bias_exp.config import Study
from bias_exp.errors import IntegrityError
from bias_exp.keys import cell_key, cells_of, config_key
from bias_exp.studies import build_study
from bias_exp.tracking.planned import (
    CLAIMS,
    CLAIMS_CHANGED,
    DATA_CHANGED,
    SETTING_CHANGED,
    changed_settings,
    claims_sha256,
    claims_text,
    keep_claims,
    kept_claims,
    note_changes,
    note_deviation,
    noted_deviations,
)
from bias_exp.tracking.query import StudyView
from bias_exp.tracking.runs import StudyRuns

TABLE = {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["b"], "female_ratios": [0, 0.5]}}
A = {"endpoint": "accuracy gap", "family": "main"}
B = {"endpoint": "RMS TPR gap", "family": "main"}


def study(**changes: object) -> Study:
    return build_study(TABLE | changes, "test")


@pytest.fixture
def runs(uri: str) -> StudyRuns:
    return StudyRuns.open("s", uri)


def begin(runs: StudyRuns) -> None:
    cell = cells_of(study(), "d")[0]
    content = {
        "cell": cell.model_dump(mode="json"), "explain": {}, "ablate": {}, "precision": "float32", "data": "x",
    }  # fmt: skip
    runs.create_attempt("a", cell=cell_key(cell), config=config_key(cell), number=0, content=content)


def test_the_first_claims_stand_and_others_are_a_deviation(runs: StudyRuns) -> None:
    first, later = study(claims={"a": A}).claims, study(claims={"a": A, "b": B}).claims
    assert keep_claims(runs, first) == claims_sha256(first)
    assert keep_claims(runs, first) == claims_sha256(first)
    assert noted_deviations(runs) == []
    assert keep_claims(runs, later) == claims_sha256(first)
    assert keep_claims(runs, {}) == claims_sha256(first)
    assert kept_claims(runs) == {"a": A}
    found = noted_deviations(runs)
    assert {one["kind"] for one in found} == {CLAIMS_CHANGED}
    assert any("RMS TPR gap" in one["said"] for one in found)
    assert runs.client.get_run(runs.study_run).data.params[CLAIMS] == claims_sha256(first)


def test_nothing_can_be_claimed_once_there_is_an_attempt(runs: StudyRuns) -> None:
    begin(runs)
    keep_claims(runs, study(claims={"a": A}).claims)
    assert kept_claims(runs) == {}
    assert [one["kind"] for one in noted_deviations(runs)] == [CLAIMS_CHANGED]


def test_who_comes_second_finds_what_the_first_wrote(runs: StudyRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    first, later = study(claims={"a": A}).claims, study(claims={"b": B}).claims
    real = runs.client.log_param

    def race(run_id: str, name: str, value: str) -> None:
        real(run_id, name, claims_sha256(first))
        raise MlflowException("changing param values is not allowed")

    monkeypatch.setattr(runs.client, "log_param", race)
    assert keep_claims(runs, later) == claims_sha256(first)


def test_claims_that_were_touched_are_not_believed(runs: StudyRuns) -> None:
    sha256 = keep_claims(runs, study(claims={"a": A}).claims)
    runs.client.log_text(runs.study_run, json.dumps({"b": B}), f"claims/{sha256}.json")
    with pytest.raises(IntegrityError, match="put the first ones back"):
        kept_claims(runs)


def test_the_hash_is_of_what_is_claimed_alone() -> None:
    one = study(claims={"a": A, "b": B}).claims
    other = study(claims={"b": B, "a": A | {"direction": "two-sided"}}, train={"epochs": 9}).claims
    assert claims_text(one) == claims_text(other)
    assert claims_sha256(one) != claims_sha256(study(claims={"a": A}).claims)


def test_a_view_has_the_claims_that_stand(runs: StudyRuns) -> None:
    keep_claims(runs, study(claims={"a": A}).claims)
    runs.log_plan({"study": study(claims={"b": B}).model_dump(mode="json"), "data": "d"})
    assert list(Study.model_validate(StudyView(runs).content["study"]).claims) == ["a"]


def test_changes_after_the_first_run_are_kept_once(runs: StudyRuns) -> None:
    def plan(data: str, **changes: object) -> None:
        content = {"study": study(**changes).model_dump(mode="json"), "data": data}
        note_changes(runs, content)
        runs.log_plan(content)

    plan("d")
    plan("d", train={"epochs": 3})
    assert noted_deviations(runs) == []  # nothing had run
    begin(runs)
    plan("d", train={"epochs": 3}, title="another title")
    assert noted_deviations(runs) == []
    plan("e", train={"epochs": 4})
    plan("e", train={"epochs": 4})
    kinds = {one["kind"]: one["said"] for one in noted_deviations(runs)}
    assert kinds == {SETTING_CHANGED: "train.epochs: 3 before, 4 now", DATA_CHANGED: "digest d before, e now"}


def test_a_cell_trained_by_hand_is_no_plan_that_a_matrix_departs_from(runs: StudyRuns) -> None:
    alone, whole = study(matrix={"backbones": ["b"], "female_ratios": [0.5]}), study(train={"epochs": 3})
    runs.log_plan({"study": alone.model_dump(mode="json"), "data": "d"})
    begin(runs)
    note_changes(runs, {"study": whole.model_dump(mode="json"), "data": "d"})
    assert [one["said"] for one in noted_deviations(runs)] == ["train.epochs: 20 before, 3 now"]
    another = study(matrix={"backbones": ["c"], "female_ratios": [0.5]})
    note_changes(runs, {"study": another.model_dump(mode="json"), "data": "d"})
    assert 'matrix.backbones: ["b"] before, ["c"] now' in {one["said"] for one in noted_deviations(runs)}


def test_settings_that_are_nested_new_or_gone_are_named() -> None:
    before = {"title": "x", "train": {"epochs": 2, "old": 1}, "loss": {}}
    after = {"title": "y", "train": {"epochs": 2}, "loss": {"focal": {"gamma": 2.0}}}
    assert changed_settings(before, after) == [
        "loss: {} before, not set now",
        "loss.focal.gamma: not set before, 2.0 now",
        "train.old: 1 before, not set now",
    ]


def test_a_long_deviation_is_cut_and_two_that_begin_alike_are_two(runs: StudyRuns) -> None:
    for end in "ab":
        note_deviation(runs, "setting changed", "x" * 2000 + end)
    assert [len(one["said"]) for one in noted_deviations(runs)] == [1004, 1004]
