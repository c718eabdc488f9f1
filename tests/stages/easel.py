"""A bench of a few small pictures without a data set or a model, and maps of them."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import torch

from bias_exp.columns import LANDMARKS, PROBE_HEAD
from bias_exp.stages.gallery import Shown

SIZE = 24
HEADS = ("profession", "gender")


def pictures(groups: str, *, landmarks: np.ndarray | None = None, publishable: bool = True) -> pd.DataFrame:
    """A row for each letter of `groups` (f, m); `landmarks` (n, 5, 2) or (5, 2) for all, NaN by default."""
    count = len(groups)
    known = np.full((5, 2), np.nan) if landmarks is None else landmarks
    points = np.broadcast_to(known, (count, 5, 2)).reshape(count, 10)
    names = {"f": "female", "m": "male", "u": "unknown"}
    frame = pd.DataFrame(points, columns=list(LANDMARKS))
    return frame.assign(
        id=[f"id{place}" for place in range(count)],
        group=[names[letter] for letter in groups],
        **{"class": "nurse", "width": SIZE, "height": SIZE, "publishable": publishable},
    )


def bench_of(frame: pd.DataFrame, seed: int = 0) -> Any:
    """What stages ask of a bench: pictures of noise, their labels, the cell's heads."""
    images = np.random.default_rng(seed).integers(0, 256, (len(frame), SIZE, SIZE, 3)).astype(np.uint8)
    place = {image_id: row for row, image_id in enumerate(frame["id"])}

    def labels(rows: pd.DataFrame, head: str) -> np.ndarray:
        return rows["class" if head == "profession" else "group"].to_numpy(dtype=object)

    store = SimpleNamespace(images=images, rows=lambda ids: np.array([place[one] for one in ids]))
    return SimpleNamespace(store=store, cell=SimpleNamespace(heads=HEADS), labels=labels)


def shown_of(frame: pd.DataFrame, maps: np.ndarray | None = None, **changes: Any) -> Shown:
    """Raw maps of every head by gradcam, the same for all heads if given; every head says its first class at 0.73."""
    rng = np.random.default_rng(1)
    every = (PROBE_HEAD, *HEADS)
    found = {
        head: torch.as_tensor(rng.normal(1, 1, (len(frame), 4, 4)) if maps is None else maps, dtype=torch.float32)
        for head in every
    }
    classes = {"profession": ("nurse", "baker"), "gender": ("female", "male"), PROBE_HEAD: ("female", "male")}
    logits = {head: np.tile(np.array([1.0, 0.0], dtype=np.float32), (len(frame), 1)) for head in every}
    facts = {"logits": logits, "classes": classes, "method": "gradcam", "not_available": {}}
    return Shown(frame, {("gradcam", head): one for head, one in found.items()}, **(facts | changes))
