"""Mean colour says next to nothing about profession or gender: what is learnt from personas is shape."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, draw_factors
from bias_exp.data.personas.render import render

N = 600


@pytest.fixture(scope="module")
def mean_colours() -> np.ndarray:
    """(N, 3): professions and genders crossed, each persona once."""
    drawn = (
        draw_factors(f"probe-{i}", profession=PROFESSIONS[i % 10], gender=GENDERS[i // 10 % 2], seed=3)
        for i in range(N)
    )
    return np.stack([render(factors, 32).picture.mean(axis=(0, 1)) for factors in drawn])


@pytest.mark.parametrize(("labels", "most"), [(np.arange(N) % 10, 0.2), (np.arange(N) // 10 % 2, 0.6)])
def test_linear_probe_on_mean_colour_is_near_chance(mean_colours, labels, most):
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    assert cross_val_score(probe, mean_colours, labels, cv=5).mean() <= most
