"""Studies by name: read from `experiments/*.toml`, then changed by a preset and by single settings."""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from bias_exp.config import AblateConfig, DataConfig, ExplainConfig, Study
from bias_exp.errors import RequestError
from bias_exp.shares import Shares, check_ratio

M = TypeVar("M", bound=BaseModel)


def _sentence(where: str, error: ValidationError, model: Any) -> str:
    """The first problem of a refused configuration, with the known keys where one was unknown."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        *outer, key = first["loc"]
        for part in outer:
            # In a table of models by name, such as [claims.x], the name is no field of any model.
            model = model.model_fields[part].annotation if hasattr(model, "model_fields") else get_args(model)[-1]
        known = ", ".join(model.model_fields)
        table = f" in [{'.'.join(map(str, outer))}]" if outer else ""
        return f"{where}: unknown key {key!r}{table}; known keys: {known}"
    message = first["msg"].removeprefix("Value error, ")
    found = "" if first["type"] in ("value_error", "missing") else f", got {first['input']!r}"
    return f"{where}: {f'{place}: ' if place else ''}{message}{found}"


def _merge(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in change.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _changed(table: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """`table` with `change` over it; data named anew takes the place of the data that was named before."""
    merged = _merge(table, change)
    new = change.get("data", {})
    for named, other in (("path", ("source", "options")), ("source", ("path",))):
        if named in new:
            merged["data"] = {key: value for key, value in merged["data"].items() if key in new or key not in other}
    return merged


def parse_setting(text: str) -> dict[str, Any]:
    """`train.epochs=2` as nested tables. The value is TOML; a bare word is taken as a string."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise RequestError(f"expected a setting like train.epochs=2, found {text!r}")
    for candidate in (value, f'"{value.strip()}"'):
        try:
            return tomllib.loads(f"{name.strip()} = {candidate}")
        except tomllib.TOMLDecodeError:
            continue
    raise RequestError(f"expected a TOML value in the setting {text!r} (a number, true, [0, 1], or text)")


def find_study(name: str) -> Path:
    """The TOML of a study: a path, or a name in `experiments/` here or beside the package."""
    given = Path(name)
    candidates = [given] if given.suffix == ".toml" else [folder / f"{name}.toml" for folder in _folders()]
    for path in candidates:
        if path.is_file():
            return path
    known = ", ".join(study_names())
    raise RequestError(f"unknown study {name!r}; choose from: {known}, or give the path of a TOML file")


def _folders() -> tuple[Path, Path]:
    return Path("experiments"), Path(__file__).resolve().parent.parent / "experiments"


def study_names() -> list[str]:
    """The names that `find_study` knows."""
    return sorted({path.stem for folder in _folders() for path in folder.glob("*.toml")})


def build_study(table: dict[str, Any], where: str, preset: str | None = None, settings: tuple[str, ...] = ()) -> Study:
    """A study from a table, then its preset, then single settings, the later over the earlier.

    Raises:
        RequestError: an unknown key or preset, or a value out of range; the message says where.
    """
    presets = table.get("presets", {})
    if preset:
        if preset not in presets:
            raise RequestError(f"{where}: unknown preset {preset!r}; choose from: {', '.join(presets) or 'none'}")
        table = _changed(table, presets[preset])
    for setting in settings:
        table = _changed(table, parse_setting(setting))
    try:
        return Study.model_validate(table)
    except ValidationError as error:
        raise RequestError(_sentence(where, error, Study)) from None


def load_study(name: str, preset: str | None = None, settings: tuple[str, ...] = ()) -> Study:
    """Read a study by name or path; see `build_study`."""
    path = find_study(name)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RequestError(f"expected a TOML file at {path}, found: {error}") from None
    return build_study(table, str(path), preset, settings)


def one_cell(study: Study, data: str | None = None, **axes: Any) -> Study:
    """A study's first cell, or the one on the given values of `backbone`, `female_ratio` or `shares` (the label of one
    of the study's arms), `size`, `loss` and `seed`.

    With `data`, a folder with a manifest, the study is that folder's: it is named after it.

    Raises:
        RequestError: a value out of range, an arm that the study does not have, or both a ratio and shares.
    """
    table = study.model_dump(mode="json", exclude_defaults=True)
    matrix, chosen = study.matrix, table["matrix"]
    for one, many in {"backbone": "backbones", "loss": "losses", "seed": "seeds"}.items():
        given = axes.get(one)
        chosen[many] = [getattr(matrix, many)[0] if given is None else given]
    chosen |= {"size": axes.get("size") or matrix.arm_sizes[0], "sizes": [], "heads": matrix.heads[:1]}
    arm = _arm(study, axes)
    plain = arm.female_ratio is not None and arm == Shares.female(arm.female_ratio)
    chosen["female_ratios"] = [arm.female_ratio] if plain else []
    chosen["shares"] = [] if plain else [arm.model_dump(mode="json")]
    if data is not None:
        table["data"] = {"path": data}
        table["name"] = re.sub(r"[^A-Za-z0-9_+-]+", "-", Path(data).resolve().name).strip("-") or "data"
    return build_study(table, "the request")


def _arm(study: Study, axes: dict[str, Any]) -> Shares:
    """The arm of one cell."""
    ratio, label = axes.get("female_ratio"), axes.get("shares")
    if ratio is not None and label is not None:
        raise RequestError(f"expected a female ratio or the name of an arm, found both: {ratio} and {label}; give one")
    if ratio is not None:
        return Shares.female(read_ratio(ratio))
    arms = {arm.label: arm for arm in study.matrix.arms}
    if label is not None and label not in arms:
        raise RequestError(f"unknown arm {label!r}; choose from: {', '.join(arms)}")
    return arms[label] if label is not None else study.matrix.arms[0]


def read_ratio(text: str) -> float:
    """A female ratio from the command line; one out of range raises RequestError."""
    try:
        return check_ratio(text)
    except ValueError as error:
        raise RequestError(str(error)) from None


def data_settings(settings: tuple[str, ...], source: str) -> DataConfig:
    """`options.size=64` and `split.test=0.2` as the description of data from a source."""
    return _settings(DataConfig, {"source": source}, settings)


def phase_settings(settings: tuple[str, ...]) -> dict[str, Any]:
    """`explain.gallery=4` and `ablate.draws=8` as changes of a cell's later phases."""
    table: dict[str, Any] = {}
    for setting in settings:
        table = _merge(table, parse_setting(setting))
    known: dict[str, type[BaseModel]] = {"explain": ExplainConfig, "ablate": AblateConfig}
    for name, values in table.items():
        if name not in known or not isinstance(values, dict):
            raise RequestError(f"expected settings of {' or '.join(known)}, found {name!r}; write explain.gallery=4")
        _settings(known[name], values, ())
    return table


def changed_settings(model: type[M], table: dict[str, Any], change: dict[str, Any]) -> M:
    """A table of settings with a change over it, setting by setting.

    Raises:
        RequestError: the change does not go together with what it leaves as it was.
    """
    try:
        return model.model_validate(_laid_over(model, table, change))
    except ValidationError as error:
        raise RequestError(_sentence("--set", error, model)) from None


def _laid_over(model: type[BaseModel], table: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """`change` over `table`; a setting whose value is a table of names, such as `expected`, is one setting."""
    merged = table | change
    for name in set(table) & set(change):
        inner = model.model_fields[name].annotation if name in model.model_fields else None
        if isinstance(inner, type) and issubclass(inner, BaseModel) and isinstance(change[name], dict):
            merged[name] = _laid_over(inner, table[name], change[name])
    return merged


def _settings(model: type[BaseModel], table: dict[str, Any], settings: tuple[str, ...]) -> Any:
    for setting in settings:
        table = _merge(table, parse_setting(setting))
    return changed_settings(model, table, {})
