"""Stable Diffusion XL through diffusers: prompts in, pixels out, each picture from a generator of its own seed.

The noise is drawn on the CPU, one generator a picture, so neither the batch nor the number of processes changes what
is drawn; on another device or in another batch the arithmetic still rounds differently, so pictures are equal within
a tolerance and not by their bytes. Only safetensors are read. SDXL has no safety checker: see docs/generating.md.
"""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bias_exp.collect.sdxl_folder import fingerprint, pipeline_folder
from bias_exp.errors import RequestError

NEEDED = ("diffusers", "transformers", "accelerate")
_THEIR_OWN = (("`upcast_vae` is deprecated", FutureWarning), ("__array__ implementation", DeprecationWarning))
"""Warnings at what diffusers itself calls, about which nobody here can do anything."""

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Wanted:
    """How a pipeline is to be loaded: '' stands for what the machine suggests."""

    model: str
    dtype: str = ""
    device: str = ""
    variant: str = ""


@dataclass
class Sdxl:
    """A loaded pipeline; `model` names it: where it is from, and the fingerprint of its files."""

    pipeline: Any
    model: str
    dtype: str
    device: str

    def check(self, prompts: Sequence[str]) -> None:
        """Prove that the model reads every prompt whole, and no two of them as the same.

        Raises:
            RequestError: a prompt is longer than what is read, or the tokenizer cannot tell two prompts apart.
        """
        texts = list(dict.fromkeys(" ".join(text.casefold().split()) for text in prompts if text))
        for name in ("tokenizer", "tokenizer_2"):
            tokenizer = getattr(self.pipeline, name)
            if tokenizer is None:
                continue
            ids = [tuple(one) for one in tokenizer(texts).input_ids]
            length, longest = max(zip(map(len, ids), texts, strict=True))
            if length > tokenizer.model_max_length:
                raise RequestError(
                    f"expected prompts of at most {tokenizer.model_max_length} tokens, found {length} in {longest!r}; "
                    f"the model would not read its end: shorten it"
                )
            special = set(tokenizer.all_special_ids)  # what is unknown is read as one of these
            known = {tuple(token for token in one if token not in special) for one in ids}
            if len(known) < len(texts):
                raise RequestError(
                    f"expected a {name} that tells prompts apart, found one that reads {len(texts)} prompts as "
                    f"{len(known)}; its vocabulary was not loaded: get the model's {name} folder again"
                )

    def pictures(self, rows: Sequence[Any], *, upcast: bool = False) -> np.ndarray:
        """Pictures (n, height, width, 3) float32 in [0, 1], not finite where the model failed.

        `rows` are prompts as in columns.PROMPTS that share size, steps and guidance. With `upcast` the VAE decodes
        them at float32.
        """
        first, vae = rows[0], self.pipeline.vae
        before = vae.config.force_upcast
        vae.register_to_config(force_upcast=before or upcast)
        try:
            with _quiet():
                made = self.pipeline(
                    prompt=[row.prompt for row in rows],
                    negative_prompt=[row.negative_prompt for row in rows],
                    generator=[torch.Generator("cpu").manual_seed(int(row.seed)) for row in rows],
                    width=int(first.width),
                    height=int(first.height),
                    num_inference_steps=int(first.steps),
                    guidance_scale=float(first.guidance),
                    output_type="np",  # of other types NaN would become black without a word
                )
        except torch.OutOfMemoryError:
            raise RequestError(
                f"expected {len(rows)} pictures of {first.width} x {first.height} to fit into the memory of "
                f"{self.device}, found too little; lower options.batch, or set options.dtype=float16"
            ) from None
        finally:
            vae.register_to_config(force_upcast=before)
        return np.asarray(made.images, dtype=np.float32)

    @property
    def can_overflow(self) -> bool:
        """Whether the VAE decodes at float16, whose range SDXL's own VAE leaves: the picture is black then."""
        vae = self.pipeline.vae
        return bool(vae.dtype == torch.float16 and not vae.config.force_upcast)

    def facts(self) -> dict[str, Any]:
        """What the pictures depend on beside their prompts."""
        versions = {name: version(name) for name in ("torch", *NEEDED)}
        return {"model": self.model, "dtype": self.dtype, "device": self.device, "versions": versions}


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        for message, kind in _THEIR_OWN:
            warnings.filterwarnings("ignore", message, kind)
        yield


def load(wanted: Wanted) -> Sdxl:
    """The pipeline that is wanted, on its device.

    Raises:
        RequestError: a package is missing, there is no such model, or the device or number format is not there.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise RequestError(
            f"expected the packages {', '.join(NEEDED)} to generate pictures, found no {missing[0]}; install them with "
            f"`pip install --constraint constraints.txt --editable '.[generate]'`"
        )
    _silence()
    device = _device(wanted.device)
    dtype = wanted.dtype or ("float16" if device.startswith("cuda") else "float32")
    if dtype not in DTYPES:
        raise RequestError(f"expected options.dtype among {', '.join(DTYPES)}, found {dtype!r}")
    folder, name = pipeline_folder(wanted.model, wanted.variant)
    pipeline = _read(folder, dtype, wanted.variant)
    pipeline.vae.enable_slicing()  # a batch is decoded one by one: the same pictures, much less memory
    return Sdxl(pipeline.to(device), f"{name}@{fingerprint(folder, wanted.variant)}", dtype, device)


def _silence() -> None:
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()


def _read(folder: Path, dtype: str, variant: str) -> Any:
    from diffusers import StableDiffusionXLPipeline

    try:
        pipeline = StableDiffusionXLPipeline.from_pretrained(
            folder,
            dtype=DTYPES[dtype],
            variant=variant or None,
            use_safetensors=True,
            local_files_only=True,
            add_watermarker=False,  # else it would depend on whether a package is there
        )
    except (OSError, ValueError) as error:
        raise RequestError(
            f"expected a whole SDXL pipeline with safetensors in {folder}, found: {_first_line(error)}; get it again, "
            f"or name its files' variant: --set options.variant=fp16"
        ) from None
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _device(asked: str) -> str:
    """The device: the one asked for, else this process's own GPU, else the CPU."""
    if not asked and not torch.cuda.is_available():
        return "cpu"
    device = asked or f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    try:
        found = torch.device(device)
    except RuntimeError:
        raise RequestError(f"expected options.device such as cpu or cuda:0, found {device!r}") from None
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if found.type == "cuda" and (found.index or 0) >= there:
        raise RequestError(
            f"expected the device {device}, found {there} GPUs; start as many processes as there are GPUs"
        )
    return device
