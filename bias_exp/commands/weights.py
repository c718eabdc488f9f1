"""The command `weights`."""

from pathlib import Path

import click

from bias_exp.options import option, set_option, split_settings, study_option


@click.command()
@study_option
@option("--out", type=click.Path(), help="Fetch them into this folder, for machines without a network.")
@set_option
def weights(study: str | None, out: str | None, settings: tuple[str, ...] | None) -> None:
    """List the trained weights of a study's backbones: where they are, and whether they are here."""
    from bias_exp.models.hub import fetch_all, needs, needs_text
    from bias_exp.studies import load_study

    given = load_study(study or "quick", None, split_settings(settings))
    found = needs(given)
    click.echo(needs_text(given, found))
    if out:
        click.echo(fetch_all((need.row for need in found), Path(out)))
