"""Names of cells and phases: hashes of exactly what they depend on.

A key leaves out fields that equal their default, so that a field added later changes no old key. Paths, devices, worker
counts and caches are in no key; the content of the data is, by its digest.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Any

from pydantic import Field

from bias_exp.config import AblateConfig, Cell, ExplainConfig, Phase, Study, TrainConfig
from bias_exp.frozen import Frozen

PHASE_VERSION: dict[Phase, int] = {"train": 3, "explain": 2, "ablate": 2}
"""Raised by hand when a phase's code gives other results for the same settings."""


class PhaseSpec(Frozen):
    """One phase of a cell: its key, its settings, and the key of the phase whose files it reads ('' for train)."""

    phase: Phase
    key: str
    settings: dict[str, Any] = Field(default_factory=dict)
    upstream: str = ""


def key_of(content: Any) -> str:
    """16 hex digits of the sha256 of `content` as canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _content(model: Frozen) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_defaults=True)


def _cell_content(cell: Cell) -> dict[str, Any]:
    """What a cell's key is made of: an arm is what it holds, whatever it is called."""
    content = _content(cell)
    content["shares"].pop("name", None)
    return content


def cell_key(cell: Cell) -> str:
    """The key of a cell, which is the key of its train phase."""
    return key_of({"phase": "train", "version": PHASE_VERSION["train"], "cell": _cell_content(cell)})


def config_key(cell: Cell) -> str:
    """The same without the seed: cells of one configuration are each other's replications."""
    content = _cell_content(cell)
    content.pop("seed")
    return key_of({"phase": "train", "version": PHASE_VERSION["train"], "cell": content})


def phase_key(phase: Phase, settings: Frozen, upstream: str) -> str:
    """The key of a later phase: its settings, its version, and the key of the phase that it reads."""
    version = PHASE_VERSION[phase]
    return key_of({"phase": phase, "version": version, "settings": _content(settings), "upstream": upstream})


def phase_specs(cell: Cell, explain: ExplainConfig, ablate: AblateConfig) -> tuple[PhaseSpec, ...]:
    """All phases of a cell, in order."""
    train = PhaseSpec(phase="train", key=cell_key(cell))
    specs = [train]
    settings: tuple[tuple[Phase, Frozen], ...] = (("explain", explain), ("ablate", ablate))
    for phase, model in settings:
        upstream = specs[-1].key
        key = phase_key(phase, model, upstream)
        specs.append(PhaseSpec(phase=phase, key=key, settings=model.model_dump(mode="json"), upstream=upstream))
    return tuple(specs)


def wanted_specs(study: Study, cell: Cell) -> tuple[PhaseSpec, ...]:
    """The phases that a study wants of a cell, in order."""
    return phase_specs(cell, study.explain, study.ablate)[: len(study.phases)]


def cells_of(study: Study, data: str) -> tuple[Cell, ...]:
    """The cells of a study on data with this digest, one seed of every configuration first.

    A matrix that is stopped early then has a whole table with fewer seeds, not half a table.
    """
    axes = study.matrix
    every = product(axes.seeds, study.head_lists, axes.arm_sizes, axes.arms, axes.losses, axes.backbones)
    return tuple(
        Cell(
            data=data,
            heads=heads,
            group=study.group,
            size=size,
            shares=shares,
            backbone=backbone,
            pretrained=bool(study.pretrained),
            weights=study.weights.get(backbone, ""),
            image_size=study.image_size,
            loss=loss,
            loss_options=study.loss.get(loss, {}),
            train=_train_of(study, heads),
            precision=study.precision,
            threads=study.threads,
            seed=seed,
        )
        for seed, heads, size, shares, loss, backbone in every
    )


def _train_of(study: Study, heads: tuple[str, ...]) -> TrainConfig:
    """The study's training settings without the weights of heads that these models do not have."""
    weights = {head: weight for head, weight in study.train.head_weights.items() if head in heads}
    return study.train.model_copy(update={"head_weights": weights})


def cell_names(cells: Sequence[Cell]) -> tuple[str, ...]:
    """A readable name for each cell of one study: `resnet50-f25-ce-s0`, with heads and size where these vary.

    Cells that still share a name (imported models may) are told apart by the beginning of their key.
    """
    many_heads = len({cell.heads for cell in cells}) > 1
    many_sizes = len({cell.size for cell in cells}) > 1
    names = [
        f"{cell.name}{'-' + '+'.join(cell.heads) if many_heads else ''}{f'-n{cell.size}' if many_sizes else ''}"
        for cell in cells
    ]
    counts = Counter(names)
    return tuple(
        f"{name}-{cell_key(cell)[:6]}" if counts[name] > 1 else name for name, cell in zip(names, cells, strict=True)
    )
