"""The command `power`."""

from dataclasses import replace
from typing import Any

import click

from bias_exp.errors import RequestError
from bias_exp.options import option, uri_option

_SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command()
@option("--gap", type=click.FloatRange(-1, 1), required=True, help="The gap to be found, such as 0.05.")
@option("--study", help="A study on the server, whose spread is taken where none is given.")
@option("--rate", type=click.FloatRange(0, 1), help="Accuracy of the better group. Default: observed, else 0.8.")
@option("--seed-sd", type=click.FloatRange(0), help="Standard deviation of the gap over seeds. Default: observed.")
@option("--images", type=click.IntRange(1), help="Test pictures of each group. Default: observed, else 100.")
@option(
    "--shared",
    type=click.FloatRange(0, 1),
    default=1,
    show_default=True,
    help="Part of the pictures' variance that all trainings share, where it is not observed. 1 is the worst.",
)
@option("--family", type=click.IntRange(1), default=1, show_default=True, help="Tests that are corrected together.")
@option("--alpha", type=_SHARE, default=0.05, show_default=True, help="Error allowed in the whole family.")
@option("--power", "wanted", type=_SHARE, default=0.8, show_default=True, help="Chance to find it.")
@uri_option
def power(gap: float, study: str | None, tracking_uri: str | None, **rest: Any) -> None:
    """Seeds and pictures that a gap of given size needs, before any model is trained."""
    from bias_exp.metrics.power import Asked
    from bias_exp.report.power import assumed, observed, power_text

    if gap == 0:
        raise RequestError("expected a gap other than 0 in --gap, found 0; name the smallest one that matters")
    if study is None and rest["seed_sd"] is None:
        raise RequestError("expected --seed-sd or --study, from which the spread over seeds is taken; found neither")
    if rest["seed_sd"] is None:
        from bias_exp.tracking.query import load_study

        known = observed(load_study(str(study), tracking_uri))
        given = {name: rest[name] for name in ("rate", "images") if rest[name] is not None}
        if given:
            known = replace(
                known, rate=given.get("rate", known.rate), origin=known.origin + "; rate or pictures as given"
            )
            known = known.with_images(given.get("images", known.images))
    else:
        rate, images = (0.8 if rest["rate"] is None else rest["rate"]), rest["images"] or 100
        known = assumed(rate, images, rest["seed_sd"], rest["shared"])
    click.echo(power_text(gap, known, Asked(rest["alpha"] or 0.05, rest["wanted"] or 0.8, rest["family"] or 1)))
