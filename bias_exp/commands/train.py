"""The command `train`."""

from typing import Any

import click

from bias_exp.options import option, set_option, split_settings, study_option, uri_option, verbosity
from bias_exp.terminal import Terminal


@click.command()
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
