"""The command `tables`."""

import click

from bias_exp.options import option, study_option, uri_option


@click.command()
@study_option
@option("--out", type=click.Path(), help="Folder for the tables; default: results/<study>.")
@uri_option
def tables(study: str | None, out: str | None, tracking_uri: str | None) -> None:
    """Make a study's bias tables and figures from the tracking server."""
    from bias_exp.report.build import build_tables, study_name

    click.echo(build_tables(study_name(study or "quick"), tracking_uri, out).text)
