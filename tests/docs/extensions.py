"""Rows that the pages add to registries: put into the file of a registry, or into the registry of this process.

A block whose path is a file of the project is a row for the registry in it, such as `LossRow(...),` for
bias_exp/models/loss_rows.py; a block with a new path is a module.
"""

import ast
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bias_exp.registry import Registry
from tests.docs.pages import ROOT, Block

_REGISTRY = re.compile(r"^[A-Z_]+: (Registry|dict)\[.*\] = .*$", flags=re.MULTILINE)


def with_row(text: str, row: str) -> str:
    """The text of a registry's file with a row put behind its last one.

    Raises:
        ValueError: there is not one registry in it that ends in a line of its own.
    """
    found = list(_REGISTRY.finditer(text))
    if len(found) != 1:
        raise ValueError(f"expected one registry in the file, found {len(found)}")
    end = re.search(r"^[)}]$", text[found[0].end() :], flags=re.MULTILINE)
    if end is None:
        raise ValueError("expected the registry to end with a closing bracket in a line of its own")
    place = found[0].end() + end.start()
    return text[:place] + row.rstrip("\n").rstrip(",") + ",\n" + text[place:]


def rows_and_modules(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """The rows for registries, and the modules that they name."""
    files = [block for block in blocks if block.language == "python" and block.path]
    rows = [block for block in files if (ROOT / block.path).exists()]
    return rows, [block for block in files if block not in rows]


def module_name(path: str) -> str:
    """bias_exp/models/brier.py as bias_exp.models.brier."""
    return path.removesuffix(".py").replace("/", ".")


@contextmanager
def registered(blocks: list[Block], folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of `blocks` in their registries, {name: row}, and their modules imported; all of it is taken back."""
    rows, modules = rows_and_modules(blocks)
    added: list[tuple[Registry[Any], str]] = []
    try:
        for block in modules:
            _import(block, folder)
        named = {}
        for block in rows:
            home = importlib.import_module(module_name(block.path))
            (registry,) = [one for name, one in vars(home).items() if isinstance(one, Registry) and name.isupper()]
            expression = ast.unparse(ast.parse(block.text.strip().rstrip(","), mode="eval"))
            row = registry.add(eval(expression, vars(home)))
            added.append((registry, row.name))
            named[row.name] = row
        yield named
    finally:
        for registry, name in added:
            del registry._rows[name]
        for block in modules:
            sys.modules.pop(module_name(block.path), None)


def _import(block: Block, folder: Path) -> None:
    path = folder / block.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(module_name(block.path), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
