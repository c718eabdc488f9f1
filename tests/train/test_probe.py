"""The reference probe."""

import numpy as np
import pytest

from bias_exp.errors import CellFailed, RequestError
from bias_exp.train.probe import fit_probe


def two_groups(n: int = 60, shift: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    features = rng.normal(size=(n, 6))
    features[:, 2] += 4 * shift * labels
    return features.astype(np.float32), labels


def test_one_feature_with_known_optimum() -> None:
    # At +-1 the standardised features are +-1 themselves; the L2 optimum solves w = n / (1 + exp(w)) with n = 4.
    features = np.array([[-1.0], [-1.0], [1.0], [1.0]])
    weight, bias = fit_probe(features, np.array([0, 0, 1, 1]), 2)
    w = float(weight[1, 0] - weight[0, 0])
    assert w == pytest.approx(4 / (1 + np.exp(w)), rel=1e-4)
    assert weight[0].tolist() == (-weight[1]).tolist()
    assert bias == pytest.approx(0, abs=1e-6)


def test_weights_are_for_raw_features() -> None:
    features, labels = two_groups()
    weight, bias = fit_probe(features, labels, 2)
    moved = features * np.float32(100) + np.float32(7)
    other_weight, other_bias = fit_probe(moved, labels, 2)
    np.testing.assert_allclose(features @ weight.T + bias, moved @ other_weight.T + other_bias, atol=2e-2)
    assert weight.dtype == bias.dtype == np.float32
    assert (weight.shape, bias.shape) == ((2, 6), (2,))
    assert np.abs(weight[1]).argmax() == 2
    assert weight[1, 2] > 0
    assert ((features @ weight.T + bias).argmax(axis=1) == labels).mean() > 0.9


def test_three_classes() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(90) % 3
    features = rng.normal(size=(90, 4)) + 4 * np.eye(4)[labels]
    weight, bias = fit_probe(features, labels, 3)
    assert weight.shape == (3, 4)
    assert ((features @ weight.T + bias).argmax(axis=1) == labels).mean() > 0.9


def test_it_is_deterministic_and_unknown_labels_are_left_out() -> None:
    features, labels = two_groups()
    first = fit_probe(features, labels, 2)
    again = fit_probe(
        np.concatenate([features, np.full((3, 6), 50, np.float32)]), np.concatenate([labels, [-1, -1, -1]]), 2
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize("constant", [0.0, 3.1])
def test_a_dead_channel_weighs_nothing(constant: float) -> None:
    features, labels = two_groups()
    features[:, 4] = constant
    weight, bias = fit_probe(features, labels, 2)
    assert weight[:, 4].tolist() == [0, 0]
    assert np.isfinite(weight).all()
    assert np.isfinite(bias).all()


def test_labels_without_a_trace_are_no_better_than_chance() -> None:
    features, labels = two_groups(400, shift=0.0)
    weight, bias = fit_probe(features[:200], labels[:200], 2)
    assert 0.35 < ((features[200:] @ weight.T + bias).argmax(axis=1) == labels[200:]).mean() < 0.65


@pytest.mark.parametrize("labels", [np.zeros(4, int), np.full(4, -1), np.array([0, 1, 2, 2])])
def test_a_class_without_pictures_is_a_sentence(labels: np.ndarray) -> None:
    with pytest.raises(RequestError, match="a probe of 2 classes needs pictures of each, got"):
        fit_probe(np.random.default_rng(0).normal(size=(4, 3)), labels, 2)


def test_features_that_are_not_finite_fail_the_cell() -> None:
    features, labels = two_groups()
    features[0, 0] = np.nan
    with pytest.raises(CellFailed, match="not all finite"):
        fit_probe(features, labels, 2)
