"""The command `matrix`."""

import sys
import time
from typing import Any

import click

from bias_exp.options import option, set_option, split_settings, study_option, uri_option, verbosity
from bias_exp.terminal import Terminal


@click.command()
@study_option
@option("--preset", help="A named set of settings of the study.")
@option("--executor", default="local", show_default=True, help="Where cells run: local or spawn.")
@option("--slots", type=click.IntRange(1), help="Cells at a time; default: one a processor.")
@option("--timeout", type=click.FloatRange(0, min_open=True), help="Minutes that one cell may take; default: any.")
@option("--dry-run", type=bool, is_flag=False, flag_value="true", default=False, help="Print the plan and stop.")
@set_option
@uri_option
@verbosity
def matrix(study: str | None, preset: str | None, executor: str | None, **rest: Any) -> None:
    """Train, explain and ablate every cell of a study, then make its tables. Running it again is how it resumes."""
    from bias_exp.matrix.executors.rows import EXECUTORS
    from bias_exp.matrix.prepare import prepare
    from bias_exp.matrix.summary import closing_text, dry_run_text, plan_text
    from bias_exp.matrix.work import run_matrix
    from bias_exp.report.build import build_tables
    from bias_exp.studies import load_study

    settings = load_study(study or "quick", preset, split_settings(rest["settings"]))
    EXECUTORS[executor or "local"]
    started = time.monotonic()
    with Terminal(quiet=rest["quiet"], verbose=rest["verbose"]) as terminal:
        prepared = prepare(settings, rest["tracking_uri"], terminal, dry_run=bool(rest["dry_run"]))
        terminal.say(plan_text(prepared, rest["slots"]))
        if rest["dry_run"]:
            terminal.result(dry_run_text(prepared))
            return
        timeout = None if rest["timeout"] is None else 60.0 * rest["timeout"]
        outcome = run_matrix(prepared, terminal, executor=executor or "local", slots=rest["slots"], timeout=timeout)
        terminal.update(0, 0, "tables")
        tables = build_tables(settings.name, rest["tracking_uri"]).text
        took = time.monotonic() - started
        server = rest["tracking_uri"]
        terminal.result(closing_text(prepared.plan, outcome, tables=tables, server=server, seconds=took))
    for name, cause in outcome.failed.items():
        click.echo(f"failed: {name}: {cause} (log: {outcome.logs[name]})", err=True)
    if outcome.failed:
        sys.exit(1)
