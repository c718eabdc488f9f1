from pathlib import Path

import pandas as pd

from bias_exp.config import SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.manifest import load_manifest
from bias_exp.data.report import data_report
from bias_exp.data.report_text import report_text
from bias_exp.data.scan import OwnSplit, Scan, SourceImage
from tests.data.pictures import noise, save


def shot(root: Path, name: str, number: int, gender: str, split: OwnSplit = "", source: str = "a") -> SourceImage:
    """A picture of noise; negative numbers are the positive ones as rough JPEGs."""
    options = {"format": "JPEG", "quality": 70} if number < 0 else {"format": "PNG"}
    save(root / name, noise(abs(number), 60, 50), **options)
    return SourceImage(Path(name), {"gender": gender}, source, split=split)


def test_every_kind_of_duplicate_is_listed(tmp_path: Path) -> None:
    genders = ("female", "male")
    listed = [shot(tmp_path, f"train/{n}.png", n, genders[n % 2], "train") for n in range(1, 13)]
    listed += [
        shot(tmp_path, "test/again.png", 1, "male", "test"),  # the same bytes and label in the other split
        shot(tmp_path, "train/b.png", 2, "female", "train", "b"),  # the same bytes from another source
        shot(tmp_path, "train/odd.png", 3, "female", "train"),  # the same bytes, another label
        shot(tmp_path, "test/near.jpg", -4, "female", "test"),  # nearly the same in the other split
        shot(tmp_path, "train/near.jpg", -5, "female", "train"),  # nearly the same, another label
    ]
    split = SplitConfig(test=1, validation=1, probe=1)
    made = build_manifest(Scan(tmp_path, listed), tmp_path / "out", split=split, recipe={"source": "test"})
    table = made.duplicates()
    assert table is not None
    found = {(kind, frozenset(rows["path"])) for (kind, _), rows in table.groupby(["kind", "group"]) if len(rows)}
    assert found == {
        ("exact", frozenset({"train/1.png", "test/again.png"})),
        ("exact", frozenset({"train/2.png", "train/b.png"})),
        ("exact", frozenset({"train/3.png", "train/odd.png"})),
        ("near", frozenset({"train/4.png", "test/near.jpg"})),
        ("near", frozenset({"train/5.png", "train/near.jpg"})),
    }
    row = table.set_index("path").loc["test/again.png"]
    assert (row["kind"], row["own_split"], row["source"], row["label/gender"]) == ("exact", "test", "a", "male")
    left = table.set_index("path")["split"]
    assert left["train/odd.png"] == left["train/3.png"] == "", "nobody knows which label is right"
    assert (left["test/again.png"] == "") != (left["train/1.png"] == ""), "one of two copies counts"
    report = data_report(made)["duplicates"]
    numbers = ("groups", "files", "largest", "with_other_labels", "across_sources", "across_own_splits")
    assert [report["exact"][name] for name in numbers] == [3, 6, 2, 1, 1, 1]
    assert [report["near"][name] for name in numbers] == [2, 4, 2, 1, 0, 1]
    text = report_text(data_report(made))
    assert "- the same bytes in two of the source's own splits: test/again.png (test), train/1.png (train)" in text
    assert "test/near.jpg (test)" in text


def test_a_folder_without_a_list_says_so(tmp_path: Path) -> None:
    listed = [shot(tmp_path, f"{n}.png", n, ("female", "male")[n % 2]) for n in range(1, 9)]
    split = SplitConfig(test=1, validation=1, probe=1)
    made = build_manifest(Scan(tmp_path, listed), tmp_path / "out", split=split, recipe={})
    assert isinstance(made.duplicates(), pd.DataFrame)
    assert "## Duplicates\n\nnone" in report_text(data_report(made))
    facts = (made.folder / "manifest.json").read_text()
    start = facts.index('  "duplicates.csv"')
    (made.folder / "manifest.json").write_text(facts[:start] + facts[facts.index("\n", start) + 1 :])
    (made.folder / "duplicates.csv").unlink()
    older = load_manifest(made.folder)
    assert older.duplicates() is None
    assert "not listed: this data set was made by an earlier version" in report_text(data_report(older))
