"""Ablation of a model whose answers can be worked out: each class adds up the pixels of one colour."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from bias_exp.ablate.asked import Asked
from bias_exp.ablate.choose import removed_top
from bias_exp.ablate.controls import rolled
from bias_exp.ablate.measure import Ablation, ablate
from bias_exp.ablate.subjects import Subjects
from bias_exp.columns import ABLATIONS
from bias_exp.config import AblateConfig
from bias_exp.errors import RequestError
from bias_exp.explain.maps import NOT_FINITE, NOTHING, ZERO
from bias_exp.models.build import build
from tests.ablate.colours import CLASSES, SIDE, facts, model, odds, random_case
from tests.explain.tiny import pictures

SETTINGS = AblateConfig(fractions=(0.25,), fills=("mean",), draws=2)


def run(images: Tensor, maps: Tensor, settings: AblateConfig = SETTINGS, **options) -> Ablation:
    subjects = Subjects(facts(len(images)), maps, lambda rows: images[torch.from_numpy(rows)])
    return ablate(
        options.pop("model", None) or model(), subjects, classes=CLASSES, settings=settings, seed=3, **options
    )


def test_removing_pixels_takes_away_their_sums() -> None:
    images, maps = random_case()
    found = run(images, maps, batch_size=2)
    assert found.left_out == {}
    assert list(found.rows.columns) == ABLATIONS.names
    removed = removed_top(maps.numpy(), 0.25, seed=3, ids=facts(5)["id"].tolist())
    rows = found.rows.set_index(["head", "control", "draw", "id"])
    assert len(rows) == 2 * 3 * 5
    for picture, image in enumerate(images):
        name = f"i{picture}"
        shapes = {("", 0): removed[picture]}
        for draw, control in enumerate(rolled(Asked(removed[picture], name, 3, 2))):
            shapes["rolled", draw] = control
        for (control, draw), shape in shapes.items():
            intact, less = odds(image, np.zeros_like(shape)), odds(image, shape)
            row = rows.loc[("gender", control, draw, name)]
            assert row["predicted_intact"] == CLASSES["gender"][int(intact < 0)]
            assert row["predicted_removed"] == CLASSES["gender"][int(less < 0)]
            assert row["log_odds_intact"] == pytest.approx(abs(intact), abs=1e-9)
            assert row["log_odds_removed"] == pytest.approx(np.sign(intact) * less, abs=1e-9)
            assert row["p_removed"] == pytest.approx(1 / (1 + np.exp(-row["log_odds_removed"])))
            assert row["removed_share"] == 0.25
            assert row["overlap"] == (shape & removed[picture]).sum() / shape.sum()


def test_fills_fractions_and_draws_are_all_there() -> None:
    images, maps = random_case()
    settings = AblateConfig(draws=3)
    rows = run(images, maps, settings).rows
    assert len(rows) == 5 * 3 * 2 * (1 + 3) * 2
    assert set(rows["fill"]) == {"mean", "blur"}
    shares = rows.groupby("fraction")["removed_share"].agg(["min", "max"])
    assert (shares["min"] == shares["max"]).all()
    assert shares["min"].tolist() == [6 / 64, 13 / 64, 19 / 64]
    assert (rows.loc[rows["control"] == "", "overlap"] == 1).all()
    assert rows.loc[rows["control"] == "rolled", "draw"].value_counts().tolist() == [60, 60, 60]
    by_fill = rows.pivot_table(
        index=["id", "head", "fraction", "control", "draw"], columns="fill", values="log_odds_removed"
    )
    assert (by_fill["mean"] != by_fill["blur"]).all()


def test_nothing_removed_is_the_intact_picture_to_the_bit() -> None:
    images, maps = random_case()
    rows = run(images, maps, AblateConfig(fractions=(0.001,), draws=1)).rows
    assert (rows["removed_share"] == 0).all()
    assert (rows["log_odds_removed"] == rows["log_odds_intact"]).all()
    assert (rows["p_removed"] == rows["p_intact"]).all()
    assert rows.loc[rows["control"] == "rolled", "overlap"].isna().all()


def test_everything_removed_leaves_no_picture() -> None:
    images, maps = random_case()
    rows = run(images, maps, AblateConfig(fractions=(1.0,), fills=("mean",), draws=1)).rows
    assert (rows["removed_share"] == 1).all()
    assert (rows.loc[rows["head"] == "gender", "log_odds_removed"] == 0).all()


def test_pictures_without_a_valid_map_are_left_out_and_counted() -> None:
    images, maps = random_case(6)
    maps[1] = -1
    maps[3] = float("nan")
    maps[4] = -2
    known = facts(6).assign(reason=["", "", "", "", "", "told so"])
    subjects = Subjects(known, maps, lambda rows: images[torch.from_numpy(rows)])
    found = ablate(model(), subjects, classes=CLASSES, settings=SETTINGS, seed=3)
    assert found.left_out == {ZERO: 2, NOT_FINITE: 1, "told so": 1}
    assert set(found.rows["id"]) == {"i0", "i2"}
    alone = run(images, maps).rows
    both = alone[alone["id"].isin(["i0", "i2"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.rows, both)


def test_no_valid_map_at_all_gives_no_rows() -> None:
    images, maps = random_case()
    found = run(images, torch.zeros_like(maps))
    assert found.left_out == {NOTHING: 5}
    assert list(found.rows.columns) == ABLATIONS.names
    assert len(found.rows) == 0


def test_a_pictures_numbers_do_not_depend_on_the_others() -> None:
    net = build("quick_resnet", {"profession": 3, "gender": 2}, 32)
    images = pictures(5)
    maps = torch.rand(5, 4, 4, generator=torch.Generator().manual_seed(2))
    others = images.clone()
    others[[0, 1, 3]] = pictures(3, seed=8)
    many, again = (run(batch, maps, batch_size=4, model=net).rows for batch in (images, others))
    few = run(images[:3], maps[:3], batch_size=4, model=net).rows
    for frame in (again, few):
        one, other = (rows[rows["id"] == "i2"].reset_index(drop=True) for rows in (many, frame))
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_maps_on_a_coarse_grid_are_grown_to_the_picture() -> None:
    images = pictures(1, side=SIDE).double()
    maps = torch.zeros(1, 2, 2)
    maps[0, 0, 0] = 1
    rows = run(images, maps, AblateConfig(fractions=(0.25,), fills=("mean",), controls=())).rows
    corner = images.clone()
    grown = rows.loc[rows["head"] == "profession", "log_odds_removed"].item()
    corner[:, :, :4, :4] = 0
    sums = corner.sum((2, 3))[0]
    c = int(images.sum((2, 3))[0].argmax())
    others = torch.cat([sums[:c], sums[c + 1 :]])
    assert grown == pytest.approx(float(sums[c] - others.logsumexp(0)), abs=1e-9)


def test_training_flags_come_back_also_after_a_failure() -> None:
    images, maps = random_case()
    net = model().train()
    run(images, maps, model=net)
    assert all(module.training for module in net.modules())
    subjects = Subjects(facts(5), maps, lambda rows: images[torch.from_numpy(rows)])
    with pytest.raises(RequestError, match="unknown head 'age' to score; choose from: profession, gender"):
        ablate(net, subjects, classes={"age": ("young", "old")}, settings=SETTINGS, seed=3)
    assert all(module.training for module in net.modules())


def test_autocast_does_not_round_the_scores() -> None:
    net = build("quick_resnet", {"profession": 3, "gender": 2}, 32)
    images, maps = pictures(4), torch.rand(4, 4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        rows = run(images, maps, model=net).rows
    odds = torch.tensor(rows["log_odds_removed"].to_numpy())
    assert (odds != odds.bfloat16().double()).float().mean() > 0.9


def test_wrong_requests_are_refused() -> None:
    images, maps = random_case()
    with pytest.raises(RequestError, match="unknown fill 'blurr'"):
        run(images, maps, AblateConfig(fills=("blurr",)))
    subjects = Subjects(facts(5), maps, lambda rows: images[torch.from_numpy(rows)])
    with pytest.raises(RequestError, match="head 'gender' has 2 classes, got 1 names"):
        ablate(model(), subjects, classes={"gender": ("female",)}, settings=SETTINGS, seed=3)
