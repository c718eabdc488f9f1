"""What lies below a root: which entries are pictures to look at, and what is left out and why.

Nothing is opened. Links that lead out of the root or nowhere, pipes and devices are rejected with a reason; links to
folders are not followed, so there are no loops; hidden files and notes beside the pictures are passed over and
counted. Whether a file is a picture is found out later, by its content and not its name.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bias_exp.data.names import path_text
from bias_exp.errors import RequestError

GENDER_WORDS = {
    **dict.fromkeys(("man", "men", "male"), "male"),
    **dict.fromkeys(("woman", "women", "female"), "female"),
}
PERSONS_UNKNOWN = (
    "person ids are unknown: one person may be on both sides of a split, and intervals take pictures for persons"
)
_BESIDE = {".txt", ".csv", ".tsv", ".json", ".jsonl", ".md", ".html", ".xml", ".toml", ".yaml", ".yml", ".py", ".log"}
_LITTER = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass
class Tree:
    """A walk below `root`, which is resolved; `rejects` and `passed` fill up as it goes on."""

    root: Path
    rejects: list[tuple[str, str]] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)

    def reject(self, path: str | Path, reason: str) -> None:
        """Note that `path`, a file or folder below the root, is left out."""
        self.rejects.append((path_text(Path(path).relative_to(self.root)), reason))

    def entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """What `folder` holds, by name; links that lead out or nowhere are rejected, litter is passed over."""
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            self.reject(folder, f"folder cannot be read: {error.strerror}")
            return
        for entry in entries:
            if entry.name.startswith(".") or entry.name.casefold() in _LITTER:
                self.passed["hidden or system files"] += 1
            elif entry.is_symlink() and (reason := bad_link(entry.path, self.root)):
                self.reject(entry.path, reason)
            else:
                yield entry

    def folders(self, folder: Path, stray: str) -> list[Path]:
        """The folders in `folder`; pictures there are rejected for the reason `stray`."""
        inside = []
        for entry in self.entries(folder):
            if entry.is_dir():
                inside.append(Path(entry.path))
            elif self._is_picture(entry):
                self.reject(entry.path, stray)
        return inside

    def files(self, folder: Path, deeper: str) -> Iterator[Path]:
        """The pictures in `folder`, below the root; folders there are rejected for the reason `deeper`."""
        below = folder.relative_to(self.root)
        return (below / name for name in self.names(folder, deeper))

    def names(self, folder: Path, deeper: str) -> Iterator[str]:
        """The names of the pictures in `folder`; folders there are rejected for the reason `deeper`."""
        for entry in self.entries(folder):
            if entry.is_dir():
                self.reject(entry.path, deeper)
            elif self._is_picture(entry):
                yield entry.name

    def walk(self) -> Iterator[Path]:
        """The pictures at any depth, below the root."""
        waiting = [self.root]
        while waiting:
            for entry in self.entries(waiting.pop()):
                if entry.is_dir():
                    waiting.append(Path(entry.path))
                elif self._is_picture(entry):
                    yield Path(entry.path).relative_to(self.root)

    def _is_picture(self, entry: os.DirEntry[str]) -> bool:
        if os.path.splitext(entry.name)[1].casefold() in _BESIDE:
            self.passed["text and table files"] += 1
            return False
        if not entry.is_file():
            self.reject(entry.path, "not a regular file")
            return False
        return True

    def notes(self) -> list[str]:
        """What was passed over, for people."""
        return [f"{count} {kind} passed over" for kind, count in sorted(self.passed.items())]


def bad_link(path: str | Path, root: Path) -> str:
    """Why a path through a symbolic link is not followed; '' when it leads to a file below the root."""
    try:
        target = Path(os.path.realpath(path, strict=True))
    except OSError:
        return "link to nowhere, or to itself"
    if not target.is_relative_to(root):
        return "link out of the root"
    return "link to a folder, which is read in its own place" if target.is_dir() else ""


def refuse_twins(names: list[str]) -> None:
    """Prove that no two folders of labels differ in case alone.

    Raises:
        RequestError: two do, and which.
    """
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise RequestError(
                f"expected one folder a label, found {other!r} and {name!r}, which differ in case; merge them"
            )
