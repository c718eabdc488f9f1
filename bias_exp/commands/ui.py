"""The command `ui`."""

import click

from bias_exp.options import option, uri_option


@click.command()
@option("--port", type=click.IntRange(1, 65535), help="Default: 5000, or the next one that is free.")
@uri_option
def ui(port: int | None, tracking_uri: str | None) -> None:
    """Show the runs in a browser: MLflow's UI, with the addresses to open. Ctrl-C ends it."""
    from bias_exp.ui import show

    try:
        show(tracking_uri, port, click.echo)
    except KeyboardInterrupt:
        click.echo("ended")
