"""Resampling of pictures within (class, group): the bootstrap, and the null in which groups are exchangeable.

The unit is all pictures that one person has in a class and group, since several pictures of a person are not several
observations. Outcomes of many models on the same pictures are columns of one matrix: every model then meets the same
resamples, and the cost of a thousand models is a matrix product.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOST_WEIGHTS = 4_000_000
"""Weights held at once; larger resamplings go in pieces."""


@dataclass(frozen=True)
class Units:
    """Units of resampling, and the strata (class x group) that they stand in.

    classes, groups: of each stratum (s,), sorted. stratum: of each unit (u,). pictures: of each unit (u,).
    of_picture: the unit of each picture (n,).
    """

    classes: NDArray[np.object_]
    groups: NDArray[np.object_]
    stratum: Ints
    pictures: Floats
    of_picture: Ints

    def sums(self, values: ArrayLike) -> Floats:
        """Sums over the pictures of each unit: values (n,) or (n, models) to (u, models)."""
        table = np.asarray(values, dtype=np.float64).reshape(len(self.of_picture), -1)
        totals = np.zeros((len(self.stratum), table.shape[1]))
        np.add.at(totals, self.of_picture, table)
        return totals


@dataclass(frozen=True)
class Sums:
    """Sums of outcomes and of pictures in each stratum, for one or many (r) resamples.

    hits: (s, models) or (r, s, models). pictures: (s,) or (r, s).
    """

    classes: NDArray[np.object_]
    groups: NDArray[np.object_]
    hits: Floats
    pictures: Floats


def gather_units(classes: ArrayLike, groups: ArrayLike, persons: ArrayLike) -> Units:
    """The units of pictures (n,) given by class, group and person; a picture of nobody ('') is a unit of its own."""
    names = np.asarray(persons, dtype=object)
    alone = np.asarray([f"\0{index}" for index in range(len(names))], dtype=object)
    frame = pd.DataFrame({"class": np.asarray(classes, dtype=object), "group": np.asarray(groups, dtype=object)})
    frame["person"] = np.where(names == "", alone, names)
    by_unit = frame.groupby(["class", "group", "person"], sort=True)
    of_picture = by_unit.ngroup().to_numpy(dtype=np.int64)
    table = by_unit.size().reset_index(name="pictures")
    by_stratum = table.groupby(["class", "group"], sort=True)
    strata = by_stratum.size().reset_index()
    return Units(
        classes=strata["class"].to_numpy(dtype=object),
        groups=strata["group"].to_numpy(dtype=object),
        stratum=by_stratum.ngroup().to_numpy(dtype=np.int64),
        pictures=table["pictures"].to_numpy(dtype=np.float64),
        of_picture=of_picture,
    )


def observed_sums(units: Units, values: ArrayLike) -> Sums:
    """The sums of each stratum as observed; values (n,) or (n, models)."""
    by_unit = units.sums(values)
    hits = np.zeros((len(units.classes), by_unit.shape[1]))
    np.add.at(hits, units.stratum, by_unit)
    pictures = np.bincount(units.stratum, units.pictures, minlength=len(units.classes)).astype(np.float64)
    return Sums(units.classes, units.groups, hits, pictures)


def _blank(units: Units, models: int, resamples: int) -> Sums:
    strata = len(units.classes)
    return Sums(units.classes, units.groups, np.zeros((resamples, strata, models)), np.zeros((resamples, strata)))


def _pieces(resamples: int, width: int) -> list[slice]:
    step = max(1, _MOST_WEIGHTS // max(width, 1))
    return [slice(start, min(start + step, resamples)) for start in range(0, resamples, step)]


def bootstrap_sums(units: Units, values: ArrayLike, *, resamples: int, rng: np.random.Generator) -> Sums:
    """Sums of each stratum in `resamples` draws with replacement of its units; hits (resamples, s, models)."""
    by_unit = units.sums(values)
    sums = _blank(units, by_unit.shape[1], resamples)
    for stratum in range(len(units.classes)):
        members = np.flatnonzero(units.stratum == stratum)
        count = len(members)
        for piece in _pieces(resamples, count):
            rows = piece.stop - piece.start
            drawn = rng.integers(0, count, (rows, count)) + np.arange(rows)[:, None] * count
            weights = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)
            sums.hits[piece, stratum] = weights @ by_unit[members]
            sums.pictures[piece, stratum] = weights @ units.pictures[members]
    return sums


def permuted_sums(
    units: Units, values: ArrayLike, shuffled: Sequence[str], *, draws: int, rng: np.random.Generator
) -> Sums:
    """Sums of each stratum with the groups `shuffled` (two or more) shuffled over the units of each class.

    This is the null in which a class's right and wrong answers have nothing to do with the group. Strata of other
    groups, and classes with one of these groups only, stay as they are. hits (draws, s, models).
    """
    by_unit = units.sums(values)
    observed = observed_sums(units, values)
    sums = _blank(units, by_unit.shape[1], draws)
    sums.hits[:] = observed.hits
    sums.pictures[:] = observed.pictures
    for strata in _shuffled_strata(units, shuffled):
        members = np.flatnonzero(np.isin(units.stratum, strata))
        ends = np.cumsum([int((units.stratum == stratum).sum()) for stratum in strata])
        for piece in _pieces(draws, len(members)):
            order = np.argsort(rng.random((piece.stop - piece.start, len(members))), axis=1)
            for stratum, start, end in zip(strata, [0, *ends[:-1]], ends, strict=True):
                weights = ((order >= start) & (order < end)).astype(np.float64)
                sums.hits[piece, stratum] = weights @ by_unit[members]
                sums.pictures[piece, stratum] = weights @ units.pictures[members]
    return sums


def _shuffled_strata(units: Units, shuffled: Sequence[str]) -> list[list[int]]:
    """Of each class, its strata of these groups, in the groups' order; classes with one of them are left out."""
    place = {(one, other): index for index, (one, other) in enumerate(zip(units.classes, units.groups, strict=True))}
    found = [
        [place[name, group] for group in shuffled if (name, group) in place] for name in dict.fromkeys(units.classes)
    ]
    return [strata for strata in found if len(strata) > 1]


def least_p(units: Units, shuffled: Sequence[str], draws: int) -> float:
    """The smallest p that `draws` shuffles can give: 1 / (draws + 1), or 1 / arrangements where those are fewer."""
    log_arrangements = 0.0
    for strata in _shuffled_strata(units, shuffled):
        sizes = [int((units.stratum == stratum).sum()) for stratum in strata]
        log_arrangements += math.lgamma(sum(sizes) + 1) - sum(math.lgamma(size + 1) for size in sizes)
    return max(1 / (draws + 1), math.exp(-log_arrangements))


def _where(sums: Sums, group: str) -> NDArray[np.bool_]:
    return np.asarray(sums.groups == group)


def group_means(sums: Sums, group: str) -> Floats:
    """Mean outcome over a group's pictures, (models,) or (r, models); NaN where the group has none."""
    chosen = _where(sums, group)
    hits = sums.hits[..., chosen, :].sum(axis=-2)
    pictures = sums.pictures[..., chosen].sum(axis=-1)[..., None]
    return np.asarray(np.divide(hits, pictures, out=np.full_like(hits, np.nan), where=pictures > 0))


def mean_gaps(sums: Sums, pair: tuple[str, str]) -> Floats:
    """Mean outcome of the first group minus that of the second, (models,) or (r, models)."""
    return group_means(sums, pair[0]) - group_means(sums, pair[1])


def overall_means(sums: Sums) -> Floats:
    """Mean outcome over all pictures, (models,) or (r, models)."""
    return np.asarray(sums.hits.sum(axis=-2) / sums.pictures.sum(axis=-1)[..., None])


def mean_square_gaps(sums: Sums, pair: tuple[str, str]) -> Floats:
    """Mean over classes of the squared gap between the pair's means within the class, (models,) or (r, models).

    Its root is the RMS TPR gap when outcomes are right answers. Classes with one group only are left out; with none
    left it is NaN.
    """
    with_first, with_second = (set(sums.classes[_where(sums, group)]) for group in pair)
    both = np.isin(sums.classes, sorted(with_first & with_second))
    if not both.any():
        return np.full(sums.hits.shape[:-2] + sums.hits.shape[-1:], np.nan)
    # Strata are sorted by class, so the two selections run over the same classes in the same order.
    means = [
        sums.hits[..., both & _where(sums, group), :] / sums.pictures[..., both & _where(sums, group), None]
        for group in pair
    ]
    return np.asarray(((means[0] - means[1]) ** 2).mean(axis=-2))


def mean_ranges(sums: Sums, groups: Sequence[str]) -> Floats:
    """Largest less smallest of the groups' mean outcomes, (models,) or (r, models); NaN below two groups with pictures.

    Never negative, and so raised by noise: read it beside its mean over `permuted_sums`.
    """
    means = np.stack([group_means(sums, group) for group in groups])
    there = ~np.isnan(means)
    high = np.where(there, means, -np.inf).max(axis=0)
    low = np.where(there, means, np.inf).min(axis=0)
    return np.where(there.sum(axis=0) > 1, high - low, np.nan)
