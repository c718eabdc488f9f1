"""A look at every picture of a data set: can it be decoded, what are its bytes, how large is it, what does it show."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bias_exp.data.duplicates import Print, print_of
from bias_exp.data.images import UndecodableImage, read_file, read_image
from bias_exp.data.pool import in_order
from bias_exp.progress import Report, silent


@dataclass(frozen=True)
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
        image = read_image(data)
    except UndecodableImage as error:
        return str(error)
    height, width = image.shape[:2]
    return Look(hashlib.sha256(data).hexdigest(), width, height, print_of(image))


def survey(paths: Sequence[Path], report: Report = silent) -> list[Look | str]:
    """A look at each path, in order."""
    return list(in_order(look, paths, report, "pictures looked at"))
