"""The one way from a picture file to pixels, and from pixels to a model's frame.

In: a file or its bytes. Out: uint8 RGB, height x width x 3, upright. The rules, the same for training, explaining and
the app: only the formats below are tried; the size is read from the header and capped before anything is decoded; EXIF
orientation is applied; a JPEG of more than 16 megapixels is decoded at a half, a quarter or an eighth of its sides, by
libjpeg's own scaling; 16-bit values keep their high byte (scaled, not clipped); CMYK becomes RGB by Pillow's plain
formula and colour profiles are ignored; transparent pixels show white paper; of an animation the first frame counts.
Decoding takes about 10 bytes a decoded pixel at its peak: 160 MB for a JPEG, 640 MB for the greatest PNG.

Places are continuous: pixel i covers [i, i + 1), so the frame of a picture is [0, width] x [0, height].
"""

import io
import os
import stat
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from bias_exp.errors import BiasExpError

T = TypeVar("T")

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "PPM")
MAX_PIXELS = 64_000_000
MAX_BYTES = 256 * 2**20
DRAFT_PIXELS = 16_000_000
"""A JPEG of more pixels is decoded smaller, while its shorter side stays at least DRAFT_SIDE."""
DRAFT_SIDE = 1024
PAPER = (255, 255, 255)
"""What shows through transparent pixels."""

# What Pillow may raise on a damaged file: the set that its own fuzzers accept, and struct.error of its EXIF reader.
_FAILS = (
    OSError,
    SyntaxError,
    MemoryError,
    ValueError,
    NotImplementedError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {_UPRIGHT[tag] for tag in (5, 6, 7, 8)}
_SIGNATURES = (
    (0, b"\xff\xd8\xff", "a damaged JPEG"),
    (0, b"\x89PNG", "a damaged PNG"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"8BPS", "PSD"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (4, b"jP  ", "JPEG 2000"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyp", "HEIC or a film"),
    (0, b"PK\x03\x04", "a ZIP archive"),
)


class UndecodableImage(BiasExpError):
    """A file that is no picture for us; the message is the reason."""


def read_file(path: Path) -> bytes:
    """The content of a regular file; anything else (FIFO, device, folder) is never opened.

    Raises:
        UndecodableImage: not a regular file, over MAX_BYTES, or it cannot be read.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise UndecodableImage("not a regular file")
        # Not blocking, in case a FIFO has taken the file's place since it was looked at.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            size = min(found.st_size, MAX_BYTES) + 1  # memory for as much as may be read would be set aside first
            data = file.read(size)
            if len(data) == size <= MAX_BYTES:  # it has grown since it was looked at
                data += file.read(MAX_BYTES + 1 - size)
    except OSError as error:
        raise UndecodableImage(f"cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise UndecodableImage(f"file of more than {MAX_BYTES // 2**20} MiB")
    return data


@dataclass(frozen=True)
class Picture:
    """Pixels (h, w, 3) uint8 RGB, and the upright size that the file says, of which a great JPEG's pixels are a part.

    Places in picture pixels (boxes, landmarks) are of that size.
    """

    pixels: np.ndarray
    width: int
    height: int


def read_image(source: Path | bytes) -> np.ndarray:
    """Pixels of a picture file, (h, w, 3) uint8 RGB; raises as `read_picture`."""
    return read_picture(source).pixels


def read_picture(source: Path | bytes) -> Picture:
    """A picture file's pixels and size.

    Raises:
        UndecodableImage: for every reason why there is no picture.
    """
    return _read(source, lambda image, size: Picture(np.array(image), *size))


def read_fitted(source: Path | bytes, size: int) -> np.ndarray:
    """`fit(read_image(source), size)`, without an array of the whole picture between; raises as `read_picture`."""
    return _read(source, lambda image, _: _fitted(image, size))


@dataclass(frozen=True)
class Header:
    """What a picture file says of itself: its format, one of FORMATS, and its EXIF orientation, 1 where it has none."""

    format: str
    orientation: int


def read_header(data: bytes) -> Header:
    """The header of a file that `read_picture` could read."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        return Header(str(image.format), int(image.getexif().get(_ORIENTATION, 1)))


def _read(source: Path | bytes, take: Callable[[Image.Image, tuple[int, int]], T]) -> T:
    """What `take` makes of the upright RGB picture and of the upright size that the file says."""
    data = source if isinstance(source, bytes) else read_file(source)
    if not data:
        raise UndecodableImage("empty file")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = _within_cap(image).size
            _draft(image)
            turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
            upright = _to_rgb(image if turn is None else image.transpose(turn))
            return take(upright, (height, width) if turn in _SIDEWAYS else (width, height))
    except UnidentifiedImageError:  # its own message holds a memory address
        raise UndecodableImage(f"not one of {', '.join(FORMATS)}: {_look(data)}") from None
    except _FAILS as error:
        raise UndecodableImage(f"{type(error).__name__}: {error}") from None


def _look(data: bytes) -> str:
    for offset, signature, name in _SIGNATURES:
        if data[offset:].startswith(signature):
            return f"begins like {name}"
    return f"begins with {data[:8]!r}"


def _within_cap(image: Image.Image) -> Image.Image:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UndecodableImage(f"over the cap of {MAX_PIXELS // 10**6} megapixels: {width} x {height} pixels")
    return image


def _draft(image: Image.Image) -> None:
    """Have a great JPEG decoded smaller; formats that cannot do that are decoded as they are."""
    width, height = image.size
    scale = 1
    while scale < 8 and width * height > DRAFT_PIXELS * scale**2 and min(width, height) >= 2 * scale * DRAFT_SIDE:
        scale *= 2
    if scale > 1:
        image.draft(None, (width // scale, height // scale))


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return _from_16_bit(image)
    if image.mode == "F":
        raise UndecodableImage("floating-point pixels, whose range is not known")
    if image.mode == "RGB" and "transparency" not in image.info:
        return image  # `convert` would copy it
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, (*PAPER, 255))
        return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _from_16_bit(image: Image.Image) -> Image.Image:
    """Grey of 16 bits by its high byte, as Pillow itself does it for 16-bit RGB; its `convert` would clip at 255."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 0xFFFF:
        raise UndecodableImage("grey values of more than 16 bits, whose range is not known")
    grey = (values >> 8).astype(np.uint8)
    clear = image.info.get("transparency")
    if clear is not None:
        grey[values == clear] = PAPER[0]
    return Image.fromarray(grey).convert("RGB")


def _square(width: int, height: int) -> tuple[int, int, int]:
    """Left, top and side of the centred square."""
    side = min(width, height)
    return (width - side) // 2, (height - side) // 2, side


def fit(image: np.ndarray, size: int) -> np.ndarray:
    """A picture in the model's frame: centre square, antialiased resize; (h, w, 3) uint8 to (size, size, 3) uint8.

    Pillow's triangle filter works in integers, so the result is the same on every machine.
    """
    return _fitted(Image.fromarray(image), size)


def _fitted(image: Image.Image, size: int) -> np.ndarray:
    left, top, side = _square(*image.size)
    square = image.crop((left, top, left + side, top + side))
    return np.array(square.resize((size, size), Image.Resampling.BILINEAR))


def fit_mask(mask: np.ndarray, size: int) -> np.ndarray:
    """A mask (h, w) bool in the model's frame (size, size): True where at least half of the pixel was."""
    left, top, side = _square(mask.shape[1], mask.shape[0])
    square = Image.fromarray(mask[top : top + side, left : left + side].astype(np.uint8) * 255)
    fitted: np.ndarray = np.asarray(square.resize((size, size), Image.Resampling.BILINEAR)) >= 128
    return fitted


def fit_points(points: np.ndarray, *, width: int, height: int, size: int) -> np.ndarray:
    """Places (..., 2) xy of a width x height picture in the model's frame; outside the square they leave [0, size]."""
    left, top, side = _square(width, height)
    return (np.asarray(points, dtype=np.float64) - (left, top)) * (size / side)


def fit_boxes(boxes: np.ndarray, *, width: int, height: int, size: int) -> np.ndarray:
    """Boxes (..., 4) xyxy in the model's frame, cut at its edges; NaN where nothing of a box is left."""
    given = np.asarray(boxes, dtype=np.float64)
    corners = fit_points(given.reshape(*given.shape[:-1], 2, 2), width=width, height=height, size=size)
    cut = np.clip(corners, 0, size).reshape(given.shape)
    empty = ~((cut[..., 0] < cut[..., 2]) & (cut[..., 1] < cut[..., 3]))
    cut[empty] = np.nan
    return cut
