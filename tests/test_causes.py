"""Every way to end has one kind, and only chance is tried again."""

import errno
import os
import signal
from pathlib import Path

import pytest

from bias_exp.causes import CAUSES, Cause, of_error, of_exit
from bias_exp.errors import CellFailed, IntegrityError, NotFinite, RequestError, Stopped, TrackingGone

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class OutOfMemoryError(RuntimeError):
    """As torch names its own."""


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (Stopped("SIGTERM"), "stopped", "stopped by SIGTERM"),
        (KeyboardInterrupt(), "stopped", "stopped by SIGINT"),
        (RequestError("expected a"), "request", "expected a"),
        (NotFinite("loss is NaN"), "not_finite", "loss is NaN"),
        (IntegrityError("not what it was"), "damaged", "not what it was"),
        (CellFailed("no result"), "failed", "no result"),
        (ValueError("a bug"), "error", "ValueError: a bug"),
        (SystemExit(1), "exit", "SystemExit: 1"),
        (MemoryError(), "memory", "memory could not be had: MemoryError"),
        (OutOfMemoryError("CUDA"), "memory", "memory could not be had: OutOfMemoryError: CUDA"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "memory", "memory could not be had"),
        (TrackingGone("the server at x is gone"), "tracking", "the server at x is gone"),
        (FULL, "disk", "no space left on device: expected room for "),
        (RuntimeError('IoError(Os { code: 28, message: "No space left on device" })'), "disk", "no space left"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_exception_is_of_one_kind(error: BaseException, kind: str, said: str) -> None:
    cause = of_error(error)
    assert cause.kind == kind
    assert cause.sentence.startswith(said)


def test_a_full_disk_is_found_behind_what_it_led_to_and_named_with_what_is_left(tmp_path: Path) -> None:
    place = tmp_path / "runs" / "a" / "train.partial"
    try:
        try:
            raise FULL
        except OSError as error:
            raise TrackingGone("the upload failed") from error
    except TrackingGone as error:
        cause = of_error(error, place)
    assert cause.kind == "disk"
    assert str(place) in cause.sentence
    assert "bytes free" in cause.sentence
    named = of_error(OSError(errno.ENOSPC, "full", "a.bin", None, f"{tmp_path}/b.bin"), place)
    assert f"room for {tmp_path}/b.bin, found " in named.sentence


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (1, "exit", "its process ended with exit code 1, without a word"),
        (0, "exit", "its process ended with exit code 0, without a word"),
        (-signal.SIGKILL, "killed", "its process was killed by SIGKILL, perhaps because memory ran out"),
        (69, "tracking", "the tracking server did not answer, or refused, without a word"),
        (-signal.SIGSEGV, "crashed", "its process was ended by SIGSEGV (11): a fault in native code, without a word"),
        (-signal.SIGTERM, "stopped", "stopped by SIGTERM before it had begun, without a word"),
        (143, "stopped", "stopped by SIGTERM before it had begun, without a word"),
        (None, "lost", "the executor lost sight of it, without a word"),
    ],
)
def test_an_exit_code_is_of_one_kind(code: int | None, kind: str, said: str) -> None:
    cause = of_exit(code)
    assert cause.kind == kind
    assert cause.sentence.startswith(said)
    assert cause.sentence.endswith(", without a word")


def test_the_last_words_of_a_process_are_kept() -> None:
    assert of_exit(1, "ImportError: no torch").sentence.endswith("; its last words: ImportError: no torch")


def test_only_what_chance_may_have_brought_about_is_tried_again() -> None:
    again = {row.name for row in CAUSES if row.retry}
    assert again == {"memory", "killed", "crashed", "timeout", "tracking", "lost"}
    assert Cause("killed", "x").retry
    with pytest.raises(RequestError, match="unknown kind of cause 'fate'"):
        Cause("fate", "x")
