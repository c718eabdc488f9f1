"""The commands `explain` and `ablate`: phases of a cell that is trained."""

from typing import Any, Literal

import click

from bias_exp.errors import RequestError
from bias_exp.options import moved_option, option, run_option, set_option, split_settings, uri_option, verbosity
from bias_exp.terminal import Terminal


@click.command()
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
        _later_phase("explain", run_id, data_folder, **rest)
        return
    if pictures is None:
        raise RequestError(f"expected --out with --pictures, found it alone: {out}; the maps of a cell go to its run")
    if data_folder is not None:
        raise RequestError(f"expected --pictures without --data, found both: {data_folder}; leave out --data")
    from bias_exp.places import shown
    from bias_exp.studies import phase_settings

    changed = phase_settings(split_settings(rest["settings"]))
    with Terminal(quiet=rest["quiet"], verbose=rest["verbose"], aside=True) as terminal:
        run = _open_run(run_id, rest["tracking_uri"])
        from bias_exp.matrix.outside import explain_pictures

        made = explain_pictures(run, pictures, terminal, out=out, settings=changed)
    click.echo(shown(made))


@click.command()
@run_option
@moved_option
@set_option
@uri_option
@verbosity
def ablate(run_id: str | None, data_folder: str | None, **rest: Any) -> None:
    """Remove what one explained cell's maps point at, and measure what that does."""
    _later_phase("ablate", run_id, data_folder, **rest)


def _later_phase(phase: Literal["explain", "ablate"], run_id: str | None, data: str | None, **rest: Any) -> None:
    """Complete a phase of a run by its id, and print that id."""
    from bias_exp.matrix.work import work
    from bias_exp.studies import phase_settings

    with Terminal(quiet=rest["quiet"], verbose=rest["verbose"], aside=True) as terminal:
        run = _open_run(run_id, rest["tracking_uri"])
        changed = phase_settings(split_settings(rest["settings"]))
        work(run, [phase], terminal, data=data, settings=changed)
    click.echo(run.run_id)


def _open_run(run_id: str | None, uri: str | None) -> Any:
    """The run of a cell by its id."""
    from bias_exp.tracking.attempts import AttemptRun

    if run_id is None:
        raise RequestError("expected a run id, found none; copy one from the UI or from the tables")
    return AttemptRun.open(run_id, uri)
