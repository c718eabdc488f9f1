"""The command `compare`."""

import click

from bias_exp.errors import RequestError
from bias_exp.options import option, study_option, uri_option


@click.command()
@study_option
@option("--with", "other", help="The study that it is compared with.")
@option("--out", type=click.Path(), help="Folder for its files; default: none are written.")
@uri_option
def compare(study: str | None, other: str | None, out: str | None, tracking_uri: str | None) -> None:
    """Set two studies side by side: the difference of gaps where configurations match."""
    from bias_exp.report.build import study_name
    from bias_exp.report.compare_files import compare_studies

    if study is None or other is None:
        raise RequestError("expected two studies, --study and --with, found fewer; name both")
    click.echo(compare_studies(study_name(study), study_name(other), tracking_uri, out))
