"""The pictures of an ablation: their maps, what else is known of them, and what of that each control is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from bias_exp.ablate.asked import Box, Known
from bias_exp.ablate.choose import distinct
from bias_exp.ablate.rows import OTHERS, PERSON, Need
from bias_exp.columns import UNKNOWN
from bias_exp.explain.batches import Load
from bias_exp.explain.maps import degenerate, to_input
from bias_exp.explain.priors import centre_prior
from bias_exp.explain.rows import CENTRE_PRIOR
from bias_exp.metrics.ranks import ranks

NO_MAP = "there is no such map"
NO_BOX = "the person's box is not known"
NO_OTHER = "no other picture of its class has a map"


@dataclass(frozen=True)
class Beside:
    """Raw maps (n, h, w) that something else gives of the same pictures, on the processor.

    `reasons` (n,) say why single ones are not to be used, '' where they are; () where nobody knows of any.
    """

    maps: Tensor
    reasons: Sequence[str] = ()


@dataclass(frozen=True)
class Subjects:
    """Pictures and the maps that are put to the test, row by row.

    Attributes:
        facts: has the columns id, class, group, person, `label/<head>` for each scored head, and may have `reason`: why
            a picture's map is not to be used ('' where it is).
        maps: raw (n, h, w) on the processor.
        load: gives normalised pictures of rows.
        beside: other maps of the same pictures, by what a control needs; in their place the reason why there are none.
        boxes: of the persons (n, 4), xyxy in pixels, right and lower bounds exclusive, NaN where not known.
    """

    facts: pd.DataFrame
    maps: Tensor
    load: Load
    beside: Mapping[Need, Beside | str] = field(default_factory=dict)
    boxes: np.ndarray | None = None

    @property
    def reasons(self) -> np.ndarray:
        """Why each picture is left out, '' where it is not: what the caller knows, else what the map shows (n,)."""
        return _reasons(self.maps, self.facts["reason"].tolist() if "reason" in self.facts else ())

    def places(self, rows: np.ndarray, size: tuple[int, int], *, seed: int) -> np.ndarray:
        """`metrics.ranks` (k, H, W) of the maps of rows (k,), on the pixels of pictures of `size` (H, W)."""
        return _places(self.maps, self.facts["id"].to_numpy(), rows, size=size, seed=seed)


def _reasons(maps: Tensor, known: Sequence[str]) -> np.ndarray:
    shown = degenerate(maps)
    pairs = zip(known or [""] * len(shown), shown, strict=True)
    return np.array([given or seen for given, seen in pairs], dtype=object)


def _places(
    maps: Tensor, ids: np.ndarray, rows: np.ndarray, *, size: tuple[int, int], seed: int, kind: str = ""
) -> np.ndarray:
    """Ranks of `maps` of `rows`; of a map that is not finite they mean nothing."""
    grown = to_input(maps[torch.from_numpy(rows)].nan_to_num(0, 0, 0).float(), size)
    return ranks(grown.cpu().numpy(), seed=seed, ids=ids[rows].tolist(), kind=kind)


class Surroundings:
    """All that the controls of one ablation may be told, made once; `known` cuts out what a batch needs."""

    def __init__(self, subjects: Subjects, needs: frozenset[Need], *, draws: int, seed: int) -> None:
        self._subjects, self._needs, self._seed = subjects, needs, seed
        self._ids = subjects.facts["id"].to_numpy()
        self._others = others_of(subjects, draws, seed=seed) if OTHERS in needs else []
        self._boxes = boxes_of(subjects) if PERSON in needs else []
        self._lacking = {need: self._reasons(need) for need in needs}

    def _reasons(self, need: Need) -> np.ndarray:
        n = len(self._ids)
        if need == OTHERS:
            return np.array(["" if len(rows) else NO_OTHER for rows in self._others], dtype=object)
        if need == PERSON:
            return np.array([NO_BOX if box is None else "" for box in self._boxes], dtype=object)
        if need == CENTRE_PRIOR:
            return np.full(n, "", dtype=object)
        found = self._subjects.beside.get(need, NO_MAP)
        return np.full(n, found, dtype=object) if isinstance(found, str) else _reasons(found.maps, found.reasons)

    def known(self, rows: np.ndarray, size: tuple[int, int]) -> Known:
        """What is known of the pictures of rows (k,) of `size` (H, W), which all have a valid map of their own."""
        return Known(
            self._ids[rows].tolist(),
            places={need: found for need in self._needs if (found := self._map(need, rows, size)) is not None},
            others=self._other_places(rows, size) if OTHERS in self._needs else (),
            boxes=[self._boxes[row] for row in rows] if PERSON in self._needs else (),
            lacking={need: reasons[rows].tolist() for need, reasons in self._lacking.items()},
        )

    def _map(self, need: Need, rows: np.ndarray, size: tuple[int, int]) -> np.ndarray | None:
        """Ranks of another map of the same pictures; None of a need that is no map, and where there are none."""
        if need == CENTRE_PRIOR:
            prior = np.broadcast_to(centre_prior(*size), (len(rows), *size))
            return ranks(prior, seed=self._seed, ids=self._ids[rows].tolist(), kind=need)
        found = self._subjects.beside.get(need)
        if not isinstance(found, Beside):
            return None
        return _places(found.maps, self._ids, rows, size=size, seed=self._seed, kind=need)

    def _other_places(self, rows: np.ndarray, size: tuple[int, int]) -> list[np.ndarray]:
        """Ranks (m, H, W) of the maps of the others of each picture; every map is ranked once."""
        asked = [self._others[row] for row in rows]
        there = np.unique(np.concatenate(asked))
        if not there.size:
            return [np.empty((0, *size), dtype=np.int64)] * len(asked)
        places = self._subjects.places(there, size, seed=self._seed)
        return [places[np.searchsorted(there, others)] for others in asked]


def others_of(subjects: Subjects, draws: int, *, seed: int) -> list[np.ndarray]:
    """For each picture the rows of up to `draws` other pictures of its class, of another person, with a valid map.

    Which ones depends on (seed, image id) and on the pictures of the class; the beginning of more draws is that of
    fewer. A picture of unknown class has none.
    """
    facts = subjects.facts
    ids, classes, persons = (facts[name].to_numpy(dtype=object) for name in ("id", "class", "person"))
    usable = np.flatnonzero((subjects.reasons == "") & (classes != UNKNOWN))
    usable = usable[np.argsort(ids[usable].astype(str), kind="stable")]  # not the order in which pictures came
    of_class = {name: usable[classes[usable] == name] for name in set(classes[usable])}
    found = []
    for image_id, name, person in zip(ids, classes, persons, strict=True):
        rows = of_class.get(name, usable[:0])
        rows = rows[(ids[rows] != image_id) & ((persons[rows] != person) | (person == ""))]
        chosen = distinct(len(rows), min(draws, len(rows)), seed, OTHERS, image_id)
        found.append(rows[np.array(chosen, dtype=np.int64)])
    return found


def boxes_of(subjects: Subjects) -> list[Box | None]:
    """The person's box of each picture in whole pixels, all that it touches; None where it is not known."""
    if subjects.boxes is None:
        return [None] * len(subjects.facts)
    found: list[Box | None] = []
    for left, upper, right, lower in subjects.boxes:
        known = np.isfinite([left, upper, right, lower]).all()
        edges = (max(0, floor(left)), max(0, floor(upper)), ceil(right), ceil(lower)) if known else None
        found.append(edges)
    return found
