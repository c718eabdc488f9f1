"""Weights drawn anew: a method that looks at the picture alone stays the same, one that looks at the model does not."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bias_exp.explain.cam import cam_maps
from bias_exp.explain.checks.randomisation import randomisation
from bias_exp.explain.checks.trial import Maps
from bias_exp.explain.checks.weights import stages
from bias_exp.explain.rows import CENTRE_PRIOR
from tests.explain.checks.trials import of, tiny_trial


def edges(images: Tensor) -> Tensor:
    """A map of the picture that knows nothing of any model."""
    return (images[:, :, ::4, ::4] - images[:, :, 1::4, 1::4]).abs().sum(1)


def test_an_edge_detector_fails_and_a_class_activation_map_does_not() -> None:
    trial = tiny_trial(4)

    def explain(model: nn.Module, images: Tensor) -> Maps:
        cams = cam_maps(model, images, trial.targets, ("gradcam",))
        return cams | {("edges", head): edges(images) for head in trial.targets}

    found = randomisation(replace(trial, maps=explain(trial.model, trial.images), explain=explain))
    for head in trial.targets:
        assert of(found, "randomisation", "edges", head, "all") == pytest.approx(np.ones(4), abs=1e-12)
        assert of(found, "randomisation", "gradcam", head, "all").mean() < 0.6


def test_the_trained_model_is_not_among_the_parts() -> None:
    trial = tiny_trial(2)
    seen: list[dict[str, Tensor]] = []

    def explain(model: nn.Module, images: Tensor) -> Maps:
        seen.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return trial.explain(model, images)

    found = randomisation(replace(trial, explain=explain))
    parts = stages(trial.model)
    assert [one.at for one in found if (one.check, one.method) == ("randomisation", "gradcam")][::2] == [*parts, "all"]
    assert len(seen) == len(parts) + 1
    before = trial.model.state_dict()
    changed = [{name for name in before if not torch.equal(state[name], before[name])} for state in seen]
    assert all(len(one) > 0 for one in changed)
    assert all(less <= more for less, more in pairwise(changed[:-1]))
    assert changed[0] <= set(parts["heads"])
    # The independent draw is another one than that at the end of the cascade.
    assert any(not torch.equal(seen[-1][name], seen[-2][name]) for name in before)


def test_the_sign_is_kept_and_dropped() -> None:
    trial = tiny_trial(2)

    def negative(model: nn.Module, images: Tensor) -> Maps:
        return {key: -maps for key, maps in trial.maps.items()}

    found = randomisation(replace(trial, explain=negative))
    assert of(found, "randomisation", "gradcam", "profession", "all") == pytest.approx([-1, -1], abs=1e-12)
    assert of(found, "randomisation_abs", "gradcam", "profession", "all") == pytest.approx([1, 1], abs=1e-12)


def test_control_maps_are_not_asked_and_empty_maps_give_their_reason() -> None:
    trial = tiny_trial(2)
    prior = {(CENTRE_PRIOR, head): torch.rand(2, 8, 8) for head in trial.targets}

    def explain(model: nn.Module, images: Tensor) -> Maps:
        return {key: torch.zeros_like(maps) for key, maps in trial.maps.items()}

    found = randomisation(replace(trial, maps=trial.maps | prior, explain=explain))
    assert CENTRE_PRIOR not in {one.method for one in found}
    assert all(np.isnan(one.values).all() and all(one.reasons) for one in found)


def test_the_model_stays_as_it_is_also_after_an_error() -> None:
    trial = tiny_trial(2)
    before = {name: tensor.clone() for name, tensor in trial.model.state_dict().items()}
    randomisation(trial)

    def broken(model: nn.Module, images: Tensor) -> Maps:
        raise RuntimeError("no maps today")

    with pytest.raises(RuntimeError, match="today"):
        randomisation(replace(trial, explain=broken))
    assert all(torch.equal(tensor, before[name]) for name, tensor in trial.model.state_dict().items())
