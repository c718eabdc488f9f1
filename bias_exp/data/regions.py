"""Region masks of one picture as one small file: a 16-bit grey PNG whose bits are the named regions.

The file lists the regions that are known of its picture (PNG text `regions`), so that "not in the picture" (an empty
mask) and "nobody has looked" (no mask) stay apart. Masks are in the frame of the picture file, upright.
"""

from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from bias_exp.data.images import MAX_PIXELS
from bias_exp.errors import IntegrityError

REGIONS = (
    "face", "hair", "eyes", "mouth", "chin", "glabella", "cheeks", "clothes", "tool", "background", "badge",
    "nose", "forehead", "person",
)  # fmt: skip
"""Bit k of a region file is the k-th of these; new names are added at the end."""

_KNOWN = "regions"


def write_regions(path: Path, masks: dict[str, np.ndarray]) -> None:
    """Write masks of one shape (h, w) bool by region name.

    Raises:
        ValueError: no masks, a name that is not in REGIONS, or shapes that differ.
    """
    unknown = sorted(set(masks) - set(REGIONS))
    shapes = {mask.shape for mask in masks.values()}
    if unknown or len(shapes) != 1:
        raise ValueError(f"expected masks of one shape named from {REGIONS}, got names {unknown}, shapes {shapes}")
    bits = np.zeros(shapes.pop(), dtype=np.uint16)
    for name, mask in masks.items():
        bits |= mask.astype(np.uint16) << REGIONS.index(name)
    facts = PngImagePlugin.PngInfo()
    facts.add_text(_KNOWN, " ".join(name for name in REGIONS if name in masks))
    Image.fromarray(bits).save(path, format="PNG", pnginfo=facts)


def read_regions(path: Path) -> dict[str, np.ndarray]:
    """The masks (h, w) bool that `write_regions` wrote, by region name.

    Raises:
        IntegrityError: there is no such file, or it is no region file.
    """
    try:
        with Image.open(path, formats=("PNG",)) as image:
            known = image.text.get(_KNOWN) if isinstance(image, PngImagePlugin.PngImageFile) else None
            if known is None or image.mode != "I;16" or image.width * image.height > MAX_PIXELS:
                raise IntegrityError(f"expected a region file (16-bit PNG that lists its regions) at {path}")
            bits = np.asarray(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise IntegrityError(f"expected a region file at {path}, found: {error}") from None
    return {name: (bits >> REGIONS.index(name) & 1).astype(bool) for name in known.split() if name in REGIONS}
