"""Keys depend on the science and on nothing else."""

import pytest

from bias_exp.config import AblateConfig, Cell, ExplainConfig, TrainConfig
from bias_exp.keys import cell_key, cells_of, config_key, key_of, phase_specs
from bias_exp.shares import Shares
from bias_exp.studies import build_study

CELL = Cell(
    data="d" * 16,
    heads=("profession", "gender"),
    group="gender",
    size=400,
    shares=Shares.female(0.25),
    backbone="quick_resnet",
    pretrained=False,
    image_size=64,
    loss="ce",
    train=TrainConfig(),
    precision="auto",
    threads=1,
    seed=0,
)


def test_a_key_never_changes() -> None:
    """Pinned: a changed default, field name or way of hashing would orphan every cell that users have."""
    assert cell_key(CELL) == "fff7381bd33fefba"


@pytest.mark.parametrize(
    "change",
    [
        {"data": "e" * 16},
        {"shares": Shares.female(0.5)},
        {"loss": "focal"},
        {"loss_options": {"gamma": 1.0}},
        {"train": TrainConfig(epochs=21)},
        {"threads": 2},
        {"precision": "float32"},
        {"seed": 1},
        {"heads": ("profession",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_training_depends_on_changes_the_key(change: dict) -> None:
    assert cell_key(CELL.model_copy(update=change)) != cell_key(CELL)


def test_one_and_one_point_zero_are_one_ratio() -> None:
    study = {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["b"], "female_ratios": [1]}}
    whole = cells_of(build_study(study, "test"), "d")
    study["matrix"]["female_ratios"] = [1.0]
    assert [cell_key(cell) for cell in whole] == [cell_key(cell) for cell in cells_of(build_study(study, "test"), "d")]


def test_equal_settings_have_one_key() -> None:
    def cell(**changes) -> str:
        table = {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["b"], "female_ratios": [1]}}
        return cell_key(cells_of(build_study(table | changes, "test"), "d")[0])

    assert cell(loss={"ce": {"gamma": 2}}) == cell(loss={"ce": {"gamma": 2.0}})
    assert AblateConfig(fractions=(0.3, 0.1)) == AblateConfig(fractions=(0.1, 0.3))


def test_seeds_share_a_configuration() -> None:
    other = CELL.model_copy(update={"seed": 1})
    assert config_key(CELL) == config_key(other)
    assert config_key(CELL) != config_key(CELL.model_copy(update={"loss": "focal"}))


def test_a_phase_key_includes_what_it_reads() -> None:
    train, explain, ablate = phase_specs(CELL, ExplainConfig(), AblateConfig())
    _, other_explain, other_ablate = phase_specs(CELL, ExplainConfig(gallery=2), AblateConfig())
    assert (explain.upstream, ablate.upstream) == (train.key, explain.key)
    assert explain.key != other_explain.key
    assert ablate.key != other_ablate.key


def test_a_seed_of_every_configuration_comes_first() -> None:
    study = build_study(
        {
            "name": "s",
            "data": {"path": "x"},
            "matrix": {"backbones": ["a", "b"], "female_ratios": [0, 1], "seeds": [3, 4]},
        },
        "test",
    )
    assert [cell.seed for cell in cells_of(study, "d")] == [3] * 4 + [4] * 4


def test_a_key_is_of_canonical_json() -> None:
    assert key_of({"b": 1, "a": [1.0, "é"]}) == key_of({"a": [1.0, "é"], "b": 1})
    with pytest.raises(ValueError, match="JSON"):
        key_of(float("nan"))


def test_head_lists_give_cells_with_the_weights_of_their_own_heads() -> None:
    lists = [["profession", "gender"], ["profession"]]
    study = {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["b"], "female_ratios": [0.5], "heads": lists}}
    plain = cells_of(build_study(study, "test"), "d")
    weighted = cells_of(build_study(study | {"train": {"head_weights": {"gender": 0.5}}}, "test"), "d")
    assert [cell.train.head_weights for cell in weighted] == [{"gender": 0.5}, {}]
    assert cell_key(weighted[1]) == cell_key(plain[1])
    assert cell_key(weighted[0]) != cell_key(plain[0])
