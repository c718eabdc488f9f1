"""Panels of a bundle: what is shown of a picture, and what is not."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from bias_exp.explain.gallery import ABSENT, Gallery
from bias_exp.report import paper
from tests.report.synthetic import small_study
from tests.report.test_contact import gallery_of


def written(galleries: dict[str, Gallery], folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    rows = [SimpleNamespace(facts={"cell": cell, "name": f"name-{cell}"}) for cell in galleries]
    view = SimpleNamespace(rows=rows, content={"study": small_study().model_dump(mode="json")})
    monkeypatch.setattr(paper, "read_galleries", lambda view: galleries)
    return paper._write_panels(view, folder)


def test_a_picture_that_is_not_publishable_is_replaced_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, hidden = gallery_of(3), gallery_of(3, publishable=False)
    assert written({"a": shown, "b": hidden}, tmp_path, monkeypatch) == (4, 2)
    pictures = {name: np.asarray(Image.open(tmp_path / f"name-{name}" / "a1.png").convert("RGB")) for name in "ab"}
    counts = {name: (picture == shown.pictures[0, 0, 0]).all(axis=2).sum() for name, picture in pictures.items()}
    assert counts["a"] > 1000
    assert counts["b"] < 100, "but for the edges of letters"
    assert (pictures["b"] == ABSENT).all(axis=2).sum() > 1000
