import math

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from bias_exp.metrics.agreement import ONE_ANSWER, agreement


def answers_of(table: np.ndarray) -> tuple[list[str], list[str]]:
    pairs = [(f"{i}", f"{j}") for (i, j), n in np.ndenumerate(table) for _ in range(int(n))]
    return [one for one, _ in pairs], [other for _, other in pairs]


def test_cohen_s_own_arithmetic() -> None:
    found = agreement(*answers_of(np.array([[20, 5], [10, 15]])))
    assert found.raw == 0.7
    assert found.kappa == pytest.approx(0.4)  # chance is 0.5 * 0.6 + 0.5 * 0.4
    assert found.n == 50


@pytest.mark.parametrize("seed", range(5))
def test_interval_agrees_with_statsmodels(seed: int) -> None:
    table = np.random.default_rng(seed).integers(1, 20, (3, 3)) + 20 * np.eye(3, dtype=int)
    found, peer = agreement(*answers_of(table)), cohens_kappa(table)
    assert found.kappa == pytest.approx(peer.kappa)
    assert found.kappa_lo == pytest.approx(peer.kappa_low)
    assert found.kappa_hi == pytest.approx(peer.kappa_upp)


def test_full_agreement_is_one_and_chance_is_nought() -> None:
    assert agreement(["a", "b", "a"], ["a", "b", "a"]).kappa == pytest.approx(1)
    assert agreement(*answers_of(np.array([[9, 9], [9, 9]]))).kappa == pytest.approx(0)
    assert agreement(["a", "b"], ["b", "a"]).kappa == pytest.approx(-1)


def test_one_answer_throughout_has_no_kappa() -> None:
    found = agreement(["a"] * 5, ["a"] * 5)
    assert found.raw == 1
    assert math.isnan(found.kappa)
    assert math.isnan(found.kappa_lo)
    assert found.reason == ONE_ANSWER


def test_unequal_or_no_answers_are_refused() -> None:
    for first, second in ((["a"], ["a", "b"]), ([], [])):
        with pytest.raises(ValueError, match="expected as many answers of both"):
            agreement(first, second)
