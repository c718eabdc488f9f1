"""Two slots of one thread against one slot of two threads: pictures a second of the whole machine."""

import subprocess
import sys
import time
from collections.abc import Iterator

from tests.benchmarks.timing import Finding

COUNT = 256
ROUNDS = 3


def _start(threads: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.benchmarks.slots", str(threads)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline().strip() == "ready"
    return process


def _go(*processes: subprocess.Popen) -> float:
    """Pictures a second of processes that train at the same time."""
    start = time.perf_counter()
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        assert process.stdout
        assert process.stdout.readline().strip() == "done"
    return len(processes) * COUNT / (time.perf_counter() - start)


def findings() -> Iterator[Finding]:
    """Throughput of the two ways to use two processors."""
    narrow, wide = [_start(1), _start(1)], _start(2)
    try:
        rates = [(_go(*narrow), _go(wide)) for _ in range(ROUNDS)]
    finally:
        for process in (*narrow, wide):
            process.communicate("\n")
    two, one = (sorted(column)[len(column) // 2] for column in zip(*rates, strict=True))
    detail = f"{two:.0f} against {one:.0f} pictures/s"
    yield Finding("resnet18, 64 px: two slots of one thread / one of two", two / one, least=1, detail=detail)


def _slot(threads: int) -> None:
    import torch

    from bias_exp.models.precision import resolve_precision
    from tests.benchmarks.work import fit_cell, pictures_of

    torch.set_num_threads(threads)
    store, labels = pictures_of(64, COUNT, 10)
    work = fit_cell("resnet18", store, labels, batch_size=32, precision=resolve_precision("auto"))
    work()
    print("ready", flush=True)
    while sys.stdin.readline().strip() == "go":
        work()
        print("done", flush=True)


if __name__ == "__main__":
    _slot(int(sys.argv[1]))
