"""The hub of trained weights: listed, fetched once, and one sentence where it cannot be reached."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from bias_exp.config import Study
from bias_exp.errors import RequestError
from bias_exp.models import hub
from bias_exp.models.build import build
from bias_exp.models.hub import fetch_all, needs, needs_text
from bias_exp.models.rows import BACKBONES
from bias_exp.rundir import file_sha256
from bias_exp.studies import build_study


def study_of(*backbones: str, pretrained: object = True) -> Study:
    matrix = {"backbones": list(backbones), "female_ratios": [0.5]}
    return build_study({"name": "s", "data": {"path": "x"}, "matrix": matrix, "pretrained": pretrained}, "test")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a network where any use is a failure."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(hub, "cached", lambda repository: next(folder.glob(f"{Path(repository).name}*"), None))

    def no_network(*arguments: object, **named: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.create_connection", no_network)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return folder


def published(cache: Path, name: str) -> Callable[[str], Path]:
    """A downloader that puts what timm would publish for a backbone into the cache, once."""

    def fetch(repository: str) -> Path:
        path = cache / f"{Path(repository).name}.safetensors"
        assert not path.exists(), "fetched twice"
        torch.manual_seed(5)
        state = timm.create_model(BACKBONES[name].timm_name, num_classes=1000).state_dict()
        save_file(state, path)
        return path

    return fetch


def test_a_study_without_weights_here_says_where_they_are(cache: Path) -> None:
    study = study_of("resnet50", "quick_swin")
    said = needs_text(study, needs(study))
    assert said.splitlines() == [
        "study s starts from timm's hub (pretrained = true)",
        "  resnet50: resnet50.a1_in1k, hub timm/resnet50.a1_in1k, not here yet",
        "  quick_swin: no published weights",
    ]


def test_files_that_a_study_names_are_listed_with_their_hash(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(b"weights")
    study = study_of("quick_swin", pretrained={"quick_swin": str(tmp_path / "w")})
    said = needs_text(study, needs(study))
    assert "study s starts from files that it names" in said
    assert f"in {tmp_path}/w, sha256 {file_sha256(tmp_path / 'w')}" in said


def test_what_was_fetched_is_used_from_the_cache_and_the_line_can_be_pasted(cache: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    line = fetch_all([BACKBONES["resnet18"]], out, published(cache, "resnet18"))
    assert fetch_all([BACKBONES["resnet18"]], out) == line, "the second time without a network"
    listed = json.loads((out / "weights.json").read_text())
    assert listed == {
        "resnet18": {
            "file": "resnet18.safetensors",
            "sha256": file_sha256(out / "resnet18.safetensors"),
            "timm_name": "resnet18.a1_in1k",
            "hub": "timm/resnet18.a1_in1k",
        }
    }
    study = build_study(
        {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["resnet18"], "female_ratios": [0.5]}},
        "test",
        settings=(line.replace(" = {", "={", 1),),
    )
    assert study.pretrained == {"resnet18": str(out / "resnet18.safetensors")}


def test_weights_that_are_no_safetensors_become_some(cache: Path, tmp_path: Path) -> None:
    def fetch(repository: str) -> Path:
        torch.save({"state_dict": {"module.a": torch.ones(2)}}, cache / "pytorch_model.bin")
        return cache / "pytorch_model.bin"

    fetch_all([BACKBONES["resnet18"]], tmp_path / "out", fetch)
    assert load_file(tmp_path / "out" / "resnet18.safetensors")["a"].tolist() == [1, 1]


@pytest.mark.parametrize("name", ["resnet18", "swin_tiny", "convnext_tiny", "vit_tiny", "densenet121", "inception_v3"])
def test_a_trunk_starts_from_what_timm_publishes(name: str, cache: Path) -> None:
    row = BACKBONES[name]
    path = published(cache, name)(row.hub)
    model = build(name, {"g": 2}, row.default_size, pretrained=True)
    theirs = load_file(path)
    assert model.source is not None
    assert model.source.sha256 == file_sha256(path)
    loaded = model.backbone.state_dict()
    names = (
        {one.replace("norm_pre.", "head.norm."): one for one in loaded}
        if row.late_norm
        else {one: one for one in loaded}
    )
    assert names.keys() <= theirs.keys()
    assert all(torch.equal(loaded[here], theirs[there]) for there, here in names.items())


def test_an_unreachable_hub_is_a_sentence(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(
        RequestError, match="weights from https://huggingface.co, found: Name or service not known; conn"
    ):
        build("resnet18", {"g": 2}, 64, pretrained=True)
    with pytest.raises(RequestError, match="connect to the internet"):
        fetch_all([BACKBONES["resnet18"]], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_backbone_without_published_weights_is_refused(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="'quick_swin' has no published weights; set pretrained = false"):
        fetch_all([BACKBONES["quick_swin"]], tmp_path / "out")
