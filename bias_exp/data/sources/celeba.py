"""The source for CelebA: famous people's faces with 40 attributes, who they are, and a partition.

Three layouts are known: the release (lists in Anno and Eval, pictures in Img), torchvision's (all in `celeba`) and
Kaggle's (lists as CSV). Attributes go by their names in the list's header, `yes` or `no`; Male is the group `gender`.
Landmarks and boxes count for the pictures that they were measured in: `list_landmarks_align_celeba` for aligned ones,
`list_landmarks_celeba` and `list_bbox_celeba` for those in the wild.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bias_exp.data.scan import OwnSplit, Scan, SourceImage
from bias_exp.data.sources.columns_file import Columns, read_columns
from bias_exp.data.sources.tree import PERSONS_UNKNOWN, Tree
from bias_exp.data.sources.vocabulary import chosen, present
from bias_exp.errors import RequestError

LICENCE = "non-commercial research only; no redistribution, neither of pictures nor of what is derived from them"
CONSENT = "none asked: pictures of famous people from the web, attributes as perceived by annotators"

ATTRIBUTES: tuple[str, ...] = (
    *("5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald"),
    *("Bangs", "Big_Lips", "Big_Nose", "Black_Hair", "Blond_Hair"),
    *("Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby", "Double_Chin"),
    *("Eyeglasses", "Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones"),
    *("Male", "Mouth_Slightly_Open", "Mustache", "Narrow_Eyes", "No_Beard"),
    *("Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks"),
    *("Sideburns", "Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings"),
    *("Wearing_Hat", "Wearing_Lipstick", "Wearing_Necklace", "Wearing_Necktie", "Young"),
)
POINTS = ("lefteye", "righteye", "nose", "leftmouth", "rightmouth")
"""The five landmarks in the order of `columns.LANDMARKS`; left is the viewer's left."""
_GENDER = "Male"
_FIRST = ("Young", _GENDER)
_BOX = ("x_1", "y_1", "width", "height")
_PARTS: tuple[OwnSplit, ...] = ("train", "validation", "test")
_PLACES = ("", "Anno", "Eval", "celeba", "celeba/Anno", "celeba/Eval")
_FOLDERS = {
    "aligned": ("img_align_celeba/img_align_celeba", "img_align_celeba", "img_align_celeba_png"),
    "wild": ("img_celeba",),
}
_LANDMARKS = {"aligned": "list_landmarks_align_celeba", "wild": "list_landmarks_celeba"}
_LAYOUT = (
    "expected CelebA's list_attr_celeba and its pictures in the folder of --root (Anno, Eval and Img of the release, "
    "or torchvision's celeba, or Kaggle's CSV files)"
)


@dataclass(frozen=True)
class _Lists:
    """What the lists say, row by row in the order of the attributes' list; None where there is no such list."""

    attributes: Columns
    persons: np.ndarray | None
    parts: np.ndarray | None
    landmarks: np.ndarray | None
    boxes: np.ndarray | None


def scan(root: Path | None, out: Path, options: dict[str, Any]) -> Scan:
    """The pictures that the lists in `root` name.

    Raises:
        RequestError: another layout, a damaged list, lists that do not match, or pictures that are missing.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"{_LAYOUT}; found no folder at {root}")
    kind = options["pictures"]
    if kind not in _FOLDERS:
        raise RequestError(f"expected options.pictures of {' or '.join(_FOLDERS)}, found {kind!r}")
    first = [*_FIRST, *(name for name in ATTRIBUTES if name not in _FIRST)]
    names = chosen(options["attributes"], first, "celeba")
    tree = Tree(root.resolve())
    folder = _folder(tree.root, kind)
    lists = _lists(tree.root, kind)
    files = _files(folder, lists.attributes)
    lines = {name: line for line, name in enumerate(files, lists.attributes.first)}
    there = present(tree, folder, lines, table=lists.attributes.path.name, allow_missing=options["allow_missing"])
    below = folder.relative_to(tree.root)
    every = _pictures(lists, [below / name for name in files], names)
    pictures = [picture for name, picture in zip(files, every, strict=True) if name in there]
    if not pictures:
        raise RequestError(f"{_LAYOUT}; found no picture that the lists name in {folder}")
    return Scan(tree.root, pictures, tree.rejects, [*_notes(lists, kind), *tree.notes()])


def _folder(root: Path, kind: str) -> Path:
    """Where the pictures are."""
    bases = [root / place / inner for place in ("", "celeba") for inner in ("", "Img")]
    for base in bases:
        for name in _FOLDERS[kind]:
            if (base / name).is_dir():
                return base / name
    names = " or ".join(_FOLDERS[kind][-2:])
    raise RequestError(f"{_LAYOUT}; found no folder {names} below {root}; unpack the pictures there")


def _list(root: Path, name: str) -> Path | None:
    """The list of a name, as text or as CSV."""
    found = [
        path for place in _PLACES for ending in (".txt", ".csv") if (path := root / place / f"{name}{ending}").is_file()
    ]
    if len(found) > 1:
        raise RequestError(f"expected one {name} below {root}, found {found[0]} and {found[1]}; keep the right one")
    return found[0] if found else None


def _lists(root: Path, kind: str) -> _Lists:
    path = _list(root, "list_attr_celeba")
    if path is None:
        raise RequestError(f"{_LAYOUT}; found no list_attr_celeba.txt or .csv in {root}, nor in Anno or celeba there")
    attributes = read_columns(path, ATTRIBUTES, headed=True)
    if (strange := np.abs(attributes.values) != 1).any():
        raise RequestError(
            f"expected -1 or 1 for each attribute in {path}, found others in {attributes.lines(strange.any(axis=1))}; "
            f"download the list again"
        )
    if odd := [name for name in attributes.names if "/" in name or name in ("", ".", "..")]:
        raise RequestError(f"expected names of files in {path}, found {odd[0]!r}; download the list again")
    points = [f"{point}_{axis}" for point in POINTS for axis in "xy"]
    return _Lists(
        attributes=attributes,
        persons=_joined(attributes, _list(root, "identity_CelebA"), ["identity"], headed=False),
        parts=_parts(attributes, _list(root, "list_eval_partition")),
        landmarks=_joined(attributes, _list(root, _LANDMARKS[kind]), points),
        boxes=_joined(attributes, _list(root, "list_bbox_celeba"), _BOX) if kind == "wild" else None,
    )


def _joined(
    attributes: Columns, path: Path | None, columns: Sequence[str], *, headed: bool = True
) -> np.ndarray | None:
    """The numbers (n, k) of another list in the order of `columns`, its rows in those of the attributes' list."""
    if path is None:
        return None
    other = read_columns(path, columns, headed=headed)
    values = np.stack([other.column(name) for name in columns], axis=1)
    if other.names == attributes.names:
        return values
    row_of = {name: row for row, name in enumerate(other.names)}
    if odd := sorted(set(attributes.names) ^ set(row_of)):
        raise RequestError(
            f"expected the same pictures in {attributes.path} and {path}, found {odd[0]} in one of them alone "
            f"({len(odd)} such); download both lists again"
        )
    ordered: np.ndarray = values[[row_of[name] for name in attributes.names]]
    return ordered


def _parts(attributes: Columns, path: Path | None) -> np.ndarray | None:
    parts = _joined(attributes, path, ["partition"], headed=False)
    if parts is not None and (odd := (parts < 0) | (parts >= len(_PARTS))).any():
        raise RequestError(
            f"expected 0 (train), 1 (validation) or 2 (test) in {path}, found {parts[odd][0]}; download the list again"
        )
    return parts


def _files(folder: Path, attributes: Columns) -> list[str]:
    """The name of each row's file."""
    if folder.name.endswith("_png"):  # the same lists serve both archives, and say jpg
        return [Path(name).with_suffix(".png").name for name in attributes.names]
    return attributes.names


def _pictures(lists: _Lists, paths: list[Path], names: list[str]) -> list[SourceImage]:
    """A picture for each row."""
    nothing: list[Any] = [None] * len(paths)
    persons = [""] * len(paths) if lists.persons is None else lists.persons[:, 0].astype(str).tolist()
    parts = [] if lists.parts is None else lists.parts[:, 0].tolist()
    splits: list[OwnSplit] = [_PARTS[part] for part in parts] or [""] * len(paths)
    points = nothing if lists.landmarks is None else lists.landmarks.reshape(-1, len(POINTS), 2).tolist()
    boxes = nothing if lists.boxes is None else _corners(lists.boxes)
    attributes = ["gender" if name == _GENDER else name for name in names]
    return [
        SourceImage(
            path=path,
            labels=dict(zip(attributes, words, strict=True)),
            person=person,
            split=split,
            landmarks=marks,
            face_box=box,
            source="celeba",
            licence=LICENCE,
            consent=CONSENT,
        )
        for path, words, person, split, marks, box in zip(
            paths, _words(lists.attributes, names), persons, splits, points, boxes, strict=True
        )
    ]


def _words(attributes: Columns, names: list[str]) -> list[list[str]]:
    """The labels of each row, in the order of `names`."""
    columns = []
    for name in names:
        words = ("female", "male") if name == _GENDER else ("no", "yes")
        columns.append(np.array(words, dtype=object)[(attributes.column(name) > 0).astype(np.int64)])
    rows: list[list[str]] = np.stack(columns, axis=1).tolist()
    return rows


def _corners(boxes: np.ndarray) -> list[list[float] | None]:
    """Boxes (n, 4) of corner and size as xyxy; None for those of no size, of which the release has one."""
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1).astype(np.float64).tolist()
    sized = boxes[:, 2:].min(axis=1) > 0
    return [box if good else None for box, good in zip(corners, sized.tolist(), strict=True)]


def _notes(lists: _Lists, kind: str) -> list[str]:
    notes = ["gender is the attribute Male, and all attributes are as perceived by annotators; nobody was asked"]
    if lists.persons is None:
        notes.append(f"no identity_CelebA.txt: {PERSONS_UNKNOWN}")
    if lists.parts is None:
        notes.append("no list_eval_partition: --keep-split has nothing to keep")
    if lists.landmarks is None:
        notes.append(f"no {_LANDMARKS[kind]}: landmarks are unknown")
    if lists.boxes is not None and (empty := int((lists.boxes[:, 2:] <= 0).any(axis=1).sum())):
        notes.append(f"{empty} box(es) of no size in list_bbox_celeba are not used")
    return notes
