"""One forward of a ViT whose gradients are those of relevance, and one vector-Jacobian product a head."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from bias_exp.explain.lrp_patches import Rule, patched
from bias_exp.explain.targets import check_targets, explained
from bias_exp.models.build import CutModel
from bias_exp.models.modes import evaluating

PIXELS, CUT = "pixels", "cut"

Read = TypeVar("Read")


@dataclass(frozen=True)
class Watch:
    """Modules by the name that what enters them, or what leaves them, is kept under."""

    inputs: Mapping[str, nn.Module] = field(default_factory=dict)
    outputs: Mapping[str, nn.Module] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [PIXELS, CUT, *self.inputs, *self.outputs]
        if len(set(names)) < len(names):
            raise ValueError(f"expected a name for each activation, found one of them twice in {names}; rename it")


@dataclass(frozen=True)
class Seen:
    """Of one head: the explained logits (n,), and activations with their changed gradients by name.

    Names are those of a `Watch`, and "pixels" (the images) and "cut". What the logits do not depend on has no gradient.
    """

    logits: Tensor
    activations: dict[str, Tensor]
    gradients: dict[str, Tensor]

    def relevance(self, name: str) -> Tensor:
        """Activation times gradient, in the activation's shape."""
        return self.activations[name] * self.gradients[name]


def seen_by_head(
    model: CutModel,
    images: Tensor,
    targets: dict[str, Tensor],
    *,
    rule: Rule,
    watch: Callable[[CutModel], Watch],
    read: Callable[[Seen], Read],
) -> dict[str, Read]:
    """What `read` makes of each head's gradients, which are let go before the next head's are made.

    `watch` is asked once the model is known to be one that the rules cover.

    All heads share the forward. No parameter's `.grad` is read or written, and the model is given back as it was, also
    after an exception. All is in the model's dtype, also under a caller's autocast: relevance is a sum of large parts
    of either sign.

    Raises:
        RequestError: an unknown head, or what `lrp_patches.patched` refuses.
        ValueError: targets that do not fit `images` or the head's classes, or images that the trunk refuses.
    """
    check_targets(targets, len(images))
    # A caller's inference mode would forbid the graph; its tensors need a copy to leave it.
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast(images.device.type, enabled=False),
        evaluating(model),
        patched(model, rule),
    ):
        leaf = images.clone() if images.is_inference() else images.detach()
        kept = {PIXELS: leaf.requires_grad_(leaf.is_floating_point())}
        with _keeping(kept, watch(model)):
            kept[CUT] = model.trunk(leaf)
            logits = model.logits(kept[CUT])
        found = {}
        for head, of_pictures in explained(logits, targets).items():
            of_head = _seen(of_pictures, kept)
            with torch.no_grad():
                found[head] = read(of_head)
        return found


def _seen(logits: Tensor, kept: dict[str, Tensor]) -> Seen:
    # Summing over pictures keeps each picture's own gradient.
    slopes = torch.autograd.grad(logits.sum(), list(kept.values()), retain_graph=True, allow_unused=True)
    gradients = {name: slope for name, slope in zip(kept, slopes, strict=True) if slope is not None}
    return Seen(logits.detach(), {name: value.detach() for name, value in kept.items()}, gradients)


@contextmanager
def _keeping(kept: dict[str, Tensor], watch: Watch) -> Iterator[None]:
    handles: list[RemovableHandle] = []

    def on_entry(name: str) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        return lambda _, given: kept.__setitem__(name, given[0])

    def on_exit(name: str) -> Callable[[nn.Module, tuple[Any, ...], Tensor], None]:
        return lambda _, __, made: kept.__setitem__(name, made)

    try:
        handles += [module.register_forward_pre_hook(on_entry(name)) for name, module in watch.inputs.items()]
        handles += [module.register_forward_hook(on_exit(name)) for name, module in watch.outputs.items()]
        yield
    finally:
        for handle in handles:
            handle.remove()
