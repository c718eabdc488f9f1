"""Regions from five landmarks, held against drawn people whose regions are known."""

import numpy as np
import pytest

from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, draw_factors
from bias_exp.data.personas.render import render
from bias_exp.data.regions import REGIONS
from bias_exp.faces.align import TEMPLATE
from bias_exp.faces.landmarks import TEMPLATES, face_box, head_mask, region_masks

LEAST = {
    "face": (0.85, 0.88),
    "eyes": (0.80, 0.85),
    "mouth": (0.72, 0.78),
    "chin": (0.60, 0.75),
    "glabella": (0.70, 0.75),
    "cheeks": (0.75, 0.80),
    "hair": (0.30, 0.45),
    "background": (0.75, 0.95),
}
"""Intersection over union, and recall, that templates reach on average over drawn people."""


def test_templates_lie_on_the_regions_of_drawn_people() -> None:
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in LEAST}
    for k in range(20):
        person = draw_factors(f"lm-{k}", profession=PROFESSIONS[k % 10], gender=GENDERS[k // 10], skin_tone=1 + k % 10)
        shown = render(person, 160)
        masks = region_masks(shown.landmarks, (160, 160))
        for name in LEAST:
            truth, guess = shown.masks[name], masks[name]
            if truth.any():
                both = (truth & guess).sum()
                found[name].append((both / (truth | guess).sum(), both / truth.sum()))
    means = {name: np.mean(values, axis=0) for name, values in found.items()}
    assert all((means[name] >= least).all() for name, least in LEAST.items()), means


def test_every_region_of_a_face_is_there_and_within_the_face() -> None:
    masks = region_masks(TEMPLATE, (112, 112))
    assert tuple(masks) == TEMPLATES
    assert set(TEMPLATES) <= set(REGIONS)
    for name in ("eyes", "mouth", "chin", "glabella", "cheeks", "nose", "forehead"):
        assert masks[name].any()
        assert not (masks[name] & ~masks["face"]).any()
    for name in ("face", "hair"):
        assert not (masks[name] & masks["background"]).any()
    assert not (masks["face"] & masks["hair"]).any()
    assert np.array_equal(head_mask(TEMPLATE, (112, 112)) & masks["background"], np.zeros((112, 112), bool))


def test_each_landmark_is_in_its_region() -> None:
    masks = region_masks(TEMPLATE * 4, (448, 448))
    for place, name in zip(TEMPLATE * 4, ("eyes", "eyes", "nose", "mouth", "mouth"), strict=True):
        assert masks[name][int(place[1]), int(place[0])], name
    rows = {name: np.nonzero(mask)[0].mean() for name, mask in masks.items()}
    order = ("hair", "forehead", "glabella", "eyes", "nose", "mouth", "chin")
    heights = [rows[name] for name in order]
    assert heights == sorted(heights)


def test_they_turn_grow_and_mirror_with_the_face() -> None:
    quarter = np.column_stack([112 - TEMPLATE[:, 1], TEMPLATE[:, 0]])
    mirrored = (TEMPLATE * [-1, 1] + [112, 0])[[1, 0, 2, 4, 3]]
    masks, turned, other = (region_masks(points, (112, 112)) for points in (TEMPLATE, quarter, mirrored))
    for name in TEMPLATES:
        assert np.mean(np.rot90(masks[name], -1) != turned[name]) < 0.01, name
        assert np.mean(masks[name][:, ::-1] != other[name]) < 0.01, name
    large = region_masks(TEMPLATE * 2, (224, 224))
    for name in set(TEMPLATES) - {"background"}:
        assert large[name].sum() == pytest.approx(4 * masks[name].sum(), rel=0.12), name


def test_the_box_around_the_features() -> None:
    x0, y0, x1, y1 = face_box(TEMPLATE)
    assert x0 < TEMPLATE[:, 0].min()
    assert x1 > TEMPLATE[:, 0].max()
    assert y0 < TEMPLATE[0, 1] - 10
    assert TEMPLATE[3:, 1].max() + 10 < y1 < 130


def test_landmarks_that_span_no_face_are_refused() -> None:
    unknown = TEMPLATE.copy()
    unknown[2] = np.nan
    with pytest.raises(ValueError, match="expected five known landmarks"):
        region_masks(unknown, (20, 20))
    with pytest.raises(ValueError, match="expected landmarks that span a face"):
        region_masks(np.full((5, 2), 7.0), (20, 20))
