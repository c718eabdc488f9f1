"""The real pipeline, tiny and of random weights, made and read back here: no connection, no weights from elsewhere."""

import importlib.util
import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest

NEEDED = ("diffusers", "transformers", "accelerate")
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED),
    reason="needs the extra: pip install --constraint constraints.txt --editable '.[generate]'",
)

from bias_exp.collect import sdxl as painting  # noqa: E402
from bias_exp.collect.collection import read_collection  # noqa: E402
from bias_exp.collect.picture_file import as_pixels, flaw_of  # noqa: E402
from bias_exp.collect.prompt_table import PROMPTS_FILE, read_prompts  # noqa: E402
from bias_exp.collect.rows import collect  # noqa: E402
from bias_exp.collect.sdxl import Sdxl, Wanted, load  # noqa: E402
from bias_exp.collect.sdxl_folder import INDEX, fingerprint, pipeline_folder  # noqa: E402
from bias_exp.data.images import read_image  # noqa: E402
from bias_exp.errors import RequestError  # noqa: E402
from tests.collect.tiny_sdxl import LENGTH, SIDE, save_pipeline, save_tokenizer  # noqa: E402

TEMPLATES = """
negative = "crowd"
[genders]
female = "female"
male = "male"
[templates]
one = "photo of {a} {gender} {profession}, {scene}"
[professions.doctor]
word = "doctor"
ward = "on a ward"
desk = "at a desk"
"""
TOLERANCE = 1e-5


def _no_connection(*args: Any, **kwargs: Any) -> NoReturn:
    raise OSError("no connection in tests")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No way out, an empty cache, and no processes beside this one."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(socket.socket, "connect", _no_connection)
    monkeypatch.setattr(socket, "getaddrinfo", _no_connection)
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved pipeline."""
    scratch = tmp_path_factory.mktemp("sdxl")
    return save_pipeline(scratch / "tiny", scratch)


@pytest.fixture(scope="session")
def loaded(folder: Path) -> Sdxl:
    """The saved pipeline as it is loaded in earnest."""
    return load(Wanted(str(folder), device="cpu"))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`prompts.csv`: 1 profession x 2 scenes x 2 genders."""
    place = tmp_path_factory.mktemp("prompts")
    (place / "own.toml").write_text(TEMPLATES, encoding="utf-8")
    asked = {"file": str(place / "own.toml"), "per_profession": 4, "width": SIDE, "height": SIDE, "steps": 2}
    collect("prompts", None, out=str(place), options=asked)
    return place / PROMPTS_FILE


@pytest.fixture
def out(table: Path, tmp_path: Path) -> Path:
    """A folder with these prompts."""
    place = tmp_path / "out"
    place.mkdir()
    shutil.copy(table, place)
    return place


def rows_of(table: Path, count: int) -> list[Any]:
    return list(read_prompts(table).head(count).itertuples(index=False))


def test_the_tiny_tokenizer_reads_letters(loaded: Sdxl) -> None:
    """Made another way it would know two tokens, and every prompt would be the same to it."""
    tokenizer = loaded.pipeline.tokenizer
    assert len(tokenizer) == 514
    one, other = tokenizer(["a female doctor", "a male doctor"], padding="max_length").input_ids
    assert one != other
    assert len(one) == len(other) == LENGTH


def test_each_picture_has_its_own_seed_whatever_the_batch(loaded: Sdxl, table: Path) -> None:
    rows = rows_of(table, 3)
    together = loaded.pictures(rows)
    alone = np.concatenate([loaded.pictures([row]) for row in rows])
    assert together.shape == (3, SIDE, SIDE, 3)
    assert together.dtype == np.float32
    assert np.abs(together - alone).max() < TOLERANCE
    assert not any(map(flaw_of, together))
    assert rows[0].seed == rows[1].seed != rows[2].seed
    pair, stranger = np.abs(together[0] - together[1]).max(), np.abs(together[0] - together[2]).max()
    assert TOLERANCE < pair < stranger  # the word changes a little, the seed everything


def test_drawing_neither_reads_nor_moves_the_global_seed(loaded: Sdxl, table: Path) -> None:
    import torch

    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = loaded.pictures(rows_of(table, 1))
    torch.testing.assert_close(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    np.testing.assert_array_equal(first, loaded.pictures(rows_of(table, 1)))


def test_the_negative_prompt_and_the_guidance_are_read(loaded: Sdxl, table: Path) -> None:
    row = rows_of(table, 1)[0]
    plain = loaded.pictures([row])
    assert np.abs(plain - loaded.pictures([row._replace(negative_prompt="x")])).max() > TOLERANCE
    assert np.abs(plain - loaded.pictures([row._replace(guidance=3.0)])).max() > TOLERANCE


def test_from_prompts_to_a_collection_through_the_saved_pipeline(out: Path, folder: Path, loaded: Sdxl) -> None:
    said = collect("generate", None, out=str(out), options={"model": str(folder), "batch": 3, "device": "cpu"})
    assert said.startswith(f"4 of 4 pictures made by tiny@{fingerprint(folder)} in ")
    for row, prompt in zip(read_collection(out).itertuples(), rows_of(out / PROMPTS_FILE, 4), strict=True):
        made = as_pixels(loaded.pictures([prompt])[0]).astype(int)
        assert np.abs(read_image(out / row.path).astype(int) - made).max() <= 1
        (sidecar,) = (out / "sidecars").rglob(f"{prompt.prompt_id}_*.json")
        known = json.loads(sidecar.read_text(encoding="utf-8"))
        assert set(known["versions"]) == {"torch", *NEEDED}
        assert (known["dtype"], known["device"]) == ("float32", "cpu")


def test_two_processes_make_what_one_makes(
    out: Path, loaded: Sdxl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bias_exp.collect.generate._painter", lambda options: loaded)
    shutil.copytree(out, tmp_path / "one")
    collect("generate", None, out=str(tmp_path / "one"), options={"batch": 3})
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank in "01":
        monkeypatch.setenv("RANK", rank)
        collect("generate", None, out=str(out), options={"batch": 2})
    one, two = read_collection(tmp_path / "one"), read_collection(out)
    pd.testing.assert_frame_equal(*(each[["path", "prompt", "seed", "model", "label/gender"]] for each in (one, two)))
    for path in one["path"]:
        difference = read_image(out / path).astype(int) - read_image(tmp_path / "one" / path)
        assert np.abs(difference).max() <= 1


# ---- what half precision does


def test_a_vae_that_overflows_at_float16_is_seen_and_mended_at_float32(folder: Path, table: Path) -> None:
    """SDXL's own does: its values leave the range of float16, and every picture comes out black."""
    import torch

    half = load(Wanted(str(folder), dtype="float16", device="cpu"))
    rows, vae = rows_of(table, 1), half.pipeline.vae
    assert not half.can_overflow  # as it was saved, it decodes at float32
    with torch.no_grad():
        vae.decoder.conv_in.weight.mul_(3e4)
        vae.decoder.conv_in.bias.mul_(3e4)
    assert flaw_of(half.pictures(rows)[0]) == ""
    vae.register_to_config(force_upcast=False)
    assert half.can_overflow
    assert flaw_of(half.pictures(rows)[0]).startswith("not finite")
    assert flaw_of(half.pictures(rows, upcast=True)[0]) == ""
    assert half.can_overflow  # only that one picture was upcast


# ---- prompts that the model would not read


def test_a_prompt_that_is_too_long_is_refused(loaded: Sdxl) -> None:
    loaded.check(["x" * (LENGTH - 2), "", "y"])
    with pytest.raises(RequestError, match=f"at most {LENGTH} tokens, found {LENGTH + 1} in 'xxx.*: shorten it"):
        loaded.check(["x" * (LENGTH - 1)])


def test_a_tokenizer_without_its_vocabulary_is_refused(loaded: Sdxl, tmp_path: Path) -> None:
    from transformers import CLIPTokenizer

    save_tokenizer(tmp_path / "own")
    files = {"vocab_file": str(tmp_path / "own/vocab.json"), "merges_file": str(tmp_path / "own/merges.txt")}
    broken = type(loaded.pipeline)(**{**loaded.pipeline.components, "tokenizer_2": CLIPTokenizer(**files)})
    other = Sdxl(broken, loaded.model, loaded.dtype, loaded.device)
    with pytest.raises(RequestError, match="tokenizer_2 that tells prompts apart, found one that reads 2 prompts as 1"):
        other.check(["female", "male"])


# ---- models that are none


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"model": ""}, "expected a model, found none; name the folder"),
        ({"model": "no/such/folder"}, "found no such folder at no/such/folder"),
        ({"model": "owner/unheard-of"}, r"the model owner/unheard-of in a folder .*; connect to the internet, or name"),
        ({"device": "cuda:99"}, "expected the device cuda:99, found . GPUs"),
        ({"device": "toaster"}, "options.device such as cpu or cuda:0, found 'toaster'"),
        ({"dtype": "int8"}, "options.dtype among float32, float16, bfloat16, found 'int8'"),
        ({"variant": "fp16"}, "expected a whole SDXL pipeline with safetensors"),
    ],
)
def test_what_cannot_be_loaded_is_said(asked: dict[str, str], said: str, folder: Path) -> None:
    with pytest.raises(RequestError, match=said):
        load(Wanted(**{"model": str(folder), "device": "cpu", **asked}))


def _no_index(folder: Path) -> None:
    (folder / INDEX).unlink()


def _other_pipeline(folder: Path) -> None:
    (folder / INDEX).write_text(json.dumps({"_class_name": "StableDiffusionPipeline"}), encoding="utf-8")


def _no_json(folder: Path) -> None:
    (folder / INDEX).write_text("[", encoding="utf-8")


def _no_weights(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_no_index, f"no readable {INDEX} among: .*unet"),
        (_other_pipeline, f"found {INDEX} of a StableDiffusionPipeline"),
        (_no_json, f"no readable {INDEX}"),
        (_no_weights, "expected a whole SDXL pipeline with safetensors"),
    ],
)
def test_a_folder_that_is_no_pipeline_is_said(
    harm: Callable[[Path], None], said: str, folder: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    harm(broken)
    with pytest.raises(RequestError, match=said):
        load(Wanted(str(broken), device="cpu"))


def test_a_missing_package_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = painting.find_spec
    monkeypatch.setattr(painting, "find_spec", lambda name: None if name == "diffusers" else there(name))
    with pytest.raises(RequestError, match=r"found no diffusers; install them with `pip install .*\[generate\]'`"):
        load(Wanted(str(folder)))


def test_the_fingerprint_names_what_is_loaded(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "elsewhere")
    assert fingerprint(copy) == fingerprint(folder)
    (copy / "README.md").write_text("words", encoding="utf-8")
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    shutil.copy(weights, weights.with_name("diffusion_pytorch_model.fp16.safetensors"))
    assert fingerprint(copy) == fingerprint(folder)
    assert fingerprint(copy, "fp16") != fingerprint(folder)
    with weights.open("ab") as file:
        file.write(b"x")
    assert fingerprint(copy) != fingerprint(folder)
    before = fingerprint(copy)
    (copy / "scheduler" / "scheduler_config.json").write_text("{}", encoding="utf-8")
    assert fingerprint(copy) != before


def test_a_model_of_the_hub_is_taken_from_the_cache(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache's own layout, made by hand: nothing is asked of the hub."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("diffusers.pipelines.pipeline_utils.HF_HUB_CACHE", str(tmp_path), raising=False)
    place = tmp_path / "models--owner--tiny"
    shutil.copytree(folder, place / "snapshots" / "abc")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc", encoding="utf-8")
    found, name = pipeline_folder("owner/tiny")
    assert name == "owner/tiny"
    assert fingerprint(found) == fingerprint(folder)
