"""Coverage: every wanted phase of every cell has one status, and every gap its command."""

import tomllib
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.ablate.effects import NO_PROBE
from bias_exp.columns import PROBE_HEAD
from bias_exp.report.coverage import (
    DONE,
    FAILED,
    INVALID,
    MISSING,
    OLDER,
    RUNNING,
    STALE,
    STATUSES,
    WAITING,
    Commands,
    cell_phases,
    coverage,
    invalid_phases,
)
from bias_exp.report.coverage_files import Coverage, claim_lines
from bias_exp.report.deviations import FEWER_SEEDS, REDONE, deviation_rows
from bias_exp.report.rerun import matrix_command, study_toml
from bias_exp.studies import build_study, load_study
from bias_exp.tracking.query import AttemptState
from bias_exp.tracking.tags import complete
from tests.report.synthetic import SyntheticFrames, seed_frames, small_frames, small_study, without

COMMANDS = Commands("bias-exp matrix --study s")
NAMES = ["net-f50-ce-s0", "net-f50-ce-s1", "net-f50-ce-s2"]


def attempts_of(frames: SyntheticFrames, **changes: dict) -> list[AttemptState]:
    """An attempt at every cell on the run that its row names; `changes` by the cell's name, dashes as underscores."""
    made = []
    for cell in frames.cells.to_dict("records"):
        tags = {complete(phase, cell[phase]): "m" for phase in ("train", "explain", "ablate") if cell[phase]}
        facts = {"run_id": cell["run_id"], "name": cell["name"], "cell": cell["cell"], "backbone": "net", "number": 0}
        facts |= {"status": "FINISHED", "owner": "", "complete": tags, "commit": "c" * 40}
        made.append(AttemptState(**(facts | changes.get(cell["name"].replace("-", "_"), {}))))
    return made


def statuses(frames: SyntheticFrames, attempts: list[AttemptState]) -> dict[tuple[str, str], str]:
    found = cell_phases(frames, attempts)
    return {(row["name"], row["phase"]): row["status"] for row in found.to_dict("records")}


def test_a_whole_study_has_nothing_to_do() -> None:
    frames = seed_frames()
    table = coverage(frames, attempts_of(frames), COMMANDS)
    assert table["phase"].tolist() == ["train", "explain", "ablate"]
    assert table[["seeds", "seeds_planned", "complete"]].to_numpy().tolist() == [[3, 3, 3]] * 3
    assert table["on"].tolist() == ["0 1 2"] * 3
    assert set(table["command"]) == set(table["said"]) == {""}
    assert deviation_rows(frames, attempts_of(frames), []).empty


def test_each_way_of_lacking_a_phase_has_its_status_and_command() -> None:
    frames = without(seed_frames(), NAMES[:2])
    frames = without(frames, NAMES[2:], "explain")
    attempts = attempts_of(frames, net_f50_ce_s0={"status": "FAILED", "cause": "CUDA out of memory"})
    attempts = [one for one in attempts if one.name != NAMES[1]]
    found = statuses(frames, attempts)
    assert found[NAMES[0], "train"] == FAILED
    assert found[NAMES[0], "explain"] == found[NAMES[2], "ablate"] == WAITING
    assert found[NAMES[1], "train"] == MISSING
    assert found[NAMES[2], "train"] == DONE
    assert found[NAMES[2], "explain"] == MISSING
    table = coverage(frames, attempts, COMMANDS).set_index("phase")
    assert table.loc["train", "on"] == "2"
    assert "failed: net-f50-ce-s0 (CUDA out of memory)" in table.loc["train", "said"]
    assert (table["command"] == COMMANDS.matrix).all()
    said = deviation_rows(frames, attempts, [])
    assert said["kind"].tolist() == [FEWER_SEEDS]
    assert "1 of 3 planned" in said["said"].iloc[0]


def test_a_cell_that_is_worked_on_asks_for_nothing() -> None:
    frames = without(seed_frames(), NAMES[:1])
    attempts = attempts_of(frames, net_f50_ce_s0={"status": "RUNNING", "owner": "host:7"})
    table = coverage(frames, attempts, COMMANDS).set_index("phase")
    assert table.loc["train", "running"] == 1
    assert table.loc["train", "command"] == ""
    assert statuses(frames, attempts)[NAMES[0], "train"] == RUNNING


def test_what_was_complete_under_another_key_is_stale() -> None:
    frames = without(without(seed_frames(), NAMES[:1]), NAMES[1:2], "explain")
    attempts = attempts_of(
        frames,
        net_f50_ce_s0={"cell": "another", "complete": {complete("train", ""): "m"}},
        net_f50_ce_s1={"complete": {complete("train", ""): "m", complete("explain", "old"): "m"}},
    )
    found = statuses(frames, attempts)
    assert found[NAMES[0], "train"] == STALE
    assert found[NAMES[1], "explain"] == STALE
    assert found[NAMES[1], "ablate"] == WAITING


def test_cells_of_older_code_are_in_the_tables_and_told() -> None:
    frames = seed_frames()
    attempts = attempts_of(frames, net_f50_ce_s0={"commit": "a" * 40})
    table = coverage(frames, attempts, COMMANDS).set_index("phase")
    assert table.loc["train", ["seeds", "complete", "older_code"]].tolist() == [3, 2, 1]
    run = frames.cells["run_id"].iloc[0]
    assert table.loc["train", "command"] == f"mlflow runs delete --run-id {run} && {COMMANDS.matrix}"
    assert set(deviation_rows(frames, attempts, [])["kind"]) == {OLDER}


def test_a_run_that_was_done_again_is_a_deviation() -> None:
    frames = seed_frames()
    first = frames.cells.iloc[0]
    extra = AttemptState("old", NAMES[0], first["cell"], "net", 0, "FAILED", "", unusable="a file was touched")
    found = deviation_rows(frames, [extra, *attempts_of(frames)], [{"at": "2026-01-01", "kind": "k", "said": "x"}])
    assert found["kind"].tolist() == ["k", REDONE]
    assert "a file was touched" in found["said"].iloc[1]


def test_maps_that_are_na_or_remove_nothing_of_the_probe_are_invalid() -> None:
    frames = seed_frames()
    one, other = frames.cells["cell"].iloc[:2]
    maps, effects = frames.explanations.copy(), frames.ablations.copy()
    maps.loc[maps["cell"] == one, ["valid", "reason"]] = [False, "one class seen"]
    kept = (effects["cell"] == other) & (effects["control"] == "")
    effects.loc[kept, "predicted_removed"] = effects.loc[kept, "predicted_intact"]
    broken = SyntheticFrames(frames.study, frames.cells, frames.predictions, maps, frames.checks, effects, frames.nulls)
    found = invalid_phases(broken)
    assert set(found) == {(one, "explain"), (other, "ablate")}
    assert "one class seen" in found[one, "explain"]
    table = coverage(broken, attempts_of(broken), COMMANDS).set_index("phase")
    assert table.loc[["explain", "ablate"], "invalid"].tolist() == [1, 1]
    assert statuses(broken, attempts_of(broken))[NAMES[0], "explain"] == INVALID
    assert set(table["command"]) == {""}  # a result, which no command mends


def test_an_ablation_that_scored_no_probe_says_nothing_of_gender() -> None:
    frames = seed_frames()
    cell, effects = frames.cells["cell"].iloc[0], frames.ablations
    kept = effects[(effects["cell"] != cell) | (effects["head"] != PROBE_HEAD)]
    assert invalid_phases(replace(frames, ablations=kept)) == {(cell, "ablate"): NO_PROBE}


def test_predictions_from_elsewhere_are_asked_for_no_maps() -> None:
    frames = without(seed_frames(), NAMES[:1], "explain")
    attempts = attempts_of(frames, net_f50_ce_s0={"imported": "predictions"})
    assert {phase for name, phase in statuses(frames, attempts) if name == NAMES[0]} == {"train"}


@settings(max_examples=12, deadline=None)
@given(lost=st.lists(st.sampled_from(NAMES), unique=True), phase=st.sampled_from(["train", "explain", "ablate"]))
def test_every_wanted_phase_is_counted_once(lost: list[str], phase: str) -> None:
    frames = without(seed_frames(), lost, phase)
    table = coverage(frames, attempts_of(frames), COMMANDS)
    counts = table[[name.replace(" ", "_") for name in STATUSES]].sum(axis=1)
    assert (counts == table["seeds_planned"]).all()
    assert (table["seeds"] <= table["seeds_planned"]).all()
    assert ((table["command"] == "") == (table["seeds"] == table["seeds_planned"])).all()


def shown(frames: SyntheticFrames, attempts: list[AttemptState]) -> Coverage:
    rows = coverage(frames, attempts, COMMANDS)
    return Coverage("synthetic", rows, deviation_rows(frames, attempts, []), claim_lines(frames))


def test_the_text_says_the_gap_and_the_command_and_files_say_the_same() -> None:
    frames = without(small_frames(), ["net-f50-ce-s0"])
    found = shown(frames, attempts_of(frames))
    assert "6 of 9 phases are in the tables" in found.text
    assert f"filled by: {COMMANDS.matrix}" in found.text
    assert "no deviations" in found.text
    files = found.files()
    assert set(files) == {"coverage.csv", "coverage.md", "deviations.csv"}
    assert len(files["coverage.csv"].decode().splitlines()) == 1 + len(found.rows)
    assert "every entry is exploratory" in files["coverage.md"].decode()
    assert files == shown(frames, attempts_of(frames)).files()


def test_a_study_as_toml_reads_back_as_itself(tmp_path: Path) -> None:
    study = small_study(
        title='quotes " and \\ and é',
        loss={"focal": {"gamma": 2, "alpha": [1, 2.5]}},
        claims={"a": {"endpoint": "accuracy gap", "family": "f", "between": {"loss": "ce"}}},
        presets={"p q": {"train": {"epochs": 1}}},
    )
    assert build_study(tomllib.loads(study_toml(study)), "t") == study


def test_the_command_names_a_study_preset_or_file_that_plans_the_same() -> None:
    quick = load_study("quick")
    assert matrix_command(quick, None, "r") == ("bias-exp matrix --study quick", False)
    smoke = load_study("quick", "smoke").model_copy(update={"weights": {"b": "x"}})
    command, written = matrix_command(smoke, "http://h:1", "r")
    assert command == "bias-exp matrix --study quick --preset smoke --tracking-uri http://h:1"
    assert not written
    other = load_study("quick", None, ("train.epochs=77",))
    assert matrix_command(other, None, "my results") == ("bias-exp matrix --study 'my results/study.toml'", True)
