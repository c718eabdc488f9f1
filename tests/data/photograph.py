"""A photograph as a telephone keeps it: it says where it was taken, in every place where a JPEG can say so."""

from pathlib import Path

import numpy as np
from PIL import Image

WORDS = b"at home, N 52 31 12.02"
"""What only the photograph's metadata hold."""
_DESCRIPTION, _GPS = 0x010E, 0x8825


def photograph(path: Path, pixels: np.ndarray) -> Path:
    """A JPEG with EXIF (a description and a place), XMP and a comment."""
    exif = Image.Exif()
    exif[_DESCRIPTION] = WORDS.decode()
    exif[_GPS] = {1: "N", 2: (52.0, 31.0, 12.02), 3: "E", 4: (13.0, 24.0, 18.0)}
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, "JPEG", quality=95, exif=exif, xmp=b"<x>" + WORDS + b"</x>", comment=WORDS)
    return path


def tells(path: Path) -> bool:
    """Whether a file holds words of the photograph's, or as a picture any EXIF."""
    if WORDS in path.read_bytes():
        return True
    if path.suffix not in (".png", ".jpg", ".jpeg"):
        return False
    with Image.open(path) as image:
        return bool(dict(image.getexif())) or {"exif", "xmp", "comment"} & set(image.info) != set()
