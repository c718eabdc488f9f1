"""Plans: what is missing, on which run it goes on, and how long it will take."""

import pytest

from bias_exp.keys import cells_of, wanted_specs
from bias_exp.matrix.plan import make_plan
from bias_exp.studies import build_study
from bias_exp.tracking import tags
from bias_exp.tracking.query import AttemptState

STUDY = build_study(
    {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["a", "b"], "female_ratios": [0.5]}}, "test"
)
CELLS = cells_of(STUDY, "digest")


def state(place: int, phases: int, run_id: str = "run", number: int = 0, **more) -> AttemptState:
    """An attempt at a cell of the study with its first phases complete."""
    specs = wanted_specs(STUDY, CELLS[place])
    complete = {tags.complete(spec.phase, spec.key): "sha" for spec in specs[:phases]}
    backbone = CELLS[place].backbone
    return AttemptState(run_id, "name", specs[0].key, backbone, number, "FINISHED", "", complete, **more)


def test_an_empty_server_needs_everything() -> None:
    plan = make_plan(STUDY, "digest", [])
    assert [len(task.missing) for task in plan.todo] == [3, 3]
    assert {task.run_id for task in plan.tasks} == {None}


def test_only_missing_phases_are_to_do_and_go_on_on_their_run() -> None:
    plan = make_plan(STUDY, "digest", [state(0, 3, "full"), state(1, 1, "begun")])
    (task,) = plan.todo
    assert [spec.phase for spec in task.missing] == ["explain", "ablate"]
    assert task.run_id == "begun"


def test_of_several_attempts_the_one_with_most_is_gone_on_with_and_the_oldest_of_equals() -> None:
    plan = make_plan(STUDY, "digest", [state(0, 0, "a"), state(0, 2, "b", 1), state(0, 2, "c", 2)])
    assert plan.tasks[0].run_id == "b"
    assert plan.tasks[0].attempts == 3


def test_cells_of_other_data_are_other_cells() -> None:
    assert len(make_plan(STUDY, "other data", [state(0, 3)]).todo) == 2


def test_another_explain_setting_leaves_training_complete() -> None:
    wider = STUDY.model_copy(update={"explain": STUDY.explain.model_copy(update={"gallery": 1})})
    plan = make_plan(wider, "digest", [state(0, 3, "full"), state(1, 3, "full")])
    assert [[spec.phase for spec in task.missing] for task in plan.todo] == [["explain", "ablate"]] * 2


def test_an_estimate_needs_every_backbone_and_phase_that_is_to_do() -> None:
    took = {"train": 40.0, "explain": 2.0, "ablate": 8.0}
    plan = make_plan(STUDY, "digest", [state(0, 3, seconds=took)])
    assert plan.estimate(2) is None
    plan = make_plan(STUDY, "digest", [state(0, 3, seconds=took), state(1, 1, seconds=took)])
    assert plan.estimate(2) == pytest.approx(5)
