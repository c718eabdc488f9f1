"""A declared table: columns with kind and meaning, and the check that a frame has them."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd
from pandas.api import types

from bias_exp.errors import IntegrityError

Kind = Literal["text", "integer", "number", "flag", "vector"]

_IS_KIND = {
    "text": lambda column: types.is_string_dtype(column) or len(column) == 0,
    "integer": types.is_integer_dtype,
    "number": types.is_numeric_dtype,
    "flag": types.is_bool_dtype,
    "vector": lambda column: True,
}


@dataclass(frozen=True)
class Column:
    """A column's name, kind, and one line on what it holds."""

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True)
class Schema:
    """The declared columns of one kind of file; `prefix` admits further columns that start with it."""

    name: str
    columns: tuple[Column, ...]
    prefix: str | None = None

    @property
    def names(self) -> list[str]:
        """The declared column names, in order."""
        return [column.name for column in self.columns]

    @property
    def text(self) -> list[str]:
        """The names of the text columns."""
        return [column.name for column in self.columns if column.kind == "text"]

    def empty(self) -> pd.DataFrame:
        """No row, in the declared columns and kinds."""
        kinds = {"text": "str", "integer": "int64", "number": "float64", "flag": "bool", "vector": "object"}
        return pd.DataFrame({column.name: pd.Series(dtype=kinds[column.kind]) for column in self.columns})

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `frame` with its columns in declared order.

        Raises:
            IntegrityError: a column is missing, undeclared or of another kind.
        """
        missing = [name for name in self.names if name not in frame.columns]
        extra = [name for name in frame.columns if name not in self.names]
        extra = [name for name in extra if not (self.prefix and str(name).startswith(self.prefix))]
        wrong = [
            f"{column.name} ({frame[column.name].dtype}, expected {column.kind})"
            for column in self.columns
            if column.name in frame.columns and not _IS_KIND[column.kind](frame[column.name])
        ]
        problems = {"missing": missing, "undeclared": extra, "of another kind": wrong}
        if any(problems.values()):
            said = "; ".join(f"{what}: {', '.join(map(str, names))}" for what, names in problems.items() if names)
            raise IntegrityError(f"{self.name} must have the columns that bias_exp.columns declares; {said}")
        prefixed = sorted(name for name in frame.columns if self.prefix and str(name).startswith(self.prefix))
        return frame[self.names + prefixed]
