"""The source for one's own pictures, by folder: `<root>/<profession>/<gender>/*` or `<root>/<gender>/*`.

Folder names are labels. man, men, male are `male` and woman, women, female are `female`, in any case; every other name
stays as it is (`nonbinary`, `unknown`). Which layout it is shows in the names of the first level. Nothing is said about
persons: their ids are unknown.
"""

from pathlib import Path
from typing import Any

from bias_exp.data.names import name_text
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.data.sources.outlines import with_regions
from bias_exp.data.sources.tree import GENDER_WORDS, PERSONS_UNKNOWN, Tree, refuse_twins
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent

_LAYOUTS = (
    "expected <root>/<profession>/<gender>/<pictures> or <root>/<gender>/<pictures>, where <gender> is a folder such "
    "as woman or man"
)
_STRAY = "not in a folder of a gender"
_DEEPER = "folder below a folder of a gender; move its pictures up"


def _gender(folder: Path) -> str:
    return GENDER_WORDS.get(folder.name.casefold(), name_text(folder.name))


def _is_gender(folder: Path) -> bool:
    return folder.name.casefold() in GENDER_WORDS


def scan(root: Path | None, out: Path, options: dict[str, Any], *, report: Report = silent) -> Scan:
    """The pictures below `root`, whose labels are the names of their folders.

    Raises:
        RequestError: no folder there, neither layout, labels that differ in case alone, or no picture at all.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"{_LAYOUTS}; found no folder at {root}; give it with --root")
    tree = Tree(root.resolve())
    first = tree.folders(tree.root, _STRAY)
    if any(map(_is_gender, first)):
        _refuse_mixture(tree.root, first)
        pictures = _collect(tree, first, {})
    else:
        inside = {folder: tree.folders(folder, _STRAY) for folder in first}
        if not any(_is_gender(folder) for folders in inside.values() for folder in folders):
            found = ", ".join(name_text(folder.name) for folder in first[:6]) or "no folders"
            raise RequestError(f"{_LAYOUTS}; found in {root}: {found}, and no gender below{_hint(tree.root, first)}")
        refuse_twins([name_text(folder.name) for folder in first])
        pictures = [
            picture
            for profession, folders in inside.items()
            for picture in _collect(tree, folders, {"profession": name_text(profession.name)})
        ]
    if not pictures:
        raise RequestError(f"{_LAYOUTS}; found no picture files below {root}")
    return with_regions(Scan(tree.root, pictures, tree.rejects, [PERSONS_UNKNOWN, *tree.notes()]), out, options, report)


def _collect(tree: Tree, folders: list[Path], labels: dict[str, str]) -> list[SourceImage]:
    refuse_twins(sorted({_gender(folder) for folder in folders}))
    return [
        SourceImage(path=path, labels={**labels, "gender": _gender(folder)}, source="folder")
        for folder in folders
        for path in tree.files(folder, _DEEPER)
    ]


def _refuse_mixture(root: Path, first: list[Path]) -> None:
    for folder in first:
        inner = [] if _is_gender(folder) else [path for path in sorted(folder.iterdir()) if path.is_dir()]
        if any(map(_is_gender, inner)):
            raise RequestError(
                f"{_LAYOUTS}; found both in {root}: genders beside {name_text(folder.name)}, which has genders below it"
            )


def _hint(root: Path, first: list[Path]) -> str:
    """What else the root may be; '' when nothing speaks for it."""
    if any(folder.name in ("train", "val") or folder.name.startswith("dataset_") for folder in first):
        return "; for dataset_<ratio>/{train,val}/<profession>/{0,1}_*.png give --source ratio_folders"
    if tables := sorted(path.name for path in root.glob("*.csv")):
        return f"; for a table of labels such as {name_text(tables[0])} give --source csv"
    return ""
