"""A model's learnt tensors in parts, from the heads downwards: the order in which they are drawn anew."""

from dataclasses import dataclass, replace

from torch import nn

from bias_exp.explain.checks.rows import MOST_STAGES
from bias_exp.explain.priors import learnt

HEADS = "heads"
"""The module that holds a model's heads, and the name of the part that they are."""

TRUNK = "backbone."


@dataclass(frozen=True)
class Part:
    """A module of the trunk by its path, and the names of the tensors in it, with those before it that are in no such
    module (class tokens, position embeddings)."""

    path: str
    module: nn.Module
    tensors: tuple[str, ...]


def stages(model: nn.Module, most: int = MOST_STAGES) -> dict[str, tuple[str, ...]]:
    """Names of learnt tensors by part: the heads, then the trunk from its last part to its first, at most `most` parts.

    The trunk is what is not in `model.heads`. Its modules are taken in the order in which they were made, which is that
    in which a picture passes them, and neighbours are joined to parts of about as many tensors.
    """
    every = list(learnt(model))
    heads = tuple(name for name in every if name.startswith(HEADS + "."))
    trunk = Part("", model, tuple(name for name in every if name not in heads))
    groups: dict[int, list[Part]] = {}
    before = 0
    for part in _opened(trunk, most):
        middle = before + len(part.tensors) / 2
        groups.setdefault(int(most * middle / len(trunk.tensors)), []).append(part)
        before += len(part.tensors)
    found = {HEADS: heads} if heads else {}
    for _, parts in sorted(groups.items(), reverse=True):
        names = list(dict.fromkeys(part.path.removeprefix(TRUNK) for part in (parts[0], parts[-1])))
        found[" to ".join(names)] = tuple(name for part in parts for name in part.tensors)
    return found


def _opened(trunk: Part, most: int) -> list[Part]:
    """The trunk as parts in order: at least `most` of them, where containers can be opened that far."""
    parts = [trunk] if trunk.tensors else []
    while len(parts) < most:
        inner = {place: _inner(part) for place, part in enumerate(parts)}
        # Layers of one list follow each other; modules with names may be branches, opened only where nothing else is.
        opening = [place for place, found in inner.items() if _is_container(parts[place], found) or len(parts) < 3]
        opening = [place for place in opening if inner[place]]
        if not opening:
            break
        place = max(opening, key=lambda place: len(parts[place].tensors))
        parts[place : place + 1] = inner[place]
    return parts


def _is_container(part: Part, inner: list[Part]) -> bool:
    return len(inner) == 1 or isinstance(part.module, nn.Sequential | nn.ModuleList)


def _inner(part: Part) -> list[Part]:
    """The modules directly inside that have learnt something; the part's own tensors go with the first of them."""
    within = f"{part.path}." if part.path else ""
    inner = []
    for name, module in part.module.named_children():
        tensors = tuple(tensor for tensor in part.tensors if tensor.startswith(f"{within}{name}."))
        if tensors:
            inner.append(Part(within + name, module, tensors))
    taken = {tensor for one in inner for tensor in one.tensors}
    own = tuple(tensor for tensor in part.tensors if tensor not in taken)
    return [replace(one, tensors=own + one.tensors) if one is inner[0] else one for one in inner]
