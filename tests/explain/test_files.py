"""What the explain phase writes can be read back, and its rows say which maps are NA and why."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from bias_exp.columns import EXPLANATIONS
from bias_exp.explain.batches import Explained
from bias_exp.explain.files import MAPS_NAME, explanation_rows, read_maps, write_maps
from bias_exp.explain.maps import ZERO


def some_maps() -> dict[tuple[str, str], torch.Tensor]:
    maps = torch.tensor([[[1.0, 2.0], [-3.0, 4.0]], [[-1.0, 0.0], [0.0, -2.0]]])
    return {("gradcam", "gender"): maps, ("cam", "gender"): 4 * maps.flip(2), ("cam", "gender_probe"): maps}


def test_maps_come_back_by_method_and_head(tmp_path: Path) -> None:
    maps = some_maps()
    write_maps(tmp_path, maps)
    found = read_maps(tmp_path)
    assert found.keys() == maps.keys()
    assert all(torch.equal(found[key], maps[key]) for key in maps)
    first = (tmp_path / MAPS_NAME).read_bytes()
    write_maps(tmp_path, dict(reversed(maps.items())))
    assert (tmp_path / MAPS_NAME).read_bytes() == first


def test_rows_of_the_maps() -> None:
    pictures = pd.DataFrame({"id": ["a", "b"], "class": ["nurse", "baker"], "group": ["female", "male"]})
    names = {head: np.array(["female", "male"]) for head in ("gender", "gender_probe")}
    why = "the head saw one class only"
    found = explanation_rows(Explained(some_maps()), pictures, names, not_available={"gender": why}, unavailable={})
    assert list(found.columns) == EXPLANATIONS.names
    probe = found[found["head"] == "gender_probe"]
    assert probe["valid"].tolist() == [True, False]
    assert probe["reason"].tolist() == ["", ZERO]
    assert probe["index"].tolist() == [0, 1]
    assert probe["low"].tolist() == [-3, -2]
    assert probe["high"].tolist() == [4, 0]
    assert probe["target"].tolist() == ["female", "male"]
    supervised = found[found["head"] == "gender"]
    assert len(supervised) == 4
    assert set(supervised["reason"]) == {why}
    assert not supervised["valid"].any()


def test_a_method_that_does_not_exist_has_rows_without_a_map() -> None:
    pictures = pd.DataFrame({"id": ["a", "b"], "class": ["nurse", "baker"], "group": ["female", "male"]})
    names = {head: np.array(["female", "male"]) for head in ("gender", "gender_probe")}
    found = explanation_rows(
        Explained(some_maps()), pictures, names, not_available={}, unavailable={"attnlrp": "it is no ViT"}
    )
    absent = found[found["method"] == "attnlrp"]
    assert list(zip(absent["head"], absent["id"], strict=True)) == [
        ("gender", "a"), ("gender", "b"), ("gender_probe", "a"), ("gender_probe", "b"),
    ]  # fmt: skip
    assert set(absent["index"]) == {-1}
    assert set(absent["reason"]) == {"it is no ViT"}
    assert not absent["valid"].any()
    assert absent[["low", "high", "completeness"]].isna().all(axis=None)
