"""Files at a second place without taking room twice."""

import os
import shutil
from pathlib import Path


def link_or_copy(source: Path, target: Path) -> bool:
    """Have the file `source` at `target` too, with the folders above it; whether it had to be copied.

    It is copied where a link cannot be: on another disk, or a disk without links.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        return True
    return False
