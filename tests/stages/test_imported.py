"""Models and predictions made elsewhere: the same numbers as where they were made, and no label taken for another."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from bias_exp.columns import ABLATIONS, EXPLANATIONS, PREDICTIONS, PROBE_HEAD, UNKNOWN
from bias_exp.config import AblateConfig, ExplainConfig
from bias_exp.data.make import make_data
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.models.checkpoint import load_model
from bias_exp.models.imported import Imported
from bias_exp.rundir import file_sha256
from bias_exp.shares import Shares
from bias_exp.stages.ablate import ablate
from bias_exp.stages.bench import Bench
from bias_exp.stages.explain import explain
from bias_exp.stages.imported import take_import
from bias_exp.stages.train import train
from tests.stages.lab import SOURCE, Lab

PROFESSIONS = ("baker", "nurse", "waiter")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    return Lab(make_data(SOURCE, folder / "data"), folder)


def imported_bench(lab: Lab, source: Imported, **changes) -> Bench:
    settings = {"shares": Shares(), "size": 0, "loss": "imported", "imported": source.digest, **changes}
    return dataclasses.replace(lab.bench(**settings), imported=source)


def weights_of(path: Path, classes: dict[str, tuple[str, ...]]) -> Imported:
    return Imported(file=str(path), sha256=file_sha256(path), classes=classes)


def take(lab: Lab, source: Imported, folder: Path, **changes) -> Bench:
    bench = imported_bench(lab, source, **changes)
    bench.set_up()
    folder.mkdir(exist_ok=True)
    take_import(bench, source, folder)
    return bench


def predictions(folder: Path) -> pd.DataFrame:
    return PREDICTIONS.check(pd.read_parquet(folder / PREDICTIONS.name))


def foreign_file(lab: Lab, path: Path) -> Path:
    """A trained cell as somebody else would have it: timm's names, one classifier of five outputs, wrapped."""
    state = load_file(lab.trained() / "model.safetensors")
    plain = {f"module.{name.removeprefix('backbone.')}": one for name, one in state.items() if "heads." not in name}
    for kind in ("weight", "bias"):
        parts = [state[f"heads.to_{head}.{kind}"] for head in ("gender", "profession")]
        plain[f"module.fc.{kind}"] = torch.cat(parts)
    torch.save({"state_dict": plain, "epoch": 7}, path)
    return path


def test_an_imported_checkpoint_predicts_what_the_cell_it_came_from_predicts(lab: Lab, tmp_path: Path) -> None:
    source = weights_of(
        foreign_file(lab, tmp_path / "theirs.pth"), {"gender": ("female", "male"), "profession": PROFESSIONS}
    )
    take(lab, source, tmp_path / "run")
    mine, theirs = predictions(lab.trained()), predictions(tmp_path / "run")
    pd.testing.assert_frame_equal(
        *(frame.sort_values(["head", "id"], ignore_index=True) for frame in (mine, theirs)), check_exact=True
    )
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"model.safetensors", "model.json", "weights.json", "metrics.json", "confusion.csv"} <= names
    assert not names & {"arm.csv", "history.csv", "best.safetensors", "learning_curves.png"}
    assert "weights named as in timm" in json.loads((tmp_path / "run" / "weights.json").read_text())["notes"]


def test_outputs_in_another_order_are_the_same_labels(lab: Lab, tmp_path: Path) -> None:
    """heads.json says male first, and so does the file: by name nothing changes."""
    state = load_file(lab.trained() / "model.safetensors")
    for kind in ("weight", "bias"):
        state[f"heads.to_gender.{kind}"] = state[f"heads.to_gender.{kind}"].flip(0).contiguous()
    save_file(state, tmp_path / "w.safetensors")
    source = weights_of(tmp_path / "w.safetensors", {"profession": PROFESSIONS, "gender": ("male", "female")})
    take(lab, source, tmp_path / "run")
    mine, theirs = predictions(lab.trained()), predictions(tmp_path / "run")
    assert mine["predicted"].tolist() == theirs["predicted"].tolist()
    np.testing.assert_allclose(mine["p_label"], theirs["p_label"], rtol=1e-6)
    _, facts = load_model(tmp_path / "run")
    assert facts.classes["gender"] == ("male", "female")
    assert facts.classes[PROBE_HEAD] == ("female", "male")


def test_heads_and_labels_that_the_data_lacks_stand_without_truth(lab: Lab, tmp_path: Path) -> None:
    state = load_file(lab.trained() / "model.safetensors")
    state["heads.to_age.weight"] = torch.randn(2, 256, generator=torch.Generator().manual_seed(0))
    state["heads.to_age.bias"] = torch.zeros(2)
    save_file(state, tmp_path / "w.safetensors")
    classes = {"profession": ("baker", "nurse", "pilot"), "age": ("young", "old"), "gender": ("female", "male")}
    source = weights_of(tmp_path / "w.safetensors", classes)
    heads = ("profession", "gender", "age")
    bench = take(lab, source, tmp_path / "run", heads=heads)
    frame = predictions(tmp_path / "run")
    age = frame[frame["head"] == "age"]
    assert set(age["label"]) == {UNKNOWN}
    assert age["p_label"].isna().all()
    assert set(age["predicted"]) <= {"young", "old"}
    waiters = frame[(frame["head"] == "profession") & (frame["label"] == "waiter")]
    assert len(waiters)
    assert waiters["p_label"].isna().all()
    notes = json.loads((tmp_path / "run" / "weights.json").read_text())["notes"]
    assert any("the data lacks: pilot" in note for note in notes)
    (tmp_path / "explain").mkdir()
    explain(bench, ExplainConfig(gallery=1), tmp_path / "run", tmp_path / "explain")
    explained = EXPLANATIONS.check(pd.read_parquet(tmp_path / "explain" / EXPLANATIONS.name))
    assert set(explained["head"]) == {*heads, PROBE_HEAD}
    assert set(explained.loc[explained["head"] == "age", "target"]) <= {"young", "old"}
    (tmp_path / "ablate").mkdir()
    once = AblateConfig(fractions=(0.25,), fills=("mean",), draws=1)
    ablate(bench, once, tmp_path / "run", tmp_path / "explain", tmp_path / "ablate")
    assert set(ABLATIONS.check(pd.read_parquet(tmp_path / "ablate" / ABLATIONS.name))["head"]) == {*heads, PROBE_HEAD}


def test_an_import_that_changed_is_refused(lab: Lab, tmp_path: Path) -> None:
    path = foreign_file(lab, tmp_path / "theirs.pth")
    source = weights_of(path, {"gender": ("female", "male"), "profession": PROFESSIONS})
    with pytest.raises(IntegrityError, match="not what its cell is named after"):
        take_import(imported_bench(lab, source, imported="0" * 64), source, tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(RequestError, match="the file was changed since it was planned with"):
        take(lab, source, tmp_path / "run")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_predictions_alone_are_enough_for_tables(lab: Lab, tmp_path: Path, suffix: str) -> None:
    frame = predictions(lab.trained())
    path = tmp_path / f"theirs.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path, index=False)
    take(lab, weights_of(path, {}), tmp_path / "run")
    pd.testing.assert_frame_equal(predictions(tmp_path / "run"), frame)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert "model.safetensors" not in names
    numbers = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert numbers["test/accuracy"] == json.loads((lab.trained() / "metrics.json").read_text())["test/accuracy"]


def spoiled(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    first = frame.index == 0
    changes = {
        "strange id": frame.assign(id=frame["id"].where(~first, "f" * 16)),
        "row twice": pd.concat([frame, frame[first]]),
        "picture missing": frame[~first],
        "other split": frame.assign(split="test"),
        "other group": frame.assign(group=frame["group"].map({"female": "male", "male": "female"})),
        "other label": frame.assign(label=frame["label"].where(~first, "pilot")),
        "other person": frame.assign(person=frame["person"].where(~first, "somebody")),
        "probability of 2": frame.assign(p_predicted=2.0),
        "no probability": frame.assign(p_predicted=np.nan),
        "column missing": frame.drop(columns="p_label"),
        "column more": frame.assign(more="x"),
    }
    return changes[what]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("strange id", "expected ids of test and validation pictures in .* found 1 others: ffff"),
        ("row twice", "found 1 more"),
        ("picture missing", "expected every test picture for head 'profession' in .* found 1 missing"),
        ("other split", "found another split in 18 rows, first of picture"),
        ("other group", "found another group in 90 rows"),
        ("other label", "found another label of profession in 1 rows, .*: 'pilot' for '"),
        ("other person", "found another person in 1 rows"),
        ("probability of 2", r"expected probabilities in \[0, 1\]"),
        ("no probability", r"expected probabilities in \[0, 1\]"),
        ("column missing", "missing: p_label"),
        ("column more", "undeclared: more"),
    ],
)
def test_predictions_about_other_pictures_are_refused(lab: Lab, tmp_path: Path, what: str, said: str) -> None:
    frame = predictions(lab.trained()).sort_values("split", kind="stable", ignore_index=True)
    path = tmp_path / "p.parquet"
    spoiled(frame, what).to_parquet(path, index=False)
    with pytest.raises(RequestError, match=said):
        take(lab, weights_of(path, {}), tmp_path / "run")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 and more", b"a,b\n1,2\n", b"\xff\xfe\x00", b'a,"b\n'])
def test_what_is_no_table_is_refused(lab: Lab, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p"
    path.write_bytes(content)
    with pytest.raises(RequestError, match=r"expected a table of predictions \(CSV or Parquet\) in .* found: "):
        take(lab, weights_of(path, {}), tmp_path / "run")


def test_a_trained_trunk_comes_from_the_file_that_the_cell_names(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "start.safetensors"
    save_file(load_file(lab.trained() / "model.safetensors"), path)
    changes = {"pretrained": True, "weights": file_sha256(path), "seed": 3}
    bench = lab.bench(**changes)
    with pytest.raises(RequestError, match="expected the file of weights with sha256 .* found no place of it"):
        train(bench, tmp_path, lambda *_: None)
    bench = dataclasses.replace(bench, weights=path)
    bench.set_up()
    (tmp_path / "run").mkdir()
    train(bench, tmp_path / "run", lambda *_: None)
    notes = json.loads((tmp_path / "run" / "weights.json").read_text())
    assert notes == {"sha256": file_sha256(path), "notes": ["weights named as in this project"]}
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RequestError, match="the file was changed"):
        train(bench, tmp_path, lambda *_: None)
