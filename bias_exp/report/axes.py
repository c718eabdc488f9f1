"""What tells the configurations of a study apart, as pages and figures say it.

Backbone, loss and arm always stand there; the heads and the size of the arm where a study has several of them.
"""

from dataclasses import dataclass

import pandas as pd

from bias_exp.report.cells import ARM, Frames
from bias_exp.shares import Shares

_MOST_MIXED = 12
"""Arms that a page describes in words."""

RATIO = "female ratio"
_WORDS = {"heads": "heads", "size": "arm size"}


@dataclass(frozen=True)
class Axes:
    """`more`: of heads and size those that vary. `mixed`: arms that one female ratio does not describe, in words.
    `ratios`: whether there are others."""

    more: tuple[str, ...] = ()
    mixed: tuple[tuple[str, str], ...] = ()
    ratios: bool = True

    @classmethod
    def of(cls, frames: Frames) -> "Axes":
        """The axes of a study as it is planned, whatever of it is complete."""
        return cls.of_cells(frames.cells)

    @classmethod
    def of_cells(cls, cells: pd.DataFrame) -> "Axes":
        """The same, of the study's cells."""
        sizes = cells.loc[cells["size"] > 0, "size"]
        several = {"heads": cells["heads"].nunique() > 1, "size": sizes.nunique() > 1}
        tables = {text: Shares.model_validate_json(text) for text in dict.fromkeys(cells["shares_table"])}
        mixed = {one.label: one.in_words() for one in tables.values() if one.female_ratio is None}
        ratios = any(one.female_ratio is not None for one in tables.values())
        return cls(tuple(name for name, varies in several.items() if varies), tuple(mixed.items()), ratios)

    @property
    def columns(self) -> list[str]:
        """Columns that stand first in a table's file; the size stands with the provenance."""
        return [*ARM, "arm", *(["heads"] if "heads" in self.more else [])]

    @property
    def arm(self) -> str:
        """What heads the column of arms."""
        return "arm" if self.mixed else RATIO

    @property
    def against(self) -> str:
        """What results are set against, for titles and axes."""
        if not self.mixed:
            return "female ratio of the training set"
        return "female ratio of the training set, or its arm" if self.ratios else "arm of the training set"

    @property
    def fit_stub(self) -> tuple[tuple[str, str], ...]:
        """The columns of a page that name how a model was made, its arm apart."""
        return (("backbone", "backbone"), ("loss", "loss"), *((name, _WORDS[name]) for name in self.more))

    @property
    def stub(self) -> tuple[tuple[str, str], ...]:
        """The columns of a page that name a configuration."""
        return (*self.fit_stub, ("arm", self.arm), ("seeds", "seeds"))

    @property
    def block(self) -> tuple[str, ...]:
        """The columns that name a block or panel of models that differ by their arm alone."""
        return tuple(name for name, _ in self.fit_stub)

    def fit(self, frame: pd.DataFrame) -> pd.Series:
        """The loss, and what else varies, of each row: the words on panels and lines."""
        words = frame["loss"].astype(str)
        if "heads" in self.more:
            words = words + ", " + frame["heads"].str.replace("+", " + ")
        if "size" in self.more:
            words = (
                words + ", " + frame["size"].map(lambda size: "size unknown" if pd.isna(size) else f"{size} pictures")
            )
        return words

    @property
    def notes(self) -> tuple[str, ...]:
        """Arms that one ratio does not describe, in words."""
        if not self.mixed:
            return ()
        said = [f"{label}: {words}" for label, words in self.mixed[:_MOST_MIXED]]
        more = len(self.mixed) - _MOST_MIXED
        return (f"Arms by name: {'. '.join([*said, *([f'And {more} more'] if more > 0 else [])])}.",)
