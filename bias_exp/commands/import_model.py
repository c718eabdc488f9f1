"""The command `import-model`."""

from typing import Any

import click

from bias_exp.options import option, set_option, split_settings, study_option, uri_option, verbosity
from bias_exp.terminal import Terminal


@click.command(name="import-model")
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
