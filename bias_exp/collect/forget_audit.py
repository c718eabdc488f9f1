"""Taking pictures out of the sheets of an audit: their places on the page, and what the key says of them.

An item keeps its number and its label, so that what people have answered of all others can still be read.
"""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from bias_exp.collect.audit import PAGE
from bias_exp.collect.audit_page import taken_out
from bias_exp.columns import AUDIT_KEY
from bias_exp.data.csvfile import csv_bytes, read_csv
from bias_exp.errors import IntegrityError
from bias_exp.whole_file import write_whole


def is_audit(folder: Path) -> bool:
    """Whether `folder` holds the sheets of an audit."""
    path = folder / AUDIT_KEY.name
    if not path.is_file():
        return False
    try:
        _key(folder)
    except (IntegrityError, ValueError):
        return False
    return True


def _key(folder: Path) -> pd.DataFrame:
    return read_csv(folder / AUDIT_KEY.name, AUDIT_KEY)


def items_in(folder: Path, wanted: Collection[str]) -> list[int]:
    """The numbers that pictures have in an audit whose sha256, or first 16 digits of it, is wanted."""
    key = _key(folder)
    return [int(item) for item in key.loc[_held(key, wanted), "item"]]


def _held(key: pd.DataFrame, wanted: Collection[str]) -> pd.Series:
    names = list(wanted)
    return key["sha256"].isin(names) | key["sha256"].str[:16].isin(names)


def take_from_audit(folder: Path, wanted: Collection[str]) -> None:
    """Write the page and then the key of an audit anew without the pictures: a kill in between is found again."""
    key = _key(folder)
    held = _held(key, wanted)
    if (folder / PAGE).is_file():
        page = (folder / PAGE).read_text(encoding="utf-8")
        write_whole(folder / PAGE, taken_out(page, key.loc[held, "item"].tolist()).encode())
    key.loc[held, ["path", "sha256"]] = ""
    write_whole(folder / AUDIT_KEY.name, csv_bytes(AUDIT_KEY.check(key)))
