"""The sheets of drawn people in the documentation: equal code gives equal bytes."""

from dataclasses import replace

import numpy as np

from bias_exp.data.personas.factors import PROFESSIONS, Cues, Factors, draw_factors
from bias_exp.data.personas.render import render
from bias_exp.data.personas.twins import control_twin, gender_twin

SIDE = 96
GAP = 4
STEPS = 10

Picture = np.ndarray


def sheet(rows: list[list[Picture]]) -> Picture:
    """Rows of equal pictures on white, GAP pixels apart."""
    lines = [np.concatenate([_framed(one) for one in row], axis=1) for row in rows]
    return np.pad(np.concatenate(lines, axis=0), ((GAP, 0), (GAP, 0), (0, 0)), constant_values=255)


def _framed(picture: Picture) -> Picture:
    return np.pad(picture, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)


def _person(profession: str, gender: str, number: int, **fixed: object) -> Factors:
    return draw_factors(f"{profession}-{gender}-{number:04d}", profession=profession, gender=gender, **fixed)


def _drawn(factors: Factors) -> Picture:
    return render(factors, SIDE).picture


def professions() -> Picture:
    """Ten professions, women above and men below; skin tones 1 to 10 from the left above, from the right below."""
    tones = range(1, len(PROFESSIONS) + 1)
    women = [_drawn(_person(name, "female", 0, skin_tone=tone)) for name, tone in zip(PROFESSIONS, tones, strict=True)]
    men = [_drawn(_person(name, "male", 0, skin_tone=11 - tone)) for name, tone in zip(PROFESSIONS, tones, strict=True)]
    return sheet([women, men])


def cues() -> Picture:
    """From 0 to 1: the task cue of a painter, all gender cues of a woman and of a man, and the presentation."""
    shares = [step / (STEPS - 1) for step in range(STEPS)]
    task = _person("painter", "female", 3)
    woman, man = _person("teacher", "female", 3, skin_tone=5), _person("waiter", "male", 5, skin_tone=7)
    rows = [
        [replace(task, cues=Cues(task=share)) for share in shares],
        *([replace(one, cues=_gender_cues(share)) for share in shares] for one in (woman, man)),
        [replace(_person("lawyer", "female", 9), presentation=share) for share in shares],
    ]
    return sheet([[_drawn(factors) for factors in row] for row in rows])


def _gender_cues(share: float) -> Cues:
    return Cues(hair=share, facial_hair=share, lips=share, neckline=share)


def twins() -> Picture:
    """Persons above, the same pictures with the other gender shown, and below the control twins."""
    people = [
        _person(name, ("female", "male")[number % 2], 1, skin_tone=number + 1)
        for number, name in enumerate(PROFESSIONS)
    ]
    others = [gender_twin(one) for one in people]
    controls = [control_twin(one, SIDE).render(SIDE).picture for one in people]
    return sheet([*([_drawn(one) for one in row] for row in (people, others)), controls])


SHEETS = {"people.png": professions, "cues.png": cues, "twins.png": twins}
"""The sheets by their file in docs/."""
