"""Names of cells and phases: hashes of exactly what they depend on.

A key leaves out fields that equal their default, so that a field added later changes no old key. Paths, devices, worker
counts and caches are in no key; the content of the data is, by its digest.
"""

import hashlib
import json
from typing import Any

from bias_exp.config import Cell, Frozen, Phase

PHASE_VERSION: dict[Phase, int] = {"train": 1, "explain": 1, "ablate": 1}
"""Raised by hand when a phase's code gives other results for the same settings."""


def key_of(content: Any) -> str:
    """16 hex digits of the sha256 of `content` as canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _content(model: Frozen) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_defaults=True)


def cell_key(cell: Cell) -> str:
    """The key of a cell, which is the key of its train phase."""
    return key_of({"phase": "train", "version": PHASE_VERSION["train"], "cell": _content(cell)})


def config_key(cell: Cell) -> str:
    """The same without the seed: cells of one configuration are each other's replications."""
    content = _content(cell)
    content.pop("seed")
    return key_of({"phase": "train", "version": PHASE_VERSION["train"], "cell": content})


def phase_key(phase: Phase, settings: Frozen, upstream: str) -> str:
    """The key of a later phase: its settings, its version, and the key of the phase that it reads."""
    version = PHASE_VERSION[phase]
    return key_of({"phase": phase, "version": version, "settings": _content(settings), "upstream": upstream})
