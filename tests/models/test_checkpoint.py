"""Models as files."""

import json
from pathlib import Path

import pytest
import torch

from bias_exp.errors import IntegrityError, RequestError
from bias_exp.models.build import CutModel
from bias_exp.models.checkpoint import load_model, save_model
from bias_exp.models.heads import attach
from bias_exp.models.initialise import initialise

CLASSES = {"profession": ("nurse", "doctor", "baker"), "gender": ("male", "female")}
NAMES = ("model.safetensors", "best.safetensors", "model.json")


def make(backbone: str = "quick_resnet", seed: int = 0) -> CutModel:
    return initialise(seed, backbone, heads={"profession": 3, "gender": 2}, image_size=32).eval()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_model(tmp_path, make(), CLASSES, best=make(seed=1).state_dict())
    return tmp_path


@pytest.mark.parametrize("backbone", ["quick_resnet", "quick_swin"])
def test_a_model_comes_back_with_its_labels(tmp_path: Path, backbone: str) -> None:
    model = make(backbone).train()
    with torch.no_grad():
        model(torch.randn(4, 3, 32, 32))  # moves the running statistics
    attach(model, "gender_probe", torch.randn(2, model.row.width), torch.randn(2))
    classes = {**CLASSES, "gender_probe": ("female", "male")}
    save_model(tmp_path, model.to(memory_format=torch.channels_last), classes)
    loaded, facts = load_model(tmp_path)
    assert facts.classes == classes
    assert (facts.backbone, facts.image_size) == (backbone, 32)
    assert (facts.mean, facts.std) == (model.row.mean, model.row.std)
    assert set(facts.versions) == {"python", "torch", "timm"}
    assert not any(module.training for module in loaded.modules())
    state, expected = loaded.state_dict(), model.state_dict()
    assert list(state) == list(expected)
    assert all(torch.equal(state[name], expected[name]) for name in expected)


def test_last_and_best_are_kept_apart(folder: Path) -> None:
    (last, _), (best, _) = load_model(folder), load_model(folder, "best")
    assert torch.equal(last.backbone.conv1.weight, make().backbone.conv1.weight)
    assert torch.equal(best.backbone.conv1.weight, make(seed=1).backbone.conv1.weight)


def test_best_may_lack_a_head_that_was_attached_later(tmp_path: Path) -> None:
    model = make()
    best = {name: value.clone() for name, value in model.state_dict().items()}
    attach(model, "gender_probe", torch.randn(2, 256), torch.randn(2))
    save_model(tmp_path, model, {**CLASSES, "gender_probe": ("female", "male")}, best=best)
    loaded, facts = load_model(tmp_path, "best")
    assert tuple(facts.classes) == loaded.head_names == ("profession", "gender")


def test_equal_models_give_equal_bytes(tmp_path: Path, folder: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    model = make().to(memory_format=torch.channels_last)
    save_model(again, model, CLASSES, best=make(seed=1).state_dict())
    for name in NAMES:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_loading_moves_no_other_draw(folder: Path) -> None:
    state = torch.get_rng_state()
    load_model(folder)
    assert torch.equal(torch.get_rng_state(), state)


def test_labels_that_do_not_fit_the_heads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="'gender' has 2 outputs and needs as many labels, got \\['male'\\]"):
        save_model(tmp_path, make(), {**CLASSES, "gender": ("male",)})
    with pytest.raises(RequestError, match="'profession' has 3 outputs"):
        save_model(tmp_path, make(), {"gender": ("male", "female")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["model.safetensors", "best.safetensors"])
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_damaged_weights_are_not_used(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    content = bytearray(path.read_bytes())
    content[-3] ^= 4
    {
        "flip": lambda: path.write_bytes(content),
        "cut": lambda: path.write_bytes(content[:-2]),
        "gone": path.unlink,
    }[damage]()
    sentence = "found none" if damage == "gone" else "changed or damaged"
    with pytest.raises(IntegrityError, match=sentence):
        load_model(folder, "last" if name.startswith("model") else "best")


def test_a_folder_without_best_says_so(tmp_path: Path) -> None:
    save_model(tmp_path, make(), CLASSES)
    assert not (tmp_path / "best.safetensors").exists()
    with pytest.raises(IntegrityError, match=r"expected weights best\.safetensors .* found none"):
        load_model(tmp_path, "best")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": {}, "classes": {}, "mean": [0], "std": [1], "odd": 1}'])
def test_facts_that_are_none_are_not_used(folder: Path, text: str) -> None:
    (folder / "model.json").write_text(text)
    with pytest.raises(IntegrityError, match="does not describe a model"):
        load_model(folder)


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"expected a model with model\.json"):
        load_model(tmp_path)


def test_weights_of_another_model_are_not_used(folder: Path) -> None:
    table = json.loads((folder / "model.json").read_text())
    table["classes"]["gender"] = ["male", "female", "unsaid"]
    (folder / "model.json").write_text(json.dumps(table))
    with pytest.raises(IntegrityError, match=r"does not fit the model that model\.json describes"):
        load_model(folder)
