"""What lists of public data sets say, held against the words that they can say, and against the pictures there are.

A word that a list cannot have is an error that names its lines: a label is never guessed, nor taken by its position.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bias_exp.data.names import name_text, path_text
from bias_exp.data.scan import SourceImage
from bias_exp.data.sources.table import Table, said_lines
from bias_exp.data.sources.tree import Tree
from bias_exp.errors import RequestError

_NAMED = 5
"""Files that an error names."""
DEEPER = "folder among the pictures; move its pictures up"


def chosen(asked: Sequence[object], known: Sequence[str], source: str) -> list[str]:
    """The attributes that are asked for, in order; all that are known where none is.

    Raises:
        RequestError: one is not known, or named twice.
    """
    names = [str(name) for name in asked] or list(known)
    if odd := [name for name in names if name not in known or names.count(name) > 1]:
        raise RequestError(
            f"expected options.attributes of the source {source} from {', '.join(known)}, each once, found {odd[0]!r}"
        )
    return names


def check_columns(table: Table, columns: Sequence[str]) -> None:
    """Prove that a table has the columns of its data set, by name and in any order.

    Raises:
        RequestError: one is missing.
    """
    if missing := [name for name in columns if name not in table.columns]:
        found = ", ".join(map(repr, table.columns))
        raise RequestError(
            f"expected the columns {', '.join(columns)} in {table.path}, found {found} without {missing[0]!r}; "
            f"download the table again"
        )


def words_of(table: Table, column: str, known: Sequence[str]) -> list[str]:
    """The values of a column, all of them among `known`.

    Raises:
        RequestError: another value; says where.
    """
    values, words = table.column(column), set(known)
    if set(values) <= words:
        return values
    odd = [(line, value) for line, value in zip(table.lines, values, strict=True) if value not in words]
    raise RequestError(
        f"expected {', '.join(known)} in column {column!r} of {table.path}, found {odd[0][1]!r} in "
        f"{said_lines([line for line, _ in odd])}; download the table again"
    )


def present(tree: Tree, folder: Path, lines: Mapping[str, int], *, table: str, allow_missing: bool) -> set[str]:
    """Those pictures of a list, {name in `folder`: line}, that are there.

    Pictures without a line are rejected, and so are lines without a picture where `allow_missing` says so.

    Raises:
        RequestError: a picture is missing.
    """
    there = set(tree.names(folder, DEEPER))
    known = {text for text, _ in tree.rejects}
    below = folder.relative_to(tree.root)
    missing = [name for name in lines if name not in there and path_text(below / name) not in known]
    if missing and not allow_missing:
        said = ", ".join(map(name_text, missing[:_NAMED]))
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise RequestError(
            f"expected the {len(lines)} pictures that {table} names in {folder}, found none at {said}{more}; "
            f"unpack the archive again, or set options.allow_missing=true to leave them out"
        )
    for name in missing:
        tree.reject(folder / name, f"no such file: line {lines[name]} of {table}")
    for name in sorted(there - lines.keys()):
        tree.reject(folder / name, f"no row in {table}")
    return there & lines.keys()


def occurring(known: Mapping[str, Sequence[str]], pictures: Sequence[SourceImage]) -> dict[str, tuple[str, ...]]:
    """The labels of each attribute that some picture has, in the order of the data set's own words."""
    names = [name for name in known if name in pictures[0].labels]
    found = {name: {picture.labels[name] for picture in pictures} for name in names}
    return {name: tuple(word for word in known[name] if word in found[name]) for name in names}
