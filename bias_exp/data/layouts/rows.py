"""The layouts: one row each, with the function that writes it.

A layout is a function `(session) -> number of pictures written`; see `session`. It writes below `session.out` what the
real data set's folder holds: the same names, headers, counts, spaces and value words.
"""

from dataclasses import dataclass

from bias_exp.registry import Registry


@dataclass(frozen=True)
class LayoutRow:
    """`address` is the writing function; `sized` says whether the source's option `size` sets the pictures' size."""

    name: str
    address: str
    summary: str
    sized: bool = True

    def about(self) -> str:
        """The layout in a line."""
        return f"  {self.name}: {self.summary}"


_HERE = "bias_exp.data.layouts"

LAYOUTS: Registry[LayoutRow] = Registry(
    "layout",
    LayoutRow("folder", f"{_HERE}.folders:write_folder", "<profession>/<gender>/*.png"),
    LayoutRow(
        "ratio_folders", f"{_HERE}.folders:write_ratio_folders", "dataset_<ratio>/{train,val}/<profession>/{0,1}_*.png"
    ),
    LayoutRow("csv", f"{_HERE}.folders:write_csv", "pictures/*.png and labels.csv"),
    LayoutRow(
        "fairface",
        f"{_HERE}.faces:write_fairface",
        "face chips with margin 0.25 (224 px) and 1.25 (448 px), fairface_label_{train,val}.csv",
        sized=False,
    ),
    LayoutRow(
        "celeba",
        f"{_HERE}.celeba:write_celeba",
        "aligned faces (178 x 218), 40 attributes, identities, partition, landmarks",
        sized=False,
    ),
    LayoutRow("utkface", f"{_HERE}.faces:write_utkface", "[age]_[gender]_[race]_[time].jpg.chip.jpg", sized=False),
    LayoutRow("openimages", f"{_HERE}.openimages:write_openimages", "pictures of one or two people, with MIAP's boxes"),
)


def layouts_text() -> str:
    """Every layout, for a command line's help."""
    return "\n".join(row.about() for row in LAYOUTS)
