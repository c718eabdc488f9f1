"""Factors: drawn from (seed, persona) alone, crossed with both labels, and refused when out of range."""

import json
from dataclasses import asdict, replace

import pytest

from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Cues, Factors, draw_factors
from bias_exp.data.personas.nuisance import Camera, FaceShape, Pose
from bias_exp.data.personas.palette import Palette
from bias_exp.errors import RequestError


def nuisances(factors: Factors) -> dict[str, object]:
    return {k: v for k, v in asdict(factors).items() if k not in ("profession", "presentation")}


def test_professions_are_the_ten_in_alphabetical_order():
    assert len(PROFESSIONS) == 10
    assert tuple(sorted(PROFESSIONS)) == PROFESSIONS


def test_nuisances_depend_on_neither_label():
    drawn = [draw_factors("p1", profession=p, gender=g) for p in PROFESSIONS for g in GENDERS]
    assert all(nuisances(factors) == nuisances(drawn[0]) for factors in drawn)


def test_genders_are_equally_far_from_the_middle():
    female, male = (draw_factors("p1", profession="nurse", gender=g) for g in ("female", "male"))
    assert (female.gender, male.gender) == ("female", "male")
    assert female.presentation - 0.5 == pytest.approx(0.5 - male.presentation)


def test_persona_and_seed_both_matter():
    first = draw_factors("p1", profession="nurse", gender="male")
    assert first == draw_factors("p1", profession="nurse", gender="male")
    assert nuisances(first) != nuisances(draw_factors("p2", profession="nurse", gender="male"))
    assert nuisances(first) != nuisances(draw_factors("p1", profession="nurse", gender="male", seed=1))


def test_fixing_a_field_moves_no_other():
    free = draw_factors("p1", profession="nurse", gender="male")
    fixed = draw_factors("p1", profession="nurse", gender="male", skin_tone=10, presentation=0.5)
    assert fixed == replace(free, skin_tone=10, presentation=0.5)


def test_every_skin_tone_is_drawn():
    tones = {draw_factors(f"p{i}", profession="nurse", gender="male").skin_tone for i in range(120)}
    assert tones == set(range(1, 11))


def test_factors_travel_as_json():
    factors = draw_factors("p1", profession="waiter", gender="female")
    assert json.loads(json.dumps(asdict(factors)))["camera"]["seed"] == factors.camera.seed


def test_unknown_names_print_the_choices():
    with pytest.raises(RequestError, match=r"unknown profession 'astronaut'; choose from: baker, .*waiter"):
        draw_factors("p1", profession="astronaut", gender="male")
    with pytest.raises(RequestError, match="unknown gender 'man'; choose from: female, male"):
        draw_factors("p1", profession="nurse", gender="man")


@pytest.mark.parametrize(
    "field",
    [
        {"presentation": 1.2},
        {"presentation": float("nan")},
        {"skin_tone": 0},
        {"skin_tone": 11},
        {"age": 12},
        {"build": -1},
    ],
)
def test_values_out_of_range_are_refused(field):
    with pytest.raises(ValueError, match=r"Factors\.\w+ must be in \[.*\], got "):
        draw_factors("p1", profession="nurse", gender="male", **field)


def test_half_a_skin_tone_is_refused():
    with pytest.raises(ValueError, match="skin_tone must be a whole number"):
        draw_factors("p1", profession="nurse", gender="male", skin_tone=2.5)


def test_parts_check_their_own_ranges():
    with pytest.raises(ValueError, match=r"Cues\.hair must be in \[0, 1\], got 2"):
        Cues(hair=2)
    with pytest.raises(ValueError, match=r"Pose\.tilt must be in"):
        Pose(tilt=90.0)
    with pytest.raises(ValueError, match=r"Camera\.noise must be in"):
        Camera(noise=-1.0)
    with pytest.raises(ValueError, match=r"FaceShape\.jaw must be in \[0, 1\]"):
        FaceShape(jaw=1.5)
    with pytest.raises(ValueError, match=r"Palette\.wall must be three numbers"):
        Palette(wall=(0, 0, 300))


def test_visibility_pulls_a_cue_to_the_middle():
    factors = draw_factors("p1", profession="nurse", gender="male", presentation=1.0, cues=Cues(hair=0.5, lips=0.0))
    assert [factors.shown(cue) for cue in ("hair", "lips", "neckline")] == [0.75, 0.5, 1.0]
