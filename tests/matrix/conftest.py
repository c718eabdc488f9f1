"""A study on a store of the test's own."""

import pytest

from bias_exp.matrix import driver as module
from bias_exp.tracking.runs import StudyRuns


@pytest.fixture
def runs(uri: str, monkeypatch: pytest.MonkeyPatch) -> StudyRuns:
    monkeypatch.setattr(module, "HELD_SECONDS", 0.05)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.0)
    return StudyRuns.open("s", uri)
