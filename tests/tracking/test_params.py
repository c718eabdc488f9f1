"""Notes and params of attempts: everything that is said, in the length and under the names that servers take."""

from pathlib import Path
from typing import Any

import yaml
from mlflow.utils.validation import _validate_param  # the rules by which a server refuses

from bias_exp.config import Cell
from bias_exp.keys import cells_of
from bias_exp.studies import build_study
from bias_exp.tracking.notes import describe
from bias_exp.tracking.params import LONGEST, attempt_params

PROJECT = yaml.safe_load((Path(__file__).parents[2] / "MLproject").read_text(encoding="utf-8"))


def cell(**matrix: Any) -> Cell:
    axes = {"backbones": ["b"]} | (matrix or {"female_ratios": [0.25]})
    return cells_of(build_study({"name": "s", "data": {"path": "x"}, "matrix": axes}, "test"), "digest")[0]


def content(one: Cell) -> dict[str, Any]:
    return {"cell": one.model_dump(mode="json"), "precision": "float32"}


def params(**matrix: Any) -> dict[str, str]:
    return attempt_params(content(cell(**matrix)))


def test_a_ratio_is_a_number_to_compare_by() -> None:
    said = params()
    assert said["cell.female_ratio"] == "0.25"
    assert said["shares.label"] == "f25"
    assert (said["shares.of.female"], said["shares.of.male"]) == ("0.25", "0.75")
    assert said["cell.size"] == "400"
    assert "None" not in said.values()


def test_a_skewed_arm_has_no_one_ratio_but_its_name_and_words() -> None:
    said = params(shares=[{"name": "stereo", "female_ratio": 0.5, "female_by_class": {"nurse": 0.9, "doctor": 0.1}}])
    assert said["shares.label"] == "stereo"
    assert said["shares.words"] == (
        "nurse: 90% female, 10% male; doctor: 10% female, 90% male; other classes: 50% female, 50% male"
    )
    assert not {name for name in said if name.startswith("shares.of.")} | ({"cell.female_ratio"} & set(said))


def test_settings_stand_under_dotted_names_each() -> None:
    made = build_study(
        {
            "name": "s",
            "data": {"path": "x"},
            "heads": ["profession", "gender"],
            "matrix": {"backbones": ["b"], "female_ratios": [0], "losses": ["focal"]},
            "loss": {"focal": {"alpha": [1, 2]}},
            "train": {"early_stop": {"patience": 3}, "head_weights": {"gender": 0.5}, "frozen": True},
        },
        "test",
    )
    said = attempt_params(content(cells_of(made, "digest")[0]))
    assert said["train.early_stop.patience"] == "3"
    assert said["train.head_weights.gender"] == "0.5"
    assert said["train.frozen"] == "True"
    assert said["train.milestones"] == "0.5, 0.75"
    assert said["loss.alpha"] == "1.0, 2.0"
    assert said["cell.heads"] == "profession, gender"
    assert "train.early_stop" not in params()


def test_an_arm_of_unknown_shares_says_so() -> None:
    unknown = cell().model_copy(update={"shares": type(cell().shares)(), "size": 0})
    said = attempt_params(content(unknown))
    assert (said["shares.label"], said["cell.size"]) == ("unknown", "unknown")
    assert "shares not known" in describe(content(unknown))


def test_every_param_is_one_that_a_server_takes_and_no_parameter_of_the_project() -> None:
    """B16: nothing is cut silently; a table that is too long for a param is named by its hash."""
    classes = {f"a profession with a long name {place}": place / 1000 for place in range(400)}
    odd = {"it's": 0.5, "a (b)": 0.5}
    for matrix in (
        {"shares": [{"name": "long", "female_by_class": classes}]},
        {"shares": [{"name": "odd", "attribute": "race", "shares": odd}]},
        {"shares": [{"attribute": "race", "shares": {f"g{place}": 1 / 40 for place in range(40)}}]},
    ):
        said = params(**matrix)
        for name, value in said.items():
            _validate_param(name, value)
            assert len(value) <= LONGEST
        assert len(said) < 100, "a server takes so many at once"
        declared = {name for entry in PROJECT["entry_points"].values() for name in entry["parameters"]}
        assert not declared & set(said)
    text = params(shares=[{"name": "long", "female_by_class": classes}])["shares.words"]
    assert "in full in cell.json" in text
    assert params(shares=[{"name": "odd", "attribute": "race", "shares": odd}])["shares.words"] == "50% it's, 50% a (b)"


def test_the_note_is_in_words() -> None:
    note = describe(content(cell()))
    assert "trained on 400 pictures (25% female, 75% male) with loss **ce**" in note
    assert "heads: profession, gender" in note
    named = describe(content(cell(shares=[{"name": "stereo", "female_ratio": 0.5, "female_by_class": {"nurse": 0.9}}])))
    assert "(stereo: nurse: 90% female, 10% male; other classes: 50% female, 50% male)" in named
