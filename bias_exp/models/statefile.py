"""Files of weights made elsewhere, read as what they may be: hostile, damaged, or wrapped in something.

Tensors only: a pickle that asks for anything else is refused before it runs. What such a file means is asked by
`models/foreign.py`.
"""

import pickle
import re
import tarfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from bias_exp.errors import RequestError

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Under which names training scripts keep the state dict in a checkpoint; the first that is there is taken."""

PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.")
"""What DataParallel, torch.compile and wrapping classes put before every name."""

_BROKEN: tuple[type[Exception], ...] = (
    *(pickle.UnpicklingError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError),
    *(OSError, AssertionError, zipfile.BadZipFile, tarfile.TarError, SafetensorError),
)
"""All that torch and safetensors have been seen to raise on files that are damaged or hostile."""


def read_state(path: Path) -> dict[str, Tensor]:
    """The named tensors of a safetensors or torch file, without wrappers and common prefixes, on the processor.

    Raises:
        RequestError: no such file, one that is damaged or holds more than tensors, or values that are not finite.
    """
    state = _unprefixed(_unwrapped(_content(path), path))
    if not state:
        raise RequestError(f"expected a state dict of weights in {path}, found an empty one")
    if odd := [name for name, one in state.items() if not isinstance(one, Tensor)]:
        raise RequestError(
            f"expected a state dict (names to tensors) in {path}, found {len(odd)} of {len(state)} entries that are "
            f"none: {_some(odd)}; save model.state_dict() alone"
        )
    if odd := [name for name, one in state.items() if one.is_floating_point() and not one.isfinite().all()]:
        raise RequestError(f"expected finite weights in {path}, found {len(odd)} tensors that are not: {_some(odd)}")
    return state


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")


def _content(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RequestError(f"expected a file of weights at {path}, found: {reason}; give its path") from None
    try:
        if start[8:] == b"{":  # safetensors: eight bytes of length, then JSON
            return load_file(path)
        with warnings.catch_warnings():  # torch wonders aloud about the pickle that it then refuses
            warnings.filterwarnings("ignore", message="Detected pickle protocol", category=UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except _BROKEN as error:
        raise RequestError(
            f"expected a safetensors file or a torch file of tensors alone at {path}, found: {_reason(error)}; "
            "save model.state_dict() alone, with safetensors if it can be"
        ) from None


def _reason(error: Exception) -> str:
    """What was found; of torch's long advice on pickles only what the pickle asks for."""
    text = " ".join(str(error).split())
    if asked := re.search(r"(?:GLOBAL|global) (\S+\.\S+)", text):
        return f"a pickle that asks for {asked[1]}"
    return text[:200] or type(error).__name__


def _unwrapped(content: Any, path: Path) -> dict[str, Any]:
    while isinstance(content, Mapping):
        inner = next((content[name] for name in WRAPPERS if isinstance(content.get(name), Mapping)), None)
        if inner is None:
            return {str(name): value for name, value in content.items()}
        content = inner
    raise RequestError(f"expected a state dict (names to tensors) in {path}, found a {type(content).__name__}")


def _unprefixed(state: dict[str, Any]) -> dict[str, Any]:
    for prefix in PREFIXES:
        if state and all(name.startswith(prefix) for name in state):
            return _unprefixed({name.removeprefix(prefix): value for name, value in state.items()})
    return state
