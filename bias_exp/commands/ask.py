"""The command `ask`."""

from pathlib import Path
from typing import Any

import click

from bias_exp.options import option, study_option, uri_option


@click.command()
@study_option
@option("--group", help="Only pictures of this group, such as female.")
@option("--class", "label", help="Only pictures of this true class of the first head, such as doctor.")
@option("--predicted", help="What the head says of them, such as nurse. Default: anything but the truth.")
@option("--head", help="Whose answers. Default: the study's first head.")
@option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="Seeds that must say so.")
@option("--backbone", help="Only models of this backbone.")
@option("--loss", help="Only models of this loss.")
@option("--female-ratio", help="Only models trained on this share of women, 0 to 1.")
@option("--out", type=click.Path(), help="Folder for their panels and an index; default: none are copied.")
@option("--all-faces", type=bool, is_flag=False, flag_value="true", default=False, help="Unpublishable ones too.")
@uri_option
def ask(study: str | None, label: str | None, seeds: int | None, tracking_uri: str | None, **rest: Any) -> None:
    """Find test pictures by what seeds say of them, with their panels."""
    from bias_exp.report.answers import with_panels
    from bias_exp.report.build import study_name
    from bias_exp.report.questions import Question, answer
    from bias_exp.studies import read_ratio
    from bias_exp.tracking.query import StudyView, study_frames
    from bias_exp.tracking.runs import StudyRuns

    ratio = rest.pop("female_ratio")
    out, all_faces = rest.pop("out"), bool(rest.pop("all_faces"))
    ratio = None if ratio is None else read_ratio(ratio)
    question = Question(label=label, seeds=seeds or 1, female_ratio=ratio, **rest)
    view = StudyView(StudyRuns.find(study_name(study or "quick"), tracking_uri))
    found = answer(study_frames(view), question)
    folder = Path(out) if out else None
    click.echo(with_panels(view, found, question, out=folder, all_faces=all_faces).text)
