"""The source for the older layout: `dataset_<ratio>/{train,val}/<profession>/{0,1}_*`, 0 men and 1 women.

The root is one such folder, or holds several of them, which share pictures; other folders beside those are left out.
All are pooled by content and drawn anew: the ratio in a folder's name is the part of the women that its training set
kept, so their sizes differ and dataset_50 is a third female. With `split.keep` the source's `val` is the test set.
`class_label.json` in the root or in one of the folders fixes the classes and their order.
"""

import re
from pathlib import Path
from typing import Any

from bias_exp.data.class_label import CLASS_LABEL, read_class_label
from bias_exp.data.names import name_text
from bias_exp.data.scan import OwnSplit, Scan, SourceImage
from bias_exp.data.sources.outlines import with_regions
from bias_exp.data.sources.tree import PERSONS_UNKNOWN, Tree, refuse_twins
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent

_LAYOUT = "expected <root>/dataset_<ratio>/{train,val}/<profession>/ or <root>/{train,val}/<profession>/"
_SIDES: dict[str, OwnSplit] = {"train": "train", "val": "test"}
_GENDERS = {"0_": "male", "1_": "female"}
_DATASET = re.compile(r"dataset_\d+(\.\d+)?")


def scan(root: Path | None, out: Path, options: dict[str, Any], *, report: Report = silent) -> Scan:
    """The pictures below `root`; their profession is a folder's name, their gender the beginning of their own.

    Raises:
        RequestError: no folder there, another layout, or a profession that `class_label.json` does not list.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"{_LAYOUT}; found no folder at {root}; give it with --root")
    tree = Tree(root.resolve())
    datasets = _datasets(tree)
    pictures: list[SourceImage] = []
    for dataset in datasets:
        for side in tree.folders(dataset, "not in train or val"):
            if side.name not in _SIDES:
                tree.reject(side, "folder that is neither train nor val")
                continue
            professions = tree.folders(side, "not in a folder of a profession")
            refuse_twins([name_text(folder.name) for folder in professions])
            pictures += [picture for folder in professions for picture in _collect(tree, folder, _SIDES[side.name])]
    if not pictures:
        raise RequestError(f"{_LAYOUT} with pictures named 0_* (men) and 1_* (women); found none below {root}")
    refuse_twins(sorted({picture.labels["profession"] for picture in pictures}))
    notes = [PERSONS_UNKNOWN, *_pooled(datasets), *tree.notes()]
    found = Scan(tree.root, pictures, tree.rejects, notes, _classes(tree.root, datasets, pictures))
    return with_regions(found, out, options, report)


def _datasets(tree: Tree) -> list[Path]:
    """The folders that hold train and val: the root itself, or those in it."""
    if any((tree.root / side).is_dir() for side in _SIDES):
        return [tree.root]
    folders = tree.folders(tree.root, "not in a folder dataset_<ratio>")
    found = [folder for folder in folders if _DATASET.fullmatch(folder.name)]
    if not found:
        names = ", ".join(name_text(folder.name) for folder in folders[:6]) or "no folders"
        raise RequestError(f"{_LAYOUT}; found in {tree.root}: {names}; choose the folder above or below with --root")
    for folder in folders:
        if folder not in found:
            tree.reject(folder, "folder that is no dataset_<ratio>; give it as --root to read it alone")
    return found


def _collect(tree: Tree, folder: Path, split: OwnSplit) -> list[SourceImage]:
    pictures = []
    for path in tree.files(folder, "folder below a folder of a profession; move its pictures up"):
        gender = _GENDERS.get(path.name[:2])
        if gender is None:
            tree.reject(tree.root / path, "name that begins with neither 0_ (male) nor 1_ (female)")
            continue
        labels = {"profession": name_text(folder.name), "gender": gender}
        pictures.append(SourceImage(path=path, labels=labels, source="ratio_folders", split=split))
    return pictures


def _pooled(datasets: list[Path]) -> list[str]:
    if len(datasets) == 1:
        return []
    names = ", ".join(name_text(folder.name) for folder in datasets)
    return [f"pooled by content: {names}; a ratio in a name is the part of its women that training kept, no share"]


def _classes(root: Path, datasets: list[Path], pictures: list[SourceImage]) -> dict[str, tuple[str, ...]]:
    """The class list of `class_label.json`, where there is one; several must agree, and know every folder."""
    paths = [path for folder in dict.fromkeys((root, *datasets)) if (path := folder / CLASS_LABEL).exists()]
    lists = {path: read_class_label(path) for path in paths}
    if not lists:
        return {}
    (first, classes), *others = lists.items()
    for path, other in others:
        if other != classes:
            raise RequestError(f"expected one class list, found another in {path} than in {first}; keep the right one")
    if strange := sorted({picture.labels["profession"] for picture in pictures} - set(classes)):
        raise RequestError(
            f"expected professions of {first} ({', '.join(classes)}), found folders: {', '.join(strange)}; "
            f"rename them or add them to the list"
        )
    return {"profession": classes}
