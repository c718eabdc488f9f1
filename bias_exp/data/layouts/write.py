"""A layout written whole or not at all, as a command line asks for it."""

import shutil
from pathlib import Path

from bias_exp.data.layouts.rows import LAYOUTS
from bias_exp.data.layouts.session import Session, seated
from bias_exp.data.sources.personas import people_of
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from bias_exp.places import writable_folder
from bias_exp.progress import Report, silent
from bias_exp.registry import resolve
from bias_exp.studies import data_settings

SOURCE = "personas"
# What a layout cannot hold: it is pictures and tables only.
_NOT_LAID_OUT = ("twins", "faces")


def write_layout(
    layout: str, *, source: str, root: str | None, out: str, settings: tuple[str, ...] = (), report: Report = silent
) -> str:
    """Write personas into `out` as the data set `layout` has its files; a line that says what was written.

    Raises:
        RequestError: an unknown layout, a source that draws nothing, a setting of no effect, or a folder with files.
    """
    row = LAYOUTS[layout]
    if source != SOURCE or root:
        found = f"--source {source}" + (f" --root {root}" if root else "")
        raise RequestError(f"expected --source {SOURCE} alone with --layout, which draws what it writes; found {found}")
    config = data_settings(settings, source)
    if config.split != type(config.split)():
        raise RequestError("expected options.* alone with --layout, found split.*; the layout has splits of its own")
    idle = [name for name in (*_NOT_LAID_OUT, *(() if row.sized else ("size",))) if name in config.options]
    if idle:
        raise RequestError(f"option {idle[0]} has no effect with the layout {layout}; leave it out")
    folder = _new(Path(out))
    options = SOURCES[SOURCE].settings(config.options)
    aside = folder.with_name(folder.name + ".partial")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        sitters = seated(people_of(options), options["seed"])
        aside.mkdir(parents=True)
        session = Session(sitters, aside, options["size"], options["seed"], report)
        count = int(resolve(row.address)(session))
        files = sum(1 for path in aside.rglob("*") if path.is_file())
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    tables = files - count
    return f"{layout}: {count} picture(s) of {len(sitters)} people and {tables} table(s) in {folder}"


def _new(folder: Path) -> Path:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(f"expected a new or empty folder at {folder}, found files; choose another --out")
    writable_folder(folder.parent)
    if folder.exists():
        folder.rmdir()
    return folder
