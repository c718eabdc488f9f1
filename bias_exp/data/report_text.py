"""The data report for people: `report.md` beside the manifest, and the same on the terminal with long tables cut."""

import textwrap
from collections.abc import Sequence
from typing import Any

from bias_exp.columns import SPLITS
from bias_exp.data.report import Numbers, unknown_labels
from bias_exp.data.splits import ALL

REPORT_TEXT = "report.md"
_MOST_ROWS = 40
_WIDTH = 120
_MOST_VALUES = 8


def report_text(report: Numbers, *, place: str = "", most_rows: int | None = None) -> str:
    """The report as Markdown that reads well as plain text; `place` is where the data set lies."""
    where = f" in {place}" if place else ""
    parts = [
        f"{report['pictures']} pictures{where}, digest {report['digest'][:16]}, source {report['source'] or 'unknown'}",
        _section("Pictures by split", _counts(report, most_rows)),
        _section("Training sets that it can give", _arms(report["arms"])),
        _section("Left out", _left_out(report["left_out"])),
        _section("Duplicates", _duplicates(report["duplicates"])),
        _section("About the pictures", _about(report)),
        _section("Notes", [_item(note) for note in report["notes"]]),
    ]
    return "\n\n".join(part for part in parts if part)


def terminal_text(report: Numbers, place: str) -> str:
    """The report as it is printed."""
    return report_text(report, place=place, most_rows=_MOST_ROWS)


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"## {title}", "", *lines]) if lines else ""


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """A Markdown table whose columns line up; numbers stand to the right."""
    texts = [[str(value) for value in row] for row in rows]
    widths = [max(len(line[k]) for line in (list(header), *texts)) for k in range(len(header))]
    right = [bool(rows) and all(isinstance(row[k], int) or row[k] == "" for row in rows) for k in range(len(header))]
    aligned = [
        [
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ]
        for line in (list(header), *texts)
    ]
    rule = ["-" * (width - to_right) + ":" * to_right for width, to_right in zip(widths, right, strict=True)]
    return [f"| {' | '.join(line)} |" for line in (aligned[0], rule, *aligned[1:])]


def _counts(report: Numbers, most_rows: int | None) -> list[str]:
    """Class x group x source by split; the source is a column only where there are several."""
    counts = report["counts"]
    names = [name for name in counts[0] if name not in SPLITS]
    if len({row["source"] for row in counts}) == 1:
        names.remove("source")
    splits = [split for split in SPLITS if any(row[split] for row in counts)]
    rows = [[*(row[name] for name in names), *(row[split] for split in splits)] for row in counts]
    rows = [[*row, sum(row[len(names) :])] for row in rows]
    total = [ALL, *[""] * (len(names) - 1), *(sum(column) for column in list(zip(*rows, strict=True))[len(names) :])]
    cut = rows if most_rows is None else rows[:most_rows]
    more = [f"({len(rows) - len(cut)} more rows in {REPORT_TEXT})"] if len(cut) < len(rows) else []
    return [*_table([*names, *splits, "all"], [*cut, total]), *more]


def _arms(arms: Numbers) -> list[str]:
    rows = [[_arm_name(one, arms["attribute"]), one["largest"], _tightest(one)] for one in arms["each"]]
    if len(rows) > 1:
        every = arms["all"]
        rows.append([f"all {len(rows)} ratios, one size", every["largest"], _tightest(every)])
    said = [*_table(["training set", "most pictures", "because there are only"], rows)]
    step = arms["all"]["multiples_of"]
    if arms["all"]["largest"]:
        return [*said, "", f"matrix.size: any multiple of {step} up to {arms['all']['largest']} suits all of them"]
    return [*said, "", f"no size suits all of them (multiples of {step}): add pictures, or leave ratios out"]


def _arm_name(one: Numbers, attribute: str) -> str:
    return f"equal shares of {attribute}" if one["ratio"] is None else f"{one['ratio'] * 100:g} % female"


def _tightest(one: Numbers) -> str:
    tight = one["tightest"]
    label = "" if tight["class"] == ALL else f"{tight['class']} "
    return f"{tight['pictures']} {label}{tight['group']}"


def _left_out(left_out: Numbers) -> list[str]:
    if not left_out["files"]:
        return ["nothing"]
    rows = [[kind["files"], kind["reason"], kind["examples"][0]] for kind in left_out["reasons"]]
    return [*_table(["files", "reason", "such as"], rows), "", f"{left_out['files']} files, listed in rejects.csv"]


def _duplicates(duplicates: Numbers | None) -> list[str]:
    if duplicates is None:
        return ["not listed: this data set was made by an earlier version"]
    kinds = {"exact": "the same bytes", "near": "nearly the same picture"}
    columns = ("groups", "files", "largest", "with_other_labels", "across_sources", "across_own_splits")
    shown = ("groups", "files", "largest", "of other labels", "of two sources", "of two own splits")
    if not any(one["groups"] for one in duplicates.values()):
        return ["none"]
    lines = _table(["", *shown], [[kinds[kind], *(one[name] for name in columns)] for kind, one in duplicates.items()])
    for kind, one in duplicates.items():
        for files in one["across_own_splits_examples"]:
            lines.append(f"- {kinds[kind]} in two of the source's own splits: {', '.join(files)}")
    return [*lines, "", "each content counts once, near-duplicates stay on one side of the split; see duplicates.csv"]


def _about(report: Numbers) -> list[str]:
    sizes, persons, n = report["sizes"], report["persons"], report["pictures"]
    spans = ", ".join(f"{name} {_span(one)}" for name, one in sizes.items() if "median" in one)
    small = ", ".join(f"{count} below {side}" for side, count in sizes["shorter_side_below"].items() if count)
    unknown = ", ".join(f"{count} of {name}" for name, count in unknown_labels(report).items() if count)
    known = f"{persons['persons']} known, at most {persons['most_pictures']} picture(s) of one"
    unclear = f"not known for {persons['pictures_without']} of {n} pictures"
    who = [known] * (persons["persons"] > 0) + [unclear] * (persons["pictures_without"] > 0)
    counted = (report["arms"]["primary"], report["arms"]["attribute"])
    others = {name: values for name, values in report["labels"].items() if name not in counted}
    lines = {
        "size in pixels": spans.replace("_", " ") + (f"; shorter side: {small}" if small else ""),
        "unknown labels": unknown or "none",
        **{name: _values(values) for name, values in others.items()},
        "persons": ", ".join(who),
        "licence": _values(report["licence"]),
        "consent": _values(report["consent"]),
        "publishable": f"{report['publishable']} of {n}",
    }
    return [_item(f"{name}: {value}") for name, value in lines.items()]


def _item(text: str) -> str:
    """An item of a list, in lines that fit a terminal."""
    return textwrap.fill(
        text, _WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _span(values: dict[str, int]) -> str:
    return f"{values['min']}" if values["min"] == values["max"] else f"{values['min']} to {values['max']}"


def _values(tally: dict[str, int]) -> str:
    """`CC0 1060`, or the most frequent of many values."""
    ordered = sorted(tally.items(), key=lambda item: -item[1])
    said = ", ".join(f"{value or 'not known'} {n}" for value, n in ordered[:_MOST_VALUES])
    return said + (f" and {len(ordered) - _MOST_VALUES} more" if len(ordered) > _MOST_VALUES else "")
