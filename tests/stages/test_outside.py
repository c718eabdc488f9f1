"""Pictures of no data set: the explain phase's bits where they are in the test set too, and honest tables."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from bias_exp.columns import EXPLANATIONS, OUTSIDE, PREDICTIONS, PROBE_HEAD, REJECTS
from bias_exp.config import ExplainConfig
from bias_exp.data.make import make_data
from bias_exp.data.outside import Outside, gather
from bias_exp.errors import RequestError
from bias_exp.explain.files import read_maps
from bias_exp.figures.sheet import Tile
from bias_exp.progress import silent
from bias_exp.shares import Shares
from bias_exp.stages import outside as module
from bias_exp.stages.explain import not_available
from bias_exp.stages.gallery import Shown
from bias_exp.stages.outside import Answer, Trained, explain_outside, one_sided, prediction_rows
from tests.data.pictures import noise, save
from tests.stages.lab import SOURCE, Lab

SETTINGS = ExplainConfig(methods=("gradcam", "layercam", "attnlrp"), gallery=1)
ODD = "%odd\n$(名).png"
HEADS = ("profession", "gender", PROBE_HEAD)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    return Lab(make_data(SOURCE, folder / "data"), folder)


@pytest.fixture(scope="module")
def pictures(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two test pictures, in another order than in the manifest and one of them twice, one of noise, and no picture."""
    folder = tmp_path_factory.mktemp("pictures")
    test = lab.bench().split("test")
    for name, row in (("b", test.iloc[0]), ("a", test.iloc[5]), ("c", test.iloc[0])):
        shutil.copy(lab.manifest.path(row), folder / f"{name}.png")
    save(folder / ODD, noise(0))
    (folder / "broken.png").write_bytes(b"\x89PNG")
    return folder


def trained(lab: Lab, settings: ExplainConfig = SETTINGS, **changes) -> Trained:
    return Trained(lab.bench(**changes).cell, "float32", settings, lab.trained(**changes))


@pytest.fixture(scope="module")
def made(lab: Lab, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Answer, Path]:
    folder = tmp_path_factory.mktemp("made")
    return explain_outside(trained(lab), gather(pictures, 32), folder), folder


def test_a_test_picture_gets_the_bits_of_the_explain_phase(lab: Lab, pictures: Path, made) -> None:
    answer, folder = made
    test, inside = lab.bench().split("test"), read_maps(lab.explained(SETTINGS))
    outside, ids = read_maps(folder), gather(pictures, 32).ids
    assert set(outside) == {(method, head) for method in ("gradcam", "layercam") for head in HEADS} == set(inside)
    for key, maps in outside.items():
        assert len(maps) == 3
        for row in (0, 5):
            assert maps[ids.index(test["id"].iloc[row])].equal(inside[key][row])
    known = pd.read_parquet(lab.trained() / PREDICTIONS.name).set_index(["id", "head"])
    for row in answer.predictions[answer.predictions["id"].isin(test["id"])].itertuples():
        assert (row.predicted, row.probability) == tuple(known.loc[(row.id, row.head), ["predicted", "p_predicted"]])


def test_it_writes_what_it_says(made) -> None:
    answer, folder = made
    panels = {f"panels/{name}.png" for name in answer.predictions["id"]}
    names = {OUTSIDE.name, EXPLANATIONS.name, REJECTS.name, "maps.safetensors", "sheet.png", *panels}
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.is_file()} == names
    assert len(panels) == 3
    rejects = pd.read_csv(folder / REJECTS.name)
    assert rejects["path"].tolist() == ["broken.png"]
    said = pd.read_csv(folder / OUTSIDE.name)
    assert said.drop_duplicates("path")["path"].tolist() == ["%25odd%0A$(名).png", "a.png", "b.png", "c.png"]
    assert said["head"].tolist() == [*HEADS] * 4
    pd.testing.assert_frame_equal(OUTSIDE.check(said), answer.predictions, check_dtype=False)


def test_probabilities_are_of_the_labels_that_a_head_knows(made) -> None:
    frame = made[0].predictions
    labels = {"profession": {"p/baker", "p/nurse", "p/waiter"}, "gender": {"p/female", "p/male"}}
    assert set(frame.columns) == {*OUTSIDE.names, *labels["profession"], *labels["gender"]}
    for head, rows in frame.groupby("head"):
        known = labels.get(str(head), labels["gender"])
        numbers = rows.drop(columns=OUTSIDE.names)
        assert {name for name in numbers if numbers[name].notna().all()} == known
        assert {name for name in numbers if numbers[name].isna().all()} == set(numbers) - known
        assert np.allclose(numbers.sum(axis=1), 1)
        assert (numbers.max(axis=1) == rows["probability"]).all()
        assert [f"p/{label}" for label in rows["predicted"]] == numbers.idxmax(axis=1).tolist()


def test_rows_about_maps_name_a_method_that_there_is_not(made) -> None:
    answer, folder = made
    frame = EXPLANATIONS.check(pd.read_parquet(folder / EXPLANATIONS.name))
    assert len(frame) == 3 * 3 * 3
    absent = frame[frame["method"] == "attnlrp"]
    assert answer.unavailable == {"attnlrp": "attnlrp exists for vit; quick_resnet is a resnet"}
    assert (set(absent["reason"]), set(absent["index"])) == (set(answer.unavailable.values()), {-1})
    assert frame["class"].unique().tolist() == frame["group"].unique().tolist() == ["unknown"]
    said = answer.predictions.drop_duplicates(["id", "head"]).set_index(["id", "head"])["predicted"]
    assert [said[row.id, row.head] for row in frame.itertuples()] == frame["target"].tolist()


def test_no_method_at_all_is_a_wrong_request(lab: Lab, pictures: Path, tmp_path: Path) -> None:
    for methods, said in (
        (("attnlrp",), "method that exists for quick_resnet, found attnlrp; choose explain.methods from: gradcam"),
        (("gradcan",), "unknown map method 'gradcan'; choose from: gradcam"),
    ):
        with pytest.raises(RequestError, match=said):
            explain_outside(trained(lab, ExplainConfig(methods=methods)), gather(pictures, 32), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("heads", "ratio", "one_sided_heads"),
    [(("profession", "gender"), 0.0, ["gender"]), (("profession", "gender"), 0.5, []), (("gender",), 0.0, ["gender"])],
)
def test_what_a_head_saw_is_known_without_the_data(lab: Lab, heads, ratio: float, one_sided_heads: list[str]) -> None:
    changes = {"shares": Shares.female(ratio), "heads": heads}
    cell, bench = trained(lab, **changes), lab.bench(**changes)
    found = one_sided(cell, bench.classes)
    assert found == not_available(bench, cell.train)
    assert list(found) == one_sided_heads


def test_the_maps_of_a_head_that_saw_one_class_are_not_valid(lab: Lab, pictures: Path, tmp_path: Path) -> None:
    men = trained(lab, ExplainConfig(), shares=Shares.female(0.0))
    answer = explain_outside(men, gather(pictures, 32), tmp_path)
    reasons = answer.explanations.groupby("head")["reason"].unique()
    assert reasons["gender"].tolist() == ["the gender head saw only male in training"]
    assert "" in reasons["profession"]


def test_what_an_imported_model_saw_is_not_known(lab: Lab, tmp_path: Path) -> None:
    cell = trained(lab)
    assert one_sided(Trained(cell.cell, cell.precision, cell.settings, tmp_path), {"gender": ("female", "male")}) == {}


def test_rows_are_file_by_file(pictures: Path) -> None:
    outside = gather(pictures, 8)
    logits = {"gender": np.array([[0.0, np.log(3.0)], [0.0, 0.0], [np.log(9.0), 0.0]], dtype=np.float32)}
    frame = prediction_rows(outside, logits, {"gender": ("female", "male")})
    assert frame["probability"].round(6).tolist() == [0.75, 0.5, 0.9, 0.9]
    assert frame["predicted"].tolist() == ["male", "female", "female", "female"]
    assert frame["p/male"].round(6).tolist() == [0.75, 0.5, 0.1, 0.1]


def test_a_sheet_of_many_has_the_first_forty_in_twos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[Tile]] = []
    monkeypatch.setattr(module, "draw_panel", lambda tiles, legends: b"")
    monkeypatch.setattr(module, "draw_sheet", lambda given, legends: (rows.extend(given), b"")[1])
    for n, expected in ((1, [3]), (8, [3] * 8), (9, [6, 6, 6, 6, 3]), (45, [6] * 20)):
        ids = [f"{number:016x}" for number in range(n)]
        outside = Outside(
            ids, np.zeros((n, 4, 4, 3), np.uint8), [(f"{name}.png", row) for row, name in enumerate(ids)], [], []
        )
        shown = Shown(
            pd.DataFrame({"id": ids}),
            {("m", "h"): torch.rand(n, 2, 2), ("m", "p"): torch.rand(n, 2, 2)},
            {head: np.zeros((n, 2), np.float32) for head in "hp"},
            dict.fromkeys("hp", ("a", "b")),
            "m",
            {},
        )
        folder = tmp_path / str(n)
        folder.mkdir()
        rows.clear()
        module._write_panels(shown, outside, ("h", "p"), folder, silent)
        assert [len(row) for row in rows] == expected
        assert len(list((folder / "panels").iterdir())) == n


@pytest.mark.parametrize(
    ("path", "said"),
    [("a/né.png", "né.png"), ("名.png", "0123"), ("a" * 50, "0123"), ("$x$_1.png", "$x$_1.png")],
)
def test_a_name_that_the_figures_cannot_write_gives_way_to_the_id(path: str, said: str) -> None:
    assert module._caption(path, "0123") == said
