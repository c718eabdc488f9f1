"""Personas written as other data sets lie on disk: files, names, headers and labels of the real ones.

What a row writes is read by the reader of that data set, so everything behind the reader can be tried without the real
pictures and without their licences. The labels are the factors' own; `cast` says where a race comes from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bias_exp.data.personas.cast import Member, draw_cast
from bias_exp.errors import RequestError
from bias_exp.places import writable_folder
from bias_exp.registry import Registry, resolve

PER_CELL = 53
SMALLEST = 32

Writer = Callable[[list[Member], Path, int], list[Path]]
"""(cast, folder, size) to the files that it wrote."""


@dataclass(frozen=True)
class LayoutRow:
    """`address` is the writer; `least` personas of each profession and gender give every part of the data set some;
    `size` is the pictures' usual width in pixels."""

    name: str
    address: str
    summary: str
    size: int
    least: int = 1


LAYOUTS: Registry[LayoutRow] = Registry(
    "layout",
    LayoutRow("folder", "bias_exp.data.personas.layout_own:folder", "<profession>/<gender>/*.png", 64),
    LayoutRow(
        "ratio_folders",
        "bias_exp.data.personas.layout_own:ratio_folders",
        "dataset_{0,50,100}/{train,val}/<profession>/{0,1}_*.png",
        64,
        least=3,
    ),
    LayoutRow("csv", "bias_exp.data.personas.layout_own:csv", "pictures/*.png and labels.csv", 64, least=3),
    LayoutRow(
        "fairface",
        "bias_exp.data.personas.layout_faces:fairface",
        "face chips with margins of 0.25 and 1.25 (twice as large), fairface_label_{train,val}.csv",
        224,
        least=2,
    ),
    LayoutRow(
        "celeba",
        "bias_exp.data.personas.layout_celeba:celeba",
        "celeba/img_align_celeba/*.jpg, 40 attributes, identities, landmarks, partition",
        178,
        least=3,
    ),
    LayoutRow(
        "utkface",
        "bias_exp.data.personas.layout_faces:utkface",
        "UTKFace/[age]_[gender]_[race]_[time].jpg.chip.jpg",
        200,
    ),
    LayoutRow(
        "openimages",
        "bias_exp.data.personas.layout_openimages:openimages",
        "{train,validation,test}/*.jpg with boxes, MIAP boxes, image labels, licences and rotations",
        256,
        least=3,
    ),
)


def layouts_text() -> str:
    """Every layout in a line, for a command line's help."""
    return "\n".join(f"  {row.name}: {row.summary}" for row in LAYOUTS)


def write_layout(
    name: str, out: Path, *, per_cell: int = PER_CELL, size: int | None = None, seed: int = 0
) -> list[Path]:
    """Write `per_cell` personas of each profession and gender into the folder `out`; the files, sorted.

    Args:
        size: the pictures' width in pixels; None for the data set's own.

    Raises:
        RequestError: an unknown layout, a number that is too small, or a folder that is not empty or not writable.
    """
    row = LAYOUTS[name]
    size = row.size if size is None else size
    if per_cell < row.least or size < SMALLEST:
        raise RequestError(
            f"expected per_cell of at least {row.least} and size of at least {SMALLEST} pixels for the layout {name}, "
            f"found per_cell = {per_cell}, size = {size}; change the options"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RequestError(f"expected a new or empty folder at {out}, found files; choose another --out")
    return sorted(resolve(row.address)(draw_cast(per_cell, seed), writable_folder(out), size))


def layout_from_options(name: str, out: Path, options: dict[str, object]) -> list[Path]:
    """`write_layout` with options as a command line gives them.

    Raises:
        RequestError: also for an option that no layout has, or one that is no whole number.
    """
    for option, value in options.items():
        if option not in ("per_cell", "size", "seed") or type(value) is not int:
            raise RequestError(
                f"expected whole numbers as options.per_cell, options.size or options.seed with --layout, found "
                f"options.{option} = {value!r}; leave it out"
            )
    return write_layout(name, out, **options)  # type: ignore[arg-type]
