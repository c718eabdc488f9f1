"""A model as files: weights in safetensors, and what they mean in `model.json`.

    model.safetensors    weights after the last step: the primary result
    best.safetensors     weights of the best validation, when there was a validation set
    model.json           backbone, image size, labels of every head in output order, mean and std, versions, hashes

Equal models of equal versions give equal bytes. Optimiser state is no part of this: it never leaves the machine.
"""

import json
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from bias_exp.errors import IntegrityError, RequestError
from bias_exp.models.build import CutModel, build
from bias_exp.rundir import file_sha256

Which = Literal["last", "best"]

FACTS_NAME = "model.json"
WEIGHTS_NAME: dict[Which, str] = {"last": "model.safetensors", "best": "best.safetensors"}


def library_versions() -> dict[str, str]:
    """Versions that the bits of a model depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("torch", "timm")}


@dataclass(frozen=True)
class ModelFacts:
    """What the weights mean. `classes` holds the labels of every head in output order."""

    backbone: str
    image_size: int
    classes: dict[str, tuple[str, ...]]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    versions: dict[str, str] = field(default_factory=library_versions)


def describe(model: CutModel, classes: dict[str, tuple[str, ...]]) -> ModelFacts:
    """The facts of a model whose heads have these labels, in output order.

    Raises:
        RequestError: a head of the model has no labels here, or not as many as outputs.
    """
    for name, outputs in model.outputs.items():
        labels = classes.get(name, ())
        if len(set(labels)) != outputs:
            raise RequestError(f"head {name!r} has {outputs} outputs and needs as many labels, got {list(labels)}")
    ordered = {name: tuple(classes[name]) for name in model.head_names}
    return ModelFacts(model.row.name, model.image_size, ordered, model.row.mean, model.row.std)


def _write_weights(path: Path, state: dict[str, Tensor]) -> str:
    # Training may leave weights channels-last; the file has one order of bytes, whatever the path to it.
    plain = {name: tensor.detach().to("cpu", memory_format=torch.contiguous_format) for name, tensor in state.items()}
    save_file(plain, path)
    return file_sha256(path)


def save_model(
    folder: Path, model: CutModel, classes: dict[str, tuple[str, ...]], *, best: dict[str, Tensor] | None = None
) -> ModelFacts:
    """Write `model` (the last weights), `best` (a state dict, where there is one) and their facts into `folder`.

    `best` may lack heads that were attached after the fit. Labels are those of `describe`, and so are the errors.
    """
    facts = describe(model, classes)
    hashes = {WEIGHTS_NAME["last"]: _write_weights(folder / WEIGHTS_NAME["last"], model.state_dict())}
    if best is not None:
        hashes[WEIGHTS_NAME["best"]] = _write_weights(folder / WEIGHTS_NAME["best"], best)
    text = json.dumps({**asdict(facts), "sha256": hashes}, indent=1, ensure_ascii=False)
    (folder / FACTS_NAME).write_text(text + "\n", encoding="utf-8")
    return facts


def _read_facts(path: Path) -> tuple[ModelFacts, dict[str, str]]:
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        hashes = dict(table.pop("sha256"))
        table["classes"] = {name: tuple(labels) for name, labels in table["classes"].items()}
        table["mean"], table["std"] = tuple(table["mean"]), tuple(table["std"])
        return ModelFacts(**table), hashes
    except FileNotFoundError:
        raise IntegrityError(f"expected a model with {FACTS_NAME} in {path.parent}, found none") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{path} does not describe a model of this project: {error!r}") from None


def _read_weights(path: Path, sha256: str | None) -> dict[str, Tensor]:
    if sha256 is None or not path.is_file():
        raise IntegrityError(f"expected weights {path.name} in {path.parent}, found none")
    if file_sha256(path) != sha256:
        raise IntegrityError(f"{path} is not what {FACTS_NAME} says: it was changed or damaged")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise IntegrityError(f"{path} is not a safetensors file: {error}") from None


def load_model(folder: Path, which: Which = "last") -> tuple[CutModel, ModelFacts]:
    """The model in `folder`, in evaluation mode on the CPU, and its facts, which name the heads that it has.

    Raises:
        IntegrityError: a file is missing, damaged, or does not fit the others.
    """
    facts, hashes = _read_facts(folder / FACTS_NAME)
    path = folder / WEIGHTS_NAME[which]
    state = _read_weights(path, hashes.get(path.name))
    attached_later = {
        name for name in facts.classes if which == "best" and f"heads.{CutModel.head_key(name)}.weight" not in state
    }
    classes = {name: labels for name, labels in facts.classes.items() if name not in attached_later}
    with torch.random.fork_rng(devices=[]):  # the draws of `build` are overwritten, and must move no other draw
        model = build(facts.backbone, {name: len(labels) for name, labels in classes.items()}, facts.image_size)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise IntegrityError(f"{path} does not fit the model that {FACTS_NAME} describes: {reason}") from None
    facts = ModelFacts(**{**asdict(facts), "classes": classes})
    return model.eval(), facts
