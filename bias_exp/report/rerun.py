"""The command that works on a study as it was last planned: by its name, with a preset, or as a TOML of its own."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bias_exp.config import Study
from bias_exp.errors import RequestError
from bias_exp.studies import load_study, study_names

STUDY_TOML = "study.toml"
_FOUND_LATER = ("claims", "weights", "pretrained")
"""Settings that are no part of the question whether a file says the same: planning fills them in, or keeps them."""


def matrix_command(study: Study, uri: str | None, folder: str) -> tuple[str, bool]:
    """`bias-exp matrix ...` that plans exactly this study, and whether it reads `study.toml` in `folder`.

    The study is named where a file of that name, or one of its presets, says the same; else it must be written.
    """
    words, written = ["bias-exp", "matrix", "--study"], False
    known = _named(study)
    if known is None:
        words.append(str(Path(folder, STUDY_TOML)))
        written = True
    else:
        words += known
    words += ["--tracking-uri", uri] if uri else []
    return shlex.join(words), written


def _named(study: Study) -> list[str] | None:
    """`[name]` or `[name, --preset, preset]` of a file that says the same as `study`: presets may rename a study."""
    wanted = _asked(study)
    for name in study_names():
        try:
            plain = load_study(name)
            for preset in (None, *plain.presets):
                if _asked(load_study(name, preset)) == wanted:
                    return [name, *(["--preset", preset] if preset else [])]
        except RequestError:  # a file that cannot be read, or a preset that is wrong, is none that says the same
            continue
    return None


def _asked(study: Study) -> dict[str, Any]:
    content = study.model_dump(mode="json")
    files = {"pretrained": bool(content["pretrained"])}
    return {name: value for name, value in content.items() if name not in _FOUND_LATER} | files


def study_toml(study: Study) -> str:
    """A study as TOML that `load_study` reads back: one line a setting or table; what equals its default is left
    out."""
    content = study.model_dump(mode="json", exclude_defaults=True, exclude={"weights"})
    return "".join(f"{_key(name)} = {_value(value)}\n" for name, value in content.items() if value is not None)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)


def _value(value: Any) -> str:
    """A value as TOML; tables stand inline. JSON's strings, numbers and flags are TOML's."""
    if isinstance(value, Mapping):
        inside = [f"{_key(name)} = {_value(one)}" for name, one in value.items() if one is not None]
        return f"{{ {', '.join(inside)} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=True, allow_nan=False)
