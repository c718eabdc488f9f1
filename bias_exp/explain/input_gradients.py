"""Gradients of explained logits with respect to the picture: the whole model is differentiated, once for all heads."""

import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain.passes import LOW_PRECISION, logits_of, trunk_of
from bias_exp.explain.targets import explained


def widened(values: Tensor) -> Tensor:
    """`values` in at least float32."""
    return values.float() if values.dtype in LOW_PRECISION else values


def input_gradients(model: nn.Module, images: Tensor, targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """Gradient (n, 3, H, W) of each head's explained logit by head, at least float32: one forward, one VJP a head.

    The caller puts `model` into evaluation mode: then no picture enters another one's gradient. Frozen weights,
    in-place activations, and a caller's `no_grad` or `inference_mode` change nothing; no parameter's `.grad` is
    touched. Under the caller's autocast the trunk computes in its precision, and the heads in float32.

    Args:
        images: (n, 3, H, W), normalised, in the model's dtype and on its device.
        targets: int64 (n,) per head, as `targets.check_targets` wants them.

    Raises:
        RequestError: an unknown head, or one whose logits do not depend on the picture.
        ValueError: a class that a head does not have.
    """
    if torch.is_autocast_enabled(images.device.type):
        torch.clear_autocast_cache()  # weights that were rounded in inference mode cannot enter a graph
    with torch.inference_mode(False), torch.enable_grad():
        leaf = (images.clone() if images.is_inference() else images.detach()).requires_grad_()
        # The copy lets a trunk begin with an in-place operation.
        found = explained(logits_of(model, trunk_of(model, leaf.clone())), targets)
        with torch.autocast(leaf.device.type, enabled=False):
            return _products(leaf, found)


def _products(leaf: Tensor, found: dict[str, Tensor]) -> dict[str, Tensor]:
    """The graph goes with the last head. Summing over pictures keeps each picture's own."""
    gradients = {}
    for place, (head, logit) in enumerate(found.items(), start=1):
        gradient = None
        if logit.requires_grad:
            (gradient,) = torch.autograd.grad(logit.sum(), leaf, retain_graph=place < len(found), allow_unused=True)
        if gradient is None:
            raise RequestError(
                f"expected logits of head {head!r} that depend on the picture, found that they do not; leave it out"
            )
        gradients[head] = widened(gradient)
    return gradients
