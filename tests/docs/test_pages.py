"""Every page against the code, with nothing long run: commands parse, studies and names exist, links resolve."""

import ast
import importlib
import json
import re
import tomllib
from pathlib import Path
from types import UnionType
from typing import Any

import click
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bias_exp.ablate.rows import CONTROLS
from bias_exp.cli import cli
from bias_exp.columns import EXPLANATIONS, OUTSIDE, REJECTS, SHEET_FILE
from bias_exp.config import Study
from bias_exp.data.layouts.rows import LAYOUTS
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from bias_exp.explain.baseline_rows import BASELINES
from bias_exp.explain.checks.rows import CHECKS
from bias_exp.explain.files import MAPS_NAME
from bias_exp.explain.rows import CONTROL_MAPS, METHODS
from bias_exp.matrix.checks import check_names
from bias_exp.matrix.executors.rows import EXECUTORS
from bias_exp.matrix.outside import ABOUT_NAME
from bias_exp.models.loss_rows import LOSSES
from bias_exp.models.rows import BACKBONES
from bias_exp.pixels.rows import FILLS
from bias_exp.registry import Registry
from bias_exp.report.checks import SHOWN
from bias_exp.studies import build_study
from bias_exp.train.rows import OPTIMISERS, SCHEDULES
from tests.docs.declared import CHANGES, ELSEWHERE, INSTEAD, LONGEST, SERVERS
from tests.docs.extensions import registered, rows_and_modules
from tests.docs.known import ENTRY_POINTS, TARGETS, check
from tests.docs.pages import BLOCKS, COMMANDS, LANGUAGES, PAGES, PROGRAMS, ROOT, Block, Command, Page, command_of
from tests.docs.workplace import changed

FILES = {block.path: block.text for block in BLOCKS if block.path}
TEXTS = {command.text for _, command in COMMANDS}
STUDIES = {path.stem: tomllib.loads(path.read_text()) for path in (ROOT / "experiments").glob("*.toml")}
each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
MOST_BYTES = 1_000_000


@each_page
def test_blocks_are_of_a_known_language(page: Page) -> None:
    assert page.blocks or page.name in ("ethics", "glossary", "science")
    for block in page.blocks:
        assert block.language in LANGUAGES, f"{block.name}: {block.language!r}"


@pytest.mark.parametrize(("block", "command"), COMMANDS, ids=[f"{block.name} {one.text}" for block, one in COMMANDS])
def test_a_command_is_one_that_there_is(block: Block, command: Command, tmp_path: Path) -> None:
    with registered(list(PAGES["extending"].blocks) if block.page == "extending" else [], tmp_path):
        if command.code:
            with pytest.raises((RequestError, click.ClickException)):
                check(command, FILES)
        else:
            check(command, FILES)


@pytest.mark.parametrize(
    "line",
    [
        "make it",
        "make matrix SPEED=2",
        "bias-exp matrix --fast",
        "bias-exp matrix --study quik",
        "bias-exp matrix --preset none",
        "bias-exp matrix --set train.epoch=1",
        "bias-exp matrix --set 'matrix.losses=[\"cd\"]'",
        "bias-exp train --shares f33",
        "bias-exp train --backbone resnet1",
        "bias-exp data --root x",
        "bias-exp data --source folder --out x",
        "bias-exp data --source personas --out x --set options.sizes=3",
        "bias-exp explain --run-id x --set train.epochs=1",
        "mlflow run . -e matricks --env-manager local",
        "mlflow run . -e matrix -P speed=2 --env-manager local",
        "mlflow run . -e train -P female_ratio=25 --env-manager local",
        "mlflow run . -e explain --env-manager local",
        "mlflow serve",
        "python -m bias_exp.nothing",
        "rm -r /",
    ],
)
def test_a_command_that_there_is_not_is_noticed(line: str) -> None:
    with pytest.raises((AssertionError, RequestError, click.ClickException)):
        check(command_of(line), FILES)


@each_page
def test_commands_within_the_text_are_also_in_a_block(page: Page) -> None:
    for code in page.spans:
        words = code.split()
        if words[0] not in PROGRAMS or len(words) == 1:
            continue
        if words[0] == "make" or len(words) > 2:
            text = command_of(code).text
            assert text in TEXTS | set(ELSEWHERE) or any(one.startswith(f"{text} ") for one in TEXTS), code
        else:
            assert words[0] == "mlflow" or words[1] in cli.commands, code


def test_every_difference_between_reader_and_runner_is_used_and_has_a_reason() -> None:
    said = TEXTS | {code for page in PAGES.values() for code in page.spans}
    for table in (INSTEAD, ELSEWHERE, SERVERS, LONGEST):
        assert set(table) <= said, set(table) - said
    assert all(one.reason for one in (*CHANGES, *INSTEAD.values()))
    assert all(ELSEWHERE.values())
    for one in INSTEAD.values():
        check(command_of(one.runs), FILES)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.file} {change.becomes[:30]}")
def test_a_change_of_the_copy_finds_its_place_and_leaves_a_study(change: Any) -> None:
    text = (ROOT / change.file).read_text(encoding="utf-8")
    table = tomllib.loads(changed(text, change.pattern, change.becomes))
    for preset in (None, *table.get("presets", {})):
        check_names(build_study(table, change.file, preset))


def _over_quick(table: dict[str, Any]) -> dict[str, Any]:
    """A part of a study, laid over the quick one, whose own presets are of what they were written for."""
    merged = {**STUDIES["quick"], "presets": {}, **table}
    for name in set(table) & set(STUDIES["quick"]):
        if isinstance(table[name], dict):
            merged[name] = {**STUDIES["quick"][name], **table[name]}
    return merged


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.language == "toml"], ids=lambda one: one.name)
def test_a_study_on_a_page_is_one(block: Block) -> None:
    table = tomllib.loads(block.text)
    study = build_study(table if block.path else _over_quick(table), block.name)
    for preset in (None, *study.presets):
        check_names(build_study(study.model_dump(mode="json"), block.name, preset))


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.language == "json"], ids=lambda one: one.name)
def test_a_json_file_on_a_page_is_one(block: Block) -> None:
    assert json.loads(block.text)


ROWS = rows_and_modules(BLOCKS)[0]
PYTHON = [one for one in BLOCKS if one.language == "python" and one not in ROWS]


@pytest.mark.parametrize("block", PYTHON, ids=lambda one: one.name)
def test_what_python_on_a_page_imports_is_there(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            assert all(hasattr(module, name.name) for name in node.names), ast.unparse(node)
        elif isinstance(node, ast.Import):
            assert all(importlib.import_module(name.name) for name in node.names)


def _code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


REGISTRIES: dict[tuple[str, str], Registry[Any]] = {
    ("studies", "Backbones"): BACKBONES,
    ("studies", "Losses"): LOSSES,
    ("studies", "Optimisers"): OPTIMISERS,
    ("studies", "Schedules"): SCHEDULES,
    ("studies", "Map methods"): METHODS,
    ("explanations", "Map methods"): METHODS,
    ("explanations", "Integrated Gradients"): BASELINES,
    ("explanations", "Checks"): CHECKS,
    ("studies", "Fills"): FILLS,
    ("studies", "Controls"): CONTROLS,
    ("commands", "Executors"): EXECUTORS,
    ("pictures", "Layouts that can be read"): SOURCES,
    ("pictures", "Layouts that drawn people can be written in"): LAYOUTS,
}
"""Tables whose first column is a registry, under which heading of which page."""


@pytest.mark.parametrize(("page", "heading"), REGISTRIES, ids=lambda word: word)
def test_a_table_of_choices_is_its_registry(page: str, heading: str) -> None:
    named = [name for row in PAGES[page].table(heading) for name in _code(row[0])]
    assert named == list(REGISTRIES[page, heading].names())


def test_map_methods_are_of_the_networks_that_their_rows_say() -> None:
    for row in PAGES["explanations"].table("Map methods"):
        method = METHODS[_code(row[0])[0]]
        assert _code(row[1]) == list(method.families), row
        assert ("average" in row[1]) == method.pooled, row
        assert (row[1] == "all") == (not method.families and not method.pooled), row
        assert set(re.findall(r"arXiv:([\d.]+\d)", method.summary)) <= set(re.findall(r"abs/([\d.]+)", row[2])), row


def test_the_checks_of_the_tables_are_explained() -> None:
    named = {name for row in PAGES["explanations"].table("Checks") for name in _code(row[1])}
    assert {check for check, _ in SHOWN} <= named
    assert set(CONTROL_MAPS) <= set(PAGES["explanations"].spans)


def test_the_files_of_pictures_of_ones_own_have_their_names() -> None:
    named = {_code(row[0])[0] for row in PAGES["explanations"].table("Pictures of your own")}
    written = {OUTSIDE.name, EXPLANATIONS.name, REJECTS.name, SHEET_FILE, MAPS_NAME, ABOUT_NAME, "panels/<id>.png"}
    assert named == written


def test_the_options_of_personas_are_those_of_their_source() -> None:
    said = {_code(row[0])[0]: _default(row[1]) for row in PAGES["personas"].table("Options")}
    assert said == SOURCES["personas"].options


def test_backbones_have_as_many_parameters_as_their_rows_say() -> None:
    for row in PAGES["studies"].table("Backbones"):
        assert float(row[1]) == BACKBONES[_code(row[0])[0]].millions, row


def test_losses_have_the_options_that_their_rows_have() -> None:
    for row in PAGES["studies"].table("Losses"):
        given = tomllib.loads("\n".join(code if "=" in code else f"{code} = 'none'" for code in _code(row[1])))
        known = {name: "none" if one is None else one for name, one in LOSSES[_code(row[0])[0]].defaults.items()}
        assert given == known, row


def test_the_studies_are_those_that_there_are() -> None:
    named = [name for row in PAGES["studies"].table("The studies that there are") for name in _code(row[0])]
    assert sorted(named) == sorted(STUDIES)
    presets = {name: set(table.get("presets", {})) for name, table in STUDIES.items()}
    rows = PAGES["studies"].table("Presets")
    said: dict[str, set[str]] = {name: set() for name in STUDIES}
    for row in rows:
        said[_code(row[0])[0]].add(_code(row[1])[0])
    assert said == presets


def test_every_entry_point_has_its_command() -> None:
    rows = PAGES["commands"].table("Entry points and commands")
    named = [name for row in rows for name in _code(row[0])]
    assert sorted(named) == sorted(ENTRY_POINTS)
    commands = {_code(row[1])[0] for row in rows if _code(row[1])}
    assert commands == {f"bias-exp {name}" for name, one in cli.commands.items() if not one.hidden}


def test_every_make_target_is_in_the_help_and_on_the_page() -> None:
    helped = set(re.findall(r"^## make ([a-z-]+) ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert helped == TARGETS - {"help"}
    named = {_code(row[0])[0].removeprefix("make ") for row in PAGES["commands"].table("Make targets")}
    assert named == TARGETS


@pytest.mark.parametrize("name", [name for name, command in cli.commands.items() if not command.hidden])
def test_every_option_of_a_command_is_on_the_page(name: str) -> None:
    options = [one.opts[0] for one in cli.commands[name].params if one.opts[0].startswith("--") and one.name != "help"]
    (row,) = [row for row in PAGES["commands"].table("Options") if _code(row[0]) == [name]]
    assert sorted(_code(row[1])) == sorted(options)


def _settings(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    """Every setting of a study by its dotted name, with its default."""
    found: dict[str, Any] = {}
    for name, one in model.model_fields.items():
        kinds = one.annotation.__args__ if isinstance(one.annotation, UnionType) else (one.annotation,)
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if inner and name != "early_stop":
            found |= _settings(inner[0], f"{prefix}{name}.")
        else:
            found[prefix + name] = one.get_default(call_default_factory=True)
    return found


def test_every_setting_of_a_study_is_on_the_page_with_its_default() -> None:
    known = _settings(Study)
    del known["weights"]  # filled in when a study is planned
    said = {}
    for row in PAGES["studies"].table("All settings"):
        (name,) = _code(row[0])
        said[name] = _default(row[1])
    assert sorted(said) == sorted(known)
    for name, default in known.items():
        value = list(default) if isinstance(default, tuple) else default
        assert said[name] == (None if value is PydanticUndefined else value), name


def _default(cell: str) -> Any:
    """`20`, `["ce"]`; `none` and `needed` are None."""
    (code,) = _code(cell) or [""]
    return tomllib.loads(f"value = {code}")["value"] if code else None


@each_page
def test_links_lead_somewhere(page: Page) -> None:
    for target in page.links:
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        place = (page.path.parent / path).resolve() if path else page.path
        assert place.is_relative_to(ROOT), target
        assert place.exists(), target
        if anchor:
            (other,) = [one for one in PAGES.values() if one.path == place]
            assert anchor in other.anchors, f"{target}: {sorted(other.anchors)}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = {target.partition("#")[0] for target in PAGES["README"].links}
    assert {f"docs/{name}.md" for name in PAGES if name != "README"} <= linked


def test_pictures_are_used_and_small() -> None:
    used = {(page.path.parent / target).resolve() for page in PAGES.values() for target in page.links}
    there = sorted((ROOT / "docs").glob("*.png"))
    assert set(there) <= used
    assert sum(path.stat().st_size for path in there) < MOST_BYTES


def test_the_readme_can_be_read_in_a_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


@each_page
def test_lines_are_not_wider_than_the_code(page: Page) -> None:
    for number, line in enumerate(page.path.read_text(encoding="utf-8").splitlines(), start=1):
        assert len(line) <= 120 or line.startswith("|"), f"{page.name}:{number}"


def test_make_clean_names_nothing_of_the_project() -> None:
    recipe = re.search(r"^clean:\n\trm -rf (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert recipe is not None
    ignored = (ROOT / ".gitignore").read_text().replace("/", "").split()
    for name in recipe.group(1).split():
        assert any(Path(name).match(pattern) for pattern in ignored), name


def test_the_citation_is_of_this_version() -> None:
    import yaml

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == project["version"]
    assert {"message", "title", "authors", "type"} <= set(citation)
    assert all("name" in author for author in citation["authors"])
