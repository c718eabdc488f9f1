"""Pictures of prompts: `prompts.csv` in a folder becomes `pictures/`, `sidecars/` and `collection.csv`.

Several processes may do it side by side (bias_exp.collect.share). Each picture is written whole and then entered in its
process's journal; what a journal says is never made again. Who finds nothing left writes `collection.csv`.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from bias_exp import signals
from bias_exp.collect.collection import COLLECTION_FILE, write_collection
from bias_exp.collect.generated import FAILED, MADE, Entry, Generated, collection_of, journal_of, prompt_digest
from bias_exp.collect.journal import Journal
from bias_exp.collect.picture_file import as_pixels, flaw_of, keep_picture
from bias_exp.collect.prompt_table import PROMPTS_FILE, read_prompts
from bias_exp.collect.share import Share
from bias_exp.errors import RequestError
from bias_exp.places import writable_folder
from bias_exp.progress import Report


class Painter(Protocol):
    """What makes pictures, as `bias_exp.collect.sdxl.Sdxl` does."""

    model: str

    @property
    def can_overflow(self) -> bool: ...

    def check(self, prompts: Sequence[str]) -> None: ...

    def facts(self) -> dict[str, Any]: ...

    def pictures(self, rows: Sequence[Any], *, upcast: bool = False) -> np.ndarray: ...


def generate(root: Path | None, out: Path, options: dict[str, Any], report: Report) -> str:
    """Make the pictures that `out/prompts.csv` asks for and that are not there yet; the collector of that name.

    Raises:
        RequestError: no prompts, no model, another model or other prompts than those of the pictures that are there.
    """
    table = read_prompts(out / PROMPTS_FILE)
    share = Share.of(os.environ)
    try:
        with FileLock(writable_folder(out) / f".generate-{share.rank}.lock", timeout=0):
            again = _work(out, share, table, options=options, report=report)
    except Timeout:
        raise RequestError(
            f"expected nobody else to generate rank {share.rank} in {out}, found another process at it; wait for it, "
            f"or start several with torchrun"
        ) from None
    return _end(out, table, options, again)


def _work(out: Path, share: Share, table: pd.DataFrame, *, options: dict[str, Any], report: Report) -> int:
    """Make what is left of this process's prompts; how many of these had been made before and were lost."""
    mine, before = share.rows(table), Generated.read(out, table)
    left = [row for row in mine if before.is_left(row.prompt_id, upcast_failed=options["upcast_failed"])]
    if not left:
        return 0
    painter = _painter(options)
    if before.model not in ("", painter.model):
        raise RequestError(
            f"expected the model of the pictures in {out}, {before.model}, found {painter.model}; give that one, or "
            f"generate in another folder"
        )
    painter.check([text for row in left for text in (row.prompt, row.negative_prompt)])
    work = _Work(out, journal_of(out, share.rank), painter, upcast_failed=options["upcast_failed"])
    done = len(mine) - len(left)
    for batch in _batches(left, options["batch"]):
        for row, flaw in work.make(batch):
            done += 1
            report(done, len(mine), f"{row.prompt_id}: {flaw}" if flaw else row.prompt_id)
    return sum(row.prompt_id in before.lost for row in left)


def _painter(options: dict[str, Any]) -> Painter:
    from bias_exp.collect.sdxl import Wanted, load

    return load(Wanted(**{name: options[name] for name in ("model", "dtype", "device", "variant")}))


def _batches(rows: list[Any], size: int) -> Iterator[list[Any]]:
    """At most `size` rows at a time, of equal size, steps and guidance."""
    if size < 1:
        raise RequestError(f"expected options.batch of at least 1, found {size}")
    for _, alike in groupby(rows, key=lambda row: (row.width, row.height, row.steps, row.guidance)):
        while batch := list(islice(alike, size)):
            yield batch


@dataclass(frozen=True)
class _Work:
    out: Path
    journal: Journal
    painter: Painter
    upcast_failed: bool

    def make(self, rows: list[Any]) -> Iterator[tuple[Any, str]]:
        """Make and keep the pictures of `rows`; gives each row, and why it failed ('': it did not)."""
        for row, values in zip(rows, self.painter.pictures(rows), strict=True):
            flaw, upcast = flaw_of(values), False
            if flaw and self.upcast_failed and self.painter.can_overflow:
                values, upcast = self.painter.pictures([row], upcast=True)[0], True
                flaw = flaw_of(values)
            with signals.deferred():
                self._enter(row, values, flaw=flaw, upcast=upcast)
            yield row, flaw

    def _enter(self, row: Any, values: np.ndarray, *, flaw: str, upcast: bool) -> None:
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        common = {
            "prompt_id": row.prompt_id,
            "prompt": prompt_digest(row),
            "model": self.painter.model,
            "made_at": made_at,
            "can_overflow": self.painter.can_overflow and not upcast,
        }
        if flaw:
            self.journal.add({**common, "status": FAILED, "reason": flaw})
            return
        facts = {"synthetic": True, **row._asdict(), **self.painter.facts(), "made_at": made_at, "vae_upcast": upcast}
        known = keep_picture(self.out, row, as_pixels(values), facts)
        self.journal.add({**common, **known, "status": MADE})


def _end(out: Path, table: pd.DataFrame, options: dict[str, Any], again: int) -> str:
    """Write the collection when nothing is left; what there is, in a few lines."""
    found = Generated.read(out, table, verify=False)
    made, failed = found.with_status(MADE), found.with_status(FAILED)
    left = sum(found.is_left(name, upcast_failed=False) for name in table["prompt_id"])
    forgotten = len(table) - len(made) - len(failed) - left
    lines = [
        f"{len(made)} of {len(table)} pictures made by {found.model} in {out}",
        *([f"{again} of them were missing or changed, and were made again"] if again else []),
        *([_failed_text(failed, table)] if failed else []),
        *([f"{forgotten} forgotten: somebody asked for it; they are not made again"] if forgotten else []),
    ]
    if left:
        missing = f"{left} left to other processes: no {COLLECTION_FILE} before they end; the same command without RANK"
        return "\n".join([*lines, f"{missing} and WORLD_SIZE makes what is missing"])
    licence = {name: options[name] for name in ("licence", "licence_url")}
    with FileLock(out / ".collection.lock"):  # two processes may both see that nothing is left
        write_collection(out, collection_of(made, table, licence))
    return "\n".join([*lines, str(out / COLLECTION_FILE)])


def _failed_text(failed: list[Entry], table: pd.DataFrame) -> str:
    """How many failed by gender and why, and what can be done."""
    names = {entry["prompt_id"] for entry in failed}
    genders = table[table["prompt_id"].isin(names)]["gender"].value_counts().sort_index()
    reasons = Counter(entry["reason"].partition(":")[0] for entry in failed)
    counts = ", ".join(f"{count} {name}" for name, count in [*genders.items(), *reasons.items()])
    again = "; --set options.upcast_failed=true tries them with the VAE at float32"
    can = any(entry["can_overflow"] for entry in failed)
    return f"{len(failed)} failed ({counts}), so their pairs are not whole{again if can else ''}"
