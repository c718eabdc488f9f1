"""Which entries of a table a study claimed before its first run, and which are exploratory.

A claim names an endpoint (the `measure` of a table), a head, and values of columns (`between`). An entry is
confirmatory when all of these are its own; every other entry is exploratory, whatever its p.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.columns import PROBE_HEAD
from bias_exp.config import AblateConfig, ClaimColumn, ClaimConfig, Study
from bias_exp.report.differences import pairs_of
from bias_exp.report.layout import Entry

EXPLORATORY = "exploratory"
ABLATION_NET, GAP_CLOSURE, ABLATION_NULL = "ablation net", "gap closure", "ablation null"
DIFFERENCE = "difference in {measure}"
"""The endpoint of a comparison of two configurations: in accuracy, or in its gap. What is compared has a value such as
`ce - focal`."""
_DIFFERENCES = tuple(DIFFERENCE.format(measure=measure) for measure in ("accuracy", "accuracy gap"))
_CONFIGURATION: tuple[ClaimColumn, ...] = ("backbone", "loss", "female_ratio", "shares", "heads", "size")
_REMOVAL: tuple[ClaimColumn, ...] = ("fraction", "fill", "control")
ENDPOINTS: Mapping[str, tuple[ClaimColumn, ...]] = {
    **dict.fromkeys(("accuracy gap", "RMS TPR gap", *_DIFFERENCES), _CONFIGURATION),
    **dict.fromkeys((ABLATION_NET, GAP_CLOSURE, ABLATION_NULL), (*_CONFIGURATION, *_REMOVAL)),
}
"""What entries of tables can be claimed to show, and the columns that tell these entries apart; a claim on anything
else has no entry."""


@dataclass(frozen=True)
class Claims:
    """The claims that stand for a study, by name; `head` is meant where a claim names none, `ablate` is what the study
    removes."""

    by_name: Mapping[str, ClaimConfig]
    head: str
    ablate: AblateConfig

    @classmethod
    def of(cls, study: Study) -> "Claims":
        """Those of a study as `tracking.query` reads it: the ones that were kept before its first run."""
        return cls(dict(study.claims), study.head_lists[0][0], study.ablate)

    def __bool__(self) -> bool:
        return bool(self.by_name)

    def column(self, frame: pd.DataFrame, *, endpoint: str = "", head: str = "") -> pd.Series:
        """`claim_of` each row of a table; `endpoint` and `head` where the table has no column of the kind."""
        given = {name: value for name, value in (("measure", endpoint), ("head", head)) if value}
        if not self.by_name:
            return pd.Series(EXPLORATORY, index=frame.index, dtype="str")
        rows = (claim_of(row | given, self) for row in frame.to_dict("records"))
        return pd.Series(list(rows), index=frame.index, dtype="str")

    def mark(self, frame: pd.DataFrame, value: str, *, endpoint: str = "", head: str = "") -> pd.DataFrame:
        """`frame` with `claim` (`column`), and `claim_said`: with it, whether the sign of `value` is the claimed one.

        The test of an entry stays as it is, whatever was claimed.
        """
        named = self.column(frame, endpoint=endpoint, head=head)
        said = [self._said(*one) for one in zip(named, frame[value].to_numpy(dtype=np.float64), strict=True)]
        return frame.assign(claim=named, claim_said=pd.Series(said, index=frame.index, dtype="str"))

    def _said(self, name: str, value: float) -> str:
        direction = self.by_name[name].direction if name in self.by_name else "two-sided"
        if direction == "two-sided" or np.isnan(value):
            return name
        if value == 0:
            return f"{name} (neither)"
        return f"{name} ({'as claimed' if (value > 0) == (direction == 'greater') else 'opposite'})"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The column of a page that names each entry's claim; none where the study has no claims."""
        return (Entry("claim", "claim_said", style="text"),) if self.by_name else ()

    def note(self, named: Iterable[str]) -> list[str]:
        """What stands under a table whose entries have these claims; nothing where the study has none."""
        if not self.by_name:
            return []
        found = [name for name in self.by_name if name in set(named)]
        said = "; ".join(f"{name}: {claim_text(self.by_name[name])}" for name in found)
        return [f"Confirmatory, claimed before the first run: {said or 'none here'}. Every other entry is exploratory."]


def claim_of(row: Mapping[str, Any], claims: Claims) -> str:
    """The name of the first claim that an entry falls under, or `exploratory`.

    Args:
        row: an entry, with `measure`, `head` ('' or absent: the primary one), and the columns that claims name.
    """
    head = str(row.get("head") or claims.head)
    for name, claim in claims.by_name.items():
        same = claim.endpoint == row.get("measure") and (claim.head or claims.head) == head
        if same and all(_is_one_of(row.get(column), values) for column, values in claim.between.items()):
            return name
    return EXPLORATORY


def why_empty(claim: ClaimConfig, claims: Claims, cells: pd.DataFrame) -> str:
    """Why no entry of a study's tables can fall under a claim; '' where one can.

    cells: of the study, as `tracking.query` gives them.
    """
    if claim.endpoint not in ENDPOINTS:
        return f"no table measures {claim.endpoint!r}; they measure {', '.join(ENDPOINTS)}"
    columns, head = ENDPOINTS[claim.endpoint], claim.head or claims.head
    if not any(head in heads.split("+") for heads in cells["heads"]) and head != PROBE_HEAD:
        return f"no model has the head {head!r}"
    if head != claims.head and columns == _CONFIGURATION:
        return f"entries of {claim.endpoint} are of the head {claims.head!r} alone"
    strange = [column for column in claim.between if column not in columns]
    if strange:
        return f"entries of {claim.endpoint} have no column {', '.join(strange)}; they have {', '.join(columns)}"
    for column, there in _removed(claim.endpoint, claims.ablate).items():
        asked = claim.between.get(column)
        if asked and not any(_is_one_of(value, asked) for value in there):
            known = ", ".join(map(str, there))
            return f"there is {_where({column: asked})} in no entry of {claim.endpoint}; there is {known}"
    asked_of = {column: values for column, values in claim.between.items() if column in _CONFIGURATION}
    rows = _compared(cells) if claim.endpoint in _DIFFERENCES else cells.to_dict("records")
    if any(all(_is_one_of(row[column], values) for column, values in asked_of.items()) for row in rows):
        return ""
    if claim.endpoint in _DIFFERENCES:
        found = dict.fromkeys(str(row[row["axis"]]) for row in rows)
        return f"nothing is compared with {_where(asked_of)}; compared are {', '.join(found) or 'none'}"
    return f"the study has no configuration with {_where(asked_of)}"


def _removed(endpoint: str, ablate: AblateConfig) -> dict[ClaimColumn, tuple[object, ...]]:
    """What the entries of an endpoint have in the columns that say what was removed."""
    if endpoint not in (ABLATION_NET, GAP_CLOSURE, ABLATION_NULL):
        return {}
    every = (ablate.fractions, ablate.fills)
    fractions, fills = ([one] for one in ablate.primary) if endpoint == ABLATION_NULL else every
    return {"fraction": tuple(fractions), "fill": tuple(fills), "control": ablate.controls}


def _compared(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Two configurations that a table compares, as one row: `axis`, and in the column of that name both of them."""
    rows = []
    for pair in pairs_of(cells):
        first, second = (side.iloc[0].to_dict() for side in (pair.first, pair.second))
        rows.append(first | {"axis": pair.axis, pair.axis: f"{first[pair.axis]} - {second[pair.axis]}"})
    return rows


def _where(between: Mapping[ClaimColumn, tuple[str, ...]]) -> str:
    return ", ".join(f"{column} = {' or '.join(values)}" for column, values in between.items())


def claim_text(claim: ClaimConfig) -> str:
    """`accuracy gap of profession less, loss = ce (family main)`."""
    where = _where(claim.between)
    head = f" of {claim.head}" if claim.head else ""
    return f"{claim.endpoint}{head} {claim.direction}{f', {where}' if where else ''} (family {claim.family})"


def _is_one_of(value: Any, wanted: tuple[str, ...]) -> bool:
    """Whether a table's value is one of a claim's; numbers are compared as numbers."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value) in wanted
    return any(_number(one) == number for one in wanted)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
