"""Twins: one differs in gender alone, the other in something else just as much, in the same place."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from bias_exp.data.personas.extras import Extras
from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Cues, draw_factors
from bias_exp.data.personas.nuisance import Camera
from bias_exp.data.personas.render import render
from bias_exp.data.personas.twins import Change, ControlTwin, control_twin, gender_twin

N = 12
NO_GENDER = Cues(hair=0.0, facial_hair=0.0, lips=0.0, neckline=0.0)


@pytest.fixture(scope="module")
def controls() -> list[ControlTwin]:
    """Professions and genders crossed, without camera noise, at 64 pixels."""
    people = (draw_factors(f"t{i}", profession=PROFESSIONS[i % 10], gender=GENDERS[i // 10 % 2]) for i in range(N))
    return [control_twin(replace(one, camera=Camera(0.0, one.camera.blur, 0))) for one in people]


def test_a_gender_twin_is_mirrored_about_the_middle_and_nothing_else():
    one = draw_factors("p1", profession="nurse", gender="female")
    twin = gender_twin(one)
    assert twin == replace(one, presentation=1.0 - one.presentation)
    assert (one.gender, twin.gender) == ("female", "male")
    assert gender_twin(twin).presentation == pytest.approx(one.presentation)
    assert twin == draw_factors("p1", profession="nurse", gender="male", presentation=twin.presentation)


def test_a_change_in_numbers():
    first = np.full((4, 5, 3), 100, np.uint8)
    second = first.copy()
    second[0, 0] = (130, 100, 91)  # 39 grey levels over three channels
    second[1, 1] = (97, 100, 100)
    second[2, 2] = (102, 102, 102)  # too little to count
    assert Change.between(first, second) == Change(2 / 20, (39 + 3) / 6)
    nothing = Change.between(first, first)
    assert nothing.area == 0.0
    assert math.isnan(nothing.strength)


@pytest.mark.parametrize(("area", "strength", "matched"), [(0.109, 54, True), (0.111, 50, False), (0.1, 44, False)])
def test_matched_is_within_a_tenth_on_both(area, strength, matched):
    assert Change(area, strength).matches(Change(0.1, 50.0)) == matched
    assert not Change(area, strength).matches(Change(0.0, float("nan")))


def test_controls_match_area_and_strength(controls):
    assert sum(one.matched for one in controls) >= N - 1
    for one in controls:
        if one.matched:
            assert one.change.area == pytest.approx(one.gender.area, rel=0.1)
            assert one.change.strength == pytest.approx(one.gender.strength, rel=0.1)
        shown = Change.between(render(one.base).picture, one.render().picture)
        assert shown == one.change
        assert Change.between(render(one.base).picture, render(gender_twin(one.base)).picture) == one.gender


def test_controls_change_the_same_zone_and_no_cue_of_gender(controls):
    for one in controls:
        before, after = render(one.base), one.render()
        assert one.worn == replace(one.base, extras=one.worn.extras)
        changed = np.abs(before.picture.astype(int) - after.picture).max(axis=2) >= 3
        (x0, y0, x1, y1), zone = before.face_box, np.zeros(changed.shape, bool)
        width, height = x1 - x0, y1 - y0
        left, right = max(0, int(x0 - 0.6 * width)), int(x1 + 0.6 * width) + 1
        zone[max(0, int(y0 - 0.5 * height)) : int(y1 + 1.2 * height) + 1, left:right] = True
        assert (changed & zone).sum() >= 0.75 * changed.sum()
        # Beard and lips are below the nose, the neckline in the middle below the chin.
        rows = np.arange(len(changed))[:, None]
        lower_face = before.masks["face"] & (rows > before.landmarks[2, 1] + 1)
        inside = cv2.erode(lower_face.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        assert not (changed & inside).any()
        middle = int(before.landmarks[3:, 0].mean())
        assert not changed[int(y1) + 1 : int(y1 + 0.25 * height), middle - 2 : middle + 3].any()


def test_where_gender_shows_nothing_the_control_is_the_same_picture():
    plain = draw_factors("p1", profession="nurse", gender="female", cues=NO_GENDER)
    twin = control_twin(plain)
    assert twin.matched
    assert twin.gender.area == 0.0
    assert np.array_equal(twin.render().picture, render(plain).picture)


def test_a_shawl_that_is_worn_already_need_not_change_its_colour():
    """Given another colour, all of it changes at once, which is more than the hair of this person does."""
    one = draw_factors("nurse-female-0001", profession="nurse", gender="female", extras=Extras(scarf=0.92))
    assert control_twin(one).matched
