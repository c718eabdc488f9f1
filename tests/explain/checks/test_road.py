"""ROAD: exactly so many pixels in all channels, noise of each picture's own, and a good map beside a bad one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from bias_exp.explain.checks import road as module
from bias_exp.explain.checks.road import road
from bias_exp.explain.checks.rows import ROAD_FRACTIONS
from bias_exp.explain.checks.trial import Trial
from tests.explain.checks.trials import SIDE, SQUARE, of, square_trial, tiny_trial


def test_a_map_of_the_evidence_beats_one_of_anything_else() -> None:
    found = road(square_trial({"good": SQUARE.float(), "bad": 1 - SQUARE.float()}))
    assert (of(found, "road", "good") > 0.05).all()
    assert (of(found, "road", "bad") < -0.05).all()
    assert of(found, "road", "good") == pytest.approx(
        (of(found, "road_lerf", "good") - of(found, "road_morf", "good")) / 2, abs=1e-12
    )


def of_one_map(trial: Trial) -> Trial:
    return replace(trial, maps=dict(list(trial.maps.items())[:1]))


def holes(monkeypatch: pytest.MonkeyPatch, maps: Tensor) -> list[Tensor]:
    """What is removed of one picture by a map (h, w): most relevant first, then least relevant first."""
    seen: list[Tensor] = []

    def watched(images: Tensor, removed: Tensor, noise: Tensor) -> Tensor:
        seen.append(removed)
        return impute(images, removed, noise)

    impute = module.impute
    monkeypatch.setattr(module, "impute", watched)
    road(square_trial({"one": maps}, n=1))
    return seen


def test_a_map_that_is_mostly_zeros_removes_exactly_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = torch.Generator().manual_seed(0)
    values = torch.rand(SIDE, SIDE, generator=draw)
    maps = torch.where(values < 0.62, 0, values)
    seen = holes(monkeypatch, maps)
    assert [removed.sum().item() for removed in seen] == [round(part * SIDE**2) for part in ROAD_FRACTIONS] * 2
    assert maps[seen[0][0]].min() >= maps[~seen[0][0]].max()
    assert maps[seen[5][0]].max() == 0


def test_all_channels_lose_the_same_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: list[Tensor] = []
    answers = module.answers

    def watched(model, parts, rows):
        def noting():
            for part in parts:
                changed.append(part)
                yield part

        return answers(model, noting(), rows)

    monkeypatch.setattr(module, "answers", watched)
    trial = square_trial({"one": SQUARE.float()}, n=1)
    road(trial)
    for part in changed:
        differs = part != trial.images
        assert (differs == differs[:, :1]).all()


def test_every_picture_has_noise_of_its_own_size_and_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[Tensor] = []
    impute = module.impute

    def watched(images: Tensor, removed: Tensor, noise: Tensor) -> Tensor:
        added.append(noise)
        return impute(images, removed, noise)

    monkeypatch.setattr(module, "impute", watched)
    road(of_one_map(tiny_trial(2)))
    assert all(torch.equal(noise, added[0]) for noise in added)
    assert not torch.equal(added[0][0], added[0][1])
    assert added[0].std().item() == pytest.approx(module.NOISE, rel=0.05)


def test_noise_is_of_the_seed() -> None:
    trial = of_one_map(tiny_trial(3))
    plain, again = road(trial), road(trial)
    assert all(np.array_equal(one.values, other.values) for one, other in zip(plain, again, strict=True))
    assert any(
        (one.values != other.values).any() for one, other in zip(plain, road(replace(trial, seed=1)), strict=True)
    )


def test_a_picture_has_its_number_whatever_others_there_are() -> None:
    trial = of_one_map(tiny_trial(3))
    last = replace(
        trial,
        images=trial.images[2:],
        ids=trial.ids[2:],
        targets={head: target[2:] for head, target in trial.targets.items()},
        maps={key: maps[2:] for key, maps in trial.maps.items()},
    )
    for every, one in zip(road(trial), road(last), strict=True):
        assert every.values[2:] == pytest.approx(one.values, abs=1e-5)


def test_without_a_usable_map_there_is_no_number() -> None:
    trial = square_trial({"flat": torch.ones(4, 4)})
    for one in road(trial):
        assert np.isnan(one.values).all()
        assert all(one.reasons)
