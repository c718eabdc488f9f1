"""Mass of maps by region."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.localisation import NOT_FINITE, NOT_POSITIVE, area_share, energy
from bias_exp.metrics.shares import overlap, region_shares

REGIONS = np.array([[["face", "face"], ["hair", "bg"]]], dtype=object)


def test_shares_by_hand() -> None:
    found = region_shares(np.array([[[3.0, 3.0], [2.0, 0.0]]]), REGIONS)
    assert found.names == ("bg", "face", "hair")
    assert found.share[0] == pytest.approx([0, 0.75, 0.25])
    assert found.area[0] == pytest.approx([0.25, 0.5, 0.25])
    assert found.enrichment[0] == pytest.approx([0, 1.5, 1])


def test_negative_values_are_no_mass() -> None:
    assert region_shares(np.array([[[1.0, -5.0], [1.0, -1.0]]]), REGIONS).share[0] == pytest.approx([0, 0.5, 0.5])


def test_maps_that_say_nothing_are_undefined_and_leave_others_alone() -> None:
    maps = np.array([[[0.0, -1.0], [0.0, 0.0]], [[1.0, np.inf], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])
    found = region_shares(maps, np.repeat(REGIONS, 3, axis=0))
    assert found.reasons == (NOT_POSITIVE, NOT_FINITE, "")
    assert np.isnan(found.share[:2]).all()
    assert np.isnan(found.enrichment[:2]).all()
    assert found.area[0] == pytest.approx([0.25, 0.5, 0.25])
    assert found.share[2] == pytest.approx([0, 1, 0])


def test_a_region_that_is_not_there_has_no_enrichment() -> None:
    found = region_shares(np.ones((1, 2, 2)), REGIONS, names=["tool"])
    assert found.share[0, 0] == found.area[0, 0] == 0
    assert np.isnan(found.enrichment[0, 0])


def test_shapes_must_agree() -> None:
    for measure in (region_shares, overlap):
        with pytest.raises(ValueError, match="of one shape"):
            measure(np.ones((1, 2, 2)), np.ones((1, 2, 3)))


def test_overlap_by_hand() -> None:
    maps = np.array([[[1.0, 0.5], [0, -1]], [[0.0, 0], [0, 0]], [[np.nan, 1], [1, 1]], [[0.0, 0], [0, 1]]])
    masks = np.array([[[1, 0], [1, 0]], [[0, 0], [0, 0]], [[1, 1], [1, 1]], [[1, 0], [0, 0]]]) > 0
    found = overlap(maps, masks)
    assert found[[0, 3]] == pytest.approx([1 / 3, 0])
    assert np.isnan(found[1:3]).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 9), st.sampled_from(["face", "hair", "bg"])), min_size=4, max_size=4))
def test_shares_add_up_and_are_the_energy_of_each_region(pixels: list[tuple[int, str]]) -> None:
    values, names = zip(*pixels, strict=True)
    maps, regions = np.array(values, dtype=float).reshape(1, 2, 2), np.array(names, dtype=object).reshape(1, 2, 2)
    found = region_shares(maps, regions)
    assert found.area.sum() == pytest.approx(1)
    if not found.reasons[0]:
        assert found.share.sum() == pytest.approx(1)
        # Weighed by area, enrichment is 1: what one region has more, others have less.
        assert (found.enrichment * found.area).sum() == pytest.approx(1)
    for column, name in enumerate(found.names):
        mask = regions == name
        assert found.area[:, column] == pytest.approx(area_share(mask))
        if not mask.all():
            assert found.share[:, column] == pytest.approx(energy(maps, mask), nan_ok=True)
