"""Files of the same content: each content counts once, and which files share one is written down.

Copies with the same labels are one picture, known by the first of their paths. Copies with other labels are no picture:
nobody can say which label is right.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from bias_exp.columns import DUPLICATES, LABEL
from bias_exp.data.forgotten import REASON
from bias_exp.data.names import path_text
from bias_exp.data.scan import SourceImage
from bias_exp.data.survey import Look

ID_LENGTH = 16
"""Hex digits of a picture's sha256 that are its id."""


@dataclass(frozen=True, slots=True)
class Content:
    """One content that can be decoded, and every file that has it, by path."""

    look: Look
    files: list[SourceImage]

    @property
    def id(self) -> str:
        """The picture's id."""
        return self.look.sha256[:ID_LENGTH]

    @property
    def picture(self) -> SourceImage:
        """The file that stands for the content."""
        return self.files[0]

    @property
    def is_clear(self) -> bool:
        """Whether all files have the same labels."""
        return len(self.files) == 1 or all(file.labels == self.picture.labels for file in self.files)

    @property
    def own_splits(self) -> list[str]:
        """The splits that the source itself has the files in."""
        return sorted({file.split for file in self.files} - {""})


def contents_of(
    pictures: Iterable[SourceImage], looks: Iterable[Look | str], forgotten: frozenset[str] = frozenset()
) -> tuple[list[Content], list[tuple[str, str]]]:
    """The contents of files in the order of their paths, and (path, reason) of the files that are no picture."""
    contents: dict[str, Content] = {}
    rejects = []
    for picture, found in zip(pictures, looks, strict=True):
        if isinstance(found, str):
            rejects.append((path_text(picture.path), found))
        elif found.sha256 in forgotten:
            rejects.append((path_text(picture.path), REASON))
        elif picture.sha256 not in ("", found.sha256):
            rejects.append((path_text(picture.path), "changed since its labels were written"))
        else:
            contents.setdefault(found.sha256, Content(found, [])).files.append(picture)
    # In an order that the content alone gives: renamed files are the same data set, and the same store.
    return sorted(contents.values(), key=lambda content: content.look.sha256), rejects


def left_out(contents: list[Content]) -> list[tuple[str, str]]:
    """(path, reason) of the files that do not stand for their content."""
    rejects = []
    for content in contents:
        what = "same bytes and labels: see" if content.is_clear else "same bytes, other labels: see"
        for file in content.files[1:] if content.is_clear else content.files:
            other = next(each for each in content.files if each is not file)
            rejects.append((path_text(file.path), f"{what} {path_text(other.path)}"))
    return rejects


def duplicates_of(contents: list[Content], frame: pd.DataFrame) -> pd.DataFrame:
    """Every file that shares its content with another, or is nearly another; columns as in `columns.DUPLICATES`.

    `frame` is the manifest's, of the clear contents.
    """
    splits = dict(zip(frame["path"], frame["split"], strict=True))
    by_id = {content.id: content for content in contents}
    labels = [name for name in frame if name.startswith(LABEL)]
    rows = [
        _row("exact", content.id, file, splits, labels)
        for content in contents
        if len(content.files) > 1
        for file in content.files
    ]
    near = frame[frame["near_duplicates"].duplicated(keep=False)].sort_values(["near_duplicates", "id"])
    for image_id, group in zip(near["id"], near["near_duplicates"], strict=True):
        rows += [_row("near", group, file, splits, labels) for file in by_id[image_id].files]
    table = pd.DataFrame(rows, columns=[*DUPLICATES.names, *labels], dtype="str")
    return DUPLICATES.check(table)


def _row(kind: str, group: str, file: SourceImage, splits: dict[str, str], labels: list[str]) -> list[str]:
    path = path_text(file.path)
    known = [file.labels.get(name.removeprefix(LABEL), "") for name in labels]
    return [kind, group, path, file.split, splits.get(path, ""), file.source, *known]
