"""A collection: pictures that were crawled or generated, in a folder with `collection.csv`, a row a picture."""

import hashlib
from pathlib import Path

import pandas as pd

from bias_exp.columns import COLLECTION
from bias_exp.data.csvfile import csv_bytes, read_csv
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.whole_file import write_whole

COLLECTION_FILE = COLLECTION.name


def is_collection(folder: Path) -> bool:
    """Whether `folder` holds a collection."""
    return (folder / COLLECTION_FILE).is_file()


def read_collection(folder: Path) -> pd.DataFrame:
    """The rows of a collection, columns.COLLECTION.

    Raises:
        RequestError: the table has other columns, or values of another kind.
    """
    path = folder / COLLECTION_FILE
    try:
        return read_csv(path, COLLECTION)
    except (IntegrityError, ValueError) as error:
        raise RequestError(f"expected a collection's table at {path}, found: {error}; collect it again") from None


def write_collection(folder: Path, rows: pd.DataFrame) -> None:
    """Write the table of a collection whole: what is there before is replaced at once."""
    write_whole(folder / COLLECTION_FILE, csv_bytes(COLLECTION.check(rows)))


def collection_digest(folder: Path) -> str:
    """Hex sha256 of a collection's table."""
    return hashlib.sha256((folder / COLLECTION_FILE).read_bytes()).hexdigest()
