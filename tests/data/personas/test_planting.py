"""Planting: as strongly tied to its label as asked, seen in every picture, on the pixels that it names."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from bias_exp.data.personas.extras import GENDER_COLOURS, PROFESSION_COLOURS, Badge
from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Cues, Factors, draw_factors
from bias_exp.data.personas.nuisance import Camera
from bias_exp.data.personas.planting import LIGHT_KINDS, Planting, information, light_kind, plant
from bias_exp.data.personas.render import BADGE_REGION, REGIONS, render

N = 6000
KINDS = {"proxy_gender": GENDER_COLOURS, "proxy_profession": PROFESSION_COLOURS, "decoy": LIGHT_KINDS}
ONE = draw_factors("p1", profession="nurse", gender="female")


@pytest.fixture(scope="module")
def people() -> list[Factors]:
    """Many personas, professions and genders equally often; only what planting looks at is drawn."""
    return [
        replace(ONE, persona=f"q{i}", profession=PROFESSIONS[i % 10], presentation=float(i // 10 % 2 == 0))
        for i in range(N)
    ]


def table(people: list[Factors], planting: Planting) -> np.ndarray:
    """Counts of (label, value) of the one shortcut that is planted."""
    name = next(name for name, strength in vars(planting).items() if strength is not None)
    counts = np.zeros((KINDS[name],) * 2)
    for one in people:
        planted = plant(one, planting)
        label = GENDERS.index(one.gender) if name == "proxy_gender" else PROFESSIONS.index(one.profession)
        value = {
            "proxy_gender": planted.badge.gender,
            "proxy_profession": planted.badge.profession,
            "decoy": light_kind(planted.light),
        }[name]
        counts[label, value] += 1
    return counts


def cramers_v(counts: np.ndarray) -> float:
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
    chi2 = ((counts - expected) ** 2 / expected).sum()
    return float(np.sqrt(chi2 / counts.sum() / (min(counts.shape) - 1)))


def entropy_shared(counts: np.ndarray) -> float:
    share = counts / counts.sum()
    even = share.sum(1, keepdims=True) * share.sum(0, keepdims=True)
    seen = share > 0
    return float((share[seen] * np.log2(share[seen] / even[seen])).sum())


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("strength", [0.0, 0.4, 0.8, 1.0])
def test_the_association_is_the_strength(people, name, strength):
    counts = table(people, Planting(**{name: strength}))
    # Chance alone gives a V of about sqrt((k - 1) / n): 0.013 for two values, 0.039 for ten.
    assert cramers_v(counts) == pytest.approx(strength, abs=0.05)
    k = len(counts)
    own = np.trace(counts) / N
    assert own == pytest.approx(strength + (1 - strength) / k, abs=0.03)
    # The plug-in estimate is (k - 1)^2 / (2 n ln 2) too large on average.
    assert entropy_shared(counts) == pytest.approx(information(strength, k), abs=0.08)


def test_information_in_closed_form():
    assert information(0.0, 10) == pytest.approx(0.0, abs=1e-12)
    assert information(1.0, 2) == 1.0
    assert information(1.0, 10) == pytest.approx(np.log2(10))
    assert information(0.5, 2) == pytest.approx(1.0 + 0.75 * np.log2(0.75) + 0.25 * np.log2(0.25))


def test_a_proxy_of_one_label_says_nothing_of_the_other(people):
    planting = Planting(proxy_gender=1.0, decoy=1.0)
    for one in people[:200]:
        planted = plant(one, planting)
        assert planted.badge == Badge(gender=GENDERS.index(one.gender))
        assert light_kind(planted.light) == PROFESSIONS.index(one.profession)


def test_more_strength_only_adds_personas_of_their_own_colour(people):
    own = [
        {one.persona for one in people[:500] if plant(one, Planting(proxy_profession=s)).badge.profession == label(one)}
        for s in (0.0, 0.3, 0.7, 1.0)
    ]
    assert own[0] < own[1] < own[2] < own[3]
    assert len(own[3]) == 500


def label(factors: Factors) -> int:
    return PROFESSIONS.index(factors.profession)


def test_without_planting_nothing_changes():
    assert plant(ONE, Planting()) == ONE
    assert BADGE_REGION not in render(ONE).masks
    assert plant(ONE, Planting(decoy=0.0)).badge == Badge()
    assert plant(ONE, Planting(proxy_gender=1.0)).light == ONE.light


def test_the_seed_matters():
    planting = Planting(0.0, 0.0, 0.0)
    assert len({plant(ONE, planting, seed=seed).badge.profession for seed in range(20)}) > 3
    assert plant(ONE, planting, seed=1) == plant(ONE, planting, seed=1)


def test_lights_of_ten_kinds_are_seen_and_keep_their_warmth():
    still = replace(ONE, camera=Camera(0.0, 0.0, 0))
    lit = [plant(replace(still, profession=job), Planting(decoy=1.0)).light for job in PROFESSIONS]
    assert [light_kind(light) for light in lit] == list(range(LIGHT_KINDS))
    assert {light.warmth for light in lit} == {ONE.light.warmth}
    pictures = [render(replace(still, light=light)).picture.astype(int) for light in lit]
    apart = [np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]
    assert min(apart) > 4.0


@pytest.mark.parametrize("profession", PROFESSIONS)
def test_the_badge_is_seen_in_every_picture(profession):
    for seed, gender in product(range(3), GENDERS):
        one = draw_factors("p1", profession=profession, gender=gender, seed=seed)
        planted = plant(one, Planting(proxy_gender=1.0, proxy_profession=1.0))
        bare, shown = (render(replace(each, camera=Camera(0.0, 0.0, 0))) for each in (one, planted))
        badge = shown.masks[BADGE_REGION]
        columns = np.flatnonzero(badge.any(axis=0))
        assert len(columns) >= 5
        assert badge.sum() >= 25
        assert not (badge & ~shown.masks["clothes"]).any()
        # Outside of the mask, only the clip and the pixels that the card's edge shares are touched.
        changed = (bare.picture != shown.picture).any(axis=2)
        rows, columns = np.nonzero(badge)
        near = np.zeros_like(changed)
        near[rows.min() - 3 : rows.max() + 3, columns.min() - 2 : columns.max() + 3] = True
        assert changed[badge].mean() > 0.9
        assert not (changed & ~near).any()


def test_badge_and_picture_do_not_move_other_regions():
    badge = replace(ONE, badge=Badge(gender=0, profession=3))
    plain, shown = render(ONE), render(badge)
    for region in REGIONS:
        if region != "clothes":
            assert not (shown.masks[region] & ~plain.masks[region]).any()
    assert render(replace(badge, cues=Cues(task=0.0))).masks[BADGE_REGION].sum() >= 25


@pytest.mark.parametrize("wrong", [{"proxy_gender": 1.2}, {"decoy": -0.1}, {"proxy_profession": float("nan")}])
def test_strengths_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=r"Planting\.\w+ must be in \[0, 1\], got "):
        Planting(**wrong)


@pytest.mark.parametrize("wrong", [{"gender": 2}, {"profession": 10}, {"profession": -1}])
def test_colours_that_do_not_exist_are_refused(wrong):
    with pytest.raises(ValueError, match=r"Badge\.\w+ must be None or a whole number in \[0, \d\], got"):
        Badge(**wrong)
