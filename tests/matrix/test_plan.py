"""Plans: what is missing, on which run it goes on, and how long it will take."""

import pytest

from bias_exp.keys import cells_of, wanted_specs
from bias_exp.matrix.plan import make_plan
from bias_exp.studies import build_study
from bias_exp.tracking import tags
from bias_exp.tracking.params import attempt_params
from bias_exp.tracking.query import AttemptState

STUDY = build_study(
    {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["a", "b"], "female_ratios": [0.5]}}, "test"
)
CELLS = cells_of(STUDY, "digest")


def state(place: int, phases: int, run_id: str = "run", number: int = 0, **more) -> AttemptState:
    """An attempt at a cell of the study with its first phases complete."""
    specs = wanted_specs(STUDY, CELLS[place])
    complete = {tags.complete(spec.phase, spec.key): "sha" for spec in specs[:phases]}
    params = attempt_params({"cell": CELLS[place].model_dump(mode="json"), "precision": "float32"})
    facts = {"params": params} | more
    return AttemptState(run_id, "name", specs[0].key, CELLS[place].backbone, number, "FINISHED", "", complete, **facts)


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


def test_cells_of_other_data_are_other_cells() -> None:
    assert len(make_plan(STUDY, "other data", [state(0, 3)]).todo) == 2


def test_another_explain_setting_leaves_training_complete() -> None:
    wider = STUDY.model_copy(update={"explain": STUDY.explain.model_copy(update={"gallery": 1})})
    plan = make_plan(wider, "digest", [state(0, 3, "full"), state(1, 3, "full")])
    assert [[spec.phase for spec in task.missing] for task in plan.todo] == [["explain", "ablate"]] * 2


TOOK = {"train": 40.0, "explain": 2.0, "ablate": 8.0}


def test_an_estimate_names_the_backbones_that_were_never_timed() -> None:
    plan = make_plan(STUDY, "digest", [state(0, 3, seconds=TOOK)])
    assert plan.estimate(2) == (0, ("b",))
    plan = make_plan(STUDY, "digest", [state(0, 3, seconds=TOOK), state(1, 1, seconds=TOOK)])
    assert plan.estimate(2) == (pytest.approx(5), ())
    plan = make_plan(STUDY, "digest", [state(0, 1, seconds={"train": 40.0, "explain": 2.0})])
    assert plan.estimate(1) == (pytest.approx(2), ("a", "b")), "its ablation was never timed"


def test_training_takes_as_long_as_its_pictures_are_many() -> None:
    wider = build_study(
        {
            "name": "s",
            "data": {"path": "x"},
            "matrix": {"backbones": ["a"], "female_ratios": [0.5], "sizes": [100, 400]},
            "train": {"epochs": 10},
        },
        "test",
    )
    seen = state(0, 3, seconds=TOOK)  # 400 pictures, 20 epochs
    seconds, untimed = make_plan(wider, "digest", [seen]).estimate(1)
    assert untimed == ()
    assert seconds == pytest.approx(40 / 8 + 40 / 2 + 2 * (2 + 8))


def test_frozen_trunks_and_other_sizes_of_picture_are_timed_on_their_own() -> None:
    frozen = STUDY.model_copy(update={"train": STUDY.train.model_copy(update={"frozen": True})})
    assert make_plan(frozen, "digest", [state(0, 3, seconds=TOOK)]).estimate(1)[1] == ("a", "b")
    assert make_plan(STUDY.model_copy(update={"image_size": 96}), "d", [state(0, 3, seconds=TOOK)]).estimate(1)[1]


def test_tasks_have_names_that_no_two_share() -> None:
    study = build_study(
        {
            "name": "s",
            "data": {"path": "x"},
            "matrix": {
                "backbones": ["a"],
                "female_ratios": [0.5],
                "sizes": [100, 400],
                "heads": [["profession", "gender"], ["profession"]],
                "seeds": [0, 1],
            },
        },
        "test",
    )
    names = [task.name for task in make_plan(study, "d", []).tasks]
    assert len(set(names)) == len(names) == 8
    assert names[0] == "a-f50-ce-s0-profession+gender-n100"
    assert make_plan(STUDY, "d", []).tasks[0].name == "a-f50-ce-s0"
