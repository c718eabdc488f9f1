"""The source for one's own pictures, by folder: `<root>/<profession>/<gender>/*` or `<root>/<gender>/*`.

Folder names are labels. man, men, male are `male` and woman, women, female are `female`, in any case; every other name
stays as it is (`nonbinary`, `unknown`). Which layout it is shows in the names of the first level. Nothing is said about
persons: their ids are unknown. Whether a file is a picture is found out by its content, not its name; what is no part
of the data set (hidden files, notes and lists beside the pictures) is passed over and counted.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bias_exp.data.build import Scan, SourceImage
from bias_exp.data.names import name_text, path_text
from bias_exp.errors import RequestError

GENDER_WORDS = {
    **dict.fromkeys(("man", "men", "male"), "male"),
    **dict.fromkeys(("woman", "women", "female"), "female"),
}
PERSONS_UNKNOWN = (
    "person ids are unknown: one person may be on both sides of a split, and intervals take pictures for persons"
)
_BESIDE = {".txt", ".csv", ".tsv", ".json", ".md", ".html", ".xml", ".toml", ".yaml", ".yml", ".py", ".log"}
_LITTER = {"thumbs.db", "desktop.ini", "__macosx"}
_LAYOUTS = (
    "expected <root>/<profession>/<gender>/<pictures> or <root>/<gender>/<pictures>, where <gender> is a folder such "
    "as woman or man"
)


@dataclass
class _Listing:
    """What a walk has found so far."""

    root: Path
    pictures: list[SourceImage] = field(default_factory=list)
    rejects: list[tuple[str, str]] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)

    def reject(self, path: str, reason: str) -> None:
        """Note that `path`, a file or folder below the root, is left out."""
        self.rejects.append((path_text(Path(path).relative_to(self.root)), reason))

    def entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """What `folder` holds, by name; links that lead out or nowhere are rejected, litter is passed over."""
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            self.reject(str(folder), f"folder cannot be read: {error.strerror}")
            return
        for entry in entries:
            if entry.name.startswith(".") or entry.name.casefold() in _LITTER:
                self.passed["hidden or system files"] += 1
            elif entry.is_symlink() and (reason := _bad_link(entry, self.root)):
                self.reject(entry.path, reason)
            else:
                yield entry

    def folders(self, folder: Path) -> list[Path]:
        """The folders in `folder`; files there are in no folder of a label and are rejected or passed over."""
        inside = []
        for entry in self.entries(folder):
            if entry.is_dir():
                inside.append(Path(entry.path))
            elif self._is_picture(entry):
                self.reject(entry.path, "not in a folder of a gender")
        return inside

    def _is_picture(self, entry: os.DirEntry[str]) -> bool:
        if Path(entry.name).suffix.casefold() in _BESIDE:
            self.passed["text and table files"] += 1
            return False
        if not entry.is_file():
            self.reject(entry.path, "not a regular file")
            return False
        return True

    def collect(self, folder: Path, labels: dict[str, str]) -> None:
        """Take all files of a gender's folder as pictures."""
        for entry in self.entries(folder):
            if entry.is_dir():
                self.reject(entry.path, "folder below a folder of a gender; move its pictures up")
            elif self._is_picture(entry):
                path = Path(entry.path).relative_to(self.root)
                self.pictures.append(SourceImage(path=path, labels=labels, source="folder"))


def _bad_link(entry: os.DirEntry[str], root: Path) -> str:
    """Why a symbolic link is not followed; '' when it leads to a file below the root."""
    try:
        target = Path(os.path.realpath(entry.path, strict=True))
    except OSError:
        return "link to nowhere, or to itself"
    if not target.is_relative_to(root):
        return "link out of the root"
    return "link to a folder, which is read in its own place" if target.is_dir() else ""


def _gender(folder: Path) -> str:
    return GENDER_WORDS.get(folder.name.casefold(), name_text(folder.name))


def _is_gender(folder: Path) -> bool:
    return folder.name.casefold() in GENDER_WORDS


def scan(root: Path | None, out: Path, options: dict[str, Any]) -> Scan:
    """The pictures below `root`, whose labels are the names of their folders.

    Raises:
        RequestError: no folder there, neither layout, labels that differ in case alone, or no picture at all.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"{_LAYOUTS}; found no folder at {root}; give it with --root")
    listing = _Listing(root.resolve())
    first = listing.folders(listing.root)
    if any(map(_is_gender, first)):
        _refuse_mixture(listing.root, first)
        _collect(listing, first, {})
    else:
        inside = {folder: listing.folders(folder) for folder in first}
        if not any(_is_gender(folder) for folders in inside.values() for folder in folders):
            found = ", ".join(name_text(folder.name) for folder in first[:6]) or "no folders"
            raise RequestError(f"{_LAYOUTS}; found in {root}: {found}, and no gender below")
        _refuse_case_twins([name_text(folder.name) for folder in first])
        for profession, folders in inside.items():
            _collect(listing, folders, {"profession": name_text(profession.name)})
    if not listing.pictures:
        raise RequestError(f"{_LAYOUTS}; found no picture files below {root}")
    passed = [f"{count} {kind} passed over" for kind, count in sorted(listing.passed.items())]
    return Scan(listing.root, listing.pictures, listing.rejects, [PERSONS_UNKNOWN, *passed])


def _collect(listing: _Listing, folders: list[Path], labels: dict[str, str]) -> None:
    _refuse_case_twins(sorted({_gender(folder) for folder in folders}))
    for folder in folders:
        listing.collect(folder, {**labels, "gender": _gender(folder)})


def _refuse_mixture(root: Path, first: list[Path]) -> None:
    for folder in first:
        inner = [] if _is_gender(folder) else [path for path in sorted(folder.iterdir()) if path.is_dir()]
        if any(map(_is_gender, inner)):
            raise RequestError(
                f"{_LAYOUTS}; found both in {root}: genders beside {name_text(folder.name)}, which has genders below it"
            )


def _refuse_case_twins(names: list[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise RequestError(
                f"expected one folder a label, found {other!r} and {name!r}, which differ in case; merge them"
            )
