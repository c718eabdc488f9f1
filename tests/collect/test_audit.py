import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bias_exp.collect.audit import audit, draw
from bias_exp.collect.audit_answers import read_sheet
from bias_exp.collect.rows import COLLECTORS
from bias_exp.columns import AUDIT_KEY
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.csvfile import read_csv
from bias_exp.data.make import make_data
from bias_exp.errors import RequestError
from bias_exp.metrics.significance import wilson
from bias_exp.progress import silent
from tests.data.layouts import lay_collection, lay_folder, tiny_shots

OPTIONS = COLLECTORS["audit"].settings({})


def rows_of(counts: dict[tuple[str, str], int]) -> pd.DataFrame:
    """Pictures of (gender, source) in these numbers."""
    strata = [stratum for stratum, n in counts.items() for _ in range(n)]
    return pd.DataFrame(
        {
            "path": [f"pictures/{n}.png" for n in range(len(strata))],
            "sha256": [f"{n:064x}" for n in range(len(strata))],
            "gender": [gender for gender, _ in strata],
            "source": [source for _, source in strata],
        }
    )


def run(root: Path, out: Path | None = None, **options: Any) -> str:
    return audit(root, out or root, {**OPTIONS, **options}, silent)


def key_of(folder: Path) -> pd.DataFrame:
    return read_csv(folder / "audit/key.csv", AUDIT_KEY)


def answers(path: Path, said: dict[int, str]) -> str:
    path.write_text("item,answer\n" + "".join(f"{item},{answer}\n" for item, answer in said.items()))
    return str(path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    lay_folder(tmp_path / "pictures", tiny_shots(6))
    made = make_data(
        DataConfig(source="folder", split=SplitConfig(test=1, validation=1, probe=1)),
        tmp_path / "data",
        root=tmp_path / "pictures",
    )
    return made.folder


def test_every_gender_and_source_has_as_many_and_all_where_there_are_fewer() -> None:
    rows = rows_of({("female", "a"): 300, ("male", "a"): 250, ("female", "b"): 30, ("unknown", "a"): 50})
    key = draw(rows, 200, 0)
    assert key.groupby(["gender", "source"]).size().to_dict() == {
        ("female", "a"): 200,
        ("female", "b"): 30,
        ("male", "a"): 200,
    }
    assert key["item"].tolist() == list(range(1, 431))
    assert key.equals(draw(rows.sample(frac=1, random_state=1), 200, 0))
    assert not key.equals(draw(rows, 200, 1))


def test_the_order_says_nothing_of_the_labels() -> None:
    key = draw(rows_of({("female", "a"): 300, ("male", "a"): 300}), 200, 0)
    women = (key["gender"] == "female").to_numpy()
    assert 80 <= women[:200].sum() <= 120
    runs = (women[1:] != women[:-1]).sum()
    assert 150 <= runs <= 250


def test_a_sample_grows_with_the_data_without_being_drawn_anew() -> None:
    few = rows_of({("female", "a"): 20, ("male", "a"): 20})
    small = set(draw(few, 5, 0)["sha256"])
    assert small <= set(draw(few, 8, 0)["sha256"])


class _Sources(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.values: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [given[name] or "" for name in ("src", "href") if name in given]
        if given.get("type") == "radio":
            self.values.append(given["value"] or "")


def test_the_page_shows_pictures_by_number_and_nothing_that_says_their_labels(data: Path) -> None:
    said = run(data, per_stratum=4, words=["agender"])
    page = (data / "audit/sheet.html").read_text()
    reader = _Sources()
    reader.feed(page)
    assert len(reader.found) == 8
    assert all(place.startswith("data:image/jpeg;base64,") for place in reader.found)
    assert set(reader.values) == {"female", "male", "nonbinary", "agender", "unclear"}
    assert len(reader.values) == 8 * 5
    assert "http" not in page.replace("http-equiv", "")
    assert "nurse" not in page
    for row in key_of(data).itertuples():
        assert row.sha256[:16] not in page
        assert row.path not in page
    sheet = pd.read_csv(data / "audit/sheet.csv")
    assert list(sheet.columns) == ["item", "answer"]
    assert sheet["answer"].isna().all()
    assert "8 pictures to look at" in said
    assert "only" not in said


def test_fewer_pictures_than_wanted_are_said(data: Path) -> None:
    said = run(data)
    assert "  only 12 female of folder" in said.splitlines()


def test_another_audit_in_the_folder_is_not_overwritten(data: Path) -> None:
    run(data, per_stratum=4)
    before = (data / "audit/key.csv").read_bytes()
    run(data, per_stratum=4)
    assert (data / "audit/key.csv").read_bytes() == before
    with pytest.raises(RequestError, match="expected no other audit"):
        run(data, per_stratum=5)


def test_what_two_people_saw_is_held_against_the_labels(data: Path, tmp_path: Path) -> None:
    run(data, per_stratum=10)
    key = key_of(data)
    truth = dict(zip(key["item"], key["gender"], strict=True))
    women = [item for item, gender in truth.items() if gender == "female"]
    men = [item for item, gender in truth.items() if gender == "male"]
    first = {**truth, women[0]: "man", women[1]: "male", men[0]: "Woman", men[1]: "unclear", men[2]: "female"}
    second = {**truth, women[0]: "male", women[1]: "female", men[0]: "female", men[1]: "unclear", men[2]: "nonbinary"}
    third = {women[1]: "female", women[5]: "male"}
    options = {
        "first": answers(tmp_path / "a.csv", first),
        "second": answers(tmp_path / "b.csv", second),
        "third": answers(tmp_path / "c.csv", third),
    }
    said = run(data, **options)
    facts = json.loads((data / "audit.json").read_text())
    assert facts["labels"] == ["female", "male"]
    assert (facts["items"], facts["unsettled"], facts["unclear"]) == (20, 1, 1)
    assert facts["agreement"]["raw"] == 18 / 20
    by_label = {row["label"]: row for row in facts["strata"]}
    # The third decides only where the two do not agree: women[5] stays what both saw.
    assert by_label["female"] | {"lo": 0, "hi": 0} == {
        "label": "female", "source": "folder", "pictures": 12, "wrong": 1, "n": 10, "error": 0.1, "lo": 0, "hi": 0,
        "seen": {"female": 9, "male": 1},
    }  # fmt: skip
    assert by_label["male"]["seen"] == {"female": 1, "male": 7}
    lo, hi = wilson(1, 8)
    assert (by_label["male"]["lo"], by_label["male"]["hi"]) == (float(lo), float(hi))
    assert [row["wrong"] for row in facts["groups"]] == [1, 1]
    assert "agreement 0.900" in said
    assert "  female of folder: 1 of 10 labels are not what people see, 0.100" in said


def test_answers_beyond_the_labels_are_counted_as_errors_and_kept(data: Path, tmp_path: Path) -> None:
    run(data, per_stratum=10)
    key = key_of(data)
    said = dict(zip(key["item"], key["gender"], strict=True))
    said[1] = "nonbinary"
    path = answers(tmp_path / "a.csv", said)
    run(data, first=path, second=path)
    facts = json.loads((data / "audit.json").read_text())
    row = next(row for row in facts["strata"] if row["label"] == key["gender"][0])
    assert row["wrong"] == 1
    assert row["seen"]["nonbinary"] == 1


def test_one_answer_throughout_leaves_kappa_undefined(tmp_path: Path) -> None:
    folder = tmp_path / "crawled"
    lay_collection(folder, tiny_shots(2), source="crawl", **{"label/gender": "female"})
    run(folder)
    path = answers(tmp_path / "a.csv", dict.fromkeys(key_of(folder)["item"], "female"))
    said = run(folder, first=path, second=path)
    facts = json.loads((folder / "audit.json").read_text())
    assert facts["agreement"]["kappa"] is None
    assert facts["agreement"]["reason"] == "one_answer"
    assert "kappa undefined" in said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("1,female\n2,male\n", r"expected an answer to each of 4 items in .*, found none to 2 \(item 3\)"),
        ("1,female\n2,male\n3,\n4,male\n", r"found none to 1 \(item 3\)"),
        ("1,female\n1,male\n3,male\n4,male\n", "expected each item once in .* lines 2, 3"),
        ("1,female\n2,male\n3,male\n4,male\n5,male\n", "expected items of the sheet in .* line 6"),
        ("1,female\n2,dog\n3,male\n4,male\n", "expected answers .* line 3"),
    ],
)
def test_a_sheet_that_is_not_whole_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    key = draw(rows_of({("female", "a"): 2, ("male", "a"): 2}), 2, 0)
    path = tmp_path / "a.csv"
    path.write_text("item,answer\n" + lines)
    with pytest.raises(RequestError, match=said):
        read_sheet(path, key, {"female": "female", "male": "male"})


def test_a_wrong_request_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="expected the key of an audit"):
        run(data, first="a.csv", second="b.csv")
    with pytest.raises(RequestError, match="expected the answers of two people"):
        run(data, first="a.csv")
    with pytest.raises(RequestError, match="expected a data set or a collection"):
        run(tmp_path)
    with pytest.raises(RequestError, match="of at least 1"):
        run(data, per_stratum=0)
    lay_collection(tmp_path / "crawled", tiny_shots(1), **{"label/gender": "unknown"})
    with pytest.raises(RequestError, match="label them first"):
        run(tmp_path / "crawled")


def test_the_page_s_script_has_no_placeholder_left(data: Path) -> None:
    run(data, per_stratum=1)
    page = (data / "audit/sheet.html").read_text()
    assert not re.search(r"\b(COUNT|FIGURES)\b", page)
    assert page.count("of 2<") == 1
