"""The params by which attempts are compared in the UI.

Params are dotted, so that no MLproject parameter has their name. The axes begin with `cell.`: the UI's comparison
starts with the first three params that differ, in the order of the alphabet. What MLflow takes no longer as a param
(6000 characters, a name with other signs) stands in the attempt's `cell.json`; its param then holds the text's sha256.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bias_exp.shares import Shares

LONGEST = 6000
"""Characters of a param's value on the servers that MLflow supports."""

_NAMEABLE = re.compile(r"[A-Za-z0-9 _.:-]+")
_MOST_GROUPS = 20
_PLAIN = ("backbone", "loss", "seed", "image_size", "pretrained", "threads", "group", "data")
_WHERE_GIVEN = ("weights", "imported")


def attempt_params(content: Mapping[str, Any]) -> dict[str, str]:
    """The params of an attempt from its `cell.json`; what is not set is left out."""
    cell = content["cell"]
    given = {name: cell[name] for name in _WHERE_GIVEN if cell.get(name)}
    params = {
        **{f"cell.{name}": value for name, value in ({name: cell[name] for name in _PLAIN} | given).items()},
        "cell.heads": ", ".join(cell["heads"]),
        **dict(_flat("loss", cell["loss_options"])),
        **dict(_flat("train", cell["train"])),
        **_arm(Shares.model_validate(cell["shares"]), cell["size"]),
        "precision": content["precision"],
    }
    return {name: _short(str(value)) for name, value in params.items()}


def _arm(shares: Shares, size: int) -> dict[str, Any]:
    params: dict[str, Any] = {"shares.label": shares.label, "cell.size": size or "unknown"}
    if not shares.known:
        return params
    params["shares.attribute"] = shares.attribute
    params["shares.words"] = shares.in_words(most=10**6)
    if shares.female_ratio is not None:
        params["cell.female_ratio"] = shares.female_ratio
    nameable = all(map(_NAMEABLE.fullmatch, shares.shares)) and len(shares.shares) <= _MOST_GROUPS
    if not shares.by_class and nameable:
        params |= {f"shares.of.{group}": share for group, share in shares.shares.items()}
    return params


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """`value` under dotted names; lists as text, and nothing for what is empty or not set."""
    if isinstance(value, dict):
        for part, inner in value.items():
            yield from _flat(f"{name}.{part}", inner)
    elif isinstance(value, list | tuple):
        yield name, ", ".join(map(str, value))
    elif value is not None:
        yield name, value


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{len(text)} characters with sha256 {hashlib.sha256(text.encode()).hexdigest()}; in full in cell.json"
