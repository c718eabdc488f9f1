"""Files that a table names against files that are there: what is missing, what has no row, what is no file to open."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bias_exp.data.names import path_text
from bias_exp.data.sources.table import Table, said_lines
from bias_exp.data.sources.tree import Tree
from bias_exp.errors import RequestError

Problem = tuple[str, str]
"""A path below the root as text, and what is wrong with it."""


@dataclass(frozen=True)
class Files:
    """`rejects` are links that lead out, pipes and the like; `missing` and `unlabelled` are a table's own slips."""

    rejects: list[Problem]
    missing: list[Problem]
    unlabelled: list[Problem]
    notes: list[str]


def paths_of(table: Table, column: str) -> list[Path]:
    """The path below the root in each row.

    Raises:
        RequestError: a path is empty, absolute, or climbs out of the root.
    """
    paths = [PurePosixPath(value) for value in table.column(column)]
    rows = list(zip(table.lines, table.column(column), paths, strict=True))
    if odd := [(line, text) for line, text, path in rows if not path.parts or path.is_absolute() or ".." in path.parts]:
        raise RequestError(
            f"expected paths below the pictures' folder in column {column!r} of {table.path}, found {odd[0][1]!r} in "
            f"{said_lines([line for line, _ in odd])}; write them relative to --root, without .."
        )
    return [Path(path) for path in paths]


def compare(root: Path, lines: Mapping[Path, int], table: Table) -> Files:
    """Hold the paths that a table names ({path: line}) against what lies below `root`, which is resolved."""
    rejects: dict[str, str] = {}
    missing, used = [], set()
    for path, line in lines.items():
        try:
            place = os.path.realpath(root / path, strict=True)
        except OSError:
            what = "link to nowhere, or to itself" if (root / path).is_symlink() else "no such file"
            missing.append((path_text(path), f"{what}: line {line} of {table.path.name}"))
            continue
        used.add(place)
        if not Path(place).is_relative_to(root):
            rejects[path_text(path)] = "link out of the root"
        elif not os.path.isfile(place):
            rejects[path_text(path)] = "not a regular file"
    tree = Tree(root)
    unlabelled = [
        (path_text(path), f"no row in {table.path.name}")
        for path in tree.walk()
        if os.path.realpath(root / path) not in used
    ]
    return Files([*rejects.items(), *_others(tree.rejects, rejects, missing)], missing, unlabelled, tree.notes())


def _others(found: list[Problem], *known: Mapping[str, str] | list[Problem]) -> list[Problem]:
    """The problems of paths that no row has named."""
    said = {path for problems in known for path in dict(problems)}
    return [problem for problem in found if problem[0] not in said]
