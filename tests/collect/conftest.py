"""Fixtures of what is generated: a drawer in SDXL's place, and a folder with a few prompts."""

import shutil
from pathlib import Path

import pytest

from bias_exp.collect import generate as generating
from bias_exp.collect.prompt_table import PROMPTS_FILE
from bias_exp.collect.prompts import make_prompts
from bias_exp.collect.rows import COLLECTORS
from bias_exp.progress import silent
from tests.collect.drawer import FEW, SIZE, Drawer


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> Drawer:
    """In the place of SDXL; no processes beside this one."""
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    own = Drawer()
    monkeypatch.setattr(generating, "_painter", lambda options: own)
    return own


@pytest.fixture(scope="session")
def prompts_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8 prompts: 2 professions x 2 scenes x 2 genders."""
    folder = tmp_path_factory.mktemp("prompts")
    make_prompts(None, folder, COLLECTORS["prompts"].settings({**FEW, **SIZE}), silent)
    return folder / PROMPTS_FILE


@pytest.fixture
def prompted(prompts_file: Path, tmp_path: Path) -> Path:
    """A folder with the prompts."""
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copy(prompts_file, folder)
    return folder
