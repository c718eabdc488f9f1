"""The command line: each command parses, calls one thing, and prints a line or two.

Exit codes: 0 all complete, 1 some of it failed (listed), 2 the request is wrong, 130 and 143 on signals.
"""

import json
import sys
import time
from typing import Any, Literal, NoReturn

import click
from click.core import ParameterSource

from bias_exp import signals
from bias_exp.causes import HELD_ELSEWHERE, TRACKING_GONE
from bias_exp.collect.rows import COLLECTORS, collect
from bias_exp.commands.ask import ask
from bias_exp.commands.compare import compare
from bias_exp.commands.coverage import coverage
from bias_exp.commands.forget import forget
from bias_exp.commands.paper import paper
from bias_exp.commands.power import power
from bias_exp.data.layouts.rows import layouts_text
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import BiasExpError, ClaimLost, RequestError, Stopped, TrackingGone
from bias_exp.options import (
    moved_option,
    option,
    run_option,
    set_option,
    split_settings,
    study_option,
    uri_option,
    verbosity,
)
from bias_exp.terminal import Terminal

HELP = """Ask whether a vision model's decision about one thing leans on another, and where in the picture.

A study trains a matrix of cells (backbone x female ratio x loss x seed), explains each with saliency maps, removes
what the maps point at, and makes tables from what the tracking server holds.

\b
Start here:
  bias-exp matrix                      the quick study on drawn people: minutes on two processors
  bias-exp matrix --dry-run            what it would do
  bias-exp ui                          compare the runs in a browser

\b
Your own pictures, in folders <root>/<profession>/<gender>/ or <root>/<gender>/ (or a table: bias-exp data --help):
  bias-exp data --root PICTURES --out data/mine
  bias-exp matrix --study portraits --set data.path=data/mine
"""


STOPPED = "stopped; the same command goes on where it was"


@click.group(help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="bias_exp")
def cli() -> None:
    """See HELP."""


for _command in (ask, compare, coverage, forget, paper, power):
    cli.add_command(_command)


class _DataCommand(click.Command):
    """Its help tells of all sources in short, or of the one that was named before `--help` at length."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        named = [row for row in (*SOURCES, *COLLECTORS) if row.name == ctx.params.get("source")]
        asked = ctx.get_parameter_source("source") is not ParameterSource.DEFAULT
        formatter.write("\n" + (named[0].whole() if named and asked else data_text()) + "\n")


def data_text() -> str:
    """Every source, collector and layout with its options."""
    rows = "\n".join(row.about() for row in (*SOURCES, *COLLECTORS))
    return (
        f"Sources and their options (--set options.NAME=VALUE; more of one: --source NAME --help):\n{rows}\n\n"
        f"Layouts of personas (--source personas --layout NAME):\n{layouts_text()}"
    )


@cli.command(cls=_DataCommand)
@option(
    "--source",
    default="folder",
    show_default=True,
    is_eager=True,
    help=f"How they lie: {', '.join(SOURCES.names())}; or what is to be done: {', '.join(COLLECTORS.names())}.",
)
@option("--root", type=click.Path(), help="The folder to read; nothing is written in it.")
@option("--out", type=click.Path(), required=True, help="Folder for what is made.")
@option("--keep-split", type=bool, is_flag=False, flag_value="true", default=False, help="Keep the source's test set.")
@option("--layout", help="Write personas as another data set has its files, in place of a manifest.")
@option("--set", "settings", multiple=True, metavar="A.B=C", help="split.test=0.2, options.size=64 ...")
@verbosity
def data(source: str, root: str | None, out: str, **rest: Any) -> None:
    """Turn pictures into a manifest: what there is, who is in which split, and what was left out and why."""
    from bias_exp.data.layouts.write import write_layout
    from bias_exp.data.make import make_from_settings
    from bias_exp.data.report import data_report
    from bias_exp.data.report_text import terminal_text
    from bias_exp.studies import data_settings

    settings = (*split_settings(rest["settings"]), *(("split.keep=true",) if rest["keep_split"] else ()))
    asked: Any = {"root": root, "out": out, "settings": settings}
    with Terminal(quiet=rest["quiet"], verbose=rest["verbose"]) as terminal:
        if source in COLLECTORS:
            options = data_settings(settings, source).options
            text = collect(source, root, out=out, options=options, report=terminal.update)
        elif rest["layout"]:
            text = write_layout(rest["layout"], source=source, **asked, report=terminal.update)
        else:
            manifest = make_from_settings(source, **asked, report=terminal.update)
            text = terminal_text(data_report(manifest), str(manifest.folder))
    click.echo(text)


@cli.command()
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


@cli.command()
@study_option
@option("--data", "data_folder", help="A folder with a manifest, instead of the study's own data.")
@option("--backbone", help="Default: the study's first.")
@option("--female-ratio", help="Share of women in the training set, 0 to 1. Default: the study's first arm.")
@option("--shares", help="Or one of the study's arms, by its name, such as f25 or stereotype.")
@option("--size", type=click.IntRange(1), help="Pictures of the training set. Default: the study's first.")
@option("--loss", help="Default: the study's first.")
@option("--seed", type=click.IntRange(0), help="Default: the study's first.")
@set_option
@uri_option
@verbosity
def train(study: str | None, data_folder: str | None, settings: tuple[str, ...] | None, **rest: Any) -> None:
    """Train one cell and print its run id."""
    from bias_exp.matrix.work import train_one
    from bias_exp.studies import load_study, one_cell

    given = load_study(study or "quick", None, split_settings(settings))
    axes = {name: rest[name] for name in ("backbone", "female_ratio", "shares", "size", "loss", "seed")}
    with Terminal(quiet=rest["quiet"], verbose=rest["verbose"], aside=True) as terminal:
        run = train_one(one_cell(given, data_folder, **axes), rest["tracking_uri"], terminal)
    click.echo(run.run_id)


def later_phase(phase: Literal["explain", "ablate"], run_id: str | None, data: str | None, **rest: Any) -> None:
    """Complete a phase of a run by its id, and print that id."""
    from bias_exp.matrix.work import work
    from bias_exp.studies import phase_settings

    with Terminal(quiet=rest["quiet"], verbose=rest["verbose"], aside=True) as terminal:
        run = open_run(run_id, rest["tracking_uri"])
        changed = phase_settings(split_settings(rest["settings"]))
        work(run, [phase], terminal, data=data, settings=changed)
    click.echo(run.run_id)


def open_run(run_id: str | None, uri: str | None) -> Any:
    """The run of a cell by its id."""
    from bias_exp.tracking.attempts import AttemptRun

    if run_id is None:
        raise RequestError("expected a run id, found none; copy one from the UI or from the tables")
    return AttemptRun.open(run_id, uri)


@cli.command()
@run_option
@moved_option
@option("--pictures", type=click.Path(), help="Explain these: one picture, or a folder of pictures, of no data set.")
@option("--out", type=click.Path(), help="With --pictures: a folder for the result; default: results/pictures/<run>.")
@set_option
@uri_option
@verbosity
def explain(run_id: str | None, data_folder: str | None, pictures: str | None, out: str | None, **rest: Any) -> None:
    """Make the saliency maps and panels of one trained cell, or those of pictures of your own."""
    if pictures is None and out is None:
        later_phase("explain", run_id, data_folder, **rest)
        return
    if pictures is None:
        raise RequestError(f"expected --out with --pictures, found it alone: {out}; the maps of a cell go to its run")
    if data_folder is not None:
        raise RequestError(f"expected --pictures without --data, found both: {data_folder}; leave out --data")
    from bias_exp.places import shown
    from bias_exp.studies import phase_settings

    changed = phase_settings(split_settings(rest["settings"]))
    with Terminal(quiet=rest["quiet"], verbose=rest["verbose"], aside=True) as terminal:
        run = open_run(run_id, rest["tracking_uri"])
        from bias_exp.matrix.outside import explain_pictures

        made = explain_pictures(run, pictures, terminal, out=out, settings=changed)
    click.echo(shown(made))


@cli.command()
@run_option
@moved_option
@set_option
@uri_option
@verbosity
def ablate(run_id: str | None, data_folder: str | None, **rest: Any) -> None:
    """Remove what one explained cell's maps point at, and measure what that does."""
    later_phase("ablate", run_id, data_folder, **rest)


@cli.command()
@study_option
@option("--out", type=click.Path(), help="Fetch them into this folder, for machines without a network.")
@set_option
def weights(study: str | None, out: str | None, settings: tuple[str, ...] | None) -> None:
    """List the trained weights of a study's backbones: where they are, and whether they are here."""
    from pathlib import Path

    from bias_exp.models.hub import fetch_all, needs, needs_text
    from bias_exp.studies import load_study

    given = load_study(study or "quick", None, split_settings(settings))
    found = needs(given)
    click.echo(needs_text(given, found))
    if out:
        click.echo(fetch_all((need.row for need in found), Path(out)))


@cli.command(name="import-model")
@study_option
@option("--weights", type=click.Path(), help="A checkpoint of one of the backbones: safetensors, .pth or .bin.")
@option("--backbone", help="What the checkpoint is of.")
@option("--heads", type=click.Path(), help="heads.json: {head: [labels in output order]}.")
@option("--predictions", type=click.Path(), help="In place of a checkpoint: a table with the columns of predictions.")
@option("--name", help="Stands in the tables where a loss stands; default: imported.")
@option("--female-ratio", help="Share of women in its training set, 0 to 1. Default: not known.")
@option("--image-size", type=click.IntRange(1), help="Side of its pictures. Default: the study's.")
@option("--data", "data_folder", help="A folder with a manifest, instead of the study's own data.")
@set_option
@uri_option
@verbosity
def import_model(study: str | None, data_folder: str | None, settings: tuple[str, ...] | None, **rest: Any) -> None:
    """Log a model, or predictions, made elsewhere as a trained cell of a study, and print its run id."""
    from bias_exp.matrix.importing import ImportRequest
    from bias_exp.matrix.importing import import_model as log_import
    from bias_exp.shares import Shares
    from bias_exp.studies import load_study, one_cell, read_ratio

    given = load_study(study or "quick", None, split_settings(settings))
    given = one_cell(given, data_folder) if data_folder else given
    ratio, uri = rest.pop("female_ratio"), rest.pop("tracking_uri")
    terminal = Terminal(quiet=rest.pop("quiet"), verbose=rest.pop("verbose"), aside=True)
    shares = Shares.female(read_ratio(ratio)) if ratio is not None else Shares()
    with terminal:
        run = log_import(given, ImportRequest(shares=shares, **rest), uri, terminal)
    click.echo(run.run_id)


@cli.command()
@study_option
@option("--out", type=click.Path(), help="Folder for the tables; default: results/<study>.")
@uri_option
def tables(study: str | None, out: str | None, tracking_uri: str | None) -> None:
    """Make a study's bias tables and figures from the tracking server."""
    from bias_exp.report.build import build_tables, study_name

    click.echo(build_tables(study_name(study or "quick"), tracking_uri, out).text)


@cli.command()
@option("--port", type=click.IntRange(1, 65535), help="Default: 5000, or the next one that is free.")
@uri_option
def ui(port: int | None, tracking_uri: str | None) -> None:
    """Show the runs in a browser: MLflow's UI, with the addresses to open. Ctrl-C ends it."""
    from bias_exp.ui import show

    try:
        show(tracking_uri, port, click.echo)
    except KeyboardInterrupt:
        click.echo("ended")


@cli.command(hidden=True)
@click.option("--run-id", required=True)
@click.option("--phases", required=True)
@click.option("--owner", required=True)
@click.option("--data", "data_folder", required=True)
@click.option("--settings", required=True)
def work(run_id: str, phases: str, owner: str, data_folder: str, settings: str) -> None:
    """What executors run: phases of one cell, for the driver that has claimed them."""
    from bias_exp import lifeline

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


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    signals.install()
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else HELP)
    except click.UsageError as error:
        click.echo(f"error: {error.format_message()} (see `bias-exp --help`)", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo(STOPPED, err=True)
        sys.exit(130)
    except Stopped:
        click.echo(STOPPED, err=True)
        sys.exit(143)
    except RequestError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except BiasExpError as error:
        click.echo(f"failed: {error}", err=True)
        sys.exit(1)
    sys.exit(0)
