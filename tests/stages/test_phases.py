"""The phases on a small data set: what they write, and that comparisons between cells are paired."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bias_exp import rundir
from bias_exp.columns import ABLATIONS, ARM, CLASS_REPORT, CONFUSION, EXPLANATIONS, HISTORY, PREDICTIONS, PROBE_HEAD
from bias_exp.config import AblateConfig, ExplainConfig
from bias_exp.data.make import make_data
from bias_exp.errors import RequestError
from bias_exp.explain.files import read_maps
from bias_exp.models.checkpoint import load_model
from bias_exp.shares import Shares
from bias_exp.stages.ablate import ablate
from bias_exp.stages.charts import CURVES_NAME
from bias_exp.stages.gallery import choose_gallery
from tests.stages.lab import SOURCE, Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    return Lab(make_data(SOURCE, folder / "data"), folder)


def predictions(folder: Path) -> pd.DataFrame:
    return PREDICTIONS.check(pd.read_parquet(folder / PREDICTIONS.name))


def test_train_writes_what_later_phases_and_tables_need(lab: Lab) -> None:
    folder = lab.trained()
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("model.safetensors", "best.safetensors", "model.json", "manifest.json", "metrics.json"),
        *(ARM.name, HISTORY.name, PREDICTIONS.name, CONFUSION.name, CLASS_REPORT.name, CURVES_NAME),
        *(f"confusion_{head}.png" for head in ("profession", "gender", PROBE_HEAD)),
    }
    frame = predictions(folder)
    assert frame.groupby("head")["id"].nunique().to_dict() == {"profession": 30, "gender": 30, PROBE_HEAD: 30}
    model, facts = load_model(folder)
    assert facts.classes[PROBE_HEAD] == ("female", "male")
    assert model.head_names == ("profession", "gender", PROBE_HEAD)
    numbers = json.loads((folder / "metrics.json").read_text())
    test = frame[(frame["split"] == "test") & (frame["head"] == "profession")]
    assert numbers["test/accuracy"] == (test["label"] == test["predicted"]).mean()
    assert {"test/accuracy/female", "test/accuracy/male", "gap/accuracy", "gap/tpr/nurse"} <= numbers.keys()


def test_losses_are_compared_on_the_same_pictures(lab: Lab) -> None:
    ce, focal = lab.trained(), lab.trained(loss="focal")
    assert (ce / ARM.name).read_bytes() == (focal / ARM.name).read_bytes()
    assert rundir.file_sha256(ce / "model.safetensors") != rundir.file_sha256(focal / "model.safetensors")


def test_the_test_set_is_the_same_for_every_cell(lab: Lab) -> None:
    cells = [lab.trained(), lab.trained(shares=Shares.female(0.0)), lab.trained(seed=1), lab.trained(loss="focal")]
    ids = [predictions(folder).query("split == 'test'")["id"].tolist() for folder in cells]
    assert all(one == ids[0] for one in ids)
    arms = [set(pd.read_csv(folder / ARM.name)["id"]) for folder in cells]
    assert not set(ids[0]) & set.union(*arms)


def test_a_seed_changes_arm_and_weights(lab: Lab) -> None:
    first, second = lab.trained(), lab.trained(seed=1)
    assert (first / ARM.name).read_bytes() != (second / ARM.name).read_bytes()


def test_an_arm_has_the_shares_asked_for(lab: Lab) -> None:
    counts = pd.read_csv(lab.trained() / ARM.name).groupby(["class", "group"]).size()
    assert counts.tolist() == [1] * 6
    assert set(pd.read_csv(lab.trained(shares=Shares.female(0.0)) / ARM.name)["group"]) == {"male"}


def test_explain_keeps_raw_maps_of_every_head_and_shows_a_gallery(lab: Lab) -> None:
    folder = lab.explained(ExplainConfig(gallery=3))
    maps = read_maps(folder)
    assert set(maps) == {(m, h) for m in ("gradcam", "cam") for h in ("profession", "gender", PROBE_HEAD)}
    assert {tuple(one.shape) for one in maps.values()} == {(24, 4, 4)}
    frame = EXPLANATIONS.check(pd.read_parquet(folder / EXPLANATIONS.name))
    assert len(frame) == 24 * 6
    assert len(list((folder / "panels").glob("*.png"))) == 3
    assert (folder / "sheet.png").is_file()


def test_cam_and_gradcam_are_one_map_up_to_scale(lab: Lab) -> None:
    maps = read_maps(lab.explained(ExplainConfig(gallery=3)))
    for head in ("profession", "gender", PROBE_HEAD):
        assert np.allclose(maps["cam", head] / 16, maps["gradcam", head], atol=1e-6)


def test_a_head_that_saw_one_class_has_no_maps_and_says_why(lab: Lab) -> None:
    men = {"shares": Shares.female(0.0)}
    frame = pd.read_parquet(lab.explained(ExplainConfig(gallery=1), **men) / EXPLANATIONS.name)
    gender = frame[frame["head"] == "gender"]
    assert not gender["valid"].any()
    assert gender["reason"].unique().tolist() == ["the gender head saw only male in training"]
    assert frame[frame["head"] == PROBE_HEAD]["valid"].any()


def test_ablate_stands_beside_its_controls(lab: Lab, tmp_path: Path) -> None:
    settings = AblateConfig(fractions=(0.25,), fills=("mean", "blur"), draws=2)
    ablate(lab.bench(), settings, lab.trained(), lab.explained(ExplainConfig(gallery=3)), tmp_path)
    rows = ABLATIONS.check(pd.read_parquet(tmp_path / ABLATIONS.name))
    left_out = sum(json.loads((tmp_path / "left_out.json").read_text())["maps"].values())
    assert len(rows) == (24 - left_out) * 3 * 2 * (1 + 2)
    assert np.allclose(rows["removed_share"], 0.25)
    intact = predictions(lab.trained()).query("split == 'test'").set_index(["id", "head"])["predicted"]
    said = rows.drop_duplicates(["id", "head"]).set_index(["id", "head"])["predicted_intact"]
    assert (intact.loc[said.index] == said).all()


def test_ablation_by_a_map_that_was_not_made_is_refused(lab: Lab, tmp_path: Path) -> None:
    settings = AblateConfig(map_method="layercam")
    with pytest.raises(RequestError, match="expected maps layercam/gender_probe from the explain phase, found: "):
        ablate(lab.bench(), settings, lab.trained(), lab.explained(ExplainConfig(gallery=3)), tmp_path)


def test_a_gallery_has_as_many_of_each_group_and_many_classes(lab: Lab) -> None:
    frame = lab.bench().split("test")
    chosen = frame.iloc[choose_gallery(frame, 6)]
    assert chosen["group"].value_counts().to_dict() == {"female": 3, "male": 3}
    assert chosen["class"].nunique() == 3
    shuffled = frame.sample(frac=1, random_state=1)
    assert shuffled["id"].iloc[choose_gallery(shuffled, 6)].tolist() == chosen["id"].tolist()
    assert len(choose_gallery(frame, 1000)) == len(frame)
