"""One picture and what the heads look at: `picture | gender map | profession map`."""

from collections.abc import Sequence

from bias_exp.figures.legend import Legend
from bias_exp.figures.sheet import Tile, draw_sheet


def prediction_caption(head: str, predicted: str, probability: float, label: str = "") -> str:
    """`nurse 0.83`, with the true class on a second line where the head is wrong."""
    said = f"{head}: {predicted} {probability:.2f}"
    return f"{said}\n(is {label})" if label and label != predicted else said


def draw_panel(tiles: Sequence[Tile], *, legends: Sequence[Legend] = ()) -> bytes:
    """The tiles in one row as a PNG; see `figures.sheet` for sizes, legends and errors."""
    return draw_sheet([tiles], legends=legends)
