"""What the columns of a table of labels mean, by the options of its source: labels, and facts beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bias_exp.columns import UNKNOWN
from bias_exp.data.scan import OwnSplit
from bias_exp.data.sources.table import Table, said_lines
from bias_exp.data.sources.tree import GENDER_WORDS
from bias_exp.data.sources.values import Words, flaws, meant
from bias_exp.errors import RequestError

ROLES: dict[str, tuple[str, ...]] = {
    name: (name,) for name in ("person", "licence", "consent", "source", "split", "publishable")
}
ROLES["licence"] = ("licence", "license")
"""Columns that are no labels: each is named by the option of its name, else found by these names."""

_SPLITS: dict[str, OwnSplit] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_YES = {**dict.fromkeys(("true", "yes", "1"), "true"), **dict.fromkeys(("false", "no", "0"), "false")}
_WORDS: dict[str, Words] = {"gender": GENDER_WORDS, "split": _SPLITS, "publishable": _YES}


@dataclass(frozen=True)
class Reading:
    """A table, the column of each attribute and role, what words mean, and whether labels may be empty.

    What is wrong with the values of columns that were read gathers in `found`, so that one error says all of it.
    """

    table: Table
    attributes: dict[str, str]
    roles: dict[str, str]
    words: dict[str, Words]
    empty_is_unknown: bool
    found: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, table: Table, options: dict[str, Any]) -> "Reading":
        """The columns that `options` name.

        Raises:
            RequestError: one of them is missing, or no column is left for labels.
        """
        table.column(options["path"])
        roles = {name: column for name in ROLES if (column := _role(table, name, options[name]))}
        attributes = _attributes(table, options, taken={options["path"], *roles.values()})
        if strange := sorted(set(options["words"]) - set(attributes) - set(roles)):
            known = ", ".join([*attributes, *roles])
            raise RequestError(f"expected options.words of {known}, found {strange[0]!r}; name a column that is there")
        words: dict[str, Words] = {
            name: {**_WORDS.get(name, {}), **options["words"].get(name, {})} for name in (*attributes, *roles)
        }
        return cls(table, attributes, roles, words, options["empty_is_unknown"])

    def labels(self, name: str) -> list[str]:
        """The labels of an attribute, row by row."""
        values = meant(self.table.column(self.attributes[name]), self.words[name])
        self._note(self.attributes[name], flaws(values, self.table.lines, empty=self.empty_is_unknown))
        return [value or UNKNOWN for value in values]

    def facts(self, name: str) -> list[str]:
        """What a column beside the labels says, row by row; '' where there is no such column."""
        if name not in self.roles:
            return [""] * len(self.table.rows)
        column, words = self.roles[name], self.words[name]
        values = meant(self.table.column(column), words)
        if name in ("person", "source"):
            self._note(column, flaws(values, self.table.lines, empty=True, spellings=name == "source"))
        elif name in _WORDS:
            self._note(column, self._strange(name, values))
        return values

    def refuse_flaws(self) -> None:
        """Prove that nothing is wrong with the columns that were read.

        Raises:
            RequestError: something is; says what in which lines.
        """
        if self.found:
            raise RequestError(
                f"expected clean values in {self.table.path}, found {'; '.join(self.found)}; mend the table, name "
                f"other columns in the source's options, or say what a word means: options.words.gender.F='female'"
            )

    def _note(self, column: str, flaws: Sequence[str]) -> None:
        self.found.extend(f"in column {column!r} {flaw}" for flaw in flaws)

    def _strange(self, name: str, values: list[str]) -> list[str]:
        """Words that mean nothing in a column whose words are all known."""
        known = {*_WORDS[name].values(), ""}
        odd = [(line, value) for line, value in zip(self.table.lines, values, strict=True) if value not in known]
        if not odd:
            return []
        lines = said_lines([line for line, _ in odd])
        return [f"a word other than {', '.join(_WORDS[name])} in {lines} ({odd[0][1]!r})"]


def _role(table: Table, name: str, asked: str) -> str:
    """The column of a role: the one asked for, else one of the role's own name; '' where there is none."""
    if asked:
        table.column(asked)
        return asked
    return next((column for column in ROLES[name] if column in table.columns), "")


def _attributes(table: Table, options: dict[str, Any], taken: set[str]) -> dict[str, str]:
    """{attribute: column}, in order."""
    if not options["attributes"]:
        others = [column for column in table.columns if column and column not in taken]
        if not others:
            raise RequestError(
                f"expected columns of labels in {table.path}, found only: {', '.join(map(repr, table.columns))}"
            )
        return {column: column for column in others}
    attributes: dict[str, str] = {}
    for entry in options["attributes"]:
        name, _, column = str(entry).partition("=")
        attributes[name] = column or name
        table.column(attributes[name])
    return attributes
