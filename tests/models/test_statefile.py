"""Files of weights from anywhere: read when they are tensors, refused in a sentence before they do anything else."""

import io
import pickle
import tarfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from bias_exp.errors import RequestError
from bias_exp.models.statefile import read_state

STATE = {"conv.weight": torch.arange(6.0).reshape(2, 3), "bn.num_batches_tracked": torch.tensor(7)}


class Malicious:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)


def same(found: dict[str, torch.Tensor]) -> bool:
    return found.keys() == STATE.keys() and all(torch.equal(found[name], STATE[name]) for name in STATE)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: OrderedDict(state),
        lambda state: {"state_dict": state, "epoch": 3, "arch": "resnet50"},
        lambda state: {"model": {"state_dict": state}},
        lambda state: {"model_state_dict": {f"module.{name}": one for name, one in state.items()}},
        lambda state: {f"_orig_mod.module.{name}": one for name, one in state.items()},
    ],
)
def test_a_torch_file_is_unwrapped(tmp_path: Path, zipped: bool, wrap) -> None:
    torch.save(wrap(STATE), tmp_path / "w.pth", _use_new_zipfile_serialization=zipped)
    assert same(read_state(tmp_path / "w.pth"))


def test_safetensors_are_known_by_their_content(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "w.bin")
    assert same(read_state(tmp_path / "w.bin"))


def _tar(path: Path, content: bytes) -> None:
    with tarfile.open(path, "w") as tar:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("kind", ["zip", "legacy", "nested", "bare", "bare protocol 0", "bare protocol 5", "tar"])
def test_a_malicious_pickle_is_refused_and_does_nothing(tmp_path: Path, kind: str) -> None:
    path, canary = tmp_path / "w.pth", tmp_path / "canary"
    evil = Malicious(canary)
    if kind == "zip":
        torch.save(evil, path)
    elif kind == "legacy":
        torch.save(evil, path, _use_new_zipfile_serialization=False)
    elif kind == "nested":
        torch.save({"state_dict": {**STATE, "extra": [evil]}}, path)
    elif kind == "tar":
        _tar(path, pickle.dumps(evil))
    else:
        path.write_bytes(pickle.dumps(evil, protocol=int(kind[-1]) if kind[-1].isdigit() else None))
    with pytest.raises(
        RequestError, match="expected a safetensors file or a torch file of tensors alone at .* found: "
    ):
        read_state(path)
    assert not canary.exists()
    assert pickle.loads(pickle.dumps(evil)) is None
    assert canary.exists(), "the pickle would have done it"


def test_a_whole_pickled_module_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "w.pth")
    said = r"found: a pickle that asks for torch\.nn\.modules\.linear\.Linear; save model.state_dict\(\) alone"
    with pytest.raises(RequestError, match=said):
        read_state(tmp_path / "w.pth")


@pytest.mark.parametrize("length", [0, 1, 8, 9, 100, 400])
@pytest.mark.parametrize("kind", ["torch", "legacy", "safetensors"])
def test_a_damaged_file_is_refused(tmp_path: Path, kind: str, length: int) -> None:
    path = tmp_path / "w"
    state = {"weight": torch.arange(1000.0)}
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "torch")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(RequestError, match="found: "):
        read_state(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "found an empty one"),
        ([1, 2], "expected a state dict .* found a list"),
        ({"a": torch.zeros(1), "b": 3}, "found 1 of 2 entries that are none: b"),
        ({"a": torch.tensor([1.0, float("nan")])}, "expected finite weights .* found 1 tensors that are not: a"),
    ],
)
def test_what_is_no_state_dict_is_refused(tmp_path: Path, content: object, said: str) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(RequestError, match=said):
        read_state(tmp_path / "w.pth")


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="expected a file of weights at .*none.pth, found: No such file"):
        read_state(tmp_path / "none.pth")
    with pytest.raises(RequestError, match="found: Is a directory"):
        read_state(tmp_path)
