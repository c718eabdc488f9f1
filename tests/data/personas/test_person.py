"""The drawn person: hair, beard, lips and body follow their factors, and the gender cues are seen on every skin."""

from dataclasses import replace

import numpy as np
import pytest

from bias_exp.data.personas.anatomy import anatomy
from bias_exp.data.personas.factors import PROFESSIONS, Cues, Factors, draw_factors
from bias_exp.data.personas.nuisance import (
    Camera,
    FaceShape,
    Hair,
    Light,
    Pose,
    draw_camera,
    draw_face_shape,
    draw_light,
)
from bias_exp.data.personas.render import render

STILL = {"light": Light(strength=0.0), "camera": Camera(0.0, 0.0, 0)}
TEXTURES = {"straight": 0.1, "wavy": 0.5, "coily": 0.9}


def person(name: str = "p1", **fixed: object) -> Factors:
    return draw_factors(name, profession="teacher", gender="female", **STILL | fixed)


def seen_difference(tone: int) -> float:
    """How far, on average, the pixels move by which the two ends of the presentation differ: luminance, 0 to 255."""
    moved = []
    for index in range(12):
        ends = [
            render(person(f"d{index}", skin_tone=tone, age=20.0 + 4.0 * index, presentation=p), 64).picture
            for p in (0.0, 1.0)
        ]
        change = np.abs(ends[0].astype(float) - ends[1]) @ (0.299, 0.587, 0.114)
        moved.append(change[change > 8.0].mean())
    return float(np.mean(moved))


def test_gender_cues_are_seen_as_strongly_on_every_skin():
    strength = [seen_difference(tone) for tone in range(1, 11)]
    assert min(strength) > 0.55 * max(strength), np.round(strength)


@pytest.mark.parametrize("wave", TEXTURES.values(), ids=TEXTURES)
@pytest.mark.parametrize("tied", [0.1, 0.6, 0.9])
def test_hair_grows_with_the_presentation_in_every_style(wave, tied):
    own = Hair(wave=wave, tied=tied)
    areas = [render(person(hair=own, presentation=p), 96).masks["hair"].sum() for p in (0.0, 0.5, 1.0)]
    assert areas[0] < areas[1] < areas[2]
    # Tied hair that is only just long enough hides most of itself behind the neck.
    assert areas[2] > (1.3 if tied == 0.9 else 2.0) * areas[0]


def test_short_hair_can_be_neither_tied_nor_tucked():
    short = [render(person(hair=Hair(tied=tied), presentation=0.0)).picture for tied in (0.1, 0.6, 0.9)]
    assert all(np.array_equal(short[0], other) for other in short)


@pytest.mark.parametrize("name", ["fringe", "wave", "thinning", "parting", "volume"])
def test_every_trait_of_the_hair_is_seen_at_every_length(name):
    for presentation in (0.0, 0.5, 1.0):
        ends = [
            render(person(hair=replace(Hair(fringe=0.2), **{name: value}), presentation=presentation, age=60.0)).masks
            for value in (0.0, 1.0)
        ]
        assert (ends[0]["hair"] != ends[1]["hair"]).any() or name == "parting"


@pytest.mark.parametrize("name", FaceShape.RANGES)
def test_every_trait_of_the_face_is_seen(name):
    ends = [
        render(person(shape=replace(FaceShape(), **{name: value}), pose=Pose(), presentation=0.9), 224).picture
        for value in (0.0, 1.0)
    ]
    assert (ends[0] != ends[1]).any(axis=2).sum() > 20


def test_faces_keep_human_proportions_whatever_their_shape():
    for seed in range(200):
        form = anatomy(draw_face_shape(np.random.default_rng(seed)), seed / 199, 20.0 + 0.3 * seed, seed % 11 / 10)
        half_width = float(form.outline[:, 0].max())
        gap = 2.0 * (form.eye[0] - form.eye_half[0])
        assert 0.62 < half_width < 0.9
        assert 0.7 < gap / (2.0 * form.eye_half[0]) < 1.45  # about one eye between the eyes
        assert form.brow < form.eye[1] - form.eye_half[1]
        assert form.eye[1] + 0.2 < form.nose[1] < form.corner[1] - 0.2
        assert form.corner[1] + 0.25 < form.chin


def test_no_beard_from_the_middle_upwards_and_a_fuller_one_below():
    only = Cues(hair=0.0, facial_hair=1.0, lips=0.0, neckline=0.0)
    drawn = [render(person(cues=only, presentation=p, skin_tone=3), 128).picture for p in (1.0, 0.5, 0.3, 0.0)]
    assert np.array_equal(drawn[0], drawn[1])
    darkening = [float((drawn[0].astype(int) - other).sum()) for other in drawn[2:]]
    assert 0.0 < darkening[0] < darkening[1]


def test_a_broad_build_is_wider_than_a_slim_one_in_every_garment():
    for profession in PROFESSIONS:
        slim, broad = (
            render(draw_factors("b", profession=profession, gender="male", build=b, pose=Pose()), 128).masks["clothes"]
            for b in (0.0, 1.0)
        )
        assert broad.sum() > slim.sum(), profession


def test_drawn_light_and_camera_leave_the_face_readable():
    for seed in range(100):
        light, camera = draw_light(np.random.default_rng(seed)), draw_camera(np.random.default_rng(seed))
        assert 0.85 <= light.brightness <= 1.1
        assert camera.blur <= 0.004
        assert 1.0 <= camera.noise <= 7.0
