"""What `make docs` puts into the pages is cut from real output, and nothing else of a page changes."""

import numpy as np
import pytest
from PIL import Image

from tests.docs.pages import ROOT
from tests.docs.people import GAP, SHEETS, SIDE
from tests.docs.refresh import between_marks, first_rows, shortened, small_png

TABLE = """# Title

| backbone | loss | rate |
| -------- | ---- | ---: |
| one      | ce   |  0.9 |
|          | focal |  0.8 |
| two      | ce   |  0.1 |

- note
"""


def test_only_what_is_between_the_marks_changes() -> None:
    text = "a\n<!-- begin table: by hand -->\nold\n<!-- end table -->\nb\n"
    assert between_marks(text, "table", "new\n") == text.replace("old", "new")
    with pytest.raises(ValueError, match="found them 0 times"):
        between_marks(text, "output", "")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("table", "output"):
        assert between_marks(readme, name, "x\n") != readme


def test_the_rows_of_the_first_backbone_are_shown() -> None:
    assert first_rows(TABLE).splitlines() == TABLE.splitlines()[2:6]


def test_the_output_is_without_its_middle() -> None:
    log = ["pip", "2026/01/01 10:00:00 INFO mlflow", "study quick: 5 cells", "  more"]
    log += [f"2 cells in work: {number} of 5" for number in range(2)]
    log += [f"[{number}/5] cell" for number in range(1, 6)] + ["2026/01/01 10:09:00 INFO", "5 tables made"]
    said = "study quick: 5 cells|  more|[1/5] cell|[2/5] cell|...|[5/5] cell|5 tables made"
    assert shortened("\n".join(log)).splitlines() == said.split("|")


@pytest.mark.parametrize("name", sorted(set(SHEETS) - {"twins.png"}))  # whose search for controls takes ten seconds
def test_a_sheet_has_ten_people_in_a_row(name: str) -> None:
    picture = SHEETS[name]()
    assert picture.dtype == np.uint8
    assert picture.shape[1] == 10 * SIDE + 11 * GAP
    assert (picture.shape[0] - GAP) % (SIDE + GAP) == 0


def test_equal_code_gives_equal_bytes() -> None:
    first, second = (small_png(Image.fromarray(SHEETS["people.png"]())) for _ in range(2))
    assert first == second
