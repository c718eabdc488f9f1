"""The panels of what a question found, copied from the runs into a folder with an index.

Panels show faces: those of pictures that are not marked publishable are left out and counted, unless all are asked for.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bias_exp.explain.gallery import GALLERY_NAME, Gallery
from bias_exp.places import shown, writable_folder
from bias_exp.report.files import to_csv, write_files
from bias_exp.report.questions import Answer, Question
from bias_exp.tracking.query import Row, StudyView

INDEX = "index.csv"
RECORD = "answers.json"
COPIED = "copied"
NOT_EXPLAINED = "its explain phase is not complete"
NO_PANEL = "not among the pictures of the gallery"
NOT_PUBLISHABLE = "not marked publishable"
_MOST_LINES = 20
_PANELS = ["id", "cell", "name", "run_id", "seed", "panel", "file"]


@dataclass(frozen=True)
class Answered:
    """What was found: the question in words, its rows, and for each seed's panel where it is, or why it is not."""

    question: str
    answer: Answer
    panels: pd.DataFrame
    folder: Path | None

    @property
    def text(self) -> str:
        """The answer for a terminal."""
        rows = self.answer.rows
        pictures = rows["id"].nunique()
        lines = [f"{self.question}: {pictures} of {self.answer.asked} pictures, {len(rows)} with their configurations"]
        lines += [_line(row) for row in rows.head(_MOST_LINES).to_dict("records")]
        if len(rows) > _MOST_LINES:
            lines.append(f"  and {len(rows) - _MOST_LINES} more")
        counts = self.panels["panel"].value_counts() if len(self.panels) else {}
        lines += [f"panels: {count} {what}" for what, count in counts.items()]
        if self.folder is not None:
            lines.append(f"all of it: {shown(self.folder / INDEX)}")
        return "\n".join(lines)


def _line(row: dict[str, object]) -> str:
    where = f"{row['backbone']} {row['shares']} {row['loss']}"
    return (
        f"  {row['id']}  {row['group']} {row['class']} -> {row['predicted']}  in {row['said_in']} of {row['seeds']} "
        f"seeds  mean p {row['mean_p']:.2f}  {where}"
    )


def with_panels(
    view: StudyView, found: Answer, question: Question, *, out: Path | None, all_faces: bool = False
) -> Answered:
    """Look for the panels of the rows of an answer, and copy those that may be shown below `out`.

    Args:
        out: None: panels are looked for and counted, and none is copied.
        all_faces: copy panels of pictures that are not marked publishable too, for one's own use.

    Raises:
        RequestError: `out` cannot be written.
        IntegrityError: a panel is not what its run's complete tag names.
    """
    by_cell: dict[str, list[str]] = {}
    for one in found.rows.to_dict("records"):
        for cell in str(one["cells"]).split():
            by_cell.setdefault(cell, []).append(str(one["id"]))
    files: dict[str, bytes] = {}
    panels = []
    for row in view.rows:
        facts = {name: row.facts[name] for name in ("cell", "name", "run_id", "seed")}
        for picture, content, said in _panels(view, row, by_cell.get(row.facts["cell"], []), all_faces):
            place = f"{facts['name']}-{picture}.png" if content is not None else ""
            if content is not None:
                files[place] = content
            panels.append({"id": picture} | facts | {"panel": said, "file": place})
    table = pd.DataFrame(panels, columns=_PANELS)
    answered = Answered(question.text(found.head), found, table, out)
    if out is not None:
        _write(answered, files, out)
    return answered


def _panels(view: StudyView, row: Row, pictures: list[str], all_faces: bool) -> list[tuple[str, bytes | None, str]]:
    """Each picture of a cell with its panel, None where there is none to show, and what is to be said of it."""
    if not pictures:
        return []
    if "explain" not in row.complete:
        return [(picture, None, NOT_EXPLAINED) for picture in pictures]
    names = {picture: f"panels/{picture}.png" for picture in pictures}
    files = view.files(row, "explain")
    gallery = files.read(GALLERY_NAME)
    exhibits = Gallery.from_bytes(gallery).exhibits if gallery is not None else ()
    publishable = {one.id: one.publishable for one in exhibits}
    allowed = [picture for picture in pictures if publishable.get(picture) or (all_faces and picture in publishable)]
    contents = {picture: files.read(names[picture]) for picture in allowed}
    found = []
    for picture in pictures:
        content = contents.get(picture)
        hidden = picture in publishable and picture not in allowed
        found.append((picture, content, NOT_PUBLISHABLE if hidden else NO_PANEL if content is None else COPIED))
    return found


def _write(answered: Answered, files: dict[str, bytes], out: Path) -> None:
    """The index, a row for each picture and seed that says so, and the panels."""
    writable_folder(out)
    rows = answered.answer.rows
    each = rows.assign(cell=rows["cells"].str.split()).explode("cell")
    index = each.drop(columns=["cells"]).merge(answered.panels, on=["id", "cell"], validate="one_to_one")
    write_files({INDEX: to_csv(index).encode(), **files}, out, digest="", record=RECORD)
