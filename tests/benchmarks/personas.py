"""How many personas a minute two processes draw, picture and masks, and what writing the data set adds to it."""

import multiprocessing
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Factors, draw_factors
from bias_exp.data.personas.render import render
from bias_exp.data.sources.personas import scan
from bias_exp.data.sources.rows import SOURCES
from tests.benchmarks.timing import Finding, seconds

SIZE = 64
PER_CELL = 50
ROUNDS = 3


def people() -> list[Factors]:
    """PER_CELL of each profession and gender, as the data source draws them."""
    return [
        draw_factors(f"{job}-{sex}-{k:04d}", profession=job, gender=sex)
        for job, sex, k in product(PROFESSIONS, GENDERS, range(PER_CELL))
    ]


def _draw(barrier: "multiprocessing.synchronize.Barrier") -> None:
    """One process: factors and pictures with masks, after a few that do not count."""
    cv2.setNumThreads(1)
    for one in people()[::100]:
        render(one, SIZE)
    for _ in range(ROUNDS):
        barrier.wait()
        for one in people():
            render(one, SIZE)
        barrier.wait()


def two_processes() -> float:
    """The best rate of some rounds, pictures a minute of both processes together."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    workers = [context.Process(target=_draw, args=(barrier,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    rates = []
    for _ in range(ROUNDS):
        barrier.wait()
        start = time.perf_counter()
        barrier.wait()
        rates.append(60.0 * 2 * len(people()) / (time.perf_counter() - start))
    for worker in workers:
        worker.join()
    return max(rates)


def findings() -> Iterator[Finding]:
    """The rate of the renderer, processor time of a picture, and the rate of the data source with its files."""
    rate = two_processes()
    everybody = people()
    start = time.process_time()
    for one in everybody:
        render(one, SIZE)
    each = 1000.0 * (time.process_time() - start) / len(everybody)
    detail = f"factors, picture and masks, best of {ROUNDS} rounds; picture and masks {each:.1f} ms of processor time"
    yield Finding("personas, 64 px: two processes, a minute", rate, "", least=15_000, detail=detail)
    options = SOURCES["personas"].settings({"per_cell": PER_CELL, "size": SIZE})
    with TemporaryDirectory() as place:
        taken = seconds(lambda: scan(None, Path(place), options))
    written = 60.0 * len(everybody) / taken
    yield Finding(
        "personas, 64 px: source with files, a minute", written, "", detail=f"threads of one process: {taken:.1f} s"
    )
