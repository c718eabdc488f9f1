"""Training sets drawn at given shares of the groups, of one size whatever the shares.

Every class gives the same number of pictures, and in it every group exactly its share of them. The pictures of a class
and group stand in one order, by hash of (seed, id), with the sources interleaved; an arm takes the first so many. So
the women at 25 % are among those at 50 %, and every arm has the sources in the same mix, to a picture or so.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import lcm

import pandas as pd

from bias_exp.columns import ARM, LABEL, UNKNOWN
from bias_exp.data.manifest import Manifest
from bias_exp.errors import RequestError
from bias_exp.seeds import hash_order
from bias_exp.shares import Shares

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


def _strata(manifest: Manifest, heads: Sequence[str], attribute: str) -> dict[tuple[str, str], dict[str, str]]:
    """{(class, group): {id: source}} of the training pictures of which every head's label is known.

    Every class of the data is there with every group that has pictures, be they for training or not.
    """
    frame = manifest.strata(heads, attribute)
    usable = (frame[[LABEL + head for head in (*heads, attribute)]] != UNKNOWN).all(axis=1) & (
        frame["split"] == "train"
    )
    strata: dict[tuple[str, str], dict[str, str]] = {}
    columns = (frame["class"], frame["group"], usable, frame["id"], frame["source"])
    for label, group, is_usable, image_id, source in zip(*columns, strict=True):
        if label != UNKNOWN:
            members = strata.setdefault((label, group), {})
            if is_usable:
                members[image_id] = source
    return strata


def arm_counts(manifest: Manifest, *, heads: Sequence[str], shares: Shares, size: int) -> pd.DataFrame:
    """What an arm takes of each class and group: `need` (a Fraction, whole where it can be drawn) and `have`."""
    return _counts(_strata(manifest, heads, shares.attribute), shares, size)


def _counts(strata: dict[tuple[str, str], dict[str, str]], shares: Shares, size: int) -> pd.DataFrame:
    classes = sorted({label for label, _ in strata})
    rows = [
        (label, group, part * size / len(classes), len(strata.get((label, group), {})))
        for label in classes
        for group, part in fractions_of(shares).items()
    ]
    return pd.DataFrame(rows, columns=["class", "group", "need", "have"])


def check_arms(manifest: Manifest, *, heads: Sequence[str], shares: Sequence[Shares], size: int) -> None:
    """Prove that every arm can be drawn.

    Raises:
        RequestError: counts would not be whole, or the data has too few; names the nearest sizes that would do.
    """
    strata = {name: _strata(manifest, heads, name) for name in {one.attribute for one in shares}}
    _check(pd.concat([_counts(strata[one.attribute], one, size) for one in shares], ignore_index=True), shares, size)


def _check(table: pd.DataFrame, shares: Sequence[Shares], size: int) -> None:
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
    strata = _strata(manifest, heads, shares.attribute)
    table = _counts(strata, shares, size)
    _check(table, [shares], size)
    rows = [
        (image_id, label, group, strata[label, group][image_id])
        for label, group, need in zip(table["class"], table["group"], table["need"], strict=True)
        for image_id in _draw_order(strata.get((label, group), {}), seed)[: int(need)]
    ]
    return ARM.check(pd.DataFrame(rows, columns=ARM.names, dtype="str"))


def _draw_order(sources: dict[str, str], seed: int) -> list[str]:
    """Ids of one class and group in the order of the draw, of which every beginning has the sources' mix."""
    sizes, seen = Counter(sources.values()), Counter[str]()
    rank = {}
    for image_id in hash_order(seed, list(sources), "arm"):
        source = sources[image_id]
        rank[image_id] = (seen[source] + 0.5) / sizes[source]
        seen[source] += 1
    return sorted(rank, key=rank.__getitem__)
