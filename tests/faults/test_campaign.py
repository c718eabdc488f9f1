"""Random kills, each of one process at one point of a small matrix; the oracle is a matrix that nobody disturbed.

Drawn with a seed: who dies (driver or worker), and at which of the points that this role came to undisturbed. KILLS in
the environment is how many; with no failure among N, at most 3/N of kills like these do harm (95 % confidence).
Training is real, with a snapshot after every step; the later phases are pretended.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from bias_exp.matrix.executors.slots import Slots
from bias_exp.seeds import rng_for
from tests.faults.conftest import Home, settle

KILLS = int(os.environ.get("KILLS", "200"))
CELLS = 2


def measured(home: Home) -> dict[str, dict]:
    """All that a matrix leaves of its cells: content of the phases, and every number that was logged."""
    client, complete = home.runs.client, home.complete
    return {
        state.cell: {
            "status": state.status,
            "complete": complete[state.cell],
            "metrics": {
                name: [(one.step, one.value) for one in client.get_metric_history(state.run_id, name)]
                for name in sorted(client.get_run(state.run_id).data.metrics)
            },
        }
        for state in home.states
    }


def points(home: Home) -> dict[str, int]:
    path = home.folder / "points"
    return json.loads(path.read_text()) if path.exists() else {"killed": 1}  # a killed driver leaves no counts


@pytest.mark.faults
@pytest.mark.timeout(0)
def test_no_kill_does_harm(
    zygote: Slots, study: str, tmp_path_factory: pytest.TempPathFactory, template_store: Path, capsys
) -> None:
    def new(name: str) -> Home:
        folder = tmp_path_factory.mktemp(name)
        settle(folder, study, template_store)
        return Home(folder, zygote)

    control = new("undisturbed")
    assert control.run(seeds=CELLS, BIAS_EXP_REAL="train", BIAS_EXP_KILL="worker:0") == 0, control.said
    wanted, there = measured(control), points(control)
    rng, landed, harmed = rng_for(0, "kills"), 0, []
    for kill in range(KILLS):
        who = ("driver", "worker")[int(rng.integers(2))]
        asked = f"{who}:{int(rng.integers(1, there[who] + 1))}"
        home = new("killed")
        code = home.run(seeds=CELLS, BIAS_EXP_REAL="train", BIAS_EXP_KILL=asked)
        landed += points(home)["killed"]
        tries = 1
        while code != 0 and tries < 3:
            code = home.run(seeds=CELLS, BIAS_EXP_REAL="train")
            tries += 1
        if code != 0 or len(home.states) != CELLS or measured(home) != wanted:
            harmed.append((asked, str(home.folder), home.said))
        else:
            shutil.rmtree(home.folder)
        with capsys.disabled():
            print(f"kill {kill + 1}/{KILLS} at {asked}: {len(harmed)} harmed, {landed} landed", flush=True)
    with capsys.disabled():
        print(f"points undisturbed: {there}")
        print(f"{landed} kills landed, {len(harmed)} did harm: with none, at most {3 / max(landed, 1):.1%} would")
    assert not harmed
    assert landed >= 0.9 * KILLS
