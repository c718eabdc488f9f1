"""Integrated Gradients as the phase makes them: refined picture by picture, and what is left is told."""

import pytest
import torch
from torch import Tensor

from bias_exp.config import ExplainConfig
from bias_exp.explain.batches import maps_of
from bias_exp.explain.integrated_gradients import integrated_gradients, path_maps
from bias_exp.models.build import build
from tests.explain.tiny import CLASSES, FromCut, pictures, seeded, targets

KINK = 0.45


def kinked() -> FromCut:
    """A logit that rises from `KINK` on in channel 0, and one of another head that is channel 1 itself."""

    def logits(cut: Tensor) -> dict[str, Tensor]:
        return {"rising": (cut[:, 0, 0] - KINK).relu(), "straight": cut[:, 1, 0]}

    return FromCut(logits)


def both(n: int) -> dict[str, Tensor]:
    return {head: torch.zeros(n, dtype=torch.int64) for head in ("rising", "straight")}


def asked(**settings) -> ExplainConfig:
    return ExplainConfig(**{"methods": ("integrated_gradients",), "steps": 2, "most_steps": 16} | settings)


IMAGES = torch.tensor([[1.0, 1, 0], [0.4, 1, 0], [1.0, 0, 0]], dtype=torch.float64)[:, :, None, None]


def test_a_map_is_the_attributions_summed_over_channels() -> None:
    model, images, chosen = seeded(), pictures(3), targets(3)
    attributions = integrated_gradients(model, images, chosen, 2, "blur")
    made = path_maps(model, images, chosen, asked(most_steps=2, baseline="blur"))
    assert set(made) == set(CLASSES)
    for head, found in made.items():
        torch.testing.assert_close(found.maps, attributions[head][0].sum(1))
        assert (found.maps < 0).any(), "signed"


def test_only_pictures_that_miss_too_much_take_more_points() -> None:
    made = path_maps(kinked(), IMAGES, both(3), asked(most_steps=256))
    assert made["rising"].steps.tolist() == made["straight"].steps.tolist()
    taken = made["rising"].steps.tolist()
    assert taken[1] == 2, "below the kink the path is straight"
    assert taken[0] == taken[2] == 32
    assert (made["rising"].missed <= 0.05).all()
    assert made["straight"].missed.abs().max() < 1e-12


def test_what_is_missed_is_relative_to_the_difference_that_is_explained() -> None:
    made = path_maps(kinked(), IMAGES, both(3), asked(most_steps=2))["rising"]
    error = integrated_gradients(kinked(), IMAGES, both(3), 2)["rising"][1]
    assert made.missed.tolist() == pytest.approx(
        [abs(error[0].item()) / (1 - KINK), 0, abs(error[2].item()) / (1 - KINK)]
    )
    assert made.missed[0] > 0.05


def test_a_difference_near_zero_is_not_divided_by() -> None:
    images = torch.tensor([[KINK + 0.01, 0, 0]], dtype=torch.float64)[:, :, None, None]
    made = path_maps(kinked(), images, both(1), asked(most_steps=2))["rising"]
    error = integrated_gradients(kinked(), images, both(1), 2)["rising"][1]
    assert made.missed.item() == pytest.approx(abs(error.item()) / 0.1)
    assert error.item() != 0


def test_points_are_doubled_up_to_the_most() -> None:
    taken = [
        path_maps(kinked(), IMAGES, both(3), asked(most_steps=most, tolerance=1e-9))["rising"].steps.tolist()
        for most in (2, 3, 4, 7)
    ]
    assert taken == [[most, 2, most] for most in (2, 3, 4, 7)]


@pytest.mark.parametrize("backbone", ["quick_resnet", "quick_swin"])
def test_a_refined_picture_has_the_bits_that_it_has_alone(backbone: str) -> None:
    model, images, chosen = build(backbone, CLASSES, 32), 3 * pictures(3), targets(3)
    settings = asked(steps=1, most_steps=4, tolerance=1e-9)
    many = path_maps(model, images, chosen, settings)
    alone = path_maps(model, images[2:], {head: target[2:] for head, target in chosen.items()}, settings)
    for head, found in alone.items():
        assert torch.equal(found.maps[0], many[head].maps[2])
        assert torch.equal(found.missed[0], many[head].missed[2])
        assert found.steps[0] == many[head].steps[2]


def test_autocast_does_not_reach_them() -> None:
    model, images, chosen = build("quick_swin", CLASSES, 32), pictures(1), targets(1)
    exact = path_maps(model, images, chosen, asked())
    with torch.autocast("cpu", torch.bfloat16):
        found = path_maps(model, images, chosen, asked())
    assert all(torch.equal(found[head].maps, exact[head].maps) for head in CLASSES)


def test_the_registry_leads_here() -> None:
    images, chosen = pictures(5), {head: target.numpy() for head, target in targets(5).items()}
    found = maps_of(seeded(), lambda rows: images[torch.from_numpy(rows)], chosen, settings=asked(), batch_size=4)
    expected = path_maps(seeded(), images, targets(5), asked())
    for head, made in expected.items():
        key = ("integrated_gradients", head)
        assert torch.equal(found.maps[key], made.maps)
        assert found.missed[key].tolist() == made.missed.tolist()
        assert found.steps[key].tolist() == made.steps.tolist()
