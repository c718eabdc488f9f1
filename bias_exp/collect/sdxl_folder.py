"""The folder of an SDXL pipeline: found by its path or in the Hugging Face cache, fetched, and named by its files.

A pipeline's folder holds `model_index.json` and a folder for each component. It is the same for a model that was saved
by hand and for one of the hub.
"""

import hashlib
import json
import re
from pathlib import Path

from bias_exp.errors import RequestError

INDEX = "model_index.json"
PIPELINE = "StableDiffusionXLPipeline"
DIGITS = 12
"""Hex digits of a fingerprint."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def pipeline_folder(model: str, variant: str = "") -> tuple[Path, str]:
    """The folder of a model and its name: its hub id, or the name of its folder.

    A model of the hub is taken from the local cache where it is there whole, else fetched.

    Raises:
        RequestError: there is none, or it is no SDXL pipeline.
    """
    if not model:
        raise RequestError(
            "expected a model, found none; name the folder of an SDXL pipeline or its id on the hub: "
            "--set options.model=stabilityai/stable-diffusion-xl-base-1.0"
        )
    given = Path(model).expanduser()
    if given.is_dir():
        return _checked(given), given.resolve().name
    if given.exists() or not _HUB_ID.fullmatch(model):
        found = "a file" if given.exists() else "no such folder"
        raise RequestError(
            f"expected options.model to be the folder of an SDXL pipeline ({INDEX}, unet/, vae/ ...) or its id on the "
            f"hub (owner/name), found {found} at {model}"
        )
    return _checked(_hub_folder(model, variant)), model


def _hub_folder(model: str, variant: str) -> Path:
    from diffusers import StableDiffusionXLPipeline

    asked = {"use_safetensors": True, "variant": variant or None}
    try:
        return Path(StableDiffusionXLPipeline.download(model, local_files_only=True, **asked))
    except OSError:
        pass  # not in the cache, or not whole
    try:
        return Path(StableDiffusionXLPipeline.download(model, **asked))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error.__cause__ or error).split())[:160]
        raise RequestError(
            f"expected the model {model} in a folder of that name, in the Hugging Face cache or on the hub, found none "
            f"(the hub: {reason}); connect to the internet, or name a folder that holds it"
        ) from None


def _index(folder: Path) -> dict[str, object]:
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        index = None
    return index if isinstance(index, dict) else {}


def _checked(folder: Path) -> Path:
    found = _index(folder).get("_class_name")
    if found != PIPELINE:
        inside = ", ".join(sorted(path.name for path in folder.iterdir())[:6]) or "nothing"
        what = f"{INDEX} of a {found}" if found else f"no readable {INDEX} among: {inside}"
        raise RequestError(f"expected a {PIPELINE} in {folder}, found {what}; name the folder that holds {INDEX}")
    return folder


def fingerprint(folder: Path, variant: str = "") -> str:
    """Hex digits that name the files of a pipeline: the settings by content, the weights by name and size.

    Only files of its components count, and only weights of `variant`, so a copy with more beside them is the same.
    """
    components = [name for name in sorted(_index(folder)) if not name.startswith("_") and (folder / name).is_dir()]
    digest = hashlib.sha256()
    for path in [folder / INDEX, *(path for name in components for path in sorted((folder / name).iterdir()))]:
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".safetensors" and _variant_of(path) == variant:
            digest.update(f"{name}:{path.stat().st_size}\n".encode())
        elif path.suffix in (".json", ".txt") and ".index" not in path.name:
            digest.update(f"{name}:{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:DIGITS]


def _variant_of(path: Path) -> str:
    """`fp16` of model.fp16.safetensors and of model.fp16-00001-of-00002.safetensors; '' of model.safetensors."""
    _, _, last = path.stem.partition(".")
    return last.partition("-")[0]
