"""The many-draw null on a model that adds up pixels: effects are areas, and p is a count."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from bias_exp.ablate.asked import Asked
from bias_exp.ablate.choose import most_draws
from bias_exp.ablate.controls import rolled
from bias_exp.ablate.measure import ablate
from bias_exp.ablate.null import null_control, null_pictures, null_rows
from bias_exp.ablate.rows import ControlRow
from bias_exp.ablate.subjects import Subjects
from bias_exp.columns import NULLS
from bias_exp.config import AblateConfig
from bias_exp.errors import RequestError
from bias_exp.models.build import build
from tests.ablate.colours import CLASSES, facts, random_case
from tests.ablate.colours import model as colour_model
from tests.explain.tiny import FromCut, pictures

SIDE = 8
ONE = {"light": ("bright", "dark")}
SETTINGS = AblateConfig(fractions=(0.125, 0.25, 0.5), fills=("mean",), null_draws=19)


def light(cut: Tensor) -> dict[str, Tensor]:
    """The log-odds of `bright` are the picture's sum."""
    sums = cut[:, :1].sum((2, 3))
    return {"light": torch.cat([sums, 0 * sums], 1)}


def subjects(shapes: np.ndarray, images: np.ndarray | None = None) -> Subjects:
    """Pictures that are 1 in `shapes` (n, H, W), or `images`, with maps that point there."""
    values = torch.from_numpy(np.repeat((shapes if images is None else images)[:, None], 3, axis=1).astype(np.float64))
    table = facts(len(shapes)).assign(**{"label/light": "bright"})
    return Subjects(table, torch.from_numpy(shapes.astype(np.float32)), lambda rows: values[torch.from_numpy(rows)])


def null(found: Subjects, settings: AblateConfig = SETTINGS, batch_size: int = 7) -> pd.DataFrame:
    return null_rows(FromCut(light), found, classes=ONE, settings=settings, seed=3, batch_size=batch_size)


def quarters(n: int) -> np.ndarray:
    """Shapes of a quarter of the picture (the primary fraction), each another one."""
    rng = np.random.default_rng(0)
    places = np.argsort(rng.random((n, SIDE * SIDE)), axis=1).reshape(n, SIDE, SIDE)
    return places < SIDE * SIDE // 4


def test_effects_are_areas_and_p_counts_the_draws_that_reach_them() -> None:
    shapes = quarters(5)
    found = null(subjects(shapes))
    assert list(found.columns) == NULLS.names
    assert found["id"].tolist() == ["i0", "i1", "i2", "i3", "i4", ""]
    assert found[["class", "group"]].iloc[-1].tolist() == ["", ""]
    about = {"map_head": "gender_probe", "map_method": "gradcam", "fraction": 0.25, "fill": "mean", "control": "rolled"}
    assert (found[list(about)] == pd.Series(about)).all(axis=None)
    draws = []
    for picture, shape in enumerate(shapes):
        shared = (rolled(Asked(shape, f"i{picture}", 3, 19)) & shape).sum((1, 2))
        row = found.iloc[picture]
        assert (row["effect"], row["draws"]) == (16, 19)
        assert row["null_mean"] == pytest.approx(shared.mean())
        assert row["null_sd"] == pytest.approx(shared.std(ddof=1))
        assert row["p"] == (1 + (shared >= 16).sum()) / 20
        draws.append(shared)
    means = np.mean(draws, axis=0)
    last = found.iloc[-1]
    assert (last["effect"], last["p"]) == (16, 1 / 20)
    assert last["null_mean"] == pytest.approx(means.mean())
    assert last["null_sd"] == pytest.approx(means.std(ddof=1))


def test_ties_count_against_the_map() -> None:
    # Stripes that cross the picture are the same pixels after every way along them, and after half of those across.
    stripes = np.zeros((1, SIDE, SIDE), dtype=bool)
    stripes[0, [0, 4]] = True
    same = (rolled(Asked(stripes[0], "i0", 3, 19)) == stripes[0]).all((1, 2)).sum()
    assert 0 < same < 19
    one, mean = null(subjects(stripes)).to_dict("records")
    assert one["p"] == mean["p"] == (1 + same) / 20
    flat = null(subjects(quarters(3), np.ones((3, SIDE, SIDE))))
    assert (flat["p"] == 1).all(), "where every place counts the same no place is rare"
    assert (flat["null_sd"] == 0).all()


@given(st.lists(st.integers(0, 9), min_size=SIDE * SIDE, max_size=SIDE * SIDE), st.integers(1, 19))
def test_p_is_the_definition(values: list[int], draws: int) -> None:
    shapes, images = quarters(2), np.array([values, values[::-1]], dtype=np.float64).reshape(2, SIDE, SIDE)
    found = null(subjects(shapes, images), SETTINGS.model_copy(update={"null_draws": draws}), batch_size=40)
    effects = []
    for picture, (shape, image) in enumerate(zip(shapes, images, strict=True)):
        sets = np.stack([shape, *rolled(Asked(shape, f"i{picture}", 3, draws))])
        effects.append((sets * image).sum((1, 2)))
    for place, (own, *others) in enumerate([*effects, np.mean(effects, axis=0)]):
        row = found.iloc[place]
        assert row["effect"] == pytest.approx(own)
        assert row["p"] == (1 + sum(other >= own for other in others)) / (draws + 1)
        assert 1 / (draws + 1) <= row["p"] <= 1


def test_the_draws_begin_with_those_of_the_control() -> None:
    images, maps = random_case()
    found = Subjects(facts(5), maps, lambda rows: images[torch.from_numpy(rows)])
    settings = AblateConfig(fractions=(0.25,), fills=("mean",), draws=4, null_draws=4)
    options = {"classes": CLASSES, "settings": settings, "seed": 3}
    rows = ablate(colour_model(), found, **options).rows
    rows = rows.assign(effect=rows["log_odds_intact"] - rows["log_odds_removed"])
    made = null_rows(colour_model(), found, **options).set_index(["head", "id"])
    own = rows[rows["control"] == ""].set_index(["head", "id"])["effect"]
    drawn = rows[rows["control"] == "rolled"].groupby(["head", "id"])["effect"]
    each = made.drop("", level="id")
    pd.testing.assert_series_equal(each["effect"], own.loc[each.index])
    for name, numbers in (("null_mean", drawn.mean()), ("null_sd", drawn.std())):
        pd.testing.assert_series_equal(each[name], numbers.loc[each.index], check_names=False)
    for head in CLASSES:
        assert made.loc[(head, ""), "effect"] == pytest.approx(own[head].mean())


def test_at_most_so_many_pictures_the_same_for_every_seed_and_none_without_a_map() -> None:
    table = facts(40).assign(reason=["no map" if k == 3 else "" for k in range(40)])
    every = Subjects(table, torch.rand(40, 4, 4) + 0.1 * torch.eye(4), lambda rows: torch.empty(0))
    chosen = null_pictures(every, 8)
    assert len(chosen) == 8
    assert (np.diff(chosen) > 0).all()
    assert set(chosen) <= set(null_pictures(every, 12))
    assert len(null_pictures(every, 64)) == 39
    assert 3 not in null_pictures(every, 64)
    few = null(subjects(quarters(6)), SETTINGS.model_copy(update={"null_pictures": 2}))
    assert len(few) == 3


def test_a_pictures_row_depends_on_no_other_picture() -> None:
    net = build("quick_resnet", {"light": 2}, 32)
    images, maps = pictures(20), torch.rand(20, 4, 4, generator=torch.Generator().manual_seed(2))
    settings = SETTINGS.model_copy(update={"null_draws": 3})
    made = []
    for n in (20, 3):
        found = Subjects(facts(n), maps[:n], lambda rows: images[torch.from_numpy(rows)])
        made.append(null_rows(net, found, classes=ONE, settings=settings, seed=0, batch_size=10))
    one, other = (rows[rows["id"].isin(["i0", "i1", "i2"])].reset_index(drop=True) for rows in made)
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_a_small_picture_has_fewer_draws_and_says_so() -> None:
    found = null(subjects(quarters(1)), SETTINGS.model_copy(update={"null_draws": 99}))
    assert set(found["draws"]) == {most_draws((SIDE, SIDE))}
    assert most_draws((SIDE, SIDE)) < 99


def test_one_draw_has_no_spread() -> None:
    found = null(subjects(quarters(2)), SETTINGS.model_copy(update={"null_draws": 1}))
    assert found["null_sd"].isna().all()
    assert set(found["p"]) <= {0.5, 1.0}


@pytest.mark.parametrize("changes", [{"null_draws": 0}, {"controls": ()}, {"controls": ("centre_prior",)}])
def test_where_nothing_is_drawn_there_is_no_row(changes: dict) -> None:
    found = null(subjects(quarters(2)), SETTINGS.model_copy(update=changes))
    assert len(found) == 0
    assert list(found.columns) == NULLS.names


def no_draw(asked: Asked) -> np.ndarray:
    """A control that there never is."""
    return np.empty((0, *asked.removed.shape), dtype=bool)


def test_a_control_without_any_draw_gives_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ControlRow("none", "tests.ablate.test_null:no_draw", "")
    monkeypatch.setattr("bias_exp.ablate.null.null_control", lambda settings: row)
    assert len(null(subjects(quarters(2)))) == 0


def test_no_valid_map_gives_no_row() -> None:
    assert len(null(subjects(np.zeros((2, SIDE, SIDE), dtype=bool)))) == 0


def test_the_control_is_the_first_that_can_be_drawn_at_will() -> None:
    row = null_control(AblateConfig(controls=("primary_map", "other_picture", "rolled")))
    assert row is not None
    assert row.name == "rolled"
    assert null_control(AblateConfig(controls=("other_picture", "centre_prior"))) is None


def test_a_head_of_one_class_has_no_effect_and_a_wrong_number_of_names_is_refused() -> None:
    one_class = FromCut(lambda cut: {"light": cut[:, :1].sum((2, 3))})
    found = null_rows(one_class, subjects(quarters(2)), classes={"light": ("bright",)}, settings=SETTINGS, seed=0)
    assert found[["effect", "null_mean", "null_sd", "p"]].isna().all(axis=None)
    with pytest.raises(RequestError, match="head 'light' has 2 classes, got 1 names"):
        null_rows(FromCut(light), subjects(quarters(2)), classes={"light": ("bright",)}, settings=SETTINGS, seed=0)
