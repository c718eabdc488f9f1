"""A look at every picture of a data set: can it be decoded, what are its bytes, how large is it, what does it show."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bias_exp.data.duplicates import Print, print_of
from bias_exp.data.images import UndecodableImage, read_file, read_picture
from bias_exp.data.pool import in_order
from bias_exp.progress import Report, silent


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a picture file found; `width` and `height` are those of the upright picture."""

    sha256: str
    width: int
    height: int
    print: Print


def look(path: Path) -> Look | str:
    """What is found at `path`, or the reason why that is no picture; the file is read and decoded once."""
    try:
        data = read_file(path)
        picture = read_picture(data)
    except UndecodableImage as error:
        return str(error)
    return Look(hashlib.sha256(data).hexdigest(), picture.width, picture.height, print_of(picture.pixels))


def survey(root: Path, paths: Sequence[Path], report: Report = silent) -> list[Look | str]:
    """A look at each path below `root`, in order."""
    return list(in_order(lambda path: look(root / path), paths, report, "pictures looked at"))
