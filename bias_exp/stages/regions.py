"""What is known of where things are in the pictures, in the model's frame."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bias_exp.columns import FACE_BOX, LANDMARKS
from bias_exp.data.images import fit_boxes, fit_mask, fit_points
from bias_exp.data.manifest import Manifest
from bias_exp.data.regions import read_regions

BODY = ("face", "hair", "clothes")
"""Regions that together are the person, where nobody drew the person as a whole."""

PERSON = "person"


@dataclass(frozen=True)
class Regions:
    """Masks of n pictures: `masks[name]` (n, H, W) bool, and `known[name]` (n,): whether anybody has looked.

    An empty mask of a picture that is known says that the region is not in it.
    """

    masks: dict[str, np.ndarray]
    known: dict[str, np.ndarray]

    def persons(self) -> np.ndarray:
        """The box around each person, xyxy in pixels (n, 4), upper bounds exclusive; NaN where it is not known."""
        names = [name for name in BODY if name in self.masks]
        if not names and PERSON not in self.masks:
            return np.full((0, 4), np.nan)
        n = len(next(iter(self.known.values())))
        parts_known = np.all([self.known[name] for name in names], axis=0) if names else np.zeros(n, dtype=bool)
        whole_known = self.known.get(PERSON, np.zeros(n, dtype=bool))
        boxes = np.full((n, 4), np.nan)
        for place in range(n):
            if whole_known[place]:
                boxes[place] = _box(self.masks[PERSON][place])
            elif parts_known[place]:
                boxes[place] = _box(np.any([self.masks[name][place] for name in names], axis=0))
        return boxes


def _box(mask: np.ndarray) -> list[float]:
    if not mask.any():
        return [np.nan] * 4
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return [float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)]


def regions_of(manifest: Manifest, frame: pd.DataFrame, size: int) -> Regions:
    """The region masks of rows of a manifest, (n, size, size); none where the data has none.

    Raises:
        IntegrityError: a region file that the manifest names is missing or damaged.
    """
    masks: dict[str, np.ndarray] = {}
    known: dict[str, np.ndarray] = {}
    for place, row in enumerate(frame.itertuples()):
        path = manifest.regions_path(row)
        for name, mask in ({} if path is None else read_regions(path)).items():
            if name not in masks:
                masks[name] = np.zeros((len(frame), size, size), dtype=bool)
                known[name] = np.zeros(len(frame), dtype=bool)
            masks[name][place] = fit_mask(mask, size)
            known[name][place] = True
    return Regions(masks, known)


def landmarks_of(frame: pd.DataFrame, size: int) -> np.ndarray:
    """Eyes, nose and mouth corners (n, 5, 2), xy in the model's frame; NaN where they are not known."""
    return np.array(
        [
            fit_points(points.reshape(5, 2), width=int(width), height=int(height), size=size)
            for points, width, height in zip(
                frame[list(LANDMARKS)].to_numpy(dtype=np.float64), frame["width"], frame["height"], strict=True
            )
        ]
    ).reshape(len(frame), 5, 2)


def faces_of(frame: pd.DataFrame, size: int) -> np.ndarray:
    """Face boxes (n, 4), xyxy in the model's frame; NaN where they are not known."""
    return np.array(
        [
            fit_boxes(box[None], width=int(width), height=int(height), size=size)[0]
            for box, width, height in zip(
                frame[list(FACE_BOX)].to_numpy(dtype=np.float64), frame["width"], frame["height"], strict=True
            )
        ]
    ).reshape(len(frame), 4)
