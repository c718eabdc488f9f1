"""What has been crawled in a folder, by its journals: which links were found, which were tried, what came of them.

`crawl/links.jsonl` has a line a search with all of its links, `crawl/pages.jsonl` a line a page that shows pictures,
`crawl/attempts.jsonl` a line an attempt. What is in them is not asked for again. A body that has come whole lies in
`crawl/.arrived` until its line is written, so that a kill in between has nothing fetched twice.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bias_exp.collect.collection import is_collection, read_collection
from bias_exp.collect.journal import Journal
from bias_exp.collect.keywords import Keyword, Link
from bias_exp.columns import COLLECTION, LABEL, UNKNOWN
from bias_exp.data.forgotten import forgotten_at
from bias_exp.errors import RequestError
from bias_exp.whole_file import write_whole

FOLDER = "crawl"
SOURCE = "crawl"
PICTURES = "pictures"
KEPT, LEFT_OUT, LATER = "kept", "left out", "later"
MOST_ATTEMPTS = 3
"""Runs in which a link that gives no answer is tried."""
_ARRIVED = ".arrived"
_GIVEN_LATER = ["faces", "gender_from", "gender_confidence"]

Entry = dict[str, Any]


class Search(NamedTuple):
    """The links of a search, and whether these are all."""

    links: list[Link]
    whole: bool


@dataclass
class Crawled:
    """The journals of a crawl, read; they grow through this."""

    out: Path
    searches: dict[tuple[str, Keyword], Search] = field(default_factory=dict)
    pages: dict[str, Entry] = field(default_factory=dict)
    attempts: dict[str, Entry] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, out: Path) -> "Crawled":
        """All that the journals of a folder say.

        Raises:
            RequestError: the folder holds a collection that was not crawled.
        """
        found = cls(out)
        for entry in found._journal("links").entries():
            search = Search([Link(*link) for link in entry["links"]], entry["whole"])
            found.searches[entry["engine"], Keyword(*entry["keyword"])] = search
        found.pages = {entry["page_url"]: entry for entry in found._journal("pages").entries()}
        for entry in found._journal("attempts").entries():
            found._count(entry)
        known = {entry.get("sha256") for entry in found.attempts.values()}
        if is_collection(out) and not known.issuperset(read_collection(out)["sha256"]):
            raise RequestError(
                f"expected an empty folder, or one that was crawled into, found another collection in {out}; choose "
                f"another --out"
            )
        return found

    def _journal(self, name: str) -> Journal:
        return Journal(self.out / FOLDER / f"{name}.jsonl")

    def _count(self, entry: Entry) -> None:
        self.attempts[entry["url"]] = entry
        self.tried[entry["url"]] += 1

    def add_search(self, engine: str, keyword: Keyword, links: list[Link], *, whole: bool, **facts: Any) -> None:
        """Note the links of a search; `whole` says that there are no more."""
        said = {"engine": engine, "keyword": [*keyword], "links": [[*link] for link in links], "whole": whole}
        self._journal("links").add(said | facts)
        self.searches[engine, keyword] = Search(links, whole)

    def add_page(self, entry: Entry) -> None:
        """Note what a page says of the pictures that it shows."""
        self._journal("pages").add(entry)
        self.pages[entry["page_url"]] = entry

    def add_attempt(self, entry: Entry) -> None:
        """Note what came of a link."""
        self._journal("attempts").add(entry)
        self._count(entry)

    def is_done(self, url: str) -> bool:
        """Whether nothing more is to be expected of a link."""
        entry = self.attempts.get(url)
        return entry is not None and (entry["outcome"] != LATER or self.tried[url] >= MOST_ATTEMPTS)

    def kept(self) -> Iterator[Entry]:
        """The attempts whose picture was kept and is to be remembered."""
        forgotten = forgotten_at(self.out)
        return (
            entry for entry in self.attempts.values() if entry["outcome"] == KEPT and entry["sha256"] not in forgotten
        )

    def arrived(self) -> Iterator[tuple[Path, Entry, bytes]]:
        """The bodies that have come and of which no line says so: their files, attempts and bytes."""
        for path in sorted((self.out / FOLDER / _ARRIVED).glob("*.body")):
            head, _, body = path.read_bytes().partition(b"\n")
            entry = json.loads(head)
            if entry["url"] in self.attempts and self.attempts[entry["url"]]["outcome"] != LATER:
                path.unlink()
            else:
                yield path, entry, body

    def put_by(self, entry: Entry, body: bytes) -> Path:
        """Keep a body that has come, with all that is known of it; whole, or not there."""
        name = hashlib.sha256(entry["url"].encode()).hexdigest()[:32]
        path = self.out / FOLDER / _ARRIVED / f"{name}.body"
        write_whole(path, json.dumps(entry).encode() + b"\n" + body)
        return path

    def collection(self) -> pd.DataFrame:
        """The rows of `collection.csv`, columns.COLLECTION, in the order of the attempts.

        The gender is not known before somebody gives it; what was given stays.
        """
        rows = pd.DataFrame([_row(entry) for entry in self.kept()], columns=_columns())
        rows = rows.astype(_kinds(rows))
        if not is_collection(self.out):
            return COLLECTION.check(rows)
        before = read_collection(self.out).set_index("sha256")
        rows = rows.set_index("sha256")
        rows.update(before[[*_GIVEN_LATER, LABEL + "gender"]])
        return COLLECTION.check(rows.reset_index())


def _columns() -> list[str]:
    return [*COLLECTION.names, f"{LABEL}gender", f"{LABEL}profession"]


def _kinds(rows: pd.DataFrame) -> dict[str, str]:
    kinds = {"text": "str", "integer": "int64", "number": "float64"}
    declared = {column.name: kinds[column.kind] for column in COLLECTION.columns}
    return {name: declared.get(name, "str") for name in rows}


def _row(entry: Entry) -> dict[str, Any]:
    said = {name: entry[name] for name in ("path", "sha256", "phash", "width", "height", "url", "query")}
    return {
        **dict.fromkeys(COLLECTION.text, ""),
        **said,
        **{name: entry[name] for name in ("licence", "licence_url", "author", "page_url")},
        "source": SOURCE,
        "kin": entry["page_url"],
        "made_at": entry["time"],
        "faces": np.nan,
        "gender_confidence": np.nan,
        f"{LABEL}profession": entry["profession"],
        f"{LABEL}gender": UNKNOWN,
    }


def attempt_of(keyword: Keyword, engine: str, rank: int, link: Link) -> Entry:
    """What is known of an attempt before it is made; `rank` is the link's place in its search, from 1."""
    asked = {"profession": keyword.profession, "query": keyword.query, "engine": engine, "rank": rank}
    return {**asked, **link._asdict()}
