"""What must not change a map, and the checks that compare maps of two heads or two precisions."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bias_exp.columns import PROBE_HEAD
from bias_exp.explain.checks.invariance import ALONE, invariance
from bias_exp.explain.checks.precision import precision
from bias_exp.explain.checks.random_logit import random_logit
from bias_exp.explain.checks.trial import Maps, Trial
from bias_exp.explain.maps import CONSTANT
from tests.explain.checks.trials import METHODS, of, tiny_trial


def with_maps(make: Callable[[Tensor], Tensor], n: int = 4) -> Trial:
    """A trial of one method whose maps are a function of the pictures."""

    def explain(model: nn.Module, images: Tensor) -> Maps:
        return {("made", "profession"): make(images)}

    return replace(tiny_trial(n), explain=explain)


def test_a_map_that_follows_the_picture_mirrors_with_it() -> None:
    found = invariance(with_maps(lambda images: images.sum(1)))
    assert of(found, "flip") == pytest.approx(np.ones(4), abs=1e-12)
    assert of(found, "batch").tolist() == [0, 0, 0, 0]


def test_a_map_that_stays_where_it_is_does_not_mirror() -> None:
    ramp = torch.arange(64.0).reshape(1, 8, 8) % 8 + 1
    found = invariance(with_maps(lambda images: ramp.expand(len(images), 8, 8)))
    assert of(found, "flip") == pytest.approx(-np.ones(4), abs=1e-12)


def test_a_map_that_depends_on_its_company_is_found() -> None:
    found = invariance(with_maps(lambda images: images.sum(1) - images.sum(1).mean(0)))
    assert (of(found, "batch") > 0.01).all()


def test_the_largest_difference_is_in_parts_of_the_largest_value() -> None:
    def make(images: Tensor) -> Tensor:
        moved = 0.5 * (images.abs().amax((1, 2, 3)) == 0).any()  # 0.5 more wherever a picture of the batch is blank
        maps = torch.tensor([[-4.0, 1], [2, 3]]).expand(len(images), 2, 2).clone()
        maps[:, 0, 1] += moved
        return maps

    assert of(invariance(with_maps(make)), "batch") == pytest.approx(np.full(4, 0.125))


def test_class_activation_maps_depend_on_no_other_picture() -> None:
    found = invariance(tiny_trial(5))
    for method in METHODS:
        for head in (PROBE_HEAD, "profession"):
            assert of(found, "batch", method, head).tolist() == [0] * 5


def test_one_picture_has_no_company() -> None:
    found = [one for one in invariance(tiny_trial(1)) if one.check == "batch"]
    assert all(np.isnan(one.values).all() and one.reasons == [ALONE] for one in found)


def test_two_heads_with_one_map_are_alike() -> None:
    trial = tiny_trial(3)
    maps = dict(trial.maps)
    maps["gradcam", "profession"] = 2 * maps["gradcam", PROBE_HEAD] + 1
    maps["layercam", "profession"] = torch.ones_like(maps["layercam", PROBE_HEAD])
    found = random_logit(replace(trial, maps=maps))
    assert {(one.head, one.at) for one in found} == {(PROBE_HEAD, "profession")}
    assert of(found, "random_logit", "gradcam") == pytest.approx(np.ones(3), abs=1e-12)
    (flat,) = [one for one in found if one.method == "layercam"]
    assert np.isnan(flat.values).all()
    assert all(flat.reasons)


def test_without_the_probe_there_is_nothing_to_compare() -> None:
    trial = tiny_trial(2)
    assert (
        random_logit(replace(trial, maps={key: maps for key, maps in trial.maps.items() if key[1] != PROBE_HEAD})) == []
    )


def test_maps_are_made_in_both_precisions() -> None:
    trial = tiny_trial(3)
    seen: list[bool] = []

    def explain(model: nn.Module, images: Tensor) -> Maps:
        seen.append(torch.is_autocast_enabled("cpu"))
        return trial.explain(model, images)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = precision(replace(trial, explain=explain))
        assert torch.is_autocast_enabled("cpu")
    assert seen == [False, True]
    for one in found:
        assert (one.values > 0.98).all()
        assert (one.values < 1).any()


def test_a_flat_map_has_no_precision() -> None:
    for one in precision(with_maps(lambda images: torch.ones(len(images), 4, 4))):
        assert np.isnan(one.values).all()
        assert one.reasons == [CONSTANT] * 4
