"""What the explain phase writes: raw maps by (method, head) in one file, and a row about each map."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bias_exp.columns import EXPLANATIONS
from bias_exp.explain.batches import Explained
from bias_exp.explain.maps import degenerate

MAPS_NAME = "maps.safetensors"
CONTROL_MAPS_NAME = "controls.safetensors"
"""Maps of `rows.CONTROL_MAPS` that the model must be run for, by the same keys."""

Maps = dict[tuple[str, str], Tensor]
"""Raw maps (n, h, w) by (method, head)."""


def write_maps(folder: Path, maps: Maps, name: str = MAPS_NAME) -> None:
    """`maps` as a safetensors file with keys `method/head`, unscaled and signed."""
    # Copies, because the format refuses tensors that share memory (two views of one batch).
    named = {
        f"{method}/{head}": found.clone(memory_format=torch.contiguous_format) for (method, head), found in maps.items()
    }
    save_file(named, folder / name)


def read_maps(folder: Path, name: str = MAPS_NAME) -> Maps:
    """What `write_maps` wrote."""
    found = load_file(folder / name)
    return {(key.partition("/")[0], key.partition("/")[2]): maps for key, maps in found.items()}


def explanation_rows(
    explained: Explained,
    pictures: pd.DataFrame,
    targets: dict[str, np.ndarray],
    *,
    not_available: dict[str, str],
    unavailable: dict[str, str],
) -> pd.DataFrame:
    """One row for each picture, method and head, in the columns of `columns.EXPLANATIONS`.

    Args:
        explained: of all pictures, in the order of `pictures`.
        pictures: columns id, class, group.
        targets: name of the explained class, (n,) a head.
        not_available: reason by head whose maps mean nothing whatever they look like (a head that saw one class).
        unavailable: reason by method that does not exist for this model: its rows have no map.
    """
    parts = [_of_maps(explained, key, targets[key[1]], reason=not_available.get(key[1], "")) for key in explained.maps]
    parts += [
        _of_none(method, head, named, reason)
        for method, reason in unavailable.items()
        for head, named in targets.items()
    ]
    facts = {name: pictures[name].array for name in ("id", "class", "group")}
    return EXPLANATIONS.check(pd.concat([part.assign(**facts) for part in parts], ignore_index=True))


def _of_maps(explained: Explained, key: tuple[str, str], targets: np.ndarray, *, reason: str) -> pd.DataFrame:
    found = explained.maps[key]
    reasons = [reason or shown for shown in degenerate(found)]
    values = found.flatten(1)
    return pd.DataFrame(
        {
            "method": key[0],
            "head": key[1],
            "target": targets,
            "index": np.arange(len(found)),
            "valid": [not said for said in reasons],
            "reason": reasons,
            "low": values.amin(1).numpy(),
            "high": values.amax(1).numpy(),
            "completeness": explained.missed.get(key, np.full(len(found), np.nan)),
            "steps": explained.steps.get(key, np.zeros(len(found), dtype=np.int64)),
        }
    )


def _of_none(method: str, head: str, targets: np.ndarray, reason: str) -> pd.DataFrame:
    facts = {"method": method, "head": head, "target": targets, "index": -1, "valid": False, "reason": reason}
    return pd.DataFrame(facts | {"low": np.nan, "high": np.nan, "completeness": np.nan, "steps": 0})
