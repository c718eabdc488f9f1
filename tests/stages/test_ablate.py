"""The ablate phase with every control and the null: files read back, what is lacking is counted."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bias_exp.ablate.rows import CONTROLS
from bias_exp.ablate.subjects import NO_BOX
from bias_exp.columns import ABLATIONS, METRICS_FILE, NULLS, PROBE_HEAD
from bias_exp.config import AblateConfig, ExplainConfig
from bias_exp.data.make import make_data
from bias_exp.explain.files import CONTROL_MAPS_NAME
from bias_exp.stages.ablate import NOT_MADE, SAME_MAP, ablate
from bias_exp.stages.regions import regions_of
from tests.stages.lab import SOURCE, Lab

EVERY = AblateConfig(
    fractions=(0.25,), fills=("mean",), controls=CONTROLS.names(), draws=2, null_draws=3, null_pictures=4
)
MAPS = ExplainConfig(gallery=0)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    return Lab(make_data(SOURCE, folder / "data"), folder)


@pytest.fixture(scope="module")
def made(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lab.ablated(EVERY, MAPS, tmp_path_factory.mktemp("ablate"))


def left_out(folder: Path) -> dict[str, dict]:
    return json.loads((folder / "left_out.json").read_text())


def test_every_control_is_there_with_the_area_of_the_map(made: Path) -> None:
    rows = ABLATIONS.check(pd.read_parquet(made / ABLATIONS.name))
    said = left_out(made)
    pictures = 24 - sum(said["maps"].values())
    counts = rows[rows["head"] == PROBE_HEAD].groupby("control")["id"].nunique().to_dict()
    assert counts[""] == counts["rolled"] == counts["centre_prior"] == pictures
    for control, reasons in said["controls"].items():
        absent = sum(n for reason, n in reasons.items() if reason != CONTROLS[control].fewer)
        assert pictures - absent - reasons.get(CONTROLS[control].fewer, 0) <= counts[control] <= pictures - absent
    assert set(counts) == {"", *CONTROLS.names()}
    assert NO_BOX not in said["controls"].get("rolled_person", {}), "drawn people have boxes"
    assert rows["removed_share"].to_numpy() == pytest.approx(0.25)


def test_the_null_is_read_back_and_its_mean_is_a_metric(made: Path) -> None:
    nulls = NULLS.check(pd.read_parquet(made / NULLS.name))
    counts = nulls.groupby("head")["id"].nunique().to_dict()
    assert counts == {"profession": 5, "gender": 5, PROBE_HEAD: 5}
    assert set(nulls["draws"]) == {3}
    assert set(nulls["p"]) <= {0.25, 0.5, 0.75, 1.0}
    metrics = json.loads((made / METRICS_FILE).read_text())
    mean = nulls[nulls["id"] == ""].set_index("head")["p"]
    for head in counts:
        assert metrics[f"ablation/null_p/{head}"] == mean[head]
    rows = pd.read_parquet(made / ABLATIONS.name)
    effects = (rows["log_odds_intact"] - rows["log_odds_removed"]).groupby([rows["control"], rows["head"], rows["id"]])
    net = effects.mean()[""] - effects.mean()["rolled"]
    assert metrics["ablation/net/gender"] == pytest.approx(net["gender"].mean()), "of the first control alone"
    each = nulls[nulls["id"] != ""].set_index(["head", "id"])["effect"]
    assert np.allclose(each, effects.mean()[""].loc[each.index], atol=1e-5)


def test_the_same_cell_gives_the_same_bytes(lab: Lab, made: Path, tmp_path: Path) -> None:
    again = lab.ablated(EVERY, MAPS, tmp_path)
    for path in made.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_without_draws_there_is_no_file_of_the_null(lab: Lab, tmp_path: Path) -> None:
    for name, changes in (("none", {"null_draws": 0}), ("no control", {"controls": ("centre_prior",)})):
        (tmp_path / name).mkdir()
        folder = lab.ablated(EVERY.model_copy(update=changes), MAPS, tmp_path / name)
        assert not (folder / NULLS.name).exists()
        assert not any("null" in metric for metric in json.loads((folder / METRICS_FILE).read_text()))


def test_what_the_data_and_the_explain_phase_do_not_have_is_counted_and_fails_nothing(
    lab: Lab, made: Path, tmp_path: Path
) -> None:
    bench, bare = lab.bench(), tmp_path / "explained"
    bare.mkdir()
    for path in lab.explained(MAPS).iterdir():
        if path.is_file() and path.name != CONTROL_MAPS_NAME:
            (bare / path.name).symlink_to(path)
    frame = bench.manifest.frame
    blind = replace(bench, manifest=replace(bench.manifest, frame=frame.assign(regions="")))
    assert regions_of(blind.manifest, blind.split("test"), 32).masks == {}
    settings = EVERY.model_copy(update={"map_head": "profession", "null_draws": 0})
    ablate(blind, settings, lab.trained(), bare, tmp_path)
    rows = pd.read_parquet(tmp_path / ABLATIONS.name)
    pictures = rows["id"].nunique()
    said = left_out(tmp_path)["controls"]
    assert said["rolled_person"] == {NO_BOX: pictures}
    assert said["primary_map"] == {SAME_MAP: pictures}
    assert said["random_weights"] == {NOT_MADE: pictures}
    assert set(rows["control"]) == {"", "rolled", "other_picture", "centre_prior"}
