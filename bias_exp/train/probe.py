"""The reference probe: a linear head on the frozen trunk, fitted on pictures that no head was trained on.

It asks what the trunk holds about an attribute, whatever the model's own heads were taught of it.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from bias_exp.errors import CellFailed, NotFinite, RequestError

STRENGTH = 1.0
MAX_STEPS = 5000


def fit_probe(features: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression on standardised features, as weights for the raw ones.

    The L2 penalty (C = 1) acts on standardised features, so it does not favour channels of large scale; a channel that
    never varies gets weight 0. No draw is involved. With two classes the rows are opposite halves of the one direction.

    Args:
        features: (n, width), from `predict.pooled_features` on the probe split.
        labels: (n,) integer classes in output order; -1 where unknown, which is left out.
        classes: number of classes, >= 2.

    Returns:
        weight (classes, width) and bias (classes,), float32.

    Raises:
        RequestError: a class has no labelled picture.
        NotFinite: features that are not finite.
        CellFailed: a fit that does not settle.
    """
    known = labels >= 0
    counts = np.bincount(labels[known], minlength=classes)
    if classes < 2 or len(counts) > classes or not counts.all():
        raise RequestError(
            f"a probe of {classes} classes needs pictures of each, got {counts.tolist()} by class; "
            "give the probe split pictures of every group"
        )
    if not np.isfinite(features).all():
        raise NotFinite("the trunk's features of the probe set are not all finite: the probe cannot be fitted")
    wide = features[known].astype(np.float64)
    centre, spread = wide.mean(axis=0), wide.std(axis=0)
    varies = spread > 1e-6 * np.abs(centre)  # below that it is float32 rounding of a constant
    scale = np.where(varies, spread, np.inf)
    fitted = LogisticRegression(C=STRENGTH, tol=1e-6, max_iter=MAX_STEPS).fit((wide - centre) / scale, labels[known])
    if int(fitted.n_iter_.max()) >= MAX_STEPS:
        raise CellFailed(f"the probe did not settle in {MAX_STEPS} steps on {len(wide)} pictures")
    weight, bias = fitted.coef_ / scale, fitted.intercept_
    if classes == 2:
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return weight.astype(np.float32), (bias - weight @ centre).astype(np.float32)
