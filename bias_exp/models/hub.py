"""timm's hub of trained weights: what a study needs of it, what is here already, and fetching the rest. Free of torch
until a file has to be converted.

A file in the Hugging Face cache is taken as it is, without asking whether there is a newer one.
"""

import json
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from urllib.parse import urlsplit

from bias_exp.config import Study
from bias_exp.errors import RequestError
from bias_exp.models.backbone import BackboneRow
from bias_exp.models.rows import BACKBONES
from bias_exp.models.weights import no_weights
from bias_exp.places import writable_folder
from bias_exp.rundir import file_sha256

FILES = ("model.safetensors", "pytorch_model.bin")
"""What the weights are called in a repository of the hub; the first that is there is taken."""

LIST_NAME = "weights.json"
PATIENCE = 5.0
"""Seconds to wait for the hub before it counts as out of reach."""

Fetch = Callable[[str], Path]
"""A repository of the hub to a local copy of its weights."""


def cached(repository: str) -> Path | None:
    """The weights of a repository in the local cache, None where they are not there."""
    from huggingface_hub import try_to_load_from_cache

    found = (try_to_load_from_cache(repository, name) for name in FILES)
    return next((Path(path) for path in found if isinstance(path, str)), None)


def download(repository: str) -> Path:
    """Fetch the weights of a repository into the cache.

    Raises:
        RequestError: the hub cannot be reached, or has no such file.
    """
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    _reach(constants.ENDPOINT)
    for name in FILES:
        try:
            return Path(hf_hub_download(repository, name))
        except (EntryNotFoundError, OSError) as error:
            if isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError):
                continue
            raise _out_of_reach(repository, str(error)) from None
    raise _out_of_reach(repository, f"none of {', '.join(FILES)} in it")


def _reach(endpoint: str) -> None:
    """Ask for a connection first: the hub's client tries for minutes. A proxy is left to the client."""
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return
    place = urlsplit(endpoint)
    try:
        socket.create_connection((place.hostname or "", place.port or 443), timeout=PATIENCE).close()
    except OSError as error:
        raise _out_of_reach(endpoint, error.strerror or str(error)) from None


def _out_of_reach(what: str, reason: str) -> RequestError:
    first = reason.strip().splitlines()[0] if reason.strip() else "no answer"
    return RequestError(
        f"expected trained weights from {what}, found: {first}; connect to the internet, fill the Hugging Face cache, "
        'or name files: pretrained = { resnet50 = "resnet50.safetensors" }'
    )


def hub_file(row: BackboneRow, fetch: Fetch = download) -> Path:
    """The hub's weights of a row: from the cache, else fetched.

    Raises:
        RequestError: there are none, or they cannot be had.
    """
    if not row.hub:
        raise no_weights(row)
    return cached(row.hub) or fetch(row.hub)


@dataclass(frozen=True)
class Need:
    """Where the trained weights of a backbone are: on the hub ('': nowhere), and here (None: not yet)."""

    row: BackboneRow
    local: Path | None

    @property
    def text(self) -> str:
        """A line on it."""
        if not self.row.hub and self.local is None:
            return f"{self.row.name}: no published weights"
        where = f"in {self.local}, sha256 {file_sha256(self.local)}" if self.local else "not here yet"
        return f"{self.row.name}: {self.row.timm_name}, hub {self.row.hub or 'none'}, {where}"


def needs(study: Study) -> tuple[Need, ...]:
    """The trained weights of a study's backbones: the files that it names, else those of the hub."""
    named = study.pretrained if isinstance(study.pretrained, dict) else {}
    found = []
    for row in map(BACKBONES.__getitem__, study.matrix.backbones):
        local = Path(named[row.name]) if row.name in named else cached(row.hub) if row.hub else None
        found.append(Need(row, local if local is None or local.is_file() else None))
    return tuple(found)


def needs_text(study: Study, found: Sequence[Need]) -> str:
    """What a study starts from, and a line on each backbone."""
    start = {True: "timm's hub (pretrained = true)", False: "random weights (pretrained = false)"}
    said = "files that it names" if isinstance(study.pretrained, dict) else start[study.pretrained]
    return "\n".join([f"study {study.name} starts from {said}", *(f"  {need.text}" for need in found)])


def fetch_all(rows: Iterable[BackboneRow], out: Path, fetch: Fetch = download) -> str:
    """Keep the hub's weights of rows as `out/<backbone>.safetensors`, with their sha256 in `out/weights.json`.

    Returns:
        The line of a study that starts from them.

    Raises:
        RequestError: a backbone without published weights, a hub out of reach, or `out` cannot be written.
    """
    wanted = tuple(rows)
    sources = {row.name: hub_file(row, fetch) for row in wanted}
    writable_folder(out)
    listing = {}
    for row in wanted:
        target = out / f"{row.name}.safetensors"
        _keep(sources[row.name], target)
        facts = {"file": target.name, "sha256": file_sha256(target), "timm_name": row.timm_name, "hub": row.hub}
        listing[row.name] = facts
    (out / LIST_NAME).write_text(json.dumps(listing, indent=1) + "\n", encoding="utf-8")
    files = ", ".join(f"{row.name} = {json.dumps(str(out / f'{row.name}.safetensors'))}" for row in wanted)
    return f"pretrained = {{ {files} }}"


def _keep(source: Path, target: Path) -> None:
    """A copy that is whole or not there, converted where the hub has no safetensors."""
    aside = target.with_suffix(".partial")
    if source.suffix == ".safetensors":
        copyfile(source, aside)
    else:
        from safetensors.torch import save_file

        from bias_exp.models.statefile import read_state

        save_file(read_state(source), aside)
    aside.replace(target)
