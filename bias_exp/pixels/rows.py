"""What can stand in the place of removed pixels: names, addresses and defaults, free of torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bias_exp.registry import Registry


@dataclass(frozen=True)
class FillRow:
    """A fill `(images (n, c, h, w), **options) -> whole pictures of that shape` by its address."""

    name: str
    address: str
    defaults: Mapping[str, float] = field(default_factory=dict, hash=False)


FILLS: Registry[FillRow] = Registry(
    "fill",
    FillRow("mean", "bias_exp.pixels.fill:mean"),
    FillRow("blur", "bias_exp.pixels.fill:blur", {"sigma": 0.1}),
)
