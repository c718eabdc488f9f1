"""Faces that were found before, so that a run that was killed goes on where it was, and no picture is looked at twice.

One file of a detector and its version, a JSON object a line: the picture's sha256 and its faces. A line that a kill cut
off is passed over. The file may be deleted at any time; several processes may write it.
"""

import json
import os
from pathlib import Path

from bias_exp.errors import IntegrityError
from bias_exp.faces.detect import Detection, version_of
from bias_exp.faces.rows import DETECTORS

FOLDER = "faces"
"""Below the cache."""


class Memory:
    """The faces that `detector` found, kept below the folder `cache`.

    Raises:
        RequestError: no such detector, or what it needs is not installed.
    """

    def __init__(self, cache: Path, detector: str) -> None:
        self.path = cache / FOLDER / f"{detector}-{version_of(DETECTORS[detector])}.jsonl"
        self._known = self._read()

    def _read(self) -> dict[str, list[Detection]]:
        if not self.path.is_file():
            return {}
        known = {}
        for line in self.path.read_bytes().splitlines():
            try:
                entry = json.loads(line)
                known[str(entry["sha256"])] = [Detection.of_record(face) for face in entry["faces"]]
            except (ValueError, KeyError, TypeError):
                continue  # cut off by a kill: it is found again
        return known

    def get(self, sha256: str) -> list[Detection] | None:
        """The faces of a picture; None where nobody has looked."""
        return self._known.get(sha256)

    def add(self, sha256: str, faces: list[Detection]) -> None:
        """Keep the faces of a picture.

        Raises:
            IntegrityError: the file cannot be written.
        """
        self._known[sha256] = faces
        entry = {"sha256": sha256, "faces": [face.record() for face in faces]}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # One write of a whole line, begun on a new one: a line that a kill cut off harms no later one.
            with open(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644), "ab", buffering=0) as file:
                file.write(b"\n" + json.dumps(entry, sort_keys=True).encode() + b"\n")
        except OSError as error:
            raise IntegrityError(
                f"expected to keep found faces in {self.path}, found: {error.strerror or error}; make room, or set "
                f"BIAS_EXP_HOME to a folder that can be written"
            ) from None
