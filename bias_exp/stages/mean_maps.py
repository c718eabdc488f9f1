"""The mean map of each group: where in the face the heads look, over all test pictures of a cell.

Faces are brought into one frame by their landmarks (`faces.align`); data without any is averaged in the pictures' own
frame. What could not be averaged is counted, never filled in.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bias_exp.columns import PROBE_HEAD, UNKNOWN
from bias_exp.explain.maps import degenerate, to_input
from bias_exp.faces.align import similarity, template, warp
from bias_exp.figures.mean_maps import MeanRow, draw_mean_maps
from bias_exp.pixels.overlay import grey
from bias_exp.stages.bench import Bench
from bias_exp.stages.gallery import Shown
from bias_exp.stages.regions import landmarks_of

MEAN_MAPS_NAME = "mean_maps.npz"
MEAN_MAPS_FIGURE = "mean_maps.png"
MARGIN = 0.25
"""Part of the frame around the face's own, so that hair and collar are in it."""

FEWEST_FACES = 5
"""A mean picture of fewer would show somebody."""

_AT_ONCE = 64


@dataclass(frozen=True)
class Frame:
    """The frame in which pictures of `size` pixels are averaged: that of aligned faces, or their own.

    `matrices` (n, 2, 3) lead there, NaN for pictures without landmarks; None in the pictures' own frame.
    """

    size: int
    matrices: np.ndarray | None

    @classmethod
    def of(cls, landmarks: np.ndarray, size: int) -> "Frame":
        """Aligned faces where any picture has all its landmarks (n, 5, 2)."""
        matrices = similarity(landmarks, template(size, MARGIN))
        return cls(size, matrices if np.isfinite(matrices).any() else None)

    def places(self, count: int) -> np.ndarray:
        """Which of `count` pictures can be brought there, (count,) bool."""
        return np.ones(count, dtype=bool) if self.matrices is None else np.isfinite(self.matrices).all(axis=(1, 2))

    def moved(self, planes: np.ndarray, place: int) -> np.ndarray:
        """Planes (size, size, k) of one picture in this frame, NaN where the picture does not reach."""
        return planes if self.matrices is None else warp(planes, self.matrices[place], self.size)


@dataclass
class _Mean:
    """A running mean over pictures, pixel by pixel."""

    total: np.ndarray
    reached: np.ndarray
    n: int = 0

    @classmethod
    def of(cls, size: int) -> "_Mean":
        return cls(np.zeros((size, size)), np.zeros((size, size), dtype=np.int64))

    def add(self, plane: np.ndarray) -> None:
        known = np.isfinite(plane)
        self.total += np.where(known, plane, 0)
        self.reached += known
        self.n += 1

    @property
    def value(self) -> np.ndarray:
        """NaN where fewer than half of the pictures reach."""
        there = 2 * self.reached >= max(self.n, 1)
        return np.divide(self.total, self.reached, out=np.full(self.total.shape, np.nan), where=there)


@dataclass(frozen=True)
class MeanMaps:
    """Means by group: of grey pictures, and by (head, group) of maps in [0, 1]; and how many pictures are in each.

    `counts` has for every group its `pictures`, those with `no_landmarks`, and of the others `no_map/<head>`.
    """

    frame: Frame
    method: str
    heads: tuple[str, ...]
    groups: tuple[str, ...]
    pictures: dict[str, _Mean]
    maps: dict[tuple[str, str], _Mean]
    counts: dict[str, dict[str, int]]


def write_mean_maps(bench: Bench, shown: Shown, folder: Path) -> None:
    """`mean_maps.npz` with means and counts by group and head, and `mean_maps.png`. Nothing without test pictures."""
    if shown.frame.empty:
        return
    means = mean_maps(bench, shown)
    (folder / MEAN_MAPS_NAME).write_bytes(_arrays(means))
    (folder / MEAN_MAPS_FIGURE).write_bytes(_figure(means))


def mean_maps(bench: Bench, shown: Shown) -> MeanMaps:
    """The means of all test pictures with a valid map, group by group."""
    size = int(bench.store.images.shape[1])
    frame = Frame.of(landmarks_of(shown.frame, size), size)
    heads = tuple(head for head in (PROBE_HEAD, *bench.cell.heads) if (shown.method, head) in shown.maps)
    groups = shown.frame["group"].to_numpy(dtype=object)
    names = tuple(sorted(set(groups)))
    pictures = {name: _Mean.of(size) for name in names}
    maps = {(head, name): _Mean.of(size) for head in heads for name in names}
    usable = frame.places(len(groups))
    valid = {head: _valid(shown, head) for head in heads}
    for place, planes in _planes(bench, shown, heads, np.flatnonzero(usable)):
        moved = frame.moved(planes, place)
        pictures[groups[place]].add(moved[..., -1])
        for plane, head in enumerate(heads):
            if valid[head][place]:
                maps[head, groups[place]].add(moved[..., plane])
    counts = {}
    for name in names:
        inside = groups == name
        lost = {f"no_map/{head}": int((inside & usable & ~valid[head]).sum()) for head in heads}
        counts[name] = {"pictures": int(inside.sum()), "no_landmarks": int((inside & ~usable).sum())} | lost
    return MeanMaps(frame, shown.method, heads, names, pictures, maps, counts)


def _valid(shown: Shown, head: str) -> np.ndarray:
    if head in shown.not_available:
        return np.zeros(len(shown.frame), dtype=bool)
    return np.array([not reason for reason in degenerate(shown.maps[shown.method, head])])


def _planes(bench: Bench, shown: Shown, heads: tuple[str, ...], places: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each picture's maps in [0, 1] and last its grey, (size, size, heads + 1), a batch at a time."""
    size = int(bench.store.images.shape[1])
    for start in range(0, len(places), _AT_ONCE):
        batch = places[start : start + _AT_ONCE]
        raw = [shown.maps[shown.method, head][batch] for head in heads]
        heats = [to_input(torch.where(one.isfinite(), one, 0), (size, size)).numpy() for one in raw]
        pictures = bench.store.images[bench.store.rows(shown.frame["id"].iloc[batch].tolist())]
        for row, place in enumerate(batch):
            yield int(place), np.stack([*(heat[row] for heat in heats), grey(pictures[row])[..., 0]], axis=-1)


def _arrays(means: MeanMaps) -> bytes:
    """The content of `mean_maps.npz`: `map/<head>/<group>` and `reached/...` (how many pictures reach each pixel),
    `picture/<group>` of at least `FEWEST_FACES`, and `about` as JSON."""
    arrays: dict[str, Any] = {}
    for (head, name), mean in means.maps.items():
        arrays[f"map/{head}/{name}"] = mean.value.astype(np.float32)
        arrays[f"reached/{head}/{name}"] = mean.reached.astype(np.int32)
    for name, mean in means.pictures.items():
        if mean.n >= FEWEST_FACES:
            arrays[f"picture/{name}"] = mean.value.astype(np.float32)
    about = {
        "method": means.method,
        "frame": "picture" if means.frame.matrices is None else "aligned faces",
        "averaged": {name: {head: means.maps[head, name].n for head in means.heads} for name in means.groups},
        "counts": means.counts,
    }
    stream = BytesIO()
    np.savez_compressed(stream, about=np.array(json.dumps(about, sort_keys=True)), **arrays)
    return stream.getvalue()


def _figure(means: MeanMaps) -> bytes:
    known = [name for name in means.groups if name != UNKNOWN] or list(means.groups)
    aligned = means.frame.matrices is not None
    where = "on aligned faces" if aligned else "in the pictures' own frame: the data has no landmarks"
    heads = [f"{head.replace('_', ' ')} map" for head in means.heads]
    return draw_mean_maps(
        [_row(means, name) for name in known],
        heads,
        heading=f"Mean maps ({means.method}) {where}",
        marks=template(means.frame.size, MARGIN) if aligned else None,
    )


def _row(means: MeanMaps, name: str) -> MeanRow:
    counts, mean = means.counts[name], means.pictures[name]
    few = mean.n < FEWEST_FACES
    picture = None if few else np.rint(np.nan_to_num(mean.value, nan=255)).astype(np.uint8)
    words = f"n = {mean.n}" + _without(counts["no_landmarks"], "landmarks")
    captions = tuple(
        f"n = {means.maps[head, name].n}" + _without(counts[f"no_map/{head}"], "a map") for head in means.heads
    )
    maps = tuple(means.maps[head, name].value for head in means.heads)
    return MeanRow(name, picture, f"fewer than {FEWEST_FACES} faces: not shown" if few else words, maps, captions)


def _without(count: int, what: str) -> str:
    return f"; {count} without {what}" if count else ""
