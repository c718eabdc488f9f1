"""Maps of many pictures: what a picture gives does not depend on how many others there are."""

import numpy as np
import pytest
import torch

from bias_exp.config import ExplainConfig
from bias_exp.errors import RequestError
from bias_exp.explain.batches import maps_of
from bias_exp.explain.cam import cam_maps
from tests.explain.tiny import pictures, seeded, targets


def explain(n: int, batch_size: int):
    images = pictures(7)
    chosen = {head: target.numpy() for head, target in targets(7).items()}
    model = seeded()
    maps = maps_of(
        model,
        lambda rows: images[torch.from_numpy(rows)],
        {head: target[:n] for head, target in chosen.items()},
        settings=ExplainConfig(methods=("gradcam", "cam")),
        batch_size=batch_size,
    )
    return maps.maps, model


def test_maps_of_all_pictures_are_those_of_each_batch() -> None:
    maps, model = explain(7, 4)
    assert {len(found) for found in maps.values()} == {7}
    assert len(model.trunk_calls) == 2
    first = cam_maps(seeded(), pictures(7)[:4], {head: target[:4] for head, target in targets(7).items()})
    assert all(torch.equal(found[:4], first[key]) for key, found in maps.items())


def test_a_picture_gives_the_same_bits_whatever_follows_it() -> None:
    many, few = explain(7, 4)[0], explain(5, 4)[0]
    assert all(torch.equal(found[:5], few[key]) for key, found in many.items())


def test_an_unknown_method_is_refused_before_loading() -> None:
    def load(rows: np.ndarray) -> torch.Tensor:
        raise AssertionError("nothing should be loaded")

    with pytest.raises(RequestError, match="unknown map method 'gradcan'"):
        maps_of(seeded(), load, {"gender": np.zeros(3)}, settings=ExplainConfig(methods=("gradcan",)))
