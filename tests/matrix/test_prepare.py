"""Weights of the hub are known by their content before anything is planned."""

from pathlib import Path

import pytest

from bias_exp.keys import cell_key, cells_of
from bias_exp.matrix import prepare as module
from bias_exp.models import hub
from bias_exp.models.weights import pinned
from bias_exp.rundir import file_sha256
from bias_exp.studies import build_study
from tests.matrix.pretend import Quiet

STUDY = build_study(
    {
        "name": "s",
        "data": {"path": "x"},
        "pretrained": True,
        "matrix": {"backbones": ["resnet18"], "female_ratios": [0.5]},
    },
    "test",
)


def keys_with(content: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch, *, fetch: bool) -> list[str]:
    file = folder / "model.safetensors"
    file.write_bytes(content)
    monkeypatch.setattr(hub, "hub_file" if fetch else "cached", lambda row: file)
    study = pinned(module._with_hub_files(STUDY, Quiet(), fetch=fetch))
    assert study.weights == {"resnet18": file_sha256(file)}
    return [cell_key(cell) for cell in cells_of(study, "data")]


def test_two_revisions_of_the_hubs_weights_are_two_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = keys_with(b"one", tmp_path, monkeypatch, fetch=True)
    assert one == keys_with(b"one", tmp_path, monkeypatch, fetch=False)
    assert one != keys_with(b"two", tmp_path, monkeypatch, fetch=True)


def test_a_dry_run_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "cached", lambda repository: None)
    assert module._with_hub_files(STUDY, Quiet(), fetch=False) == STUDY
