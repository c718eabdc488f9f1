"""The notebook of the documentation: its cells run, and what is kept is what they are."""

import json
from dataclasses import fields
from pathlib import Path

import matplotlib
import mlflow.artifacts
import numpy as np
import pytest
from matplotlib import pyplot

import bias_exp
from analysis.make_notebook import DOCS, MOST_BYTES, cells_of
from bias_exp.tracking.query import StudyFrames
from tests.report.synthetic import small_frames

CELLS = list(cells_of((DOCS / "notebook.py").read_text(encoding="utf-8")))


def test_the_kept_notebook_is_of_these_cells_and_shows_what_they_gave() -> None:
    """`make notebook` after a change of docs/notebook.py."""
    text = (DOCS / "notebook.ipynb").read_text(encoding="utf-8")
    kept = json.loads(text)["cells"]
    assert [(cell["cell_type"] == "code", "".join(cell["source"])) for cell in kept] == CELLS
    assert all(bool(cell["outputs"]) for cell in kept if cell["cell_type"] == "code")
    outputs = [output for cell in kept for output in cell.get("outputs", [])]
    assert {output["output_type"] for output in outputs} == {"execute_result", "display_data"}
    assert sum("image/png" in output["data"] for output in outputs) == 2
    assert len(text) <= MOST_BYTES


def test_its_cells_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = small_frames()
    frames = StudyFrames(**{each.name: getattr(made, each.name) for each in fields(StudyFrames)})
    asked: list[dict[str, str]] = []

    def download(**wanted: str) -> str:
        asked.append(wanted)
        pyplot.imsave(tmp_path / "panel.png", np.zeros((4, 12, 3)))
        return str(tmp_path)

    monkeypatch.setattr(bias_exp, "load", lambda study: frames)
    monkeypatch.setattr(mlflow.artifacts, "download_artifacts", download)
    matplotlib.use("agg")
    names: dict[str, object] = {}
    for code, text in CELLS:
        if code:
            exec(text, names)
    pyplot.close("all")
    cell = frames.cells.set_index("female_ratio").loc[0.5]
    assert asked == [{"run_id": cell["run_id"], "artifact_path": f"explain/{cell['explain']}/panels"}]
    assert set(names["accuracy"].columns) == {"female", "male", "female − male"}
    women = names["accuracy"]["female"].droplevel(["backbone", "loss"])
    assert women.loc[1.0] > women.loc[0.0], "as the synthetic study is made"
    assert names["effects"]["net_effect"].notna().all()
