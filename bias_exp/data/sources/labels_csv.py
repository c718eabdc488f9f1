"""The source for any tree of pictures with a table of labels in it, a row a file.

Columns are named by options. The attributes are those of `attributes`, in its order ("profession", or "gender=sex" for
the column `sex`), else all columns that are nothing else. Values mean themselves; man, men, male, woman, women, female
in `gender` and the words of `words` mean their label, in any case. Nothing is guessed: a flaw in a label, a file
without a row or a row without a file is an error that says the lines.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bias_exp.columns import UNKNOWN
from bias_exp.data.class_label import CLASS_LABEL, read_class_label
from bias_exp.data.names import name_text, path_text
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.data.sources.listed import Files, Problem, compare, paths_of
from bias_exp.data.sources.outlines import with_regions
from bias_exp.data.sources.reading import Reading
from bias_exp.data.sources.table import Table, read_table, said_lines
from bias_exp.data.sources.tree import PERSONS_UNKNOWN
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent

_NAMED = 10
"""Problems that an error names."""
_MANY = 100
"""Values of one attribute that are no error, but are said."""

_GENDERS = {"female", "male", UNKNOWN}

Classes = dict[str, tuple[str, ...]]


def scan(root: Path | None, out: Path, options: dict[str, Any], *, report: Report = silent) -> Scan:
    """The pictures that the table in `root` names.

    Raises:
        RequestError: no folder or table there, a column that is missing, or anything in it that is not clear.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"expected a folder with pictures and a table, found no folder at {root}; give it in --root")
    root = root.resolve()
    table = read_table(_below(root, options["labels"]), options["delimiter"])
    reading = Reading.of(table, options)
    pictures, lines, notes = _one_a_file(table, _pictures(reading, paths_of(table, options["path"])))
    files = compare(root, lines, table)
    classes = _classes(root, reading, options["values"])
    problems = [*files.missing, *files.unlabelled, *_strange(pictures, lines, classes)]
    if problems and not options["allow_missing"]:
        raise _refusal(root, table, problems)
    left_out = {path for path, _ in (*problems, *files.rejects)}
    kept = [picture for picture in pictures if path_text(picture.path) not in left_out]
    if not kept:
        raise RequestError(f"expected rows of pictures in {table.path}, found none that can be used below {root}")
    found = Scan(root, kept, [*files.rejects, *problems], _notes(reading, files, kept) + notes, classes)
    return with_regions(found, out, options, report)


def _below(root: Path, name: str) -> Path:
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise RequestError(f"expected options.labels to name a file below {root}, found {name!r}; put the table there")
    if not (root / path).exists():
        tables = sorted(name_text(found.name) for found in root.glob("*.[ct]sv"))
        raise RequestError(
            f"expected a table of labels at {root / path}, found {', '.join(tables[:_NAMED]) or 'no table'} in {root}; "
            f"name it with options.labels"
        )
    return root / path


def _pictures(reading: Reading, paths: list[Path]) -> list[SourceImage]:
    """A picture for each row.

    Raises:
        RequestError: values that are not clean.
    """
    names = list(reading.attributes)
    labels = list(zip(*(reading.labels(name) for name in names), strict=True))
    facts = ("source", "person", "licence", "consent", "publishable", "split")
    columns = list(zip(*(reading.facts(name) for name in facts), strict=True))
    reading.refuse_flaws()
    return [
        SourceImage(
            path=path,
            labels=dict(zip(names, values, strict=True)),
            source=source or "csv",
            person=person,
            licence=licence,
            consent=consent,
            publishable=publishable == "true",
            split=split,
        )
        for path, values, (source, person, licence, consent, publishable, split) in zip(
            paths, labels, columns, strict=True
        )
    ]


def _one_a_file(table: Table, pictures: list[SourceImage]) -> tuple[list[SourceImage], dict[Path, int], list[str]]:
    """Each picture once, the first line that names it, and notes; rows that repeat an earlier one are said.

    Raises:
        RequestError: rows that say different things of one file.
    """
    first: dict[Path, SourceImage] = {}
    lines: dict[Path, int] = {}
    repeated: list[int] = []
    conflicts: list[str] = []
    for line, picture in zip(table.lines, pictures, strict=True):
        known = first.setdefault(picture.path, picture)
        if lines.setdefault(picture.path, line) == line:
            continue
        repeated.append(line)
        if known != picture:
            conflicts.append(f"{path_text(picture.path)} in lines {lines[picture.path]} and {line}")
    if conflicts:
        more = f" and {len(conflicts) - _NAMED} more" if len(conflicts) > _NAMED else ""
        raise RequestError(
            f"expected {table.path} to say one thing of each file, found different rows of "
            f"{', '.join(conflicts[:_NAMED])}{more}; keep the right one"
        )
    notes = [f"{len(repeated)} row(s) of {table.path.name} repeat an earlier one: {said_lines(repeated)}"]
    return list(first.values()), lines, notes if repeated else []


def _classes(root: Path, reading: Reading, declared: Mapping[str, Any]) -> Classes:
    """The values that attributes may have, where they are declared: by options, and of the first by its class list."""
    if strange := sorted(set(declared) - set(reading.attributes)):
        known = ", ".join(reading.attributes)
        raise RequestError(f"expected options.values of {known}, found {strange[0]!r}; name an attribute")
    classes = {name: tuple(map(str, values)) for name, values in declared.items()}
    first = next((name for name in reading.attributes if name != "gender"), "gender")
    path = root / CLASS_LABEL
    return classes if first in classes or not path.exists() else {first: read_class_label(path), **classes}


def _strange(pictures: list[SourceImage], lines: Mapping[Path, int], classes: Classes) -> list[Problem]:
    """Rows with a label that is not among the declared ones."""
    problems = []
    for picture in pictures:
        for name, values in classes.items():
            label = picture.labels[name]
            if label not in (*values, UNKNOWN):
                what = f"unknown {name}: {label!r} in line {lines[picture.path]}, known are {', '.join(values)}"
                problems.append((path_text(picture.path), what))
                break
    return problems


def _refusal(root: Path, table: Table, problems: list[Problem]) -> RequestError:
    said = "; ".join(f"{path} ({reason})" for path, reason in problems[:_NAMED])
    more = f"; and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    return RequestError(
        f"expected the rows of {table.path} and the pictures below {root} to match, found {len(problems)} that do not: "
        f"{said}{more}; mend them, or set options.allow_missing=true to leave them out"
    )


def _notes(reading: Reading, files: Files, pictures: list[SourceImage]) -> list[str]:
    notes = [] if "person" in reading.roles else [PERSONS_UNKNOWN]
    if reading.table.blank:
        notes.append(f"{reading.table.blank} blank line(s) passed over")
    if "" in reading.table.columns:
        notes.append("a column without a name passed over")
    genders = Counter(picture.labels["gender"] for picture in pictures if "gender" in picture.labels)
    if others := sorted(set(genders) - _GENDERS):
        said = ", ".join(f"{name} ({genders[name]})" for name in others[:_NAMED])
        notes.append(f"genders beside female, male and unknown: {said}")
    for name in reading.attributes:
        if (count := len({picture.labels[name] for picture in pictures})) > _MANY:
            notes.append(f"{name} has {count} different labels: is it one? Name the labels in options.attributes")
    return notes + files.notes
