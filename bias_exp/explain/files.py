"""What the explain phase writes: raw maps by (method, head) in one file, and a row about each map."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bias_exp.columns import EXPLANATIONS
from bias_exp.explain.maps import degenerate

MAPS_NAME = "maps.safetensors"

Maps = dict[tuple[str, str], Tensor]
"""Raw maps (n, h, w) by (method, head)."""


def write_maps(folder: Path, maps: Maps) -> None:
    """`maps` as `maps.safetensors` with keys `method/head`, unscaled and signed."""
    # Copies, because the format refuses tensors that share memory (two views of one batch).
    named = {
        f"{method}/{head}": found.clone(memory_format=torch.contiguous_format) for (method, head), found in maps.items()
    }
    save_file(named, folder / MAPS_NAME)


def read_maps(folder: Path) -> Maps:
    """What `write_maps` wrote."""
    found = load_file(folder / MAPS_NAME)
    return {(key.partition("/")[0], key.partition("/")[2]): maps for key, maps in found.items()}


def explanation_rows(
    maps: Maps, pictures: pd.DataFrame, targets: dict[str, np.ndarray], *, not_available: dict[str, str]
) -> pd.DataFrame:
    """One row for each map, in the columns of `columns.EXPLANATIONS`.

    Args:
        maps: of all pictures, in the order of `pictures`.
        pictures: columns id, class, group.
        targets: name of the explained class, (n,) a head.
        not_available: reason by head whose maps mean nothing whatever they look like (a head that saw one class).
    """
    parts = []
    for (method, head), found in maps.items():
        reasons = [not_available.get(head) or reason for reason in degenerate(found)]
        values = found.flatten(1)
        facts = {
            "id": pictures["id"].array,
            "method": method,
            "head": head,
            "target": targets[head],
            "index": np.arange(len(found)),
            "valid": [not reason for reason in reasons],
            "reason": reasons,
            "low": values.amin(1).numpy(),
            "high": values.amax(1).numpy(),
            "class": pictures["class"].array,
            "group": pictures["group"].array,
        }
        parts.append(pd.DataFrame(facts))
    return EXPLANATIONS.check(pd.concat(parts, ignore_index=True))
