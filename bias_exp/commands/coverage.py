"""The command `coverage`."""

import click

from bias_exp.options import option, study_option, uri_option


@click.command()
@study_option
@option("--out", type=click.Path(), help="Folder for its files; default: results/<study>.")
@uri_option
def coverage(study: str | None, out: str | None, tracking_uri: str | None) -> None:
    """Say what a study's tables rest on: seeds, gaps and what fills them, and deviations."""
    from bias_exp.report.build import study_name
    from bias_exp.report.coverage_files import cover

    click.echo(cover(study_name(study or "quick"), tracking_uri, out).text)
