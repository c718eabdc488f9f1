"""Pictures of no data set, from one file or a folder: read, decoded and fitted exactly as those of a manifest are.

Nothing is written where they lie. Files of the same content are one picture under several paths.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from bias_exp.columns import REJECTS
from bias_exp.data.copies import ID_LENGTH
from bias_exp.data.images import FORMATS, UndecodableImage, fit, read_file, read_image
from bias_exp.data.names import path_text
from bias_exp.data.pool import in_order
from bias_exp.data.sources.tree import Tree
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent

Found = tuple[str, np.ndarray]
"""A picture's id, and its pixels in the model's frame."""


@dataclass(frozen=True)
class Outside:
    """n pictures in a model's frame, in the order of their first paths.

    Attributes:
        ids: first 16 hex digits of each one's sha256.
        pixels: (n, size, size, 3) uint8 RGB.
        files: (path, row) of every file that is one of them. Paths are below the folder that was given, as text; see
            `names.path_text`.
        rejects: (path, reason) of what is no picture.
        notes: what was passed over, for people.
    """

    ids: list[str]
    pixels: np.ndarray
    files: list[tuple[str, int]]
    rejects: list[tuple[str, str]]
    notes: list[str]

    @property
    def first_paths(self) -> list[str]:
        """For each picture the first of its paths."""
        paths: dict[int, str] = {}
        for path, row in self.files:
            paths.setdefault(row, path)
        return [paths[row] for row in range(len(self.ids))]

    @property
    def rejects_table(self) -> pd.DataFrame:
        """`rejects` in the columns of `columns.REJECTS`."""
        return REJECTS.check(pd.concat([REJECTS.empty(), pd.DataFrame(self.rejects, columns=REJECTS.names, dtype=str)]))


def gather(place: Path, size: int, report: Report = silent) -> Outside:
    """The picture at `place`, or all pictures below it, fitted to `size` pixels a side.

    Raises:
        RequestError: nothing is there, or no picture.
    """
    root, paths, tree = _listed(place)
    pictures: dict[str, tuple[int, np.ndarray]] = {}
    files, rejects = [], list(tree.rejects)
    looks = in_order(partial(_look, root, size), paths, report, f"pictures decoded at {size} px")
    for path, found in zip(paths, looks, strict=True):
        if isinstance(found, str):
            rejects.append((path_text(path), found))
        else:
            row, _ = pictures.setdefault(found[0], (len(pictures), found[1]))
            files.append((path_text(path), row))
    if not pictures:
        raise RequestError(_none_found(place, rejects))
    pixels = np.stack([one for _, one in pictures.values()])
    return Outside(list(pictures), pixels, files, sorted(rejects), tree.notes())


def _listed(place: Path) -> tuple[Path, list[Path], Tree]:
    """The folder that paths are below, the paths to look at in order, and the walk that found them."""
    if not os.path.exists(place):
        raise RequestError(f"expected a picture, or a folder of pictures, at {place}, found nothing; check --pictures")
    if not place.is_dir():
        return place.parent, [Path(place.name)], Tree(place.parent)
    tree = Tree(place.resolve())
    return tree.root, sorted(tree.walk(), key=os.fsencode), tree


def _look(root: Path, size: int, path: Path) -> Found | str:
    """The picture at a path below `root`, or the reason why there is none; the file is read once."""
    try:
        data = read_file(root / path)
        return hashlib.sha256(data).hexdigest()[:ID_LENGTH], fit(read_image(data), size)
    except UndecodableImage as error:
        return str(error)


def _none_found(place: Path, rejects: list[tuple[str, str]]) -> str:
    wanted = f"expected a picture ({', '.join(FORMATS)}) at {place}, or pictures below it"
    if not rejects:
        return f"{wanted}, found none"
    path, reason = rejects[0]
    more = f" and {len(rejects) - 1} more" if len(rejects) > 1 else ""
    return f"{wanted}, found none that can be used: {path} ({reason}){more}"
