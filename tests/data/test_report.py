import json
from pathlib import Path

import pytest

from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest
from bias_exp.data.report import data_report
from bias_exp.data.report_text import report_text, terminal_text
from bias_exp.data.scan import Scan, SourceImage
from tests.data.layouts import lay_folder, tiny_shots
from tests.data.pictures import noise, save

ONE_EACH = SplitConfig(test=1, validation=1, probe=1)


def built(folder: Path, listed: list[SourceImage], **options: object) -> Manifest:
    for number, picture in enumerate(listed):
        save(folder / picture.path, noise(number, 30 + number, 40))
    return build_manifest(Scan(folder, listed, **options), folder / "out", split=ONE_EACH, recipe={"source": "test"})


def people(professions: tuple[str, ...], genders: tuple[str, ...], n: int, **facts: object) -> list[SourceImage]:
    return [
        SourceImage(Path(f"{job}-{sex}-{k}.png"), {"profession": job, "gender": sex}, **{"source": "a", **facts})
        for job in professions
        for sex in genders
        for k in range(n)
    ]


def test_the_numbers(tmp_path: Path) -> None:
    listed = people(("nurse", "waiter"), ("female", "male"), 5, licence="CC0", person="Ada")[:2]
    listed += people(("nurse", "waiter"), ("female", "male"), 5)[2:]
    listed += people(("nurse",), ("unknown",), 1, source="b", publishable=True)
    made = built(tmp_path, listed, rejects=[("x.png", "empty file"), ("y", "cannot be read: gone")], notes=["a note"])
    report = data_report(made)
    json.dumps(report, allow_nan=False)
    assert report["pictures"] == 21
    assert report["left_out"] == {
        "files": 2,
        "reasons": [
            {"reason": "cannot be read", "files": 1, "examples": ["y"]},
            {"reason": "empty file", "files": 1, "examples": ["x.png"]},
        ],
    }
    counts = {(row["profession"], row["gender"], row["source"]): row for row in report["counts"]}
    assert counts["nurse", "unknown", "b"]["train"] == 1
    assert (
        sum(row[split] for row in report["counts"] for split in ("train", "test", "validation", "probe", "spare")) == 21
    )
    assert (
        counts["waiter", "male", "a"] | {"train": 2, "test": 1, "validation": 1, "probe": 1, "spare": 0}
        == counts["waiter", "male", "a"]
    )
    assert report["labels"] == {
        "profession": {"nurse": 11, "waiter": 10},
        "gender": {"female": 10, "male": 10, "unknown": 1},
    }
    assert report["sizes"]["width"] == {"min": 40, "median": 40, "max": 40}
    assert report["sizes"]["height"] == {"min": 30, "median": 40, "max": 50}
    assert report["sizes"]["shorter_side_below"] == {"64": 21, "112": 21, "224": 21}
    assert report["persons"] == {"persons": 1, "most_pictures": 2, "pictures_without": 19}
    assert (report["licence"], report["publishable"]) == ({"": 19, "CC0": 2}, 1)
    assert report["notes"][0] == "a note"


def test_the_arms_that_it_can_give(tmp_path: Path) -> None:
    """Six of each to train on after the three sets, one woman fewer in one class."""
    listed = people(("nurse", "waiter"), ("female", "male"), 9)[1:]
    arms = data_report(built(tmp_path, listed))["arms"]
    assert {one["ratio"]: one["largest"] for one in arms["each"]} == {0.0: 12, 0.25: 16, 0.5: 20, 0.75: 8, 1.0: 10}
    assert (arms["all"]["largest"], arms["all"]["multiples_of"]) == (8, 8)
    assert arms["all"]["tightest"] == {"class": "nurse", "group": "female", "pictures": 5}
    text = report_text(data_report(built(tmp_path, listed)))
    assert "matrix.size: any multiple of 8 up to 8 suits all of them" in text


def test_groups_beside_women_and_men_get_equal_shares(tmp_path: Path) -> None:
    listed = people(("nurse",), ("female", "nonbinary", "agender"), 5)
    report = data_report(built(tmp_path, listed))
    assert [(one["arm"], one["largest"]) for one in report["arms"]["each"]] == [("equal", 6)]
    assert "| equal shares of gender |" in report_text(report)


def test_a_class_without_a_group_to_train_on_gives_no_size(tmp_path: Path) -> None:
    text = report_text(data_report(built(tmp_path, people(("nurse",), ("female", "male"), 3))))
    assert "no size suits all of them" in text
    assert "| 0 % female             |             0 | 0 nurse male" in text


def test_it_lies_beside_the_manifest_and_is_printed(tmp_path: Path) -> None:
    lay_folder(tmp_path / "root", tiny_shots())
    made = make_data(DataConfig(source="folder", split=ONE_EACH), tmp_path / "out", root=tmp_path / "root")
    report = json.loads((made.folder / "report.json").read_text())
    assert report == data_report(made)
    text = (made.folder / "report.md").read_text()
    assert text.startswith(f"# Data report\n\n16 pictures, digest {made.digest[:16]}, source folder\n")
    assert "partial" not in text
    printed = terminal_text(report, "data/mine")
    assert printed.startswith("16 pictures in data/mine, digest ")
    header = next(line for line in printed.splitlines() if "train" in line)
    assert header.replace("|", " ").split() == ["profession", "gender", "train", "validation", "test", "probe", "all"]
    row = next(line for line in printed.splitlines() if line.startswith("| nurse")).replace("|", " ").split()
    assert row == ["nurse", "female", "1", "1", "1", "1", "4"]
    assert "- person ids are unknown" in printed


def test_no_item_is_longer_than_a_line(tmp_path: Path) -> None:
    report = data_report(built(tmp_path, people(("nurse", "waiter"), ("female", "male"), 4)))
    wide = {name: {"min": 10_000, "median": 10_500, "max": 12_345} for name in ("width", "height", "shorter_side")}
    below = {"shorter_side_below": dict.fromkeys(("64", "112", "224"), 100_000)}
    lines = terminal_text({**report, "sizes": wide | below, "notes": ["a word " * 40]}, "x").splitlines()
    assert max(map(len, lines)) <= 120
    first = next(place for place, line in enumerate(lines) if line.startswith("- size in pixels: "))
    assert " ".join(line.strip() for line in lines[first : first + 2]) == (
        "- size in pixels: width 10000 to 12345, height 10000 to 12345, shorter side 10000 to 12345; shorter side: "
        "100000 below 64, 100000 below 112, 100000 below 224"
    )


def test_a_long_table_is_cut_on_the_terminal_alone(tmp_path: Path) -> None:
    report = data_report(built(tmp_path, people(("nurse", "waiter"), ("female", "male"), 4)))
    counts = [{**report["counts"][0], "profession": f"job {n}"} for n in range(50)]
    many = {**report, "counts": counts}
    assert "(10 more rows in report.md)" in terminal_text(many, "x")
    assert "job 49" not in terminal_text(many, "x")
    assert "job 49" in report_text(many)
    totals = [line.split() for line in terminal_text(many, "x").splitlines() if line.startswith("| all ")]
    assert totals[0] == next(line.split() for line in report_text(many).splitlines() if line.startswith("| all "))


@pytest.mark.parametrize("n", [1, 12])
def test_many_values_of_an_attribute_are_counted_not_listed(tmp_path: Path, n: int) -> None:
    listed = [
        SourceImage(each.path, {**each.labels, "age": f"{k % n}"}, "a")
        for k, each in enumerate(people(("nurse",), ("female", "male"), 6))
    ]
    text = report_text(data_report(built(tmp_path, listed)))
    line = next(line for line in text.splitlines() if line.startswith("- age: "))
    assert line == "- age: 0 12" if n == 1 else line.endswith(" and 4 more")
