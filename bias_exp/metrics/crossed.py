"""Seeds crossed with pictures: what a mean over seeds is worth beyond the pictures that all of them were tried on.

Every seed of a configuration is tried on the same test pictures, so whatever these pictures are like stays in the mean,
however many seeds there are. Student's interval over seeds holds the mean of further trainings on *these* pictures.
The mean of further trainings on further pictures has the variance s^2 / J + c: s the standard deviation over J seeds,
c the covariance of two seeds' estimates that comes of their pictures being the same (Obuchowski and Rockette 1995, who
had readers and cases; degrees of freedom after Hillis 2007, in `crossed_error`).

A few seeds may lie close together by chance, and s^2 then says that seeds do not matter. What pictures add to each seed
alone is known from many pictures, and s^2 cannot be less than that in the long run: the larger of the two counts.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def crossed_error(
    sd: ArrayLike, seeds: ArrayLike, *, shared: ArrayLike = 0.0, alone: ArrayLike = 0.0
) -> tuple[Floats, Floats]:
    """Standard error of a mean over seeds, and its degrees of freedom; arrays broadcast.

    Args:
        sd: sample standard deviation over seeds (ddof 1).
        seeds: how many, J; from 2 on.
        shared, alone: of `picture_variances`, in which an estimate below 0 counts as 0. Without them what is left is
            Student's error, and the mean is of these pictures.

    Returns:
        With s^2 the larger of sd^2 and `alone`: the root of s^2 / J + shared, and (s^2 + J shared)^2 (J - 1) / s^4,
        which is J - 1 where nothing is shared and more where most of the error is of the pictures, of which there are
        many.
    """
    count = np.asarray(seeds, dtype=np.float64)
    common, floor = (np.maximum(np.asarray(values, dtype=np.float64), 0) for values in (shared, alone))
    spread = np.maximum(np.asarray(sd, dtype=np.float64) ** 2, floor)
    total = spread + count * common
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = np.where(spread > 0, (total / spread) ** 2 * (count - 1), np.inf)
    return np.sqrt(total / count), degrees


def picture_variances(rows: pd.DataFrame, by: list[str], *, seed: str = "cell", value: str = "correct") -> pd.DataFrame:
    """How much of the variance of seeds' mean outcomes comes of the pictures, in closed form.

    What a picture moves its mean by is linear in its outcome. It counts from the mean of its class and group, since
    these are not drawn; persons are, with all their pictures, whichever classes these are of. In a class and group of
    one person nothing says how persons vary: there it counts from the mean itself, which is more rather than less.

    Args:
        rows: a row for each seed and picture: columns `by`, `seed`, `value`, id, class, group, person.
        by: what each mean is of, such as a configuration and a group.

    Returns:
        Indexed by `by`: `shared`, the covariance of two seeds' means, on the mean over all pairs of seeds; `alone`, the
        variance of one seed's mean less that. `shared` is unbiased, and so at times below 0, where `alone` is all of
        the variance. NaN for fewer than two seeds or persons.
    """
    parts = _parts(rows, by, seed, value)
    grouped = parts.groupby(["of", "person"], sort=False)["part"]
    together = (grouped.sum() ** 2).groupby(level="of").sum()
    own = (parts.groupby(["of", "person", "seed"], sort=False)["part"].sum() ** 2).groupby(level="of").sum()
    counts = parts.groupby("of")[["seed", "person"]].nunique()
    seeds = counts["seed"].where(counts.min(axis=1) > 1)
    shared = (together - own) / (seeds * (seeds - 1))
    names = rows[by].drop_duplicates()
    index = pd.MultiIndex.from_frame(names) if len(by) > 1 else pd.Index(names[by[0]])
    found = {"shared": shared, "alone": own / seeds - shared.clip(lower=0)}
    return pd.DataFrame({name: column.to_numpy(dtype=np.float64) for name, column in found.items()}, index=index)


def of_difference(found: pd.DataFrame, pair: tuple[str, str], of: str = "group") -> pd.DataFrame:
    """What `picture_variances` found of two means, as that of their difference: the sum, as no picture is in both.

    Args:
        found: indexed by names with `of` among them.
        pair: the two values of `of`.

    Returns:
        Indexed by the other names; NaN where one of the two is not there.
    """
    two = found[found.index.isin(pair, level=of)]
    return two.groupby([name for name in found.index.names if name != of], sort=False).sum(min_count=2)


def _parts(rows: pd.DataFrame, by: list[str], seed: str, value: str) -> pd.DataFrame:
    """How far each unit moves its seed's mean, less the mean of its stratum: columns of, seed, stratum, person, part.

    A unit is what one person has in one class and group. The sum of squares over persons estimates the variance of the
    mean.
    """
    table = _influences(rows, by, seed, value)
    parts = table.groupby(["of", "stratum", "person", "seed"], sort=False)["part"].sum().reset_index()
    grouped = parts.groupby(["of", "stratum", "seed"], sort=False)["part"]
    units = grouped.transform("size")
    # As n / (n - 1) for a variance.
    centred = (parts["part"] - grouped.transform("mean")) * np.sqrt(units / np.maximum(units - 1, 1))
    return parts.assign(part=centred.where(units > 1, parts["part"]))


def _influences(rows: pd.DataFrame, by: list[str], seed: str, value: str) -> pd.DataFrame:
    """How far each picture moves its seed's mean, with codes for its mean, seed, stratum and person."""
    person = rows["person"].where(rows["person"] != "", "\0" + rows["id"].astype(str))
    codes = {
        "of": rows.groupby(by, sort=False, dropna=False).ngroup(),
        "seed": pd.factorize(rows[seed])[0],
        "stratum": rows.groupby(["class", "group"], sort=False, dropna=False).ngroup(),
        "person": pd.factorize(person)[0],
    }
    table = pd.DataFrame(codes, index=rows.index)
    outcomes = rows[value].astype(np.float64)
    grouped = outcomes.groupby([table["of"], table["seed"]])
    return table.assign(part=(outcomes - grouped.transform("mean")) / grouped.transform("size"))
