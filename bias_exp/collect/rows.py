"""The collectors: what `bias-exp data --source` does beside reading a data set, one row each.

A collector is a function `(root, out, options, report) -> str`. Unlike a source it works in `out` itself, over several
attempts: what it got is there at once and stays, and the same command goes on where it was. `root` is the folder that
it reads (None where `needs_root` is False); what it returns is said at the end.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bias_exp.data.sources.rows import AskedRow
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent
from bias_exp.registry import Registry, resolve


@dataclass(frozen=True)
class CollectorRow(AskedRow):
    """`address` is the collector's function."""


COLLECTORS: Registry[CollectorRow] = Registry("collector")


def collect(name: str, root: str | None, *, out: str, options: dict[str, Any], report: Report = silent) -> str:
    """Run a collector; what it says at the end.

    Raises:
        RequestError: it, an option or a folder is not what it needs to be.
    """
    row = COLLECTORS[name]
    if row.needs_root != (root is not None):
        what = "a folder to read in --root" if row.needs_root else "no --root"
        raise RequestError(f"the source {name} expects {what}, found {root or 'none'}")
    work = resolve(row.address)
    said: str = work(None if root is None else Path(root), Path(out), row.settings(options), report)
    return said
