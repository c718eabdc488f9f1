"""The rows that contract tests run over: all of the registry, and two that stand for what only large rows have."""

from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from bias_exp.models.backbone import BackboneRow
from bias_exp.models.build import CutModel, bare_backbone
from bias_exp.models.initialise import initialise
from bias_exp.models.rows import BACKBONES

HEADS = {"profession": 5, "gender": 2}
LARGE = 50
"""Millions of parameters above which a backbone has a make target of its own, as frozen ones have."""


def _tiny_vit(name: str, **facts: Any) -> BackboneRow:
    known = {"family": "vit", "millions": 0.1, "width": 48, "stride": 8, "layout": "NLC"}
    sizes = {"default_size": 32, "smallest": 8, "multiple": 8, "size_argument": "img_size"}
    return BackboneRow(**{"name": name, "timm_name": "vit_tiny_patch16_224", **known, **sizes, **facts})


TINY = {"depth": 2, "embed_dim": 48, "num_heads": 2, "patch_size": 8}
TOKEN = _tiny_vit("token_of_the_tests", arguments=TINY, pooling="token")
REGISTERS = _tiny_vit(
    "registers_of_the_tests", arguments={**TINY, "reg_tokens": 4, "global_pool": "avg", "fc_norm": False}
)


def parameters(rows: tuple[BackboneRow, ...], limit: float = LARGE) -> pytest.MarkDecorator:
    """A parameter `row`; rows of more than `limit` million parameters, and frozen ones, are in `make test-large`."""
    slow = {row.name for row in rows if row.millions > limit or row.frozen_only}
    marked = [pytest.param(row, marks=[pytest.mark.slow] if row.name in slow else [], id=row.name) for row in rows]
    return pytest.mark.parametrize("row", marked)


registered = parameters(tuple(BACKBONES), limit=12)
every_backbone = parameters((*BACKBONES, TOKEN, REGISTERS))
non_square = parameters(tuple(row for row in BACKBONES if row.any_shape))


def side(row: BackboneRow) -> int:
    """A small picture with a grid of four by four, in which no pixel is left out."""
    return row.smallest + 3 * row.stride if row.steps else max(4 * row.stride, row.smallest)


def clear_side(row: BackboneRow) -> int:
    """A side at which a random model's grid still shows where the picture changed: Inception's cells see far."""
    return row.default_size if row.family == "inception" else side(row)


def made(row: BackboneRow, image_size: int, seed: int = 0) -> CutModel:
    """A model of a row in evaluation mode, registered or not."""
    if row.name in BACKBONES:
        return initialise(seed, row.name, heads=HEADS, image_size=image_size).eval()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = CutModel(row, image_size, bare_backbone(row, image_size))
        for name, classes in HEADS.items():
            model.heads[model.head_key(name)] = nn.Linear(row.width, classes)
    return model.eval()


@cache
def _kept(name: str) -> CutModel:
    row = {TOKEN.name: TOKEN, REGISTERS.name: REGISTERS}.get(name) or BACKBONES[name]
    return made(row, side(row))


def model_of(row: BackboneRow) -> CutModel:
    """The model of a row at its small side, made once; who changes it changes it for all."""
    return _kept(row.name)


def images_for(row: BackboneRow, n: int = 2, seed: int = 0, shape: tuple[int, int] | None = None) -> Tensor:
    """Noise at the row's small side, or of another height and width."""
    height, width = shape or (side(row), side(row))
    return torch.randn(n, 3, height, width, generator=torch.Generator().manual_seed(seed))
