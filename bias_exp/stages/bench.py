"""What every phase works with: the cell, its pictures, and how this process computes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from bias_exp.columns import LABEL, PROBE_HEAD, UNKNOWN
from bias_exp.config import Cell
from bias_exp.data.manifest import Manifest
from bias_exp.data.store import Store, open_store
from bias_exp.errors import RequestError
from bias_exp.models.build import CutModel
from bias_exp.models.imported import Imported
from bias_exp.models.precision import Precision
from bias_exp.models.weights import WeightsFile
from bias_exp.train.predict import load_batch


def set_up(threads: int) -> None:
    """Threads and deterministic algorithms: equality of bits is promised at equal threads and precision."""
    torch.set_num_threads(threads)
    threadpool_limits(limits=threads)  # of numpy's and scikit-learn's libraries
    torch.use_deterministic_algorithms(True)
    # Filling fresh memory with NaN finds reads of what was never written; it costs 3 to 6 % of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Bench:
    """A cell with its data, in a process that is set up as the cell wants it.

    `weights` is the file that a pretrained trunk comes from, where the cell names one; `snapshots` the folder for what
    a fit needs to go on after it was killed, None to keep nothing. `imported` is what a cell was brought here as.
    """

    cell: Cell
    manifest: Manifest
    cache: Path
    precision: Precision
    weights: Path | None = None
    snapshots: Path | None = None
    imported: Imported | None = None

    @property
    def pretrained(self) -> bool | WeightsFile:
        """Where the trunk's first weights come from: chance, timm's hub, or a file of known content.

        Raises:
            RequestError: the cell names a file's content, and no place of it.
        """
        if not self.cell.weights:
            return self.cell.pretrained
        if self.weights is None:
            raise RequestError(
                f"expected the file of weights with sha256 {self.cell.weights[:16]}... that the cell starts from, "
                "found no place of it; plan the study anew with pretrained = {backbone = file}"
            )
        return WeightsFile(self.weights, self.cell.weights)

    def set_up(self) -> None:
        """Threads and deterministic algorithms as the cell wants them."""
        set_up(self.cell.threads)

    @cached_property
    def store(self) -> Store:
        """The decoded pictures at the cell's size."""
        return open_store(self.manifest, self.cell.image_size, self.cache)

    @cached_property
    def pictures(self) -> pd.DataFrame:
        """The manifest's rows with their `class` (of the primary head) and `group`, and `person` as the unit of
        resampling: who is in the picture, else its group of near-duplicates."""
        labelled = [head for head in self.cell.heads if head in self.manifest.classes]  # imports may have more heads
        frame = self.manifest.strata(labelled, self.cell.group)
        return frame.assign(person=frame["person"].where(frame["person"] != "", frame["near_duplicates"]))

    def split(self, *names: str) -> pd.DataFrame:
        """The rows of some splits, in manifest order."""
        return self.pictures[self.pictures["split"].isin(names)]

    @property
    def classes(self) -> dict[str, tuple[str, ...]]:
        """Labels of every head that was trained, in output order."""
        if self.imported is not None:
            return self.imported.classes
        return {head: tuple(self.manifest.classes[head]) for head in self.cell.heads}

    @property
    def probe_classes(self) -> tuple[str, ...]:
        """Labels of the reference probe, in output order."""
        return tuple(self.manifest.classes[self.cell.group])

    def attribute(self, head: str) -> str:
        """The attribute whose labels a head predicts."""
        return self.cell.group if head == PROBE_HEAD else head

    def labels(self, frame: pd.DataFrame, head: str) -> np.ndarray:
        """The true labels of a head for rows of the manifest; unknown where the data has none."""
        column = LABEL + self.attribute(head)
        return frame[column].to_numpy(dtype=object) if column in frame else np.full(len(frame), UNKNOWN, dtype=object)

    def targets(self, frame: pd.DataFrame, head: str, classes: Sequence[str]) -> np.ndarray:
        """The true labels as places in the output order, int64; -1 where the head does not know the label."""
        place = {label: number for number, label in enumerate(classes)}
        return np.array([place.get(label, -1) for label in self.labels(frame, head)], dtype=np.int64)

    def loader(self, model: CutModel, frame: pd.DataFrame) -> "Loader":
        """Normalised pictures of rows of `frame`."""
        return Loader(self, model, self.store.rows(frame["id"].tolist()))


@dataclass(frozen=True)
class Loader:
    """Places in a frame to normalised pictures (n, 3, size, size) on the model's device."""

    bench: Bench
    model: CutModel
    rows: np.ndarray

    def __call__(self, places: np.ndarray) -> Tensor:
        return load_batch(self.model, self.bench.store.images, self.rows[places], self.bench.precision)
