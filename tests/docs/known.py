"""Is a command of the documentation one that there is? Parsed by the program's own rules, nothing is run.

`check(command, files)` raises what the program would say, or AssertionError. `files` are the files that pages show, by
their paths: a study that a command names is read from there.
"""

import re
import shlex
import tomllib
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
import yaml

from bias_exp.cli import cli
from bias_exp.collect.rows import COLLECTORS
from bias_exp.config import DataConfig, Study
from bias_exp.data.layouts.rows import LAYOUTS
from bias_exp.data.sources.rows import SOURCES
from bias_exp.matrix.checks import check_names
from bias_exp.matrix.executors.rows import EXECUTORS
from bias_exp.models.rows import BACKBONES
from bias_exp.options import split_settings
from bias_exp.studies import build_study, data_settings, load_study, one_cell, phase_settings
from tests.docs.pages import ROOT, Command

Files = Mapping[str, str]

ENTRY_POINTS: dict[str, Any] = yaml.safe_load((ROOT / "MLproject").read_text(encoding="utf-8"))["entry_points"]
_MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", _MAKEFILE, flags=re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z_]+) \?=", _MAKEFILE, flags=re.MULTILINE))


def check(command: Command, files: Files) -> None:
    """Prove that the command's program would take it."""
    program, *words = command.words
    assert program in CHECKS, f"expected a program of {', '.join(CHECKS)}, found: {command.text}"
    CHECKS[program](words, files)


def _make(words: Sequence[str], files: Files) -> None:
    assert words, "expected a target"
    for word in words:
        name, equals, _ = word.partition("=")
        assert name in (VARIABLES if equals else TARGETS), f"the Makefile has no {name}"


def _bias_exp(words: Sequence[str], files: Files) -> None:
    if words in (["--help"], ["--version"]):
        return
    name, *rest = words
    if rest == ["--help"]:
        assert name in cli.commands
        return
    if name == "data" and rest[0] == "--source" and rest[2:] == ["--help"]:
        assert rest[1] in SOURCES or rest[1] in COLLECTORS
        return
    assert name in cli.commands, f"no such command: {name}"
    given = cli.commands[name].make_context(name, list(rest)).params
    _MEANT.get(name, _study_meant)(given, files)


def study_of(name: str, files: Files, preset: str | None = None, settings: Sequence[str] = ()) -> Study:
    """The study that a command means, with every name in it known."""
    if name in files:
        study = build_study(tomllib.loads(files[name]), name, preset, tuple(settings))
    else:
        study = load_study(name, preset, tuple(settings))
    check_names(study)
    return study


def _settings(given: Mapping[str, Any]) -> tuple[str, ...]:
    return split_settings(given.get("settings"))


def _study_meant(given: Mapping[str, Any], files: Files) -> None:
    if "study" not in given:
        return
    study = study_of(given["study"] or "quick", files, given.get("preset"), _settings(given))
    EXECUTORS[given.get("executor") or "local"]
    axes = ("backbone", "female_ratio", "shares", "size", "loss", "seed")
    if "shares" in given:
        check_names(one_cell(study, given.get("data_folder"), **{name: given[name] for name in axes}))
    elif given.get("backbone"):
        BACKBONES[given["backbone"]]


def _data_meant(given: Mapping[str, Any], files: Files) -> None:
    row = COLLECTORS[given["source"]] if given["source"] in COLLECTORS else SOURCES[given["source"]]
    assert row.needs_root == (given["root"] is not None), f"the source {row.name} and --root do not fit"
    config: DataConfig = data_settings(_settings(given), row.name)
    row.settings(config.options)
    if given.get("layout"):
        LAYOUTS[given["layout"]]


def _phase_meant(given: Mapping[str, Any], files: Files) -> None:
    phase_settings(_settings(given))


def _tables_meant(given: Mapping[str, Any], files: Files) -> None:
    """Of a study by its name on the server: that of a study here, or of one of its presets."""
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "experiments").glob("*.toml")]
    tables += [tomllib.loads(text) for name, text in files.items() if name.endswith(".toml")]
    names = {one.get("name") for table in tables for one in (table, *table.get("presets", {}).values())}
    assert (given["study"] or "quick") in names, f"no study of that name: {given['study']}"


_MEANT: dict[str, Callable[[Mapping[str, Any], Files], None]] = {
    "data": _data_meant,
    "tables": _tables_meant,
    "coverage": _tables_meant,
    "ask": _tables_meant,
    "compare": _tables_meant,
    "explain": _phase_meant,
    "ablate": _phase_meant,
    "work": _phase_meant,
}


def _mlflow(words: Sequence[str], files: Files) -> None:
    name, *rest = words
    if name != "run":
        _mlflow_command(name).make_context(name, list(rest))
        return
    given = _mlflow_command("run").make_context("run", list(rest)).params
    assert (given["uri"], given["env_manager"]) in ((".", "local"), (".", None))
    assert given["entry_point"] in ENTRY_POINTS, f"MLproject has no {given['entry_point']}"
    entry = ENTRY_POINTS[given["entry_point"]]
    parameters = dict(one.split("=", 1) for one in given["param_list"])
    assert set(parameters) <= set(entry["parameters"]), f"{given['entry_point']} has no such parameter: {parameters}"
    values = {key: parameters.get(key, spec.get("default")) for key, spec in entry["parameters"].items()}
    missing = [key for key, value in values.items() if value is None]
    assert not missing, f"{given['entry_point']} wants {missing}"
    said = shlex.split(entry["command"].format(**{key: shlex.quote(value) for key, value in values.items()}))
    _bias_exp(said[3:], files)


def _mlflow_command(name: str) -> click.Command:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, of what it imports for its command line
        from mlflow.cli import cli as mlflow_cli

    found = mlflow_cli.commands.get(name)
    assert found is not None, f"mlflow has no command {name}"
    return found


def _shell(*least: str) -> Callable[[Sequence[str], Files], None]:
    def check_words(words: Sequence[str], files: Files) -> None:
        assert len(words) >= len(least), f"expected {' '.join(least)}, found {' '.join(words)}"

    return check_words


def _activate(words: Sequence[str], files: Files) -> None:
    assert words == [".venv/bin/activate"], f"expected the environment of the Makefile, found {' '.join(words)}"


def _python(words: Sequence[str], files: Files) -> None:
    if words[:1] == ["-c"]:
        compile(words[1], "-c", "exec")
        return
    script, *_ = [word for word in words if not word.startswith("-")]
    in_module = words[0] == "-m" and (script == "pytest" or (ROOT / f"{script.replace('.', '/')}.py").exists())
    assert in_module or script in files or (ROOT / script).is_file(), f"no such program: {script}"


CHECKS: dict[str, Callable[[Sequence[str], Files], None]] = {
    "make": _make,
    "bias-exp": _bias_exp,
    "mlflow": _mlflow,
    "python": _python,
    "export": _shell("NAME=VALUE"),
    "unset": _shell("NAME"),
    "ls": _shell("FOLDER"),
    "cp": _shell("FROM", "TO"),
    ".": _activate,
}
"""Every program that a page may call."""
