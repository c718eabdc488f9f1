"""What has been generated in a folder, by its journals: which prompts have their picture, which failed, which are left.

`journal/<rank>.jsonl` is appended to by one process each; all are read, so another number of processes may go on.
A picture counts while its file has the bytes that its journal says.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from bias_exp.collect.collection import COLLECTION_FILE
from bias_exp.collect.journal import Journal
from bias_exp.collect.prompt_table import PROMPTS_FILE
from bias_exp.collect.templates import UNSPECIFIED
from bias_exp.columns import COLLECTION, LABEL, UNKNOWN
from bias_exp.data.forgotten import forgotten_at
from bias_exp.errors import RequestError
from bias_exp.rundir import file_sha256

JOURNALS = "journal"
SOURCE = "generate"
MADE, FAILED, FORGOTTEN = "made", "failed", "forgotten"
_WITHOUT = ("prompt_id", "prompt", "model", "made_at", "can_overflow")

Entry = dict[str, Any]


def prompt_digest(row: Any) -> str:
    """Hex digits that name all that a picture's prompt says."""
    return hashlib.sha256(json.dumps([str(value) for value in row]).encode()).hexdigest()[:16]


def journal_of(out: Path, rank: int) -> Journal:
    """The journal that the process of a rank appends to."""
    return Journal(out / JOURNALS / f"{rank}.jsonl")


def forgotten_line(line: bytes) -> bytes:
    """What stays of a journal's line when its picture is forgotten: that the prompt is done, so that it is not drawn
    once more; nothing of a line that is of no prompt."""
    entry = json.loads(line)
    if "prompt_id" not in entry:
        return b""
    left = {name: entry[name] for name in _WITHOUT} | {"status": FORGOTTEN}
    return json.dumps(left, sort_keys=True).encode() + b"\n"


@dataclass
class Generated:
    """The last entry of each prompt; `lost` are pictures that are no more what their journal says."""

    out: Path
    entries: dict[str, Entry]
    forgotten: frozenset[str]
    lost: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, out: Path, table: pd.DataFrame, *, verify: bool = True) -> "Generated":
        """All journals of a folder, held against its prompts and, to `verify`, against the bytes of its pictures.

        Raises:
            RequestError: pictures were made of prompts that stand there no more, or by more than one model.
        """
        entries: dict[str, Entry] = {}
        for path in sorted((out / JOURNALS).glob("*.jsonl")):
            for entry in Journal(path).entries():
                other = entries.get(entry["prompt_id"])
                if other is None or other["status"] == FAILED or entry["status"] == MADE:
                    entries[entry["prompt_id"]] = entry
        _refuse_other_prompts(out, entries, table)
        found = cls(out, entries, forgotten_at(out))
        if verify:
            found.lost = {name for name, entry in entries.items() if not found._stands(entry)}
        return found

    def _stands(self, entry: Entry) -> bool:
        if entry["status"] in (FAILED, FORGOTTEN) or entry["sha256"] in self.forgotten:
            return True
        path = self.out / entry["path"]
        return path.is_file() and file_sha256(path) == entry["sha256"]

    @property
    def model(self) -> str:
        """The model of the pictures that are there; '' where there are none."""
        return next((str(entry["model"]) for entry in self.entries.values()), "")

    def is_left(self, prompt_id: str, *, upcast_failed: bool) -> bool:
        """Whether a prompt has to be worked on; failed ones only to be tried with the VAE at float32."""
        entry = self.entries.get(prompt_id)
        if entry is None or prompt_id in self.lost:
            return True
        return upcast_failed and entry["status"] == FAILED and bool(entry["can_overflow"])

    def with_status(self, status: str) -> list[Entry]:
        """Entries that ended so; forgotten pictures are none."""
        return [
            entry
            for entry in self.entries.values()
            if entry["status"] == status and entry.get("sha256") not in self.forgotten
        ]


def _refuse_other_prompts(out: Path, entries: Mapping[str, Entry], table: pd.DataFrame) -> None:
    digests = {row.prompt_id: prompt_digest(row) for row in table.itertuples(index=False)}
    other = [name for name, entry in entries.items() if digests.get(name) != entry["prompt"]]
    if other:
        raise RequestError(
            f"expected {out / PROMPTS_FILE} as it was when pictures were made of it, found {len(other)} of "
            f"{len(entries)} prompts changed or gone ({other[0]}); put it back, or generate in another folder"
        )


def collection_of(made: list[Entry], table: pd.DataFrame, licence: Mapping[str, str]) -> pd.DataFrame:
    """The rows of `collection.csv`, columns.COLLECTION, in the order of the prompts."""
    by_id = {entry["prompt_id"]: entry for entry in made}
    rows = []
    for row in table.itertuples(index=False):
        entry = by_id.get(row.prompt_id)
        if entry is None:
            continue
        known = row.gender != UNSPECIFIED
        rows.append({
            **dict.fromkeys(COLLECTION.text, ""),
            **{name: entry[name] for name in ("path", "sha256", "phash", "width", "height", "model", "made_at")},
            **licence,
            "source": SOURCE,
            "kin": f"{row.profession}/{row.template}/{row.scene}",
            "prompt": row.prompt,
            "seed": str(row.seed),
            "faces": float("nan"),
            "gender_from": "prompt" if known else "",
            "gender_confidence": float("nan"),
            f"{LABEL}profession": row.profession,
            f"{LABEL}gender": row.gender if known else UNKNOWN,
        })  # fmt: skip
    if not rows:
        raise RequestError(f"expected pictures for {COLLECTION_FILE}, found none: every one of them failed")
    return COLLECTION.check(pd.DataFrame(rows))
