"""The collector that has people look at a sample of the labels: first a sheet for two of them, then what they found.

The sample takes as many pictures of every gender and source. The sheet shows pictures in a shuffled order by number
alone: neither labels nor file names, which may say them. `key.csv` beside it is not for those who look.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.collect.audit_answers import read_sheet, summary
from bias_exp.collect.audit_page import Item, page_of, thumbnail
from bias_exp.collect.collection import is_collection, read_collection
from bias_exp.collect.labels import gender_words
from bias_exp.columns import AUDIT_KEY, LABEL, UNKNOWN
from bias_exp.data.csvfile import csv_bytes, read_csv
from bias_exp.data.datasheet import AUDIT
from bias_exp.data.images import UndecodableImage, read_image
from bias_exp.data.manifest import FACTS, load_manifest
from bias_exp.data.names import below
from bias_exp.errors import RequestError
from bias_exp.places import writable_folder
from bias_exp.progress import Report
from bias_exp.seeds import hash_order
from bias_exp.whole_file import write_whole

FOLDER = "audit"
SHEET, PAGE = "sheet.csv", "sheet.html"
UNCLEAR = "unclear"


def audit(root: Path | None, out: Path, options: dict[str, Any], report: Report) -> str:
    """Make the sheet of the data set or collection in `root`, or read what two people answered.

    Raises:
        RequestError: nothing to audit, another sheet that is there, or answers that are not whole.
    """
    rows, pictures = _rows(root)
    answered = [Path(options[name]) for name in ("first", "second") if options[name]]
    if not answered:
        return _make(rows, pictures, out, options=options, report=report)
    if len(answered) == 1:
        raise RequestError("expected the answers of two people, options.first and options.second, found one; give both")
    return _read(rows, out, options)


def _rows(root: Path | None) -> tuple[pd.DataFrame, Path]:
    """What is known of each picture (path, sha256, gender, source), and the folder below which they lie."""
    if root is not None and is_collection(root):
        frame, folder = read_collection(root), root
    elif root is not None and (root / FACTS).is_file():
        manifest = load_manifest(root)
        frame, folder = manifest.frame, manifest.root
    else:
        raise RequestError(f"expected a data set or a collection in --root, found neither in {root}; choose another")
    if LABEL + "gender" not in frame:
        raise RequestError(f"expected labels of gender in {root}, found none; there is nothing to audit")
    return frame.rename(columns={LABEL + "gender": "gender"})[["path", "sha256", "gender", "source"]], folder


def _make(rows: pd.DataFrame, pictures: Path, out: Path, *, options: dict[str, Any], report: Report) -> str:
    """Draw the sample, and write the page, the empty sheet and the key."""
    if options["per_stratum"] < 1 or not 32 <= options["side"] <= 1024:
        raise RequestError("expected options.per_stratum of at least 1 and options.side of 32 to 1024; give them so")
    key = draw(rows, options["per_stratum"], options["seed"])
    place = writable_folder(out / FOLDER)
    if (place / AUDIT_KEY.name).is_file() and not read_csv(place / AUDIT_KEY.name, AUDIT_KEY).equals(key):
        raise RequestError(
            f"expected no other audit in {place}, which people may have answered, found one; choose another --out"
        )
    items = []
    for row in key.itertuples():
        try:
            shown = thumbnail(read_image(below(pictures, row.path)), options["side"])
        except UndecodableImage as error:
            raise RequestError(f"expected a picture at {row.path}, found: {error}; make the data set again") from None
        items.append(Item(row.item, shown))
        report(len(items), len(key), "")
    words = _choices(options)
    write_whole(place / AUDIT_KEY.name, csv_bytes(AUDIT_KEY.check(key)))
    write_whole(place / SHEET, "".join(["item,answer\n", *(f"{item.number},\n" for item in items)]).encode())
    write_whole(place / PAGE, page_of(items, words).encode())
    return _made_text(key, rows, place, options["per_stratum"])


def _choices(options: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(["female", "male", "nonbinary", *map(str, options["words"]), UNCLEAR]))


def draw(rows: pd.DataFrame, per_stratum: int, seed: int) -> pd.DataFrame:
    """The sample, columns.AUDIT_KEY: of each gender and source `per_stratum` pictures, all where there are fewer.

    Raises:
        RequestError: no gender is known.
    """
    known = rows[rows["gender"] != UNKNOWN].drop_duplicates("sha256")
    if known.empty:
        raise RequestError("expected pictures of known gender to audit, found none; label them first")
    chosen: list[str] = []
    for stratum, members in known.groupby(["gender", "source"], sort=True):
        words = tuple(map(str, stratum)) if isinstance(stratum, tuple) else (str(stratum),)
        chosen += hash_order(seed, members["sha256"].tolist(), "audit", *words)[:per_stratum]
    shuffled = hash_order(seed, chosen, "audit order")
    key = known.set_index("sha256", drop=False).loc[shuffled].reset_index(drop=True)
    return AUDIT_KEY.check(key.assign(item=np.arange(1, len(key) + 1)))


def _made_text(key: pd.DataFrame, rows: pd.DataFrame, place: Path, wanted: int) -> str:
    counts = key.groupby(["gender", "source"]).size()
    few = [f"  only {n} {gender} of {source}" for (gender, source), n in counts.items() if n < wanted]
    unknown = int((rows["gender"] == UNKNOWN).sum())
    return "\n".join([
        f"{len(key)} pictures to look at: open {place / PAGE}, each of two people alone, and save the answers; or fill "
        f"in copies of {place / SHEET}",
        *few,
        *([f"  {unknown} of unknown gender are not audited"] if unknown else []),
        f"  {AUDIT_KEY.name} holds the labels: keep it from those who look",
        "then the same command with --set options.first=... --set options.second=...",
    ])  # fmt: skip


def _read(rows: pd.DataFrame, out: Path, options: dict[str, Any]) -> str:
    """Compare the answers of two people with each other and with the labels; writes `audit.json`."""
    path = out / FOLDER / AUDIT_KEY.name
    if not path.is_file():
        raise RequestError(f"expected the key of an audit at {path}, found no such file; make the sheet first")
    key = read_csv(path, AUDIT_KEY)
    words = {**gender_words(options["words"]), UNCLEAR: UNCLEAR, UNKNOWN: UNCLEAR}
    sheets = [read_sheet(Path(options[name]), key, words) for name in ("first", "second")]
    settled = read_sheet(Path(options["third"]), key, words, whole=False) if options["third"] else {}
    pictures = Counter(zip(rows["gender"], rows["source"], strict=True))
    facts = summary(key, sheets[0], sheets[1], settled=settled, pictures=pictures, unclear=UNCLEAR)
    write_whole(out / AUDIT, facts.json().encode())
    return facts.text(out / AUDIT)
