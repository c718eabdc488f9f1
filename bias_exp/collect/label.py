"""The collector that gives a collection's pictures their gender: by people's table, or by a labeller of the user's.

What a person or a prompt said is never replaced by what a program says. An answer of a program counts where it is sure
enough and one face is in the picture; otherwise the gender stays unknown, and that is counted.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.collect.collection import COLLECTION_FILE, is_collection, read_collection, write_collection
from bias_exp.collect.labels import HAND, Answer, gender_words, is_by_people, meant, read_answers
from bias_exp.collect.user_function import function_at
from bias_exp.columns import LABEL, LABELS, UNKNOWN
from bias_exp.data.csvfile import csv_bytes
from bias_exp.data.images import UndecodableImage, read_image
from bias_exp.data.names import below
from bias_exp.errors import RequestError
from bias_exp.places import writable_folder
from bias_exp.progress import Report
from bias_exp.whole_file import write_whole

GENDER = LABEL + "gender"
_SAVED_AFTER = 512
"""Pictures, after which what a labeller has said is written down."""

Faces = Callable[[np.ndarray], Sequence[Any]]


def label(root: Path | None, out: Path, options: dict[str, Any], report: Report) -> str:
    """Label the collection in `root`: in its own table where `out` is the same folder, else in `out/labels.csv`.

    Raises:
        RequestError: no collection, not exactly one giver of labels, or answers that cannot be used.
    """
    if root is None or not is_collection(root):
        raise RequestError(
            f"expected a collection ({COLLECTION_FILE}) in --root, found none in {root}; crawl or generate one"
        )
    rows = read_collection(root)
    work = _Labelling(root, rows.set_index("sha256", drop=False), options)
    for changed in work.answered(report):
        _save(changed, root, out)
    _save(work.rows, root, out)
    return work.text(out)


def _save(rows: pd.DataFrame, root: Path, out: Path) -> None:
    table = rows.reset_index(drop=True)
    if out.resolve() == root.resolve():
        write_collection(root, table)
    else:
        labels = table.rename(columns={GENDER: "gender"})[LABELS.names]
        write_whole(writable_folder(out) / LABELS.name, csv_bytes(LABELS.check(labels)))


@dataclass
class _Labelling:
    """A collection's rows, by sha256, and what is asked; `counts` are endings."""

    root: Path
    rows: pd.DataFrame
    options: dict[str, Any]

    def __post_init__(self) -> None:
        givers = [name for name in ("file", "answers", "labeller") if self.options[name]]
        if len(givers) != 1:
            raise RequestError(
                f"expected one of options.file, options.answers and options.labeller, found {len(givers)}; give one"
            )
        if not 0 <= self.options["threshold"] <= 1 or self.options["batch"] < 1:
            raise RequestError("expected options.threshold in [0, 1] and options.batch of at least 1; give them so")
        self.by = givers[0]
        self.words = gender_words(self.options["words"])
        self.counts: Counter[str] = Counter()
        self._faces: Faces | None = None

    def answered(self, report: Report) -> Iterator[pd.DataFrame]:
        """Enter all answers; gives the rows now and then, to be saved."""
        if self.by == "labeller":
            yield from self._asked(report)
            return
        given = self.options["name"] or (HAND if self.by == "file" else Path(self.options["answers"]).name)
        if self.by == "file" and not is_by_people(given):
            given = f"{HAND} {given}"
        column = "gender" if self.by == "file" else "label"
        answers = read_answers(Path(self.options[self.by]), column, self.words, given)
        matched = self._matched(answers)
        for number, (sha256, answer) in enumerate(matched.items(), 1):
            self._enter(sha256, answer)
            report(number, len(matched), sha256[:16])

    def _matched(self, answers: dict[str, Answer]) -> dict[str, Answer]:
        """Answers by sha256.

        Raises:
            RequestError: an answer is about no picture of the collection.
        """
        paths = dict(zip(self.rows["path"], self.rows.index, strict=True))
        bare = Counter(path.rpartition("/")[2] for path in paths)
        names = {path.rpartition("/")[2]: sha for path, sha in paths.items() if bare[path.rpartition("/")[2]] == 1}
        names |= paths | {sha: sha for sha in self.rows.index} | {sha[:16]: sha for sha in self.rows.index}
        if strange := [key for key in answers if key not in names]:
            raise RequestError(
                f"expected answers about pictures of {self.root}, found {len(strange)} about others ({strange[0]!r}); "
                f"name pictures by path or sha256 as {COLLECTION_FILE} has them"
            )
        return {names[key]: answer for key, answer in answers.items()}

    def _asked(self, report: Report) -> Iterator[pd.DataFrame]:
        """Ask the labeller about every picture that is to be labelled."""
        address = self.options["labeller"]
        labeller = function_at(address, "options.labeller")
        todo = [sha for sha in self.rows.index if self._is_open(sha)]
        size = self.options["batch"]
        for start in range(0, len(todo), size):
            names, pictures = self._read(todo[start : start + size])
            if pictures:
                self._take(names, pictures, labeller(pictures))
            report(min(start + size, len(todo)), len(todo), address)
            if start // _SAVED_AFTER != (start + size) // _SAVED_AFTER:
                yield self.rows

    def _is_open(self, sha256: str) -> bool:
        row = self.rows.loc[sha256]
        if is_by_people(row["gender_from"]):
            return False
        return bool(self.options["replace"] or (row[GENDER] == UNKNOWN and math.isnan(row["gender_confidence"])))

    def _read(self, names: list[str]) -> tuple[list[str], list[np.ndarray]]:
        there, pictures = [], []
        for sha256 in names:
            try:
                pictures.append(read_image(below(self.root, self.rows.loc[sha256, "path"])))
            except UndecodableImage:
                self.counts["unknown: the picture cannot be read"] += 1
            else:
                there.append(sha256)
        return there, pictures

    def _take(self, names: list[str], pictures: list[np.ndarray], given: Any) -> None:
        """Enter what the labeller said of some pictures."""
        address = self.options["labeller"]
        try:
            pairs = [(str(word), float(sure)) for word, sure in given]
        except (TypeError, ValueError):
            pairs = []
        if len(pairs) != len(names) or any(not 0 <= sure <= 1 for _, sure in pairs):
            raise RequestError(
                f"expected a (label, confidence in 0 to 1) of each of {len(names)} pictures from {address}, found "
                f"{given!r:.200}; mend the function"
            )
        labels = meant([word for word, _ in pairs], self.words, f"what {address} says")
        for sha256, pixels, said, (_, sure) in zip(names, pictures, labels, pairs, strict=True):
            self._enter(sha256, Answer(said, sure, math.nan, self.options["name"] or address), pixels)

    def _enter(self, sha256: str, answer: Answer, pixels: np.ndarray | None = None) -> None:
        """Write an answer into the rows, if it counts."""
        before = self.rows.loc[sha256]
        if self.by == "file":
            self._write(sha256, answer, answer.label)
            return
        if is_by_people(before["gender_from"]):
            self.counts["kept: a person or a prompt has said it"] += 1
            return
        if before[GENDER] != UNKNOWN and not self.options["replace"]:
            self.counts["kept: labelled already"] += 1
            return
        counted = answer.faces
        if self.options["one_face"] and math.isnan(counted):
            counted = before["faces"] if not math.isnan(before["faces"]) else self._count(sha256, pixels)
        answer = Answer(answer.label, answer.confidence, counted, answer.giver)
        why = answer.why_not(self.options["threshold"], one_face=self.options["one_face"])
        self._write(sha256, answer, UNKNOWN if why else answer.label, why)

    def _count(self, sha256: str, pixels: np.ndarray | None) -> float:
        if self._faces is None:
            self._faces = function_at(self.options["faces"], "options.faces")
        if pixels is None:
            try:
                pixels = read_image(below(self.root, self.rows.loc[sha256, "path"]))
            except UndecodableImage:
                return math.nan
        return float(len(self._faces(pixels)))

    def _write(self, sha256: str, answer: Answer, said: str, why: str = "") -> None:
        giver = answer.giver if said != UNKNOWN or self.by == "file" else ""
        self.rows.loc[sha256, [GENDER, "gender_from"]] = [said, giver]
        self.rows.loc[sha256, "gender_confidence"] = answer.confidence
        if not math.isnan(answer.faces):
            self.rows.loc[sha256, "faces"] = answer.faces
        self.counts[f"unknown: {why}" if why else said] += 1

    def text(self, out: Path) -> str:
        """What was labelled and what is known now, for people."""
        now = self.rows[GENDER].value_counts().sort_index()
        known = ", ".join(f"{name} {count}" for name, count in now.items())
        where = COLLECTION_FILE if out.resolve() == self.root.resolve() else LABELS.name
        return "\n".join([
            f"{len(self.rows)} pictures, gender: {known}: {out / where}",
            *(f"  {count} {what}" for what, count in sorted(self.counts.items())),
        ])  # fmt: skip
