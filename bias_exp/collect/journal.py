"""A journal: what was done, a JSON object a line, appended and never changed, so that a kill loses one line at most.

A line that a kill cut off is told by its missing end; it is passed over when the journal is read, and closed before
anything is appended, so that it harms no later one.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bias_exp.errors import IntegrityError


class Journal:
    """The journal at `path`; made with its folder when the first entry is added. One process writes it at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, entry: Mapping[str, Any]) -> None:
        """Append one entry; it is on the disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            if file.tell() and not self._ends_whole():
                file.write(b"\n")
            file.write(json.dumps(entry, ensure_ascii=True, sort_keys=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def entries(self) -> list[dict[str, Any]]:
        """All whole entries, in order; none where there is no journal.

        Raises:
            IntegrityError: a line that is whole is no JSON object.
        """
        if not self.path.is_file():
            return []
        lines = self.path.read_bytes().split(b"\n")
        found = []
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line) if line.strip() else None
            except ValueError:
                continue  # cut off by a kill: it never came to count
            if entry is not None and not isinstance(entry, dict):
                raise IntegrityError(f"expected a JSON object in line {number} of {self.path}, found {entry!r:.40}")
            if entry is not None:
                found.append(entry)
        return found
