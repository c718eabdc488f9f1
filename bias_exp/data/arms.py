"""Training sets drawn at given shares of the groups, of one size whatever the shares.

Every class gives the same number of pictures, and in it every group exactly its share of them. The pictures of a class
and group stand in one order, by hash of (seed, id), with the sources interleaved; an arm takes the first so many. So
the women at 25 % are among those at 50 %, and every arm has the sources in the same mix, to a picture or so.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

import pandas as pd

from bias_exp.columns import ARM, LABEL, UNKNOWN
from bias_exp.config import Shares
from bias_exp.data.manifest import Manifest
from bias_exp.errors import RequestError
from bias_exp.seeds import hash_order

_FINEST = 10**6
"""Shares are taken as fractions with at most this denominator, so that 0.3333333333333333 is a third."""


def fractions_of(shares: Shares) -> dict[str, Fraction]:
    """The groups that an arm takes pictures of, and what part of it each is.

    Raises:
        RequestError: the parts do not add up to exactly 1.
    """
    parts = {group: Fraction(str(share)).limit_denominator(_FINEST) for group, share in shares.shares.items()}
    if sum(parts.values()) != 1:
        said = ", ".join(f"{group} = {share!r}" for group, share in shares.shares.items())
        raise RequestError(f"expected shares of {shares.attribute} that add up to exactly 1, got {said}")
    return {group: part for group, part in sorted(parts.items()) if part}


def _candidates(manifest: Manifest, heads: Sequence[str], attribute: str) -> pd.DataFrame:
    """Training pictures with class and group, of which every head's label is known."""
    frame = manifest.strata(heads, attribute)
    known = (frame[[LABEL + head for head in (*heads, attribute)]] != UNKNOWN).all(axis=1)
    return frame[(frame["split"] == "train") & known]


def _classes(manifest: Manifest, heads: Sequence[str], attribute: str) -> list[str]:
    frame = manifest.strata(heads, attribute)
    return sorted(set(frame["class"]) - {UNKNOWN})


def arm_counts(manifest: Manifest, *, heads: Sequence[str], shares: Shares, size: int) -> pd.DataFrame:
    """What an arm takes of each class and group: `need` (a Fraction, whole where it can be drawn) and `have`."""
    have = _candidates(manifest, heads, shares.attribute).groupby(["class", "group"]).size()
    classes = _classes(manifest, heads, shares.attribute)
    rows = [
        (label, group, part * size / len(classes), int(have.get((label, group), 0)))
        for label in classes
        for group, part in fractions_of(shares).items()
    ]
    return pd.DataFrame(rows, columns=["class", "group", "need", "have"])


def check_arms(manifest: Manifest, *, heads: Sequence[str], shares: Sequence[Shares], size: int) -> None:
    """Prove that every arm can be drawn.

    Raises:
        RequestError: counts would not be whole, or the data has too few; names the nearest sizes that would do.
    """
    counts = [arm_counts(manifest, heads=heads, shares=one, size=size) for one in shares]
    table = pd.concat(counts, ignore_index=True)
    broken = [row for row in table.itertuples(index=False) if row.need.denominator != 1]
    short = [row for row in table.itertuples(index=False) if row.need > row.have]
    if not broken and not short:
        return
    n_classes = table["class"].nunique()
    asked = ", ".join(one.label for one in shares)
    first = (short or broken)[0]
    found = f"class {first[0]!r}, group {first[1]!r}: need {float(first.need):g} training pictures, have {first.have}"
    raise RequestError(
        f"an arm of {size} pictures over {n_classes} class(es) cannot be drawn at {asked}; {found}; "
        f"{_advice(table, size, n_classes)}"
    )


def _advice(table: pd.DataFrame, size: int, n_classes: int) -> str:
    """The nearest sizes for which every count is whole and there."""
    parts = [need / size for need in table["need"]]
    step = lcm(*(part.denominator for part in parts))
    most = min(int(have / part) for have, part in zip(table["have"], parts, strict=True))
    largest = most // step * step
    below, above = min(size // step * step, largest), -(-size // step) * step
    sizes = [str(each) for each in dict.fromkeys((below, above)) if 0 < each <= largest]
    if not sizes:
        return (
            f"no size can be given for all of them: sizes must be multiples of {step} ({n_classes} class(es) of whole "
            f"counts) and the data gives at most {most}; add pictures or leave shares out"
        )
    return f"set matrix.size to {' or '.join(sizes)} (the nearest that all of them can give)"


def draw_arm(manifest: Manifest, *, heads: Sequence[str], shares: Shares, size: int, seed: int) -> pd.DataFrame:
    """The pictures of an arm, by class and group and in each in the order of the draw; columns as in `columns.ARM`.

    Raises:
        RequestError: as `check_arms`.
    """
    check_arms(manifest, heads=heads, shares=[shares], size=size)
    table = arm_counts(manifest, heads=heads, shares=shares, size=size)
    strata = dict(iter(_candidates(manifest, heads, shares.attribute).groupby(["class", "group"])))
    drawn = [_in_order(strata[row[0], row[1]], seed)[: int(row[2])] for row in table.itertuples(index=False)]
    return ARM.check(pd.concat(drawn, ignore_index=True))


def _in_order(stratum: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Pictures of one class and group in the order of the draw, of which every beginning has the sources' mix."""
    place = {image_id: at for at, image_id in enumerate(hash_order(seed, list(stratum["id"]), "arm"))}
    ordered = stratum.assign(place=stratum["id"].map(place)).sort_values("place", ignore_index=True)
    sources = ordered.groupby("source")
    ordered["rank"] = (sources.cumcount() + 0.5) / sources["id"].transform("size")
    return ordered.sort_values(["rank", "place"], ignore_index=True)[ARM.names]
