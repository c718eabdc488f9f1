"""Something that draws in SDXL's place: noise of the seed and the words, and counts what it was asked for."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.collect.collection import read_collection
from bias_exp.collect.rows import collect

SIDE = 16
FEW = {"professions": ["doctor", "nurse"], "templates": ["portrait"], "scenes": 2, "per_profession": 4}
SIZE = {"width": SIDE, "height": SIDE, "steps": 2}


class Drawer:
    """Draws noise of the seed and the prompt; `broken` prompts are not finite unless they are upcast."""

    model = "drawer@0123"

    def __init__(self, broken: Sequence[str] = (), *, can_overflow: bool = False) -> None:
        self.broken, self.can_overflow = set(broken), can_overflow
        self.drawn: Counter[str] = Counter()
        self.batches: list[int] = []
        self.checked: list[str] = []

    def check(self, prompts: Sequence[str]) -> None:
        self.checked += prompts

    def facts(self) -> dict[str, Any]:
        return {"model": self.model, "dtype": "float32", "device": "cpu", "versions": {"drawer": "1"}}

    def pictures(self, rows: Sequence[Any], *, upcast: bool = False) -> np.ndarray:
        self.batches.append(len(rows))
        return np.stack([self._picture(row, upcast) for row in rows])

    def _picture(self, row: Any, upcast: bool) -> np.ndarray:
        self.drawn[row.prompt_id] += 1
        noise = np.random.default_rng([row.seed, *row.prompt.encode()]).random((row.height, row.width, 3), np.float32)
        return noise * np.float32("nan") if row.prompt_id in self.broken and not upcast else noise


def run(out: Path, **asked: Any) -> str:
    return collect("generate", None, out=str(out), options=asked)


def stable(out: Path) -> pd.DataFrame:
    return read_collection(out).drop(columns=["made_at"])
