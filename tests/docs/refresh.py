"""Put the real output of the quick study into the documentation: `make docs`.

    python -m tests.docs.refresh [LOG]

Writes docs/*.png, and in README.md what stands between the marks `begin output`, `begin table` and their ends. LOG
holds what `make matrix` printed; without it the output in the README stays as it is. Equal results and equal code give
equal files.
"""

import io
import re
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import bias_exp
from bias_exp.places import Places
from bias_exp.tracking.query import StudyFrames
from tests.docs.pages import ROOT
from tests.docs.people import SHEETS

STUDY = "quick"
SHOWN = "quick_resnet-f50-ce-s0"
"""The cell whose panel is shown."""

CURVE = "accuracy_by_gender"
COLOURS = 128
BACKBONE = "quick_resnet"
"""The rows of the table that stand in the README."""


def main(log: Path | None) -> None:
    """Refresh everything."""
    frames = bias_exp.load(STUDY)
    docs, results = ROOT / "docs", Places.here().results / STUDY
    for name, draw in SHEETS.items():
        (docs / name).write_bytes(small_png(Image.fromarray(draw())))
    (docs / "panel.png").write_bytes(small_png(Image.open(panel(frames))))
    (docs / f"{CURVE}.png").write_bytes(small_png(Image.open(results / f"{CURVE}.png")))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    readme = between_marks(readme, "table", first_rows((results / f"{CURVE}.md").read_text(encoding="utf-8")))
    if log is not None and log.exists():
        readme = between_marks(readme, "output", f"```text\n{shortened(log.read_text(encoding='utf-8'))}```\n")
    (ROOT / "README.md").write_text(readme, encoding="utf-8")


def small_png(picture: Image.Image) -> bytes:
    """A PNG of at most COLOURS colours."""
    made = io.BytesIO()
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(made, format="PNG", optimize=True)
    return made.getvalue()


def panel(frames: StudyFrames) -> Path:
    """The panel of the cell SHOWN on which both heads are right and surest together; of none right, the first."""
    cell = frames.cells.set_index("name").loc[SHOWN]
    folder = Places.here().runs / cell["cell"] / "explain" / cell["explain"] / "panels"
    paths = sorted(folder.glob("*.png"))
    own = frames.predictions[(frames.predictions["cell"] == cell["cell"]) & (frames.predictions["split"] == "test")]
    own = own[own["head"].isin(["profession", "gender_probe"])]
    right = own["p_label"].where(own["predicted"] == own["label"], 0.0)
    both = right.groupby(own["id"]).prod()
    return max(paths, key=lambda path: (both.get(path.stem, np.nan), path.stem))


def first_rows(table: str) -> str:
    """Head and rows of the first backbone of a table in Markdown."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    kept = lines[:3]
    for line in lines[3:]:
        if re.match(r"\| \w", line):  # the next backbone
            break
        kept.append(line)
    return "\n".join(kept) + "\n"


def between_marks(text: str, name: str, content: str) -> str:
    """`text` with `content` between the marks of that name; marks that are not there once raise ValueError."""
    pattern = re.compile(rf"(<!-- begin {name}[^>]*-->\n).*?(<!-- end {name} -->\n)", flags=re.DOTALL)
    made, count = pattern.subn(lambda found: found[1] + content + found[2], text)
    if count != 1:
        raise ValueError(f"expected the marks `begin {name}` and `end {name}` once, found them {count} times")
    return made


def shortened(log: str) -> str:
    """The plan, the first two cells and the last, and what comes after: the terminal's output without its middle, and
    without the lines that only say that it goes on.

    Lines before the plan are of the installation and of MLflow; paths lose the folder of the project.
    """
    lines = [line.replace(f"{Places.here().home}/", "") for line in log.splitlines()]
    start = next(number for number, line in enumerate(lines) if line.startswith(f"study {STUDY}:"))
    lines = [line for line in lines[start:] if line.strip() and not re.match(r"\d{4}[/-]\d\d[/-]\d\d ", line)]
    lines = [line for line in lines if not re.match(r"\d+ cells? in work: ", line)]
    cells = [number for number, line in enumerate(lines) if re.match(r"\[\d+/\d+\] ", line)]
    if len(cells) > 3:
        lines[cells[2] : cells[-1]] = ["..."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
