"""What part of a training set each group has: one ratio, a table of many groups, or a table for each class."""

import hashlib
import json
from fractions import Fraction
from typing import Any

from pydantic import model_validator

from bias_exp.frozen import Frozen, Name, Probability


def check_ratio(value: Any) -> float:
    """`value` as a share in [0, 1]; a percentage is refused with the share that was probably meant."""
    try:
        ratio = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"female_ratio must be a number in [0, 1], got {value!r}") from None
    if 0 <= ratio <= 1:
        return ratio
    hint = f"; did you mean {ratio / 100:g}?" if 1 < ratio <= 100 else ""
    raise ValueError(f"female_ratio must be in [0, 1], got {value}{hint}")


def _women(ratio: Any) -> dict[str, float]:
    women = check_ratio(ratio)
    return {"female": women, "male": float(1 - Fraction(str(women)))}


def _words(shares: dict[str, float]) -> str:
    return ", ".join(f"{100 * share:g}% {value}" for value, share in shares.items())


class Shares(Frozen):
    """What part of each class of an arm each value of an attribute has; the parts add up to 1.

    `shares` holds for every class that `by_class` does not name. In their place a table may say `female_ratio` and
    `female_by_class`, the part of women. `name` is what runs and tables call the arm; no key knows it. Without any
    shares the arm is not known, as of a model that was trained elsewhere.
    """

    name: Name | None = None
    attribute: Name = "gender"
    shares: dict[str, Probability] = {}
    by_class: dict[str, dict[str, Probability]] = {}

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, table: Any) -> Any:
        if not isinstance(table, dict):
            return table
        table = dict(table)
        for short, long in (("female_ratio", "shares"), ("female_by_class", "by_class")):
            if short in table and table.get(long):
                raise ValueError(f"expected {short} or {long}, found both; give one")
        if "female_ratio" in table:
            table["shares"] = _women(table.pop("female_ratio"))
        if "female_by_class" in table:
            by_class = table.pop("female_by_class")
            table["by_class"] = {label: _women(ratio) for label, ratio in by_class.items()}
        return table

    @model_validator(mode="after")
    def _add_up(self) -> "Shares":
        tables = {self.attribute: self.shares} if self.shares else {}
        tables |= {f"{self.attribute} in {label}": shares for label, shares in self.by_class.items()}
        for name, shares in tables.items():
            total = sum(shares.values())
            if abs(total - 1) > 1e-9:
                raise ValueError(f"shares of {name} must add up to 1, got {total:g}")
        return self

    @classmethod
    def female(cls, ratio: float) -> "Shares":
        """Women `ratio`, men the rest."""
        return cls(shares=_women(ratio))

    def of(self, label: str) -> dict[str, float]:
        """The shares in a class; empty where the arm says nothing of it."""
        return self.by_class.get(label, self.shares)

    def holds_as(self, other: "Shares") -> bool:
        """Whether both say the same of an arm, whatever it is called."""
        return self.model_copy(update={"name": other.name}) == other

    @property
    def known(self) -> bool:
        """Whether anything is said at all."""
        return bool(self.shares or self.by_class)

    @property
    def groups(self) -> frozenset[str]:
        """The values that some class of the arm has pictures of; none where nothing is known."""
        tables = (self.shares, *self.by_class.values())
        return frozenset(value for table in tables for value, share in table.items() if share)

    def in_words(self, most: int = 12) -> str:
        """`25% female, 75% male`; by class `nurse, secretary: 90% female, 10% male; other classes: ...`.

        Classes of equal shares stand together; of more than `most` different tables the rest is counted.
        """
        alike: dict[str, list[str]] = {}
        for label, shares in self.by_class.items():
            alike.setdefault(_words(shares), []).append(label)
        parts = [f"{', '.join(labels)}: {words}" for words, labels in alike.items()]
        if len(parts) > most:
            parts = [*parts[:most], f"{len(parts) - most} more tables"]
        if self.shares:
            parts.append(f"other classes: {_words(self.shares)}" if parts else _words(self.shares))
        return "; ".join(parts) or "shares not known"

    @property
    def female_ratio(self) -> float | None:
        """The share of women where the arm is described by it alone."""
        return self.shares["female"] if set(self.shares) == {"female", "male"} and not self.by_class else None

    @property
    def label(self) -> str:
        """The name, or `f25`, `f12p5`, `fmix-<hash>` for shares that one ratio does not describe, `unknown`."""
        if self.name:
            return self.name
        if self.female_ratio is not None:
            return f"f{self.female_ratio * 100:g}".replace(".", "p")
        if not self.known:
            return "unknown"
        text = json.dumps(self.model_dump(mode="json", exclude={"name"}), sort_keys=True)
        return f"fmix-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
