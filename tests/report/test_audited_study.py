"""The whole way of an audit: a sheet, what two people answer, `audit.json`, and the tables of a study on the server."""

import json
from pathlib import Path

import pandas as pd
import pytest

from bias_exp import rundir
from bias_exp.collect.audit import audit
from bias_exp.collect.rows import COLLECTORS
from bias_exp.columns import AUDIT_KEY, LABEL, PREDICTIONS
from bias_exp.config import Cell, DataConfig, SplitConfig, Study
from bias_exp.data.csvfile import read_csv
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.keys import cell_key, cells_of, config_key, wanted_specs
from bias_exp.progress import silent
from bias_exp.report.build import build_tables
from bias_exp.report.label_error import Audit, label_error
from bias_exp.studies import build_study
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.runs import StudyRuns
from tests.data.layouts import lay_folder, tiny_shots
from tests.report.synthetic import seed_frames

GROUPS = ("female", "male")


@pytest.fixture
def data(tmp_path: Path) -> Manifest:
    """10 pictures of each of two professions and genders, 5 of them in the test set."""
    lay_folder(tmp_path / "pictures", tiny_shots(10))
    split = SplitConfig(test=5, validation=1, probe=1)
    made = make_data(DataConfig(source="folder", split=split), tmp_path / "data", root=tmp_path / "pictures")
    return load_manifest(made.folder)


def ask_two(folder: Path, out: Path) -> str:
    """Of 20 women 2 are seen as men by both, of 20 men 4 as women; on one more picture the two do not agree."""
    options = COLLECTORS["audit"].settings({})
    audit(folder, folder, options, silent)
    key = read_csv(folder / "audit/key.csv", AUDIT_KEY)
    women, men = (key.loc[key["gender"] == name, "item"].tolist() for name in GROUPS)
    first = dict(zip(key["item"], key["gender"], strict=True))
    first |= dict.fromkeys(women[:2], "male") | dict.fromkeys(men[:4], "female")
    second = first | {men[4]: "female"}
    for name, said in (("first", first), ("second", second)):
        path = out / f"{name}.csv"
        path.write_text("item,answer\n" + "".join(f"{item},{answer}\n" for item, answer in said.items()))
        options[name] = str(path)
    return audit(folder, folder, options, silent)


def train(runs: StudyRuns, study: Study, cell: Cell, data: Manifest, place: Path) -> None:
    """Publish a cell whose model is right on 9 of 10 women and on 6 of 10 men of the test set."""
    content = {"cell": cell.model_dump(mode="json"), "precision": "float32", "data": data.digest}
    content |= {name: getattr(study, name).model_dump(mode="json") for name in ("explain", "ablate")}
    run = runs.create_attempt(cell.name, cell=cell_key(cell), config=config_key(cell), number=0, content=content)
    test = data.frame[data.frame["split"] == "test"]
    label, group = test[LABEL + "profession"], test[LABEL + "gender"]
    wrong = test.groupby(group).cumcount() < group.map({"female": 1, "male": 4})
    facts = {"id": test["id"], "split": "test", "head": "profession", "label": label, "class": label, "group": group}
    facts |= {"predicted": label.mask(wrong, "other"), "p_label": 0.5, "p_predicted": 0.5, "person": test["person"]}
    with rundir.new_folder(place) as folder:
        PREDICTIONS.check(pd.DataFrame(facts)).to_parquet(folder / PREDICTIONS.name)
        (folder / "metrics.json").write_text(json.dumps({"test/accuracy": 0.75}))
        (folder / "history.csv").write_text("epoch,step,split,head,measure,value\n1,1,train,all,loss,1.0\n")
        (folder / "model.safetensors").write_bytes(b"weights")
        (folder / "model.json").write_text("{}")
    AttemptRun(runs.client, run).publish(wanted_specs(study, cell)[0], place)


def test_wrong_labels_stand_in_the_tables_of_a_study(data: Manifest, uri: str, tmp_path: Path) -> None:
    axes = {"backbones": ["net"], "female_ratios": [0.5]}
    study = build_study(
        {"name": "s", "data": {"path": str(data.folder)}, "matrix": axes, "tables": {"resamples": 100}}, "test"
    )
    runs = StudyRuns.open("s", uri)
    runs.log_plan({"study": study.model_dump(mode="json"), "data": data.digest})
    (cell,) = cells_of(study, data.digest)
    train(runs, study, cell, data, tmp_path / "train")
    out = tmp_path / "results"
    assert "label_error" not in build_tables("s", uri, out).names
    assert "kappa" in ask_two(data.folder, tmp_path)
    built = build_tables("s", uri, out)
    assert built.made, "an audit makes the tables anew"
    assert "label_error" in built.names
    rows = pd.read_csv(out / "label_error.csv").set_index("group")
    # Of 20 women 2 are men to both, of 19 men 4 women: 0.3 / (1 - 2 / 20 - 4 / 19), and the rates with it.
    apart = 1 - 2 / 20 - 4 / 19
    wanted = {"female": (0.9 * 15 / 19 - 0.6 * 0.1) / apart, "male": (0.6 * 0.9 - 0.9 * 4 / 19) / apart}
    assert rows["labelled"].to_dict() == pytest.approx({"female": 0.9, "male": 0.6, "female - male": 0.3})
    assert rows["value"].to_dict() == pytest.approx(wanted | {"female - male": 0.3 / apart})
    assert (rows["lo"] < rows["value"]).all()
    assert (rows["value"] < rows["hi"]).all()
    assert rows["n"].to_dict() == {"female": 10, "male": 10, "female - male": 20}
    page = (out / "label_error.md").read_text()
    assert "40 pictures (kappa 0.95); labels that are not what they see: female 2 of 20, male 4 of 19." in page
    assert not build_tables("s", uri, out).made, "nothing changed"


def test_notes_are_of_the_intervals_that_stand_there() -> None:
    """Those of accuracies, and of several seeds, are others."""
    facts = {"format": 1, "items": 4, "agreement": {"kappa": None}, "groups": [], "strata": []}
    table = label_error(seed_frames(), Audit(facts, "d"))
    assert table is not None
    said = " ".join(table.notes)
    assert "kappa NA" in said
    assert "nothing of how trainings differ" in said
    assert not any(word in said for word in ("Wilson", "Newcombe", "Student"))
