"""Fixtures that several rooms share: a tracking store that is copied, not made."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bias_exp import signals
from bias_exp.tracking.client import URI_VARIABLE, connect

settings.register_profile("short", max_examples=40)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

LONGEST_FIRST = ("test_end_to_end.py", "faults/test_rows.py", "stages/test_every_entry.py", "train/test_resume.py")
"""Files that take long: begun first, so that two processes end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; everything else stays in its order."""

    def rank(item: pytest.Item) -> int:
        found = [number for number, name in enumerate(LONGEST_FIRST) if item.path.as_posix().endswith(f"tests/{name}")]
        return found[0] if found else len(LONGEST_FIRST)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def template_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An initialised, empty SQLite store: making one takes seconds, copying one takes none."""
    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(URI_VARIABLE, "")
        connect(f"sqlite:///{path}")
    return path


@pytest.fixture
def uri(template_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty tracking store of the test's own, with home in the same folder."""
    shutil.copy(template_store, tmp_path / "mlflow.db")
    address = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv(URI_VARIABLE, address)
    monkeypatch.setenv("BIAS_EXP_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    return address


@pytest.fixture
def handled_signals() -> Iterator[None]:
    """Signals as they are in a cell's process."""
    before = {number: signal.getsignal(number) for number in signals.HANDLED}
    signals.install()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
