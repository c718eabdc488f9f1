"""The collector that writes a data set in the older folder layout: `dataset_<ratio>/{train,val}/<profession>/{0,1}_*`.

Every ratio is the share of women, in percent, of an arm of one size; `val` is the test set, the same in all of them. In
the older data sets the ratio was the part of the women that training kept, so their sizes differed: these do not.
Pictures are links (copies where links cannot be) named by their ids, so the same picture has one name everywhere.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bias_exp.collect.links import link_or_copy
from bias_exp.columns import LABEL
from bias_exp.data.arms import draw_arm
from bias_exp.data.class_label import CLASS_LABEL, class_label_text
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.data.names import below, name_text
from bias_exp.data.pool import in_order
from bias_exp.data.sizes import limits_of
from bias_exp.data.sources.tree import refuse_twins
from bias_exp.data.supply import arm_parts
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.places import shown
from bias_exp.progress import Report
from bias_exp.rundir import file_sha256
from bias_exp.shares import Shares, check_ratio

DIGITS = {"male": "0", "female": "1"}
_HEAD = "profession"


class _Place(NamedTuple):
    """A picture, its sha256 in the manifest, and where it goes."""

    source: Path
    sha256: str
    target: Path


def export(root: Path | None, out: Path, options: dict[str, Any], report: Report) -> str:
    """Write the data set in `root` into `out`, whole or not at all; what was written, in words.

    Raises:
        RequestError: no manifest, labels that the layout cannot hold, counts that would not be whole, or `out` holds
            something.
        IntegrityError: a picture is not what the manifest says.
    """
    manifest = load_manifest(root or Path())
    arms = [_shares(ratio) for ratio in options["ratios"]]
    _check(manifest, out)
    size = _size(manifest, arms, int(options["size"]))
    aside = out.with_name(out.name + ".partial")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        places = [
            place for shares in arms for place in _places(manifest, shares, aside, size=size, seed=options["seed"])
        ]
        copied = sum(in_order(_put, places, report, "pictures"))
        for folder in sorted(aside.iterdir()):
            (folder / CLASS_LABEL).write_text(class_label_text(manifest.classes[_HEAD]), encoding="utf-8")
        if out.exists():
            out.rmdir()
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    n_val = len(_val(manifest))
    names = ", ".join(_name(shares) for shares in arms)
    how = f"; {copied} copied, because links were not possible" if copied else ""
    return (
        f"{names} in {shown(out)}: {size} pictures in train, {n_val} in val of each{how}; the ratio is a share of women"
    )


def _shares(ratio: Any) -> Shares:
    try:
        return Shares.female(check_ratio(ratio))
    except ValueError as error:
        raise RequestError(f"options.ratios: {error}") from None


def _name(shares: Shares) -> str:
    return f"dataset_{100 * (shares.female_ratio or 0):g}"


def _check(manifest: Manifest, out: Path) -> None:
    for attribute in (_HEAD, "gender"):
        manifest.labels(attribute)  # raises where there are none
    labels = manifest.classes[_HEAD]
    if odd := [label for label in labels if name_text(label) != label or "/" in label or label.startswith(".")]:
        raise RequestError(f"expected professions that can be folders' names, found {odd[0]!r}; rename it first")
    refuse_twins(list(labels))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RequestError(f"expected a new or empty folder at {out}, found other files; choose another --out")


def _size(manifest: Manifest, arms: list[Shares], asked: int) -> int:
    """The size of every arm: as asked for, or the largest that all of them can have."""
    if not arms:
        raise RequestError("expected at least one female ratio, found none; set options.ratios=[0, 0.5, 1]")
    limits = limits_of(arm_parts(manifest, primaries=[_HEAD], arms=arms))
    size = asked or limits.most
    if limits.gives(size):
        return size
    tight = f"class {limits.label!r}, group {limits.group!r} has {limits.have} training pictures for {limits.arm}"
    near = " or ".join(map(str, limits.nearest(size))) or f"none: sizes must be multiples of {limits.step}"
    raise RequestError(
        f"expected a size that all ratios can have with whole counts, found {size or 'none'}: {tight}; nearest: {near}"
    )


def _val(manifest: Manifest) -> Any:
    test = manifest.split("test")
    return test[test[LABEL + "gender"].isin(list(DIGITS))]


def _places(manifest: Manifest, shares: Shares, aside: Path, *, size: int, seed: int) -> Iterator[_Place]:
    arm = draw_arm(manifest, heads=[_HEAD], shares=shares, size=size, seed=seed)
    train = manifest.frame[manifest.frame["id"].isin(arm["id"])]
    for side, rows in (("train", train), ("val", _val(manifest))):
        for row in rows.to_dict("records"):
            source = below(manifest.root, row["path"])
            name = f"{DIGITS[row[LABEL + 'gender']]}_{row['id']}{source.suffix.casefold()}"
            yield _Place(source, row["sha256"], aside / _name(shares) / side / row[LABEL + _HEAD] / name)


def _put(place: _Place) -> bool:
    if not place.source.is_file() or file_sha256(place.source) != place.sha256:
        raise IntegrityError(f"{place.source} is not the picture in the manifest; make the data set again")
    return link_or_copy(place.source.resolve(), place.target)
