"""Whether a fetched body is a picture to keep: what it is, how large, forgotten, or the same as one that is kept."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bias_exp.data.duplicates import MAX_BITS, Print, near_groups, print_of
from bias_exp.data.forgotten import REASON
from bias_exp.data.images import UndecodableImage, read_header, read_picture

_SUFFIX = {"JPEG": "jpg", "MPO": "jpg"}
_OPEN_TYPES = ("", "application/octet-stream", "binary/octet-stream")


def unwanted_type(content_type: str) -> str:
    """Why a content type is none of a picture; '' where it may be. What the bytes are is seen later."""
    if content_type in _OPEN_TYPES or (content_type.startswith("image/") and content_type != "image/svg+xml"):
        return ""
    return f"not a picture: {content_type}"


@dataclass(frozen=True)
class Verdict:
    """What a body is, and why it is not kept ('' where it is); `duplicate_of` is the kept picture that it repeats."""

    facts: Mapping[str, Any]
    reason: str = ""
    duplicate_of: str = ""


@dataclass
class Kept:
    """The pictures that are kept: paths by sha256, and their hashes, by which repeats are told.

    A near-duplicate is what `data.duplicates` calls one, the mirror image included. The picture of a close hash is read
    again for that: hashes of portraits come close by chance.
    """

    folder: Path
    paths: dict[str, str] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _hashes: list[int] = field(default_factory=list)

    def add(self, sha256: str, path: str, hash_digits: str) -> None:
        """Note a picture that is kept."""
        if sha256 not in self.paths:
            self.paths[sha256] = path
            self._names.append(path)
            self._hashes.append(int(hash_digits, 16))

    def near(self, own: Print) -> str:
        """The kept picture that a picture repeats, '' where there is none."""
        hashes = np.array(self._hashes, dtype=np.uint64)
        close = [np.bitwise_count(hashes ^ np.uint64(one)) <= MAX_BITS for one in (own.hash, own.mirrored)]
        for index in np.flatnonzero(close[0] | close[1]):
            if self._alike(own, self._names[index]):
                return self._names[index]
        return ""

    def _alike(self, own: Print, name: str) -> bool:
        try:
            other = print_of(read_picture(self.folder / name).pixels)
        except UndecodableImage:
            return False  # deleted by hand: nobody can say any more
        groups = near_groups([own, other])
        return bool(groups[0] == groups[1])


@dataclass(frozen=True)
class Judge:
    """The rules of a crawl: the shorter side's least length in pixels, and whether near-duplicates are kept."""

    kept: Kept
    forgotten: frozenset[str]
    least_side: int
    near_duplicates: bool

    def look(self, body: bytes) -> Verdict:
        """What a body is, and whether it is kept."""
        facts: dict[str, Any] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        if facts["sha256"] in self.forgotten:
            return Verdict(facts, REASON)
        if other := self.kept.paths.get(facts["sha256"]):
            return Verdict(facts, f"duplicate of {other}", other)
        try:
            picture = read_picture(body)
        except UndecodableImage as error:
            return Verdict(facts, f"cannot be decoded: {error}")
        own = print_of(picture.pixels)
        facts |= {
            "width": picture.width,
            "height": picture.height,
            "format": read_header(body).format,
            "phash": f"{own.hash:016x}",
            "phash_mirrored": f"{own.mirrored:016x}",
        }
        if min(picture.width, picture.height) < self.least_side:
            return Verdict(facts, f"smaller than {self.least_side} pixels: {picture.width} x {picture.height}")
        near = self.kept.near(own)
        if near and not self.near_duplicates:
            return Verdict(facts, f"near-duplicate of {near}", near)
        return Verdict(facts, duplicate_of=near)


def suffix_of(picture_format: str) -> str:
    """`jpg`, `png` ... of a format as Pillow names it."""
    return _SUFFIX.get(picture_format, picture_format.lower())
