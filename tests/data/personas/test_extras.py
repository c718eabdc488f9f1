"""Wearables: a nuisance of about every fifth persona, labelled as what they are, no cue of anything."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bias_exp.data.personas.extras import COLOURS, Extras
from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, draw_factors
from bias_exp.data.personas.nuisance import Camera
from bias_exp.data.personas.render import REGIONS, render

WEARABLES = tuple(Extras.RANGES)
NAMES = pytest.mark.parametrize("name", WEARABLES)


def bare(name: str = "p1", **fixed: object):
    fixed = {"camera": Camera(0.0, 0.0, 0), "extras": Extras()} | fixed
    return draw_factors(name, profession="teacher", gender="male", **fixed)


def test_every_fifth_wears_something_whatever_the_labels():
    drawn = [
        [draw_factors(f"e{i}", profession=job, gender=sex).extras for i in range(400)]
        for job, sex in (("nurse", GENDERS[0]), (PROFESSIONS[2], GENDERS[1]))
    ]
    assert drawn[0] == drawn[1]
    worn = np.array([[getattr(one, name) > 0.0 for name in WEARABLES] for one in drawn[0]])
    assert 0.15 < worn.any(axis=1).mean() < 0.25
    assert (worn.mean(axis=0) > 0.05).all()
    # Among those who wear anything, each wearable is as frequent as not: a control twin wears several.
    assert (worn[worn.any(axis=1)].sum(axis=1) >= 2).mean() > 0.5


@NAMES
def test_each_grows_with_its_amount(name):
    plain = render(bare()).picture.astype(int)
    areas, inks = [], {f"{name}_colour": "detail"}
    for amount in (0.0, 0.25, 0.5, 0.75, 1.0):
        worn = render(bare(extras=Extras(**{name: amount}, **inks))).picture
        areas.append((np.abs(worn - plain).max(axis=2) > 3).sum())
    assert areas[0] == 0
    assert all(less < more for less, more in pairwise(areas))


@NAMES
def test_labels_of_the_face_stay_and_worn_cloth_is_clothes(name):
    before, after = render(bare()), render(bare(extras=Extras(**{name: 1.0})))
    assert np.array_equal(before.landmarks, after.landmarks)
    for region in REGIONS:
        gone, new = before.masks[region] & ~after.masks[region], after.masks[region] & ~before.masks[region]
        if name in ("glasses", "dye"):
            assert not gone.any(), region
        if region != "clothes":
            assert not new.any(), region
    more = after.masks["clothes"] & ~before.masks["clothes"]
    assert more.any() == (name in ("scarf", "band"))


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_is_one_that_can_be_worn(colour):
    extras = Extras(1.0, 1.0, 1.0, 1.0, colour, colour, colour, colour)
    assert (render(bare(extras=extras)).picture != render(bare()).picture).any()


def test_wearables_stay_out_of_the_face_but_for_glasses():
    bold = Extras(scarf=1.0, band=1.0, dye=1.0)
    for index in range(6):
        one = bare(f"f{index}")
        before, after = render(one, 96), render(replace(one, extras=bold), 96)
        changed = (before.picture != after.picture).any(axis=2)
        nose = int(before.landmarks[2, 1])
        rows = np.arange(96)[:, None]
        low = before.masks["mouth"] | before.masks["chin"] | (before.masks["cheeks"] & (rows < nose))
        assert not (changed & low).any()


def test_wrong_amounts_and_colours_are_refused():
    with pytest.raises(ValueError, match=r"Extras\.scarf must be in \[0, 1\], got 2"):
        Extras(scarf=2)
    with pytest.raises(ValueError, match=r"Extras\.band_colour must be one of under, .*dark, got 'pink'"):
        Extras(band_colour="pink")
