"""A model whose answers can be worked out: each class adds up the pixels of one colour."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from tests.explain.tiny import FromCut, pictures

SIDE = 8
CLASSES = {"profession": ("red", "green", "blue"), "gender": ("female", "male")}


def colours(cut: Tensor) -> dict[str, Tensor]:
    sums = cut.sum((2, 3))
    return {"profession": sums, "gender": sums[:, :2] - sums[:, 1:]}


def model() -> FromCut:
    return FromCut(colours, dropout=nn.Dropout(0.5))


def facts(n: int) -> pd.DataFrame:
    table = {"id": [f"i{k}" for k in range(n)], "class": "red", "group": [("female", "male")[k % 2] for k in range(n)]}
    return pd.DataFrame(table | {"person": "", "label/profession": "red", "label/gender": "male"})


def random_case(n: int = 5) -> tuple[Tensor, Tensor]:
    """Pictures and maps of their size."""
    images = pictures(n, side=SIDE).double()
    return images, torch.rand(n, SIDE, SIDE, generator=torch.Generator().manual_seed(2))


def odds(image: Tensor, removed: np.ndarray) -> float:
    """Log-odds of `female` of a picture (3, H, W) from which `removed` (H, W) is taken away, for its mean."""
    red, green, blue = image[:, ~torch.from_numpy(removed)].sum(1)
    return float(red - 2 * green + blue)
