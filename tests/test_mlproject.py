"""MLproject: what is declared is passed on, accepted, and arrives as it is."""

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
import yaml
from mlflow.projects._project_spec import load_project

from bias_exp.cli import cli

ROOT = Path(__file__).resolve().parent.parent
PROJECT = yaml.safe_load((ROOT / "MLproject").read_text(encoding="utf-8"))
ENTRY_POINTS = PROJECT["entry_points"]
NAMES = sorted(ENTRY_POINTS)
NASTY = ["$(touch canary)", "`touch canary`", "a; touch canary", "a && touch canary", "two\nlines", "it's", 'say "x"']
NASTY += ["{0}", "%s", "--seed=0", "--", "-h", "*", "~", "$HOME", "a b", "\\", "é"]


def command(name: str) -> click.Command:
    return cli.commands["matrix" if name == "main" else name]


def test_the_entry_points_are_those_of_the_design() -> None:
    assert NAMES == [
        "ablate",
        "ask",
        "compare",
        "coverage",
        "data",
        "explain",
        "forget",
        "import-model",
        "main",
        "matrix",
        "paper",
        "power",
        "tables",
        "train",
        "weights",
    ]
    assert ENTRY_POINTS["main"] == ENTRY_POINTS["matrix"]
    assert PROJECT["conda_env"] == "conda.yaml"


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_in_its_command_and_accepted(name: str) -> None:
    entry = ENTRY_POINTS[name]
    used = dict(re.findall(r"--([a-z0-9-]+)=\{([a-z0-9_]+)\}", entry["command"]))
    assert sorted(used.values()) == sorted(entry["parameters"])
    accepted = {flag for option in command(name).params for flag in option.opts}
    assert all(f"--{flag}" in accepted for flag in used)
    assert all(flag.replace("-", "_") == parameter for flag, parameter in used.items())


@pytest.mark.parametrize("name", NAMES)
def test_no_placeholder_stands_in_quotes(name: str) -> None:
    text = ENTRY_POINTS[name]["command"]
    assert "'" not in text
    assert '"' not in text
    assert text.startswith(f"python -m bias_exp {'matrix' if name == 'main' else name} ")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", NASTY)
def test_a_value_arrives_as_it_is(name: str, value: str, tmp_path: Path) -> None:
    """MLflow's own quoting and a real shell, with a program in python's place that says what it was given."""
    entry = load_project(str(ROOT)).get_entry_point(name)
    parameters = list(ENTRY_POINTS[name]["parameters"])
    made = entry.compute_command(dict.fromkeys(parameters, value), None)
    said = made.replace("python -m bias_exp", "printf '%s\\0'", 1)
    done = subprocess.run(["bash", "-c", said], capture_output=True, check=True, cwd=tmp_path)
    words = done.stdout.decode().split("\0")[1:-1]
    assert words == [
        f"--{key.replace('_', '-')}={value}" for key in sorted(parameters, key=_place(ENTRY_POINTS[name]["command"]))
    ]
    assert not (tmp_path / "canary").exists()


def _place(text: str):
    return lambda key: text.index("{" + key + "}")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["--seed=0", "--help", "x y", "$(x)"])
def test_the_command_line_keeps_it_a_value(name: str, value: str) -> None:
    """Parsed by click: the value is the option's, never another flag."""
    text_options = [
        option
        for option in command(name).params
        if isinstance(option, click.Option) and option.type is click.STRING and not option.multiple
    ]
    chosen = text_options[0]
    words = [f"{chosen.opts[0]}={value}"]
    words += [f"{option.opts[0]}=1" for option in command(name).params if option.required and option is not chosen]
    context = command(name).make_context(name, words)
    assert context.params[chosen.name] == value


@pytest.mark.parametrize("name", NAMES)
def test_empty_means_unset(name: str) -> None:
    entry = ENTRY_POINTS[name]
    given = {key: spec.get("default", "1") for key, spec in entry["parameters"].items()}
    words = shlex.split(entry["command"].format(**{key: shlex.quote(value) for key, value in given.items()}))[4:]
    context = command(name).make_context(name, words)
    for key, value in given.items():
        option = next(one for one in command(name).params if f"--{key.replace('_', '-')}" in one.opts)
        if value == "":
            assert context.params[option.name] in (None, (), False)
