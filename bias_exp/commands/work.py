"""The hidden command `work`, which executors run."""

import json
import sys
from typing import Any

import click

from bias_exp import lifeline
from bias_exp.causes import HELD_ELSEWHERE, TRACKING_GONE
from bias_exp.errors import ClaimLost, TrackingGone
from bias_exp.terminal import Terminal


@click.command(hidden=True)
@click.option("--run-id", required=True)
@click.option("--phases", required=True)
@click.option("--owner", required=True)
@click.option("--data", "data_folder", required=True)
@click.option("--settings", required=True)
def work(run_id: str, phases: str, owner: str, data_folder: str, settings: str) -> None:
    """What executors run: phases of one cell, for the driver that has claimed them."""
    lifeline.hold()
    lifeline.leave_traces()
    from bias_exp.matrix.work import work as work_on
    from bias_exp.tracking.attempts import AttemptRun
    from bias_exp.tracking.claims import Owner

    names: Any = phases.split(",")
    with Terminal(verbose=True) as terminal:  # it prints into the log of its cell
        run = AttemptRun.open(run_id)
        try:
            work_on(run, names, terminal, owner=Owner.parse(owner), data=data_folder, settings=json.loads(settings))
        except ClaimLost as error:
            click.echo(f"held elsewhere: {error}", err=True)
            sys.exit(HELD_ELSEWHERE)
        except TrackingGone as error:
            click.echo(f"failed: {error}", err=True)
            sys.exit(TRACKING_GONE)
