"""The house: imports go down only, and what needs no torch imports none."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bias_exp"

FLOORS: tuple[tuple[str, ...], ...] = (
    (
        "errors",
        "registry",
        "frozen",
        "shares",
        "config",
        "keys",
        "studies",
        "seeds",
        "schema",
        "columns",
        "progress",
        "places",
        "rundir",
        "causes",
        "lifeline",
        "signals",
        "whole_file",
    ),
    ("data", "metrics", "figures"),
    ("models", "pixels"),
    ("train", "explain", "faces"),
    ("ablate", "neurons", "collect"),
    ("stages", "tracking"),
    ("attempt", "report"),
    ("matrix", "app"),
    ("cli", "commands", "options", "terminal", "ui", "__main__"),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
TORCH_FREE_FLOORS = (0, 1)
TORCH_FREE_MODULES = (
    "bias_exp.models.backbone",
    "bias_exp.models.rows",
    "bias_exp.models.weights",
    "bias_exp.models.hub",
    "bias_exp.models.imported",
    "bias_exp.models.loss_rows",
    "bias_exp.train.rows",
    "bias_exp.models.precision",
    "bias_exp.pixels.rows",
    "bias_exp.explain.rows",
    "bias_exp.faces.rows",
    "bias_exp.faces.source",
    "bias_exp.explain.checks.rows",
    "bias_exp.ablate.rows",
    "bias_exp.collect.rows",
    "bias_exp.collect.prompts",
    "bias_exp.collect.generate",
    "bias_exp.tracking.client",
    "bias_exp.tracking.claims",
    "bias_exp.tracking.query",
    "bias_exp.report.tables",
    "bias_exp.matrix.driver",
    "bias_exp.matrix.executors.local",
    "bias_exp.cli",
)


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, *, at_import: bool = False) -> list[str]:
    """Full names of all that `path` imports; with `at_import`, only what importing it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = []
    for node in tree.body if at_import else ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    here = room(path)
    assert here in FLOOR_OF, f"{here} stands on no floor; give it one in tests/test_floors.py"
    for name in imports(path):
        if not name.startswith("bias_exp."):
            continue
        there = name.split(".")[1]
        if there == here:
            continue
        below = FLOOR_OF[there] < FLOOR_OF[here]
        same = FLOOR_OF[there] == FLOOR_OF[here] and FLOOR_OF[here] in (0, len(FLOORS) - 1)
        floors = f"floor {FLOOR_OF[here]} imports {name} of floor {FLOOR_OF[there]}"
        assert below or same, f"{path.relative_to(ROOT)}: {floors}"


def test_modules_have_no_import_cycles() -> None:
    graph = {}
    for path in modules():
        parts = path.relative_to(ROOT).with_suffix("").parts
        me = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        graph[me] = {name for name in imports(path, at_import=True) if name.startswith("bias_exp.")}
    names = set(graph)
    edges = {
        me: {other for other in names for name in used if name == other or name.startswith(other + ".")} - {me}
        for me, used in graph.items()
    }
    while leaves := {me for me, used in edges.items() if not used}:
        edges = {me: used - leaves for me, used in edges.items() if me not in leaves}
    # A package's __init__ is a docstring, so an edge to it is never part of a cycle.
    assert not edges, f"import cycle among {sorted(edges)}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_outside_is_behind_one_door(path: Path) -> None:
    used = {name.split(".")[0] for name in imports(path)}
    if "mlflow" in used:
        assert room(path) == "tracking", f"{path} imports mlflow; only bias_exp/tracking may"
    if used & {"torch", "torchvision", "timm"}:
        assert FLOOR_OF[room(path)] not in TORCH_FREE_FLOORS, f"{path} stands on a torch-free floor"


@pytest.mark.parametrize("path", [path for path in modules() if path.name == "__init__.py"], ids=str)
def test_package_files_hold_a_docstring_only(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


def test_torch_free_modules_import_no_torch() -> None:
    floors = [path for path in modules() if FLOOR_OF[room(path)] in TORCH_FREE_FLOORS]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in floors]
    code = f"""
import importlib, sys
for name in {sorted({*names, *TORCH_FREE_MODULES})!r}:
    importlib.import_module(name)
    assert not ({{"torch", "timm", "torchvision"}} & set(sys.modules)), name + " imports torch"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
