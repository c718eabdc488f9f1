"""Losses: `(logits, targets, **options) -> scalar`, the mean over the pictures whose label is known.

`logits` are float (n, classes); `targets` int64 (n,), where -1 stands for an unknown label and is left out. With no
known label the loss is 0 and its gradient is 0: a head without labels moves nothing. Arithmetic is float32 at least.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from bias_exp.errors import RequestError

Loss = Callable[[Tensor, Tensor], Tensor]

IGNORED = -1


def _wide(logits: Tensor) -> Tensor:
    return logits.float() if logits.dtype in (torch.bfloat16, torch.float16) else logits


def mean_of_known(losses: Tensor, targets: Tensor) -> Tensor:
    """Mean of `losses` (n,) over the known `targets` (n,); 0, and still part of the graph, where none is known."""
    known = targets != IGNORED
    return torch.where(known, losses, 0).sum() / known.sum().clamp_min(1)


def _log_p(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities (n, classes), and those of the labels (n,): of class 0 where the label is unknown."""
    log_p = functional.log_softmax(_wide(logits), dim=1)
    return log_p, log_p.gather(1, torch.where(targets == IGNORED, 0, targets).unsqueeze(1)).squeeze(1)


def cross_entropies(logits: Tensor, targets: Tensor) -> Tensor:
    """-log p of each picture's label (n,); what stands where the label is unknown means nothing."""
    return -_log_p(logits, targets)[1]


def ce(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy: -log p of the label."""
    return mean_of_known(cross_entropies(logits, targets), targets)


def label_smoothing(logits: Tensor, targets: Tensor, smoothing: float = 0.1) -> Tensor:
    """Cross-entropy to (1 - smoothing) of the label and `smoothing` spread evenly over all classes, the label among
    them (Szegedy et al. 2016, arXiv:1512.00567, section 7)."""
    log_p, of_label = _log_p(logits, targets)
    return mean_of_known(-(1 - smoothing) * of_label - smoothing * log_p.mean(dim=1), targets)


def focal(logits: Tensor, targets: Tensor, gamma: float = 2.0, alpha: float | Sequence[float] | None = None) -> Tensor:
    """Focal loss -alpha_t (1 - p_t)^gamma log p_t (Lin et al. 2017, arXiv:1708.02002, eq. 5), over a softmax.

    The paper has one sigmoid a class and divides by the number of foreground anchors; here p_t is the softmax
    probability of the label, and the mean is over the labelled pictures (alpha is not divided out). `gamma` = 0 without
    `alpha` is cross-entropy.

    Args:
        gamma: >= 0; how much pictures that are already right count less.
        alpha: None, one factor for all classes, or one factor a class in output order.

    Raises:
        RequestError: `alpha` has another number of factors than `logits` has classes.
    """
    _, log_p = _log_p(logits, targets)
    # 1 - p loses all digits near p = 1, and 0 ** gamma has no finite slope there for gamma < 1.
    wrong = (-torch.expm1(log_p)).clamp_min(torch.finfo(log_p.dtype).tiny)
    return mean_of_known(-_factors(alpha, logits, targets) * wrong**gamma * log_p, targets)


def ce_and_focal(
    logits: Tensor, targets: Tensor, gamma: float = 2.0, alpha: float | Sequence[float] | None = None
) -> Tensor:
    """The plain sum of `ce` and `focal`, whose options these are."""
    return ce(logits, targets) + focal(logits, targets, gamma, alpha)


def _factors(alpha: float | Sequence[float] | None, logits: Tensor, targets: Tensor) -> Tensor:
    """alpha_t (n,), or a scalar where it is the same for all classes."""
    factors = torch.as_tensor(1.0 if alpha is None else alpha, dtype=_wide(logits).dtype, device=logits.device)
    if factors.ndim == 0:
        return factors
    if len(factors) != logits.shape[1]:
        raise RequestError(
            f"option 'alpha' of the focal loss must have one factor a class, got {len(factors)} for a head of "
            f"{logits.shape[1]} classes; give one number, or train heads of different size in cells of their own"
        )
    return factors[torch.where(targets == IGNORED, 0, targets)]
