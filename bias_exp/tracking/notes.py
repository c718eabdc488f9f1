"""The notes that MLflow's UI shows: on an experiment, a study run and an attempt, what it is and where to look.

Notes are Markdown; their links are addresses below that of the UI, so they work on any server.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bias_exp.config import AblateConfig, Cell, ExplainConfig, Phase
from bias_exp.keys import phase_specs
from bias_exp.shares import Shares
from bias_exp.tracking.tags import SHEETS_FOLDER, artifact_folder
from bias_exp.tracking.views import CELLS, CHARTS, artifact_link, view_link

LONGEST = 7500
"""Characters of a study's note with its first table; a server takes 8000."""

MEASURES = (
    "`test/accuracy` and `test/accuracy/<group>` are of the first head on the test pictures; `gap/...` is "
    "female − male; `ablation/net/<head>` is how far removing what the map points at lowers the head's log-odds, "
    "minus the same for the controls; `curve/...` has a point an epoch."
)

_REPORT = "report.html"
_FIRST_TABLE = "accuracy_by_gender"


def describe(content: Mapping[str, Any]) -> str:
    """An attempt in a sentence, from its `cell.json`."""
    cell = content["cell"]
    shares = Shares.model_validate(cell["shares"])
    called = f"{shares.name}: " if shares.name else ""
    size = f"{cell['size']} pictures" if cell["size"] else "an unknown number of pictures"
    return (
        f"**{cell['backbone']}** trained on {size} ({called}{shares.in_words()}) with loss **{cell['loss']}**, "
        f"seed {cell['seed']}, at {cell['image_size']} px; heads: {', '.join(cell['heads'])}."
    )


def attempt_note(content: Mapping[str, Any], experiment_id: str, run_id: str) -> str:
    """The note of an attempt: what it is, and links to what a person wants to see first, once its phase is complete."""
    cell = Cell.model_validate(content["cell"])
    explain, ablate = ExplainConfig.model_validate(content["explain"]), AblateConfig.model_validate(content["ablate"])
    places = {spec.phase: artifact_folder(spec.phase, spec.key) for spec in phase_specs(cell, explain, ablate)}

    def to(words: str, phase: Phase, name: str) -> str:
        return f"[{words}]({artifact_link(experiment_id, run_id, f'{places[phase]}/{name}')})"

    confusion = ", ".join(to(head, "train", f"confusion_{head}.png") for head in cell.heads)
    beside = f"[table]({view_link(experiment_id, CELLS)}), [charts]({view_link(experiment_id, CHARTS)})"
    links = (  # few lines: the UI folds a longer note, and its links answer only when it is unfolded
        f"{to('where it looks', 'explain', 'sheet.png')}, {to('on average', 'explain', 'mean_maps.png')}",
        to("learning curves", "train", "learning_curves.png"),
        f"confusion of {confusion}",
        to("recall by class", "train", "class_report.csv"),
        to("ablation", "ablate", "metrics.json"),
        f"beside other cells: {beside}",
    )
    return f"{describe(content)}\n\n{' · '.join(links)}"


def experiment_note(about: str, *, experiment_id: str, study_run: str) -> str:
    """The note of an experiment, whose first line the UI shows unasked; `about` is a study's title and question."""
    return (
        f"{about or 'A study of bias_exp'}\n\n"
        f"Look at the [cells and their numbers]({view_link(experiment_id, CELLS)}), the "
        f"[charts]({view_link(experiment_id, CHARTS)}), and the "
        f"[tables and figures]({artifact_link(experiment_id, study_run, 'tables')}) of the study run. "
        "In the list of runs the cells are folded below the study run: press +.\n\n"
        f"Metrics: {MEASURES}"
    )


def study_note(experiment_id: str, study_run: str, tables: Path | None = None) -> str:
    """The note of a study run; with the folder of its tables, links to each, and the first one itself if it fits."""
    about = (
        "The study itself: its settings (`study.json`), tables and figures are among its artifacts; the cells nest "
        f"under it: [their numbers]({view_link(experiment_id, CELLS)}), [charts]({view_link(experiment_id, CHARTS)})."
    )
    if tables is None:
        return about
    lines = [_table_line(path, experiment_id, study_run) for path in sorted(tables.glob("*.md"))]
    if (tables / _REPORT).is_file():
        place = artifact_link(experiment_id, study_run, f"tables/{_REPORT}")
        lines.insert(0, f"- [All tables and figures]({place}) on one page")
    if any((tables / SHEETS_FOLDER).glob("*.png")):
        place = artifact_link(experiment_id, study_run, SHEETS_FOLDER)
        lines.append(f"- [Contact sheets]({place}): one picture as every cell sees it")
    note = "\n".join((about, "", *lines))
    first = tables / f"{_FIRST_TABLE}.md"
    if first.is_file():
        title, _, rest = first.read_text(encoding="utf-8").partition("\n")
        spaced = "\n".join(map(_spaced, rest.splitlines()))
        whole = f"{note}\n\n**{title.removeprefix('# ')}**\n{spaced}\n"
        note = whole if len(whole) <= LONGEST else note
    return note[:LONGEST]


def _spaced(line: str) -> str:
    """A line of a table with a space at the end of each cell: the UI draws the cells of notes side by side."""
    if not line.startswith("|") or set(line) <= set("|-: "):
        return line
    return "|".join(f"{cell.strip()}&ensp;" if cell.strip() else cell.strip() for cell in line.split("|"))


def _table_line(path: Path, experiment_id: str, study_run: str) -> str:
    with path.open(encoding="utf-8") as file:
        title = file.readline().removeprefix("# ").strip()
    files = [path.with_suffix(ending) for ending in (".md", ".png", ".csv")]
    words = {".md": "table", ".png": "figure", ".csv": "csv"}
    links = [
        f"[{words[file.suffix]}]({artifact_link(experiment_id, study_run, f'tables/{file.name}')})"
        for file in files
        if file.is_file()
    ]
    return f"- {title}: {', '.join(links)}"
