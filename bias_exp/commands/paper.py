"""The command `paper`."""

from pathlib import Path

import click

from bias_exp.options import option, uri_option


@click.command()
@option("--study", required=True, help="A study on the server.")
@option("--out", type=click.Path(), required=True, help="Folder of the bundle; an earlier one there is replaced.")
@uri_option
def paper(study: str, out: str, tracking_uri: str | None) -> None:
    """All that a paper prints of a study in one folder: tables, figures, sheets, panels, deltas, and their origin."""
    from bias_exp.report.build import study_name
    from bias_exp.report.paper import make_paper

    click.echo(make_paper(study_name(study), Path(out), tracking_uri).text)
