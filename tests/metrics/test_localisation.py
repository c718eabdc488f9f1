"""Mass, peak and order of maps inside regions: answers by hand, chance, and what is not defined."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score

from bias_exp.metrics.localisation import (
    EVERYWHERE,
    NOT_FINITE,
    NOT_POSITIVE,
    NOT_THERE,
    area_share,
    energy,
    enrichment,
    focus,
    pointing,
    rank_accuracy,
    undefined,
)

MEASURES = (energy, pointing, rank_accuracy, focus)
MAPS = arrays(np.float64, (2, 3, 4), elements=st.integers(-2, 4).map(float))
MASKS = arrays(np.bool_, (2, 3, 4))


def square() -> np.ndarray:
    mask = np.zeros((1, 224, 224), dtype=bool)
    mask[0, 50:150, 50:150] = True
    return mask


def test_a_map_of_ones_inside_and_small_noise_outside() -> None:
    mask = square()
    maps = np.where(mask, 1.0, np.random.default_rng(0).uniform(0, 0.1, mask.shape))
    assert pointing(maps, mask).tolist() == [1]
    assert rank_accuracy(maps, mask).tolist() == [1]
    assert focus(maps, mask).tolist() == [1]
    outside = maps[~mask].sum()
    assert energy(maps, mask) == pytest.approx([10_000 / (10_000 + outside)], abs=1e-12)
    assert energy(maps, mask)[0] == pytest.approx(0.83, abs=0.005)
    assert energy(np.where(mask, 1.0, 0), mask).tolist() == [1]


def test_a_map_that_is_the_same_everywhere_gets_what_chance_gives() -> None:
    mask = square()
    share = 10_000 / 224**2
    assert area_share(mask) == pytest.approx([share], abs=1e-12)
    for measure in (energy, pointing, rank_accuracy):
        assert measure(np.full(mask.shape, 0.3), mask) == pytest.approx([share], abs=1e-12)
    assert focus(np.full(mask.shape, 0.3), mask).tolist() == [0.5]


def test_small_answers_by_hand() -> None:
    maps = np.array([[[4.0, -5.0], [1.0, 3.0]]])
    mask = np.array([[[True, True], [False, False]]])
    assert energy(maps, mask).tolist() == [0.5]  # 4 of 4 + 1 + 3: what is negative has no mass
    assert pointing(maps, mask).tolist() == [1]
    assert rank_accuracy(maps, mask).tolist() == [0.5]  # of 4 and 3 the first
    assert focus(maps, mask).tolist() == [0.5]  # 4 wins twice, -5 never


def test_equal_peaks_share_the_hit() -> None:
    maps = np.array([[[2.0, 2.0, 2.0, 1.0]]])
    mask = np.array([[[True, False, False, True]]])
    assert pointing(maps, mask) == pytest.approx([1 / 3], abs=1e-12)


def test_a_peak_may_miss_by_the_tolerance() -> None:
    maps = np.zeros((1, 5, 5))
    maps[0, 0, 0] = 1
    mask = np.zeros((1, 5, 5), dtype=bool)
    mask[0, 3, 4] = True
    assert [pointing(maps, mask, tolerance=pixels)[0] for pixels in (0, 4.9, 5)] == [0, 0, 1]


def test_chance_of_a_region_and_how_many_times_chance() -> None:
    mask = np.zeros((2, 2, 2), dtype=bool)
    mask[0, 0, 0] = True
    assert area_share(mask).tolist() == [0.25, 0]
    found = enrichment(np.array([0.5, np.nan]), area_share(mask))
    assert found[0] == 2
    assert np.isnan(found[1])


def test_what_is_not_defined_is_nan_with_its_reason() -> None:
    maps, mask = np.ones((5, 2, 2)), np.zeros((5, 2, 2), dtype=bool)
    mask[:, 0, 0] = True
    maps[0, 1, 1] = np.nan
    maps[1] = 0
    mask[2] = False
    mask[3] = True
    maps[4, 0, 0] = 2
    assert undefined(maps, mask) == [NOT_FINITE, NOT_POSITIVE, NOT_THERE, EVERYWHERE, ""]
    for measure in MEASURES:
        found = measure(maps, mask)
        assert np.isnan(found[:4]).all()
        assert np.isfinite(found[4])
    assert np.isnan(pointing(maps, mask, tolerance=1)[2])


def test_masks_must_fit_their_maps() -> None:
    for maps, mask in (
        (np.ones((1, 2, 2)), np.ones((1, 2, 3), dtype=bool)),
        (np.ones((1, 2, 2)), np.ones((1, 2, 2))),
        (np.ones((2, 2)), np.ones((2, 2), dtype=bool)),
    ):
        with pytest.raises(ValueError, match="bool masks of the same shape"):
            undefined(maps, mask)


@given(MAPS, MASKS)
@settings(deadline=None)
def test_a_region_and_its_surroundings_share_all(maps: np.ndarray, masks: np.ndarray) -> None:
    for measure in (energy, focus, pointing):
        total = measure(maps, masks) + measure(maps, ~masks)
        known = np.array(undefined(maps, masks)) == ""
        assert total[known] == pytest.approx(np.ones(known.sum()), abs=1e-12)
        assert np.isnan(total[~known]).all()


@given(MAPS, MASKS)
@settings(deadline=None)
def test_focus_is_the_area_under_the_roc_curve(maps: np.ndarray, masks: np.ndarray) -> None:
    found = focus(maps, masks)
    for one, mask, value in zip(maps, masks, found, strict=True):
        if not np.isnan(value):
            assert value == pytest.approx(roc_auc_score(mask.ravel(), one.ravel()), abs=1e-12)


@given(arrays(np.float64, (1, 1, 5), elements=st.integers(0, 2).map(float)), arrays(np.bool_, (1, 1, 5)))
@settings(deadline=None)
def test_rank_accuracy_is_the_mean_over_all_orders_of_equal_values(maps: np.ndarray, masks: np.ndarray) -> None:
    value = rank_accuracy(maps, masks)[0]
    if np.isnan(value):
        return
    mask, count = masks.ravel(), masks.sum()
    orders = [order for order in permutations(range(5)) if (np.diff(maps.ravel()[list(order)]) <= 0).all()]
    assert value == pytest.approx(np.mean([mask[list(order[:count])].mean() for order in orders]), abs=1e-12)


@given(MAPS, MASKS)
@settings(deadline=None)
def test_a_picture_alone_has_the_same_numbers(maps: np.ndarray, masks: np.ndarray) -> None:
    for measure in MEASURES:
        both = measure(maps, masks)
        alone = np.concatenate([measure(maps[place : place + 1], masks[place : place + 1]) for place in (0, 1)])
        assert np.array_equal(both, alone, equal_nan=True)
