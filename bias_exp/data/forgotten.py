"""Pictures that somebody asked to be forgotten, known by the sha256 of their bytes alone, so that none comes back.

A `forgotten.csv` counts for the folder in which it lies and for everything below.
"""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from bias_exp.columns import FORGOTTEN
from bias_exp.data.csvfile import csv_bytes, read_csv
from bias_exp.whole_file import write_whole

REASON = "forgotten: somebody asked for it"
"""Why such a picture is left out when it is met again."""


def forgotten_at(*folders: Path | None) -> frozenset[str]:
    """sha256 of every picture that is to be forgotten in the folders, by the lists in them and above them.

    Raises:
        IntegrityError: a list has other columns.
    """
    places = {place for folder in folders if folder for place in (folder.resolve(), *folder.resolve().parents)}
    lists = [path for place in sorted(places) if (path := place / FORGOTTEN.name).is_file()]
    return frozenset(sha256 for path in lists for sha256 in read_csv(path, FORGOTTEN)["sha256"])


def add_forgotten(folder: Path, hashes: list[str], digest: str = "") -> None:
    """Add to the list of `folder`; `digest` is that of the data set that held the pictures until now."""
    path = folder / FORGOTTEN.name
    known = read_csv(path, FORGOTTEN) if path.is_file() else FORGOTTEN.empty()
    new = [sha256 for sha256 in hashes if sha256 not in set(known["sha256"])]
    if not new:
        return
    rows = pd.DataFrame({"sha256": new, "digest": digest, "at": datetime.now(UTC).date().isoformat()}, dtype="str")
    write_whole(path, csv_bytes(FORGOTTEN.check(pd.concat([known, rows], ignore_index=True))))
