"""Which pictures are to be forgotten: by sha256 or id, by perceptual hash, or by a picture file that is given."""

import re
from pathlib import Path

from bias_exp.collect.collection import is_collection, read_collection
from bias_exp.collect.forget import Search
from bias_exp.collect.forget_data import is_data
from bias_exp.data.images import UndecodableImage, read_image
from bias_exp.data.manifest import load_manifest
from bias_exp.data.names import below
from bias_exp.data.phash import distance, phash
from bias_exp.data.pool import in_order
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent
from bias_exp.rundir import file_sha256

_NAME = re.compile(r"[0-9a-f]{16}([0-9a-f]{48})?")
_HASH = re.compile(r"[0-9a-f]{16}")


def wanted_names(names: tuple[str, ...]) -> set[str]:
    """sha256 as given, of 64 digits or the first 16.

    Raises:
        RequestError: something else.
    """
    folded = [name.strip().lower() for name in names]
    if odd := [name for name in folded if not _NAME.fullmatch(name)]:
        raise RequestError(
            f"expected --sha256 of 64 hex digits, or the first 16 of them (a picture's id), got {odd[0]!r}"
        )
    return set(folded)


def of_picture(path: Path) -> tuple[str, str]:
    """sha256 and perceptual hash of a picture file.

    Raises:
        RequestError: it cannot be read as a picture.
    """
    try:
        return file_sha256(path), phash(read_image(path))
    except (UndecodableImage, OSError) as error:
        raise RequestError(f"expected a picture at {path}, found: {error}; give its --sha256") from None


def alike(search: Search, hashes: set[str], most: int, report: Report = silent) -> dict[str, int]:
    """{sha256: bits} of the pictures below the folders whose perceptual hash is at most `most` bits from one of these.

    A picture whose hash no collection says is decoded. One that cannot be any more is not alike.

    Raises:
        RequestError: a hash is not 16 hex digits, or `most` not among 0 to 64.
    """
    if odd := [each for each in hashes if not _HASH.fullmatch(each)]:
        raise RequestError(f"expected --phash of 16 hex digits, got {odd[0]!r}")
    if not 0 <= most <= 64:
        raise RequestError(f"expected --distance of 0 to 64 bits, got {most}")
    known: dict[str, str] = {}
    for place in search.places():
        if is_collection(place):
            rows = read_collection(place)
            said = dict(zip(rows["sha256"], rows["phash"], strict=True))
            files = {sha256: below(place, path) for sha256, path in zip(rows["sha256"], rows["path"], strict=True)}
        elif is_data(place):
            manifest = load_manifest(place)
            said = {}
            files = {row.sha256: manifest.path(row) for row in manifest.frame.itertuples()}
        else:
            continue
        unsaid = [sha256 for sha256 in files if not (said.get(sha256) or known.get(sha256))]
        looks = in_order(_hash_of, [files[sha256] for sha256 in unsaid], report, "pictures compared")
        known |= {sha256: one for sha256, one in said.items() if one} | dict(zip(unsaid, looks, strict=True))
    bits = {sha256: min(distance(one, each) for each in hashes) for sha256, one in known.items() if one}
    return {sha256: n for sha256, n in bits.items() if n <= most}


def _hash_of(path: Path) -> str:
    try:
        return phash(read_image(path))
    except UndecodableImage:
        return ""
