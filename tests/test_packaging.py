"""The dependency list stands once, and the files that repeat a part of it keep in step."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = [Requirement(text) for text in PROJECT["dependencies"]]
DEV = [Requirement(text) for text in PROJECT["optional-dependencies"]["dev"]]
NOTEBOOK = [Requirement(text) for text in PROJECT["optional-dependencies"]["notebook"]]
GENERATE = [Requirement(text) for text in PROJECT["optional-dependencies"]["generate"]]
FACES = [Requirement(text) for text in PROJECT["optional-dependencies"]["faces"]]
CONSTRAINTS = {
    canonicalize_name(one.name): one
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
    for one in [Requirement(line)]
}
FIXED = {"mlflow", "torch", "torchvision", "timm", "optuna", "pandas", "opencv-python", "pillow"}


def test_the_packages_that_the_user_named_are_all_there() -> None:
    assert {canonicalize_name(one.name) for one in REQUIRED} >= FIXED


@pytest.mark.parametrize("required", [*REQUIRED, *DEV, *NOTEBOOK, *FACES, *GENERATE], ids=lambda one: one.name)
def test_every_requirement_has_one_tested_version_in_its_range(required: Requirement) -> None:
    tested = CONSTRAINTS[canonicalize_name(required.name)]
    (pin,) = tested.specifier
    assert pin.operator == "=="
    assert required.specifier.contains(pin.version)


@pytest.mark.parametrize("required", [*REQUIRED, *DEV, *FACES, *GENERATE], ids=lambda one: one.name)
def test_what_is_installed_is_what_was_tested(required: Requirement) -> None:
    (pin,) = CONSTRAINTS[canonicalize_name(required.name)].specifier
    assert version(required.name).split("+")[0] == pin.version


def test_make_installs_what_cannot_be_required() -> None:
    """Their own requirements are out of date: each is named once, with --no-deps, and has its tested version."""
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    alone = {name for line in make.splitlines() if "--no-deps" in line for name in line.split("--no-deps")[1].split()}
    assert alone == {"grad-cam", "ttach", "facenet-pytorch"}
    assert alone <= set(CONSTRAINTS)


def test_conda_installs_this_package_and_lists_nothing_itself() -> None:
    """conda cannot be run here: the file is checked as text."""
    conda = yaml.safe_load((ROOT / "conda.yaml").read_text(encoding="utf-8"))
    *plain, pip = conda["dependencies"]
    assert plain == [f"python={PROJECT['requires-python'].removeprefix('>=')}", "pip"]
    assert pip == {"pip": ["--constraint constraints.txt", "."]}


def test_the_command_is_installed() -> None:
    assert PROJECT["scripts"] == {"bias-exp": "bias_exp.cli:main"}


def test_top_level_is_as_agreed() -> None:
    names = {"MLproject", "conda.yaml", "bias_exp", "experiments", "analysis", "tests", "README.md"}
    assert all((ROOT / name).exists() for name in names)
    assert (ROOT / "tests" / "__init__.py").is_file()
