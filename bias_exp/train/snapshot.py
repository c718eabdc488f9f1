"""Snapshots: what a fit needs to go on after its process was killed, in sealed folders of which the newest two stay.

    <folder>/<step>/state.pt        the fit between two steps, read with weights_only
    <folder>/<step>/made_of.json    what it was made of: another recipe, data or library version does not go on from it
    <folder>/<step>/manifest.json   sizes and hashes, because torch.load does not see a flipped bit

A snapshot is written aside, synced and renamed. It is in no key and in no result, and never leaves the machine.
"""

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from bias_exp import rundir
from bias_exp.errors import IntegrityError

SNAPSHOT_SECONDS = 30.0
"""Seconds of work that a kill may cost."""

MOST_OF_THE_TIME = 0.05
"""The part of the time that writing snapshots may take: where one is slow to write, they are further apart."""

KEPT = 2
STATE_NAME = "state.pt"
MADE_OF_NAME = "made_of.json"


class Snapshots:
    """The snapshots of one fit.

    Args:
        folder: theirs alone; None to keep nothing.
        made_of: what must be the same for a fit to go on from one.
        say: told of every snapshot that cannot be used.
    """

    def __init__(self, folder: Path | None, made_of: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.folder = folder
        self.made_of = dict(made_of)
        self.say = say
        self._kept: list[Path] = []
        self._next = time.monotonic() + SNAPSHOT_SECONDS

    @property
    def due(self) -> bool:
        """Whether it is time for another one."""
        return self.folder is not None and time.monotonic() >= self._next

    def write(self, step: int, content: dict[str, Any]) -> None:
        """Keep `content`, the fit after `step` steps, unless that step is kept already; older ones but one go."""
        if self.folder is None or (target := self.folder / f"{step:08d}") in self._kept:
            return
        start = time.monotonic()
        # Alone, because another study that wants this cell sweeps its folder meanwhile.
        with rundir.alone(target), rundir.new_folder(target) as made:
            torch.save(content, made / STATE_NAME)
            text = json.dumps(self.made_of, indent=1, sort_keys=True)
            (made / MADE_OF_NAME).write_text(text + "\n", encoding="utf-8")
        target.with_name(target.name + ".lock").unlink(missing_ok=True)
        self._kept = [*self._kept, target][-KEPT:]
        for other in set(self._folders()) - set(self._kept):
            shutil.rmtree(other)
        end = time.monotonic()
        self._next = end + max(SNAPSHOT_SECONDS, (end - start) / MOST_OF_THE_TIME)

    def newest(self) -> dict[str, Any] | None:
        """The content of the newest snapshot that is whole and made of the same, if there is one."""
        if self.folder is None or not self.folder.is_dir():
            return None
        for partial in self.folder.glob(f"*{rundir.PARTIAL}"):  # of a write that was cut short
            shutil.rmtree(partial)
        for folder in reversed(self._folders()):
            if (content := self._read(folder)) is not None:
                self._kept = [folder]
                return content
        return None

    def _folders(self) -> list[Path]:
        """The snapshots that are there, the oldest first; what else lies there (a lock) is nobody's snapshot."""
        assert self.folder is not None
        return sorted(path for path in self.folder.iterdir() if path.is_dir() and path.name.isdigit())

    def _read(self, folder: Path) -> dict[str, Any] | None:
        try:
            rundir.verify(folder)
        except (IntegrityError, OSError) as error:
            self.say(f"snapshot {folder.name} is not used: {error}")
            return None
        before: dict[str, str] = json.loads((folder / MADE_OF_NAME).read_text(encoding="utf-8"))
        if before != self.made_of:
            names = sorted(name for name in before | self.made_of if before.get(name) != self.made_of.get(name))
            said = ", ".join(f"{name} {before.get(name)} (now {self.made_of.get(name)})" for name in names)
            self.say(f"snapshot {folder.name} is not used, it was made of {said}")
            return None
        content: dict[str, Any] = torch.load(folder / STATE_NAME, map_location="cpu", weights_only=True)
        return content
