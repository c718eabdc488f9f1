"""Pictures of a manifest into the rows of a file, checked, decoded and fitted: here, or by processes of their own.

Threads share Python's lock, which every picture takes and gives back some ten times: on two cores they do no more than
1.4 times what one does. Processes cost a third of a second to start, so they are for many pictures. Each writes its own
rows straight into the file, and says through one pipe how many are done, or what is wrong.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from bias_exp import lifeline
from bias_exp.data.images import UndecodableImage, read_file, read_fitted
from bias_exp.errors import IntegrityError
from bias_exp.progress import Report

Wanted = tuple[str, str]
"""A picture's path and the sha256 that its bytes must have."""

Block = tuple[int, list[Wanted]]
"""The row of the first picture, and the pictures."""

_BLOCK = 64
"""Rows that a process does between two lines; they are dealt out by blocks, so that large pictures spread."""
_MOST_PROCESSES = 16


def pixels(wanted: Wanted, size: int) -> np.ndarray:
    """A picture in the model's frame, (size, size, 3) uint8.

    Raises:
        IntegrityError: its bytes are not those of the manifest, or there is no picture any more.
    """
    path, sha256 = wanted
    try:
        data = read_file(Path(path))
        if hashlib.sha256(data).hexdigest() != sha256:
            raise IntegrityError(f"{path} is not the picture in the manifest: the data set was edited; make it again")
        return read_fitted(data, size)
    except UndecodableImage as error:
        raise IntegrityError(f"{path} of the manifest cannot be used any more: {error}") from None


def decode_in_processes(pictures: Sequence[Wanted], size: int, file: int, report: Report, note: str) -> None:
    """Write the pixels of all `pictures` behind what the open file holds, in order, by a process for each core.

    Args:
        pictures: of which row i goes to the i-th place.
        size: of a row's square, in pixels.
        file: descriptor, open for writing; the rows begin at its present end.
        report: told after each block.
        note: what it is told.

    Raises:
        IntegrityError: as `pixels`.
        OSError: the file could not be written.
        RuntimeError: a process ended before its work; what it had to say went to stderr.
    """
    blocks = [(first, list(pictures[first : first + _BLOCK])) for first in range(0, len(pictures), _BLOCK)]
    count = min(_MOST_PROCESSES, len(os.sched_getaffinity(0)), len(blocks))
    how = [os.lseek(file, 0, os.SEEK_END), size, file]
    done = 0
    with _at_work([blocks[number::count] for number in range(count)], how) as said:
        for line in said:
            found: dict[str, list[int]] = json.loads(line)
            if "refused" in found:
                pixels(pictures[found["refused"][0]], size)  # says what is wrong with it
            if "unwritten" in found:
                raise OSError(found["unwritten"][0], os.strerror(found["unwritten"][0]))
            done += sum(found.get("done", []))
            report(done, len(pictures), note)
    if done != len(pictures):
        raise RuntimeError(f"expected {len(pictures)} decoded pictures, found {done}: a decoding process has ended")


@contextmanager
def _at_work(shares: list[list[Block]], how: list[int]) -> Iterator[Iterator[str]]:
    """A process for each share of the blocks, and the lines that they say; they are gone when the block is left."""
    ours, theirs = os.pipe()
    with ExitStack() as stack, open(ours, encoding="ascii") as said:
        try:
            for share in shares:
                stack.callback(_end, _start(share, [*how, theirs]))
        finally:
            os.close(theirs)
        yield said


def _start(share: list[Block], how: list[int]) -> "subprocess.Popen[bytes]":
    with TemporaryFile("w+", encoding="ascii") as blocks:
        json.dump(share, blocks)
        blocks.seek(0)
        return subprocess.Popen(  # noqa: S603 - the command is our own
            (sys.executable, "-m", "bias_exp.data.decoding", *map(str, how)),
            env={**os.environ, lifeline.PARENT_VARIABLE: str(os.getpid())},
            stdin=blocks,
            pass_fds=how[-2:],
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def main(start: int, size: int, file: int, said: int) -> None:
    """A process of `decode_in_processes`: the blocks on its stdin into `file`, whose rows begin at byte `start`."""
    lifeline.hold()
    for first, block in json.load(sys.stdin):
        rows = []
        for row, wanted in enumerate(block, first):
            try:
                rows.append(pixels(wanted, size).tobytes())
            except IntegrityError:
                return _say(said, "refused", row)
        try:
            _write(file, b"".join(rows), start + first * size * size * 3)
        except OSError as error:
            return _say(said, "unwritten", error.errno or 0)
        _say(said, "done", len(block))
    return None


def _write(file: int, data: bytes, place: int) -> None:
    while data:  # a disk that fills takes a part, and refuses the rest
        taken = os.pwrite(file, data, place)
        data, place = data[taken:], place + taken


def _say(said: int, what: str, number: int) -> None:
    os.write(said, (json.dumps({what: [number]}) + "\n").encode())  # short, so lines of several stay whole


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
