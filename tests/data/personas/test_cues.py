"""Cues: each is seen the more the more visible it is, alone, and not at all at 0."""

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from bias_exp.data.personas.extras import Badge, Extras
from bias_exp.data.personas.factors import PROFESSIONS, Cues, Factors, draw_factors
from bias_exp.data.personas.nuisance import Camera
from bias_exp.data.personas.render import render

HIDDEN = Cues(**{field.name: 0.0 for field in fields(Cues)})
GENDER_CUES = tuple(field.name for field in fields(Cues) if field.name != "task")
VISIBLE = (0.0, 0.25, 0.5, 0.75, 1.0)


def people(**fixed: object) -> list[Factors]:
    still = {"camera": Camera(0.0, 0.0, 0), "extras": Extras()} | fixed
    return [
        draw_factors(f"c{i}", profession=PROFESSIONS[i], gender="female", skin_tone=1 + i, **still) for i in range(10)
    ]


def apart(first: Factors, second: Factors) -> float:
    """The mean absolute difference of two pictures in grey levels."""
    return float(np.abs(render(first).picture.astype(int) - render(second).picture).mean())


@pytest.mark.parametrize("cue", GENDER_CUES)
def test_the_genders_come_apart_with_each_cue(cue):
    change = [
        np.mean([apart(replace(one, presentation=0.0), replace(one, presentation=1.0)) for one in people(cues=cues)])
        for cues in (replace(HIDDEN, task=1.0, **{cue: visible}) for visible in VISIBLE)
    ]
    assert change[0] == 0.0
    assert all(less < more for less, more in pairwise(change)), change


@pytest.mark.parametrize("cue", [field.name for field in fields(Cues)])
def test_a_picture_moves_away_from_the_hidden_cue(cue):
    change = [
        np.mean(
            [
                # The hair cue is plainest at either end, whereas facial hair is seen on masculine faces alone.
                apart(replace(one, cues=HIDDEN), replace(one, cues=replace(HIDDEN, **{cue: visible})))
                for one in people(presentation=0.0)
            ]
        )
        for visible in VISIBLE
    ]
    assert change[0] == 0.0
    assert all(less < more for less, more in pairwise(change)), change


def test_professions_come_apart_with_the_task():
    one = people()[0]
    change = [
        np.mean(
            [
                apart(*(replace(one, profession=job, cues=Cues(task=v)) for job in pair))
                for pair in pairwise(PROFESSIONS)
            ]
        )
        for v in VISIBLE
    ]
    assert change[0] == 0.0
    assert all(less < more for less, more in pairwise(change)), change


def test_without_the_task_all_professions_are_one_picture_whatever_is_worn():
    worn = {"extras": Extras(0.5, 0.7, 0.4, 0.6), "badge": Badge(gender=1, profession=4)}
    drawn = [
        render(draw_factors("p1", profession=job, gender="male", cues=Cues(task=0.0), **worn)) for job in PROFESSIONS
    ]
    for one in drawn[1:]:
        assert np.array_equal(one.picture, drawn[0].picture)
        assert all(np.array_equal(mask, drawn[0].masks[region]) for region, mask in one.masks.items())
        assert np.array_equal(one.landmarks, drawn[0].landmarks)


def test_without_any_gender_cue_all_presentations_are_one_picture_whatever_is_worn():
    cues = replace(HIDDEN, task=1.0)
    for one in people(cues=cues, extras=Extras(0.5, 0.7, 0.4, 0.6)):
        ends = [render(replace(one, presentation=p)) for p in (0.0, 0.3, 1.0)]
        assert all(np.array_equal(end.picture, ends[0].picture) for end in ends)
        assert all(np.array_equal(ends[0].masks[region], ends[2].masks[region]) for region in ends[0].masks)
