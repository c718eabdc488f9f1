"""Training heads on cached features of a frozen trunk, against training the whole model."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from bias_exp.models.precision import resolve_precision
from tests.benchmarks.timing import Finding, in_turns, seconds
from tests.benchmarks.work import fit_cell, pictures_of


def findings() -> Iterator[Finding]:
    """Time of an arm's epochs, whole against frozen; the features are made once for all arms."""
    torch.set_num_threads(1)
    precision = resolve_precision("auto")
    store, labels = pictures_of(64, 384, 10)
    settings = {"batch_size": 32, "precision": precision}
    with TemporaryDirectory() as place:
        made: list[object] = []

        def make() -> None:
            made.append(fit_cell("resnet18", store, labels, features=Path(place), **settings))

        once = seconds(make)
        taken = in_turns({"whole": fit_cell("resnet18", store, labels, **settings), "frozen": made[0]}, rounds=3)
    detail = f"an epoch of {len(store)} pictures: {taken['frozen']:.3f} s; the features of all arms: {once:.1f} s once"
    yield Finding("resnet18, 64 px: frozen arm / whole", taken["whole"] / taken["frozen"], least=10, detail=detail)
