"""Why a cell ended without its result: one table of kinds, and how an exception or an exit code is told to be of one.

A run keeps the kind (tag `bias.cause.kind`) beside the sentence (`bias.cause`). What chance may have brought about is
worth one more try.
"""

import errno
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from bias_exp.errors import CellFailed, IntegrityError, NotFinite, RequestError, Stopped, TrackingGone
from bias_exp.registry import Registry


@dataclass(frozen=True)
class CauseRow:
    """A kind of cause: what it is in words, and whether to try once more makes sense."""

    name: str
    meaning: str
    retry: bool


CAUSES: Registry[CauseRow] = Registry(
    "kind of cause",
    CauseRow("stopped", "told to stop by SIGTERM or SIGINT", retry=False),
    CauseRow("request", "what was asked for cannot be done", retry=False),
    CauseRow("not_finite", "a loss is not finite", retry=False),
    CauseRow("damaged", "a file is not what its manifest says", retry=False),
    CauseRow("failed", "a phase could not be completed", retry=False),
    CauseRow("error", "an exception that nobody foresaw", retry=False),
    CauseRow("exit", "the process ended itself", retry=False),
    CauseRow("disk", "no space was left on a disk", retry=False),
    CauseRow("memory", "memory could not be had", retry=True),
    CauseRow("killed", "killed by SIGKILL, perhaps because memory ran out", retry=True),
    CauseRow("crashed", "a fault in native code", retry=True),
    CauseRow("timeout", "it took longer than it may", retry=True),
    CauseRow("tracking", "the tracking server did not answer, or refused", retry=True),
    CauseRow("lost", "the executor lost sight of it", retry=True),
)

HELD_ELSEWHERE = 75
"""Exit code of a worker that found its cell claimed by another living process (EX_TEMPFAIL)."""

TRACKING_GONE = 69
"""Exit code of a worker that could not say on the server how it ended (EX_UNAVAILABLE)."""

NO_SPACE = ("no space left on device", "disk is full", "disk quota exceeded")
NO_MEMORY = ("outofmemoryerror", "not enough memory", "can't allocate memory", "cannot allocate memory")
TELLING_A_STOP = (Signals.SIGTERM, Signals.SIGINT, Signals.SIGHUP)
STOPPED_CODES = {130: "SIGINT", 143: "SIGTERM"}


@dataclass(frozen=True)
class Cause:
    """A kind of `CAUSES`, and the sentence that a person reads."""

    kind: str
    sentence: str

    def __post_init__(self) -> None:
        CAUSES[self.kind]

    @property
    def retry(self) -> bool:
        """Whether to try once more makes sense."""
        return CAUSES[self.kind].retry


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, and those that led to it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _disk_sentence(error: BaseException, place: Path | None) -> str:
    """Which file, where it is known, and how much is left on its disk."""
    named = next((one for one in _chain(error) if isinstance(one, OSError) and (one.filename2 or one.filename)), None)
    target = str(named.filename2 or named.filename) if named else str(place or "an unnamed file")
    there = next((folder for folder in (Path(target), *Path(target).parents) if folder.exists()), None)
    free = f"{shutil.disk_usage(there).free} bytes free" if there and Path(target).is_absolute() else "too little"
    return (
        f"no space left on device: expected room for {target}, found {free}; free some and run the same command again"
    )


def of_error(error: BaseException, place: Path | None = None) -> Cause:
    """The cause that an exception is; `place` is where the work was written, for the message of a full disk."""
    known: tuple[tuple[type[BaseException], str], ...] = (
        (RequestError, "request"),
        (NotFinite, "not_finite"),
        (IntegrityError, "damaged"),
        (CellFailed, "failed"),
    )
    if isinstance(error, Stopped | KeyboardInterrupt):
        return Cause("stopped", f"stopped by {str(error) or 'SIGINT'}")
    said = " ".join(f"{type(one).__name__}: {one}" for one in _chain(error)).lower()
    full = any(isinstance(one, OSError) and one.errno in (errno.ENOSPC, errno.EDQUOT) for one in _chain(error))
    if full or any(words in said for words in NO_SPACE):
        return Cause("disk", _disk_sentence(error, place))
    for kind_of_error, kind in known:
        if isinstance(error, kind_of_error):
            return Cause(kind, str(error))
    if isinstance(error, TrackingGone):
        return Cause("tracking", str(error))
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    if isinstance(error, MemoryError) or any(words in said for words in NO_MEMORY):
        return Cause("memory", f"memory could not be had: {text}")
    return Cause("exit" if isinstance(error, SystemExit) else "error", text)


def of_exit(code: int | None, last_words: str = "") -> Cause:
    """The cause that a process's end is, for one that did not say it itself; `last_words` are the end of its log."""
    words = f"; its last words: {last_words}" if last_words else ", without a word"
    if code is None:
        return Cause("lost", f"{CAUSES['lost'].meaning}{words}")
    if code == TRACKING_GONE:
        return Cause("tracking", f"{CAUSES['tracking'].meaning}{words}")
    if code in STOPPED_CODES:
        return Cause("stopped", f"stopped by {STOPPED_CODES[code]} before it had begun{words}")
    if code >= 0:
        return Cause("exit", f"its process ended with exit code {code}{words}")
    name = Signals(-code).name if -code in set(Signals) else f"signal {-code}"
    if -code == Signals.SIGKILL:
        return Cause("killed", f"its process was {CAUSES['killed'].meaning}{words}")
    if -code in TELLING_A_STOP:
        return Cause("stopped", f"stopped by {name} before it had begun{words}")
    return Cause("crashed", f"its process was ended by {name} ({-code}): {CAUSES['crashed'].meaning}{words}")
