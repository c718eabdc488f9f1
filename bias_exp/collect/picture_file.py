"""One generated picture as files: a PNG that says what it is, and a sidecar with all that is known of it.

`pictures/<profession>/<gender>/<prompt_id>_<seed>.png`, and the same name below `sidecars/` with `.json`, so that
`pictures/` holds pictures alone. Both are whole or not there.
"""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bias_exp.data.phash import phash
from bias_exp.whole_file import write_whole

PICTURES = "pictures"
SIDECARS = "sidecars"
IN_PNG = ("synthetic", "prompt", "negative_prompt", "seed", "steps", "guidance", "model", "made_at")
"""What stands in the PNG's own text, so that a picture that goes astray still says that nobody is in it."""

_DARK = 8
_FLAT = 2


def flaw_of(values: np.ndarray) -> str:
    """Why a picture (h, w, 3) in [0, 1] is none; '' where it may be one.

    A model that overflows gives NaN or infinity, which other programs write as black.
    """
    if bad := int((~np.isfinite(values)).sum()):
        return f"not finite: {bad} of {values.size} values"
    pixels = as_pixels(values)
    if pixels.max() <= _DARK:
        return f"black: no value above {pixels.max()} of 255"
    ranges = np.ptp(pixels.reshape(-1, pixels.shape[-1]).astype(np.int64), axis=0)
    return f"one colour: values differ by at most {ranges.max()} of 255" if ranges.max() <= _FLAT else ""


def as_pixels(values: np.ndarray) -> np.ndarray:
    """Values (h, w, 3) in [0, 1] as uint8."""
    pixels: np.ndarray = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return pixels


def picture_path(row: Any, folder: str = PICTURES, suffix: str = ".png") -> Path:
    """Where the picture of a prompt lies, below the collection's folder."""
    return Path(folder, row.profession, row.gender, f"{row.prompt_id}_{row.seed}{suffix}")


def sidecar_of(path: str) -> str:
    """Where the sidecar of a picture of a collection would lie, below the collection's folder."""
    _, _, name = path.partition("/")
    return f"{SIDECARS}/{name.rpartition('.')[0]}.json"


def keep_picture(out: Path, row: Any, pixels: np.ndarray, facts: dict[str, Any]) -> dict[str, Any]:
    """Write the picture of a prompt with its sidecar; what a collection has to know of the file.

    `facts` are for the sidecar; those of IN_PNG stand in the PNG as well.
    """
    data = _png(pixels, {name: facts[name] for name in IN_PNG})
    path = picture_path(row)
    known = {
        "path": path.as_posix(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "phash": phash(pixels),
        "width": pixels.shape[1],
        "height": pixels.shape[0],
    }
    text = json.dumps(facts | known, indent=1, sort_keys=True) + "\n"
    write_whole(out / picture_path(row, SIDECARS, ".json"), text.encode())
    write_whole(out / path, data)
    return known


def _png(pixels: np.ndarray, facts: dict[str, Any]) -> bytes:
    text = PngInfo()
    for name, value in facts.items():
        text.add_text(name, value if isinstance(value, str) else json.dumps(value))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", pnginfo=text)
    return file.getvalue()
