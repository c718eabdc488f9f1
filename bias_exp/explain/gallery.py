"""The gallery of a cell as one file: a few pictures, the maps as they are shown on them, and what the model says.

Reads and writes bytes and needs no torch, so that sheets of many cells can be made where there is none. A picture whose
face may not be shown in print is not in the file.
"""

import json
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

import numpy as np

from bias_exp.errors import IntegrityError
from bias_exp.figures.panel import prediction_caption
from bias_exp.figures.sheet import Tile
from bias_exp.pixels.overlay import grey, overlay

GALLERY_NAME = "gallery.npz"
FORMAT = 1

ABSENT = 128
"""The grey that stands where a picture may not be shown."""


@dataclass(frozen=True)
class Said:
    """What a head says of a picture. `label` is the true class, '' where it is not known; `reason` says why there is no
    map, '' where there is one."""

    predicted: str
    probability: float
    label: str
    reason: str

    @property
    def wrong(self) -> bool:
        """Whether the true class is known and another one was predicted."""
        return self.label not in ("", self.predicted)


def map_tile(head: str, said: Said, *, picture: np.ndarray, heat: np.ndarray, method: str) -> Tile:
    """A head's map, (h, w) in [0, 1], on `picture` (h, w, 3) uint8, or the grey picture with the reason for none."""
    name = head.replace("_", " ")
    caption = prediction_caption(name, said.predicted, said.probability, said.label)
    if said.reason:
        return Tile(grey(picture), f"no {name} map", f"{caption}\n{said.reason}")
    return Tile(overlay(picture, heat), f"{name} map ({method})", caption)


@dataclass(frozen=True)
class Exhibit:
    """One picture of a gallery: its id, its labels in words, whether it may be shown, and what each head says."""

    id: str
    labels: str
    publishable: bool
    said: dict[str, Said]


@dataclass(frozen=True)
class Gallery:
    """The pictures (n, H, W, 3) uint8, flat grey where one may not be shown, and by head their maps (n, H, W) uint8.

    Maps are in the picture's pixels, 0 to 255 for 0 to 1 of each map; 0 everywhere where there is none. `method` made
    them, '' where none could.
    """

    method: str
    exhibits: tuple[Exhibit, ...]
    pictures: np.ndarray
    maps: dict[str, np.ndarray]

    def to_bytes(self) -> bytes:
        """The file's content: the same for the same gallery."""
        about = {"format": FORMAT, "method": self.method, "exhibits": [asdict(one) for one in self.exhibits]}
        arrays: dict[str, Any] = {f"maps/{head}": maps for head, maps in self.maps.items()}
        stream = BytesIO()
        np.savez_compressed(stream, about=np.array(json.dumps(about)), pictures=self.pictures, **arrays)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Gallery":
        """What `to_bytes` gave.

        Raises:
            IntegrityError: a file of another format.
        """
        with np.load(BytesIO(content), allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"]))
            if about["format"] != FORMAT:
                raise IntegrityError(
                    f"expected a {GALLERY_NAME} of format {FORMAT}, found {about['format']}; explain the cell anew"
                )
            maps = {name.removeprefix("maps/"): arrays[name] for name in arrays.files if name.startswith("maps/")}
            exhibits = tuple(
                Exhibit(**(one | {"said": {head: Said(**said) for head, said in one["said"].items()}}))
                for one in about["exhibits"]
            )
            return cls(about["method"], exhibits, arrays["pictures"], maps)
