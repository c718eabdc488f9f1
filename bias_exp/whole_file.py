"""Files that are whole or not there, whenever the process ends."""

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, with the folders above it; what is there before is replaced at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.partial")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
