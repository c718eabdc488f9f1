"""Studies from TOML: what is wrong is said in one sentence, and nothing unknown passes."""

import copy
from pathlib import Path

import pytest

from bias_exp.config import DataConfig, ExplainConfig, SplitConfig, Study
from bias_exp.errors import RequestError
from bias_exp.keys import cell_key, cells_of
from bias_exp.shares import Shares
from bias_exp.studies import (
    build_study,
    changed_settings,
    data_settings,
    load_study,
    one_cell,
    parse_setting,
    phase_settings,
)

ROOT = Path(__file__).resolve().parent.parent
TABLE = {
    "name": "s",
    "data": {"path": "x"},
    "matrix": {"backbones": ["b"], "female_ratios": [0.25, 0.5]},
    "presets": {"fast": {"train": {"epochs": 1}}},
}


def build(**changes) -> Study:
    return build_study(copy.deepcopy(TABLE) | changes, "s.toml")


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").glob("*.toml")), ids=lambda path: path.stem)
def test_every_study_of_the_project_loads_with_each_of_its_presets(path: Path) -> None:
    study = load_study(str(path))
    assert study.name == path.stem
    for preset in study.presets:
        load_study(str(path), preset)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trian": {}}, r"s.toml: unknown key 'trian'; known keys: name, title"),
        ({"train": {"epoch": 3}}, r"unknown key 'epoch' in \[train\]; known keys: epochs, batch_size"),
        ({"train": {"epochs": "three"}}, "train.epochs: .* got 'three'"),
        ({"train": {"epochs": 0}}, "train.epochs: .* got 0"),
        ({"matrix": {"backbones": ["b"], "female_ratios": [25]}}, r"must be in \[0, 1\], got 25; did you mean 0.25\?"),
        ({"matrix": {"backbones": ["b"], "female_ratios": [1.5]}}, r"must be in \[0, 1\], got 1.5"),
        ({"matrix": {"backbones": ["b", "b"], "female_ratios": [0]}}, "each name may stand once"),
        ({"matrix": {"backbones": [], "female_ratios": [0]}}, "matrix.backbones"),
        ({"data": {}}, "needs either path"),
        ({"data": {"path": "x", "source": "y"}}, "not both"),
        ({"phases": ["explain"]}, "phases build on each other"),
        ({"name": "a/b"}, "name"),
    ],
)
def test_a_wrong_study_is_refused_in_one_sentence(changes: dict, said: str) -> None:
    with pytest.raises(RequestError, match=said) as refused:
        build(**changes)
    assert "\n" not in str(refused.value)


def test_settings_go_over_the_preset_and_the_preset_over_the_study() -> None:
    study = build_study(TABLE, "s.toml", "fast", ("train.lr=0.1",))
    assert (study.train.epochs, study.train.lr) == (1, 0.1)
    assert build_study(TABLE, "s.toml", "fast", ("train.epochs=3",)).train.epochs == 3


def test_an_unknown_preset_prints_the_choices() -> None:
    with pytest.raises(RequestError, match="unknown preset 'slow'; choose from: fast"):
        build_study(TABLE, "s.toml", "slow")


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("train.epochs=2", {"train": {"epochs": 2}}),
        ("matrix.female_ratios=[0, 0.5]", {"matrix": {"female_ratios": [0, 0.5]}}),
        ("data.path=my pictures/now", {"data": {"path": "my pictures/now"}}),
        ("precision=float32", {"precision": "float32"}),
        ("train.flip=false", {"train": {"flip": False}}),
    ],
)
def test_a_setting_is_toml_or_a_bare_word(text: str, table: dict) -> None:
    assert parse_setting(text) == table


@pytest.mark.parametrize("text", ["train.epochs", "=3", "a b=3", 'x="'])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="expected a"):
        parse_setting(text)


def test_an_unknown_study_prints_the_choices() -> None:
    with pytest.raises(RequestError, match="unknown study 'quik'; choose from: .*quick"):
        load_study("quik")


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("name = ")
    with pytest.raises(RequestError, match="expected a TOML file at .*s.toml"):
        load_study(str(path))


def test_one_cell_is_the_first_unless_told() -> None:
    first = one_cell(build())
    assert first.matrix.female_ratios == (0.25,)
    told = one_cell(build(), "pictures/mine", female_ratio="0.75", seed=3)
    assert (told.matrix.female_ratios, told.matrix.seeds) == ((0.75,), (3,))
    assert (told.name, told.data.path) == ("mine", "pictures/mine")


def wide() -> Study:
    """Two ratios, a skewed arm, two sizes, two head lists."""
    skewed = {"name": "stereo", "female_ratio": 0.5, "female_by_class": {"nurse": 0.9}}
    heads = [["profession", "gender"], ["profession"]]
    matrix = {"backbones": ["b"], "female_ratios": [0, 0.5], "shares": [skewed], "sizes": [40, 80], "heads": heads}
    return build_study({"name": "s", "data": {"path": "x"}, "matrix": matrix}, "test")


def test_one_cell_is_a_cell_of_its_study() -> None:
    """What `train` makes is not made again by `matrix`: both have one key."""
    keys = {cell_key(cell): cell for cell in cells_of(wide(), "d")}
    for axes in ({}, {"female_ratio": "0.5"}, {"shares": "stereo"}, {"shares": "f50", "size": 80}):
        (cell,) = cells_of(one_cell(wide(), **axes), "d")
        assert cell_key(cell) in keys
        assert cell.size == axes.get("size", 40)
        assert cell.shares.label == axes.get("shares", "f50" if axes else "f0")


def test_an_arm_is_named_once_and_known() -> None:
    with pytest.raises(RequestError, match="unknown arm 'f25'; choose from: f0, f50, stereo"):
        one_cell(wide(), shares="f25")
    with pytest.raises(RequestError, match="found both: 0.5 and stereo; give one"):
        one_cell(wide(), female_ratio="0.5", shares="stereo")


@pytest.mark.parametrize(("ratio", "said"), [("25", "did you mean 0.25"), ("1.5", "got 1.5"), ("half", "got 'half'")])
def test_a_ratio_is_a_share(ratio: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        one_cell(build(), female_ratio=ratio)


def test_settings_of_later_phases_and_of_data() -> None:
    assert phase_settings(("explain.gallery=2",)) == {"explain": {"gallery": 2}}
    with pytest.raises(RequestError, match="expected settings of explain or ablate, found 'train'"):
        phase_settings(("train.lr=1",))
    with pytest.raises(RequestError, match="unknown key 'galery'; known keys: methods, gallery"):
        phase_settings(("explain.galery=2",))
    assert data_settings(("split.test=4",), "personas").split.test == 4


def test_a_change_of_one_setting_leaves_those_beside_it() -> None:
    table = {"steps": 200, "checks": {"pictures": 8, "expected": {"gender": ["hair"], "age": ["face"]}}}
    made = changed_settings(ExplainConfig, table, {"gallery": 2, "checks": {"pictures": 3}})
    assert (made.gallery, made.steps, made.checks.pictures) == (2, 200, 3)
    assert made.checks.expected == {"gender": ("hair",), "age": ("face",)}
    made = changed_settings(ExplainConfig, table, {"checks": {"expected": {"gender": ["face"]}}})
    assert (made.checks.pictures, made.checks.expected) == (8, {"gender": ("face",)}), "one setting, whole"


def test_a_change_that_does_not_go_with_the_rest_is_refused() -> None:
    assert phase_settings(("explain.most_steps=100",)) == {"explain": {"most_steps": 100}}
    with pytest.raises(RequestError, match=r"--set: most_steps must be at least steps \(200\), got 100"):
        changed_settings(ExplainConfig, {"steps": 200}, {"most_steps": 100})


@pytest.mark.parametrize(("ratio", "label"), [(0, "f0"), (0.25, "f25"), (0.125, "f12p5"), (1, "f100")])
def test_shares_have_short_names(ratio: float, label: str) -> None:
    assert Shares.female(ratio).label == label
    assert Shares.female(ratio).shares["male"] == 1 - ratio


def test_shares_add_up() -> None:
    with pytest.raises(ValueError, match="must add up to 1, got 0.9"):
        Shares(attribute="race", shares={"a": 0.5, "b": 0.4})


def test_data_named_anew_takes_the_place_of_the_old() -> None:
    table = {**TABLE, "data": {"source": "personas", "options": {"size": 64}, "split": {"test": 5}}}
    by_path = build_study(table, "test", settings=("data.path=pictures",))
    assert by_path.data == DataConfig(path="pictures", split=SplitConfig(test=5))
    back = build_study({**TABLE, "data": {"path": "pictures"}}, "test", settings=("data.source=personas",))
    assert back.data == DataConfig(source="personas")


def test_arms_of_equal_shares_are_one_cell_and_refused() -> None:
    """A name is in no key: two jobs would work on one run, and tables would count its pictures twice."""
    table = {"name": "s", "data": {"source": "personas"}}
    arms = {"female_ratios": [0.5], "shares": [{"name": "even", "shares": {"male": 0.5, "female": 0.5}}]}
    with pytest.raises(RequestError, match="arms f50 and even hold the same shares"):
        build_study({**table, "matrix": {"backbones": ["a"], **arms}}, "test")


def test_options_of_a_loss_are_one_value_as_integers_and_as_floats() -> None:
    table = {"name": "s", "data": {"source": "personas"}, "matrix": {"backbones": ["a"], "female_ratios": [0.5]}}
    keys = {
        cell_key(cells_of(build_study({**table, "loss": {"ce": {"alpha": alpha}}}, "test"), "data")[0])
        for alpha in ([1, 2], [1.0, 2.0])
    }
    assert len(keys) == 1
