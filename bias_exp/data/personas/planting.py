"""What can be planted in personas with a known strength: proxies and a decoy, for studies that must find them again.

A proxy is the colour of a badge on the chest, tied to the gender (one of two colours) or to the profession (one of
ten); a decoy is light tied to the profession: its side (two) and its brightness (five bands), ten kinds in all.

Strength s: with probability s the persona shows its label's own kind, else one of the k kinds drawn independently of
every label. So P(own) = s + (1 - s) / k and P(each other) = (1 - s) / k. Where the k labels are equally frequent,
Cramer's V between label and kind is s itself, and their mutual information is `information(s, k)`. At strength 0 the
badge is there and says nothing; without planting (None) there is no badge, and the light is the ordinary one.
"""

from dataclasses import dataclass, replace
from math import log2

import numpy as np

from bias_exp.data.personas.extras import GENDER_COLOURS, PROFESSION_COLOURS, Badge
from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Factors
from bias_exp.data.personas.nuisance import Light, check_range
from bias_exp.seeds import rng_for

LIGHT_KINDS = 10
_BANDS = 5
_BRIGHTNESS, _UNEVEN = (0.6, 1.2), (0.25, 0.5)


@dataclass(frozen=True)
class Planting:
    """The strength of each plant, 0 (independent of the label) to 1 (always the label's own); None for not planted.

    `proxy_gender` and `proxy_profession` are badge colours, `decoy` is light tied to the profession.
    """

    proxy_gender: float | None = None
    proxy_profession: float | None = None
    decoy: float | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None:
                check_range("Planting", name, value, 0.0, 1.0)


def plant(factors: Factors, planting: Planting, *, seed: int = 0) -> Factors:
    """The persona with what is planted; each plant has its own stream of (seed, persona), all else stays."""

    def kind(name: str, own: int, count: int, strength: float | None) -> int | None:
        rng = rng_for(seed, "persona", factors.persona, "planting", name)
        share, other = float(rng.uniform()), int(rng.integers(count))
        return None if strength is None else own if share < strength else other

    gender, profession = GENDERS.index(factors.gender), PROFESSIONS.index(factors.profession)
    badge = Badge(
        gender=kind("proxy_gender", gender, GENDER_COLOURS, planting.proxy_gender),
        profession=kind("proxy_profession", profession, PROFESSION_COLOURS, planting.proxy_profession),
    )
    lit = kind("decoy", profession, LIGHT_KINDS, planting.decoy)
    if lit is None:
        return replace(factors, badge=badge)
    rng = rng_for(seed, "persona", factors.persona, "planting", "light")
    return replace(factors, badge=badge, light=_light(lit, factors.light, rng))


def light_kind(light: Light) -> int:
    """Which of the ten kinds of light this is, 0 to 9: its side and its band of brightness."""
    low, high = _BRIGHTNESS
    band = int((light.brightness - low) / (high - low) * _BANDS)
    return 2 * min(max(band, 0), _BANDS - 1) + int(light.direction > 90.0)


def _light(kind: int, usual: Light, rng: np.random.Generator) -> Light:
    """Light of a kind, clearly uneven; its warmth stays what it is."""
    (low, high), (band, left) = _BRIGHTNESS, divmod(kind, 2)
    place, bright, uneven = rng.uniform((0.1, 0.05, 0.0), (0.9, 0.95, 1.0)).tolist()
    return replace(
        usual,
        direction=90.0 * (left + place),
        brightness=low + (high - low) * (band + bright) / _BANDS,
        strength=_UNEVEN[0] + uneven * (_UNEVEN[1] - _UNEVEN[0]),
    )


def information(strength: float, kinds: int) -> float:
    """Bits that a kind planted with `strength` tells of an equally frequent label of `kinds` values."""
    own, other = strength + (1.0 - strength) / kinds, (1.0 - strength) / kinds
    return log2(kinds) + own * log2(own) + ((kinds - 1) * other * log2(other) if other > 0.0 else 0.0)
