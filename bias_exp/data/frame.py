"""The manifest's table from the contents that were looked at, column by column: 100,000 rows take a second."""

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.columns import FACE_BOX, LABEL, LANDMARKS, MANIFEST, ORIGINS, UNKNOWN
from bias_exp.data.copies import Content
from bias_exp.data.duplicates import near_groups
from bias_exp.data.names import path_text
from bias_exp.data.scan import NOWHERE, SourceImage
from bias_exp.errors import RequestError


def frame_of(contents: Sequence[Content], attributes: Sequence[str], *, compared: bool = True) -> pd.DataFrame:
    """A row a content in their order, without splits; an attribute that a picture has no label of is unknown.

    Unless they are `compared`, every picture is a near-duplicate group of its own.

    Raises:
        RequestError: a label that is empty or cannot be printed, or two contents of one id.
    """
    pictures = [content.picture for content in contents]
    looks = [content.look for content in contents]
    columns: dict[str, Any] = {
        "id": [content.id for content in contents],
        "path": [path_text(picture.path) for picture in pictures],
        "sha256": [look.sha256 for look in looks],
        "width": [look.width for look in looks],
        "height": [look.height for look in looks],
        **{name: [getattr(picture, name) for picture in pictures] for name in _PLAIN},
        "near_duplicates": [""] * len(contents),
        "split": [""] * len(contents),
        "regions": ["" if picture.regions is None else path_text(picture.regions) for picture in pictures],
        **_places(FACE_BOX, [picture.face_box for picture in pictures]),
        **_places(LANDMARKS, [picture.landmarks for picture in pictures]),
        **_labels(pictures, attributes),
    }
    texts = [name for name in columns if name in MANIFEST.text or name.startswith(LABEL)]
    frame = pd.DataFrame(columns | {name: pd.array(columns[name], dtype="str") for name in texts})
    if frame["id"].duplicated().any():
        raise RequestError("two pictures of different content share the first 16 digits of their sha256; drop one")
    groups = pd.Series(near_groups([look.print for look in looks]) if compared else np.arange(len(looks)))
    shared = groups.duplicated(keep=False)
    smallest = frame["id"][shared].groupby(groups[shared]).transform("min")
    frame["near_duplicates"] = frame["id"].where(~shared, smallest)
    return frame


def origins_of(contents: Sequence[Content]) -> pd.DataFrame:
    """Where the pictures are from, columns.ORIGINS: those of which something is known."""
    known = [(content.id, content.picture.origin) for content in contents if content.picture.origin != NOWHERE]
    columns: dict[str, Any] = {name: [getattr(origin, name) for _, origin in known] for name in ORIGINS.names[1:]}
    return ORIGINS.check(pd.DataFrame({"id": [image_id for image_id, _ in known], **columns}, dtype="str"))


_PLAIN = ("person", "kin", "source", "licence", "consent", "publishable")


def _labels(pictures: Sequence[SourceImage], attributes: Sequence[str]) -> dict[str, Sequence[str]]:
    """{column: labels} of each attribute."""
    # Each dict is gone through once, not once an attribute: 100,000 of 40 labels are far apart in memory.
    rows = [tuple(map(picture.labels.get, attributes, repeat(UNKNOWN))) for picture in pictures]
    columns = dict(zip(attributes, zip(*rows, strict=True), strict=True))
    for name, values in columns.items():
        if odd := [value for value in sorted({name, *values}) if not value or not value.isprintable()]:
            where = values.index(odd[0]) if odd[0] in values else 0
            raise RequestError(
                f"labels must be printable text that is not empty, got {odd[0]!r} for {pictures[where].path}"
            )
    return {LABEL + name: values for name, values in columns.items()}


def _places(names: Sequence[str], places: Sequence[Any]) -> dict[str, np.ndarray]:
    """{column: (n,)} of places that some pictures have, NaN where one has none."""
    values = np.full((len(places), len(names)), np.nan)
    if known := [row for row, place in enumerate(places) if place is not None]:
        values[known] = np.array([places[row] for row in known], dtype=np.float64).reshape(len(known), -1)
    return {name: values[:, place] for place, name in enumerate(names)}
