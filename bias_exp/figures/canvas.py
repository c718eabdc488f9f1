"""What every figure shares: colours and type that do not depend on a user's settings, and the same bytes every time.

Figures are made from `matplotlib.figure.Figure` itself, so that no backend is chosen and no global state is touched.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK = "#222222"
GREY = "#767676"
FONT = "DejaVu Sans"
"""Shipped with matplotlib, so it is the same on every machine."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours, which stay apart for colour-blind readers; darkest on white first."""

MARKERS = ("o", "s", "^", "D", "v", "P")
OF_GROUP = {"female": 1, "male": 0, "unknown": 4}
"""A group keeps its colour and marker in every figure, by its place in PALETTE and MARKERS."""


def places_of(names: Sequence[str]) -> dict[str, int]:
    """A place in PALETTE and MARKERS for each name: known groups keep theirs, the others take what is free."""
    known = {name: OF_GROUP[name] for name in names if name in OF_GROUP}
    free = [place for place in range(len(PALETTE)) if place not in known.values()]
    others = [name for name in names if name not in known]
    return known | {name: free[index % len(free)] for index, name in enumerate(others)}


def new_figure(width: float, height: float, dpi: int = 150) -> Figure:
    """An empty white figure of that size in inches."""
    figure = Figure(figsize=(width, height), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def write(figure: Figure, x: float, y: float, text: str, **style: Any) -> None:
    """Text at pixels from the upper left corner; nothing in it is read as mathematics."""
    if not text:
        return
    width, height = figure.get_size_inches() * figure.dpi
    figure.text(x / width, 1 - y / height, text, fontfamily=FONT, parse_math=False, **style)


def plain_axes(axes: Axes) -> None:
    """Take away what carries no data: the box, and ticks that stick out."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
        axes.spines[side].set_linewidth(0.6)
    axes.tick_params(length=2.5, width=0.6, color=GREY, labelcolor=INK, labelsize=7, labelfontfamily=FONT)


def name_panel(axes: Axes, title: str, pad: float = 4) -> None:
    """A title above the left corner of a panel, `pad` points away."""
    # Where y is given, nothing above the panel is looked for, which takes a quarter of a figure's time.
    axes.set_title(title, fontsize=8, color=INK, fontfamily=FONT, loc="left", pad=pad, y=1)


def png_bytes(figure: Figure) -> bytes:
    """The figure as PNG; nothing in it tells the date, the version or the machine."""
    stream = BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
