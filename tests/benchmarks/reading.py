"""Reading a public data set: rows of labels to a manifest, and pictures into the tensor store.

The rows are CelebA's (40 attributes, identities, partition, landmarks): lists of its form, through its own source.
Their pictures are empty files, and what a look at each of them would have found is made up before the clock runs:
hashing, decoding and comparing pictures take their time apart, which is told, and so does reading the table back.
Memory is the peak of a process of its own, at the end of it all.
"""

import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from PIL import Image

from bias_exp.config import SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.duplicates import Print, near_groups
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.data.sources.celeba import ATTRIBUTES, POINTS, scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.data.store import open_store
from bias_exp.data.survey import Look, survey
from tests.benchmarks.timing import Finding, in_turns, seconds

ROWS = 100_000
PICTURES = 20_000
PRINTS = 20_000
SIZE = 64
WIDTH, HEIGHT = 178, 218
MOST_SECONDS, MOST_MB = 10.0, 1000.0
LEAST = 0.8


def write_lists(root: Path, rows: int) -> None:
    """CelebA's lists of `rows` pictures in torchvision's layout, and an empty file for each picture."""
    rng = np.random.default_rng(0)
    folder = root / "celeba"
    (folder / "img_align_celeba").mkdir(parents=True)
    names = [f"{number:06d}.jpg" for number in range(1, rows + 1)]
    for name in names:
        (folder / "img_align_celeba" / name).touch()
    people = rng.integers(1, rows // 20 + 2, rows)
    points = " ".join(f"{point}_{axis}" for point in POINTS for axis in "xy")
    head = [str(rows), " ".join(ATTRIBUTES) + " "]
    _write(folder / "list_attr_celeba.txt", head, names, rng.choice([-1, 1], (rows, len(ATTRIBUTES))))
    marks = rng.integers(60, 150, (rows, 2 * len(POINTS)))
    _write(folder / "list_landmarks_align_celeba.txt", [str(rows), points], names, marks)
    _write(folder / "identity_CelebA.txt", [], names, people[:, None])
    _write(folder / "list_eval_partition.txt", [], names, people[:, None] % 3)


def _write(path: Path, head: list[str], names: list[str], values: np.ndarray) -> None:
    rows = (" ".join([name, *(f"{value:2d}" for value in row)]) for name, row in zip(names, values, strict=True))
    path.write_text("\n".join([*head, *rows]) + "\n", encoding="ascii")


def read_rows(root: str, out: str, rows: str) -> None:
    """In a process of its own: lists to manifest; prints seconds, processor seconds, peak MB and MB of the table."""
    plain = Print(0, 0, np.zeros((16, 16, 3), dtype=np.uint8))
    hashes = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(int(rows))]
    looks: list[Look | str] = [Look(sha256, WIDTH, HEIGHT, plain) for sha256 in hashes]
    with (
        patch("bias_exp.data.build.survey", lambda *given: looks),
        patch("bias_exp.data.frame.near_groups", lambda prints: np.arange(len(prints))),
        patch("bias_exp.data.build.load_manifest", lambda folder: None),
    ):
        start, used = time.perf_counter(), time.process_time()
        found = scan(Path(root), Path(out), SOURCES["celeba"].settings({}))
        build_manifest(found, Path(out), split=SplitConfig(), recipe={})
        taken = {"seconds": time.perf_counter() - start, "processor": time.process_time() - used}
    taken["back"] = seconds(lambda: load_manifest(Path(out)))
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM"))
    size = (Path(out) / "manifest.csv").stat().st_size / 1e6
    print(json.dumps({**taken, "peak": peak, "table": size}))


def bare(path: Path) -> int:
    """A picture as any script decodes it: centre square, resized."""
    with Image.open(path) as image:
        whole = image.convert("RGB")
        side = min(whole.size)
        left, top = ((edge - side) // 2 for edge in whole.size)
        square = whole.crop((left, top, left + side, top + side))
        return int(np.asarray(square.resize((SIZE, SIZE), Image.Resampling.BILINEAR)).size)


def _pictures(root: Path) -> Manifest:
    """A data set of PICTURES coarse random pictures of CelebA's size."""
    rng = np.random.default_rng(0)
    found = []
    for number in range(PICTURES):
        coarse = Image.fromarray(rng.integers(0, 256, (14, 11, 3), dtype=np.uint8))
        path = root / f"{number:06d}.jpg"
        coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(path, quality=92)
        found.append(SourceImage(Path(path.name), {"gender": ["female", "male"][number % 2]}, "bench"))
    return build_manifest(Scan(root, found), root / "data", split=SplitConfig(), recipe={})


def _into_store(manifest: Manifest, cache: Path) -> Callable[[], object]:
    numbers = count()
    return lambda: open_store(manifest, SIZE, cache / str(next(numbers)))


def _rows() -> Iterator[Finding]:
    with TemporaryDirectory() as place:
        write_lists(Path(place) / "root", ROWS)
        command = [sys.executable, "-m", "tests.benchmarks.reading", f"{place}/root", f"{place}/out", str(ROWS)]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
    taken: dict[str, Any] = json.loads(said.stdout)
    detail = f"{taken['processor']:.1f} s of processor time; a table of {taken['table']:.0f} MB, read back in "
    detail += f"{taken['back']:.1f} s"
    name = f"CelebA's lists, {ROWS:,} rows: parsed, joined, written"
    yield Finding(name, taken["seconds"], "s", most=MOST_SECONDS, detail=detail)
    yield Finding(f"{name[:28]}: peak memory", taken["peak"], "MB", most=MOST_MB)


def findings() -> Iterator[Finding]:
    """Rows to a manifest; looking at pictures and comparing them; the store against a bare loop in processes."""
    yield from _rows()
    rng = np.random.default_rng(0)
    thumbnails = rng.integers(0, 256, (PRINTS, 16, 16, 3), dtype=np.uint8)
    hashes = rng.integers(0, 2**63, (PRINTS, 2)).tolist()
    prints = [Print(*two, thumbnail) for two, thumbnail in zip(hashes, thumbnails, strict=True)]
    taken = seconds(lambda: near_groups(prints))
    yield Finding(f"near-duplicates among {PRINTS:,} pictures", taken, "s", detail="grows with the square")
    processes = len(os.sched_getaffinity(0))
    with TemporaryDirectory() as place, multiprocessing.get_context("spawn").Pool(processes) as pool:
        manifest = _pictures(Path(place))
        paths = [manifest.path(row) for row in manifest.frame.itertuples()]
        below = [path.relative_to(manifest.root) for path in paths]
        loop = partial(pool.map, bare, paths, len(paths) // (4 * processes))
        ours = _into_store(manifest, Path(place) / "cache")
        times = in_turns({"ours": ours, "bare": loop, "look": lambda: survey(manifest.root, below)})
    detail = f"{len(paths) / times['ours']:.0f} pictures a second with hash check and file; {processes} processes bare"
    name = f"{WIDTH} x {HEIGHT} JPEG to {SIZE} px"
    yield Finding(f"{name}: store / bare Pillow loop", times["bare"] / times["ours"], least=LEAST, detail=detail)
    yield Finding(f"{WIDTH} x {HEIGHT} JPEG: looked at, a second", len(paths) / times["look"], "", detail="hash, print")


if __name__ == "__main__":
    read_rows(*sys.argv[1:])
