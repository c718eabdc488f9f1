"""The command `forget`: it parses, calls one thing, and prints what that says."""

from pathlib import Path
from typing import Any

import click

from bias_exp.options import option, uri_option, verbosity
from bias_exp.terminal import Terminal


@click.command()
@option("--sha256", multiple=True, help="Of the picture file: 64 hex digits, or the first 16 (its id).")
@option("--phash", multiple=True, help="Or its perceptual hash, 16 hex digits.")
@option("--picture", type=click.Path(), help="Or a picture file; with --distance, all that look like it.")
@option("--distance", type=click.IntRange(0, 64), help="Bits that a perceptual hash may differ by, 0 to 64.")
@option("--below", multiple=True, type=click.Path(), help="Folders to search; default: the working folder.")
@option("--roots", type=bool, is_flag=False, flag_value="true", default=False, help="Delete in pictures' folders too.")
@option("--yes", type=bool, is_flag=False, flag_value="true", default=False, help="Do it, in place of saying it.")
@uri_option
@verbosity
def forget(sha256: tuple[str, ...] | None, picture: str | None, tracking_uri: str | None, **rest: Any) -> None:
    """Take pictures out of data sets, collections, runs and caches, and see that they do not come back."""
    from bias_exp.matrix.forgetting import ForgetRequest, run_forget

    request = ForgetRequest(
        names=tuple(sha256 or ()),
        hashes=tuple(rest["phash"] or ()),
        picture=Path(picture) if picture else None,
        distance=rest["distance"],
        below=tuple(map(Path, rest["below"] or ())),
        roots=bool(rest["roots"]),
    )
    with Terminal(quiet=rest["quiet"], verbose=rest["verbose"]) as terminal:
        said = run_forget(request, tracking_uri, do=bool(rest["yes"]), report=terminal.update)
    click.echo(said)
