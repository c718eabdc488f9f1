"""The data sheet of an assembled data set; that every source has one is asked by the sources' contract tests."""

import json
from pathlib import Path

from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.datasheet import AUDIT, datasheet
from bias_exp.data.make import make_data
from bias_exp.data.report import data_report
from bias_exp.data.report_files import REPORT_FILES
from tests.data.layouts import Shot, lay_collection, lay_folder, tiny_shots
from tests.data.pictures import noise, save

SMALL = SplitConfig(test=1, validation=1, probe=1)


def test_it_says_what_the_manifest_says_and_what_nobody_knows(tmp_path: Path) -> None:
    drawn = {"gender_from": "prompt", "source": "generate", "licence": "OpenRAIL++-M"}
    lay_collection(tmp_path / "parts/drawn", tiny_shots(5), kin=["scene", "scene", *[""] * 18], **drawn)
    save(tmp_path / "parts/drawn/pictures/stray.png", noise(99))
    config = DataConfig(source="assemble", options={"parts": ["drawn"]}, split=SMALL)
    made = make_data(config, tmp_path / "out", root=tmp_path / "parts")
    lines = (made.folder / "datasheet.md").read_text().splitlines()
    sizes = made.frame["split"].value_counts()
    splits = ", ".join(
        f"{name} {sizes[name]}" for name in ("train", "validation", "test", "probe", "spare") if name in sizes
    )
    for line in (
        f"- 20 pictures, digest {made.digest[:16]}; {splits}",
        "- sources: generate (20)",
        "- profession: nurse (10), waiter (10)",
        "- persons: not known; pictures of an unknown person: 20",
        "- groups of pictures of one prompt and scene: 1",
        "- left out: 1 files (in no row of collection.csv 1)",
        '- read as: assemble with parts = ["drawn"]',
        "- gender from: prompt (20)",
        "- licences of generate: OpenRAIL++-M (20)",
        "- consent: not known (20)",
        "- checked by people: not known",
        "- faces that may be shown in print: 0 of 20",
    ):
        assert line in lines
    assert [line for line in lines if line.startswith("## ")] == [
        *("## Motivation", "## Composition", "## Collection", "## Labels", "## Licences and consent"),
        *("## Uses and known limits", "## Maintenance"),
    ]


def test_whom_to_name_is_listed_and_counted(tmp_path: Path) -> None:
    ada = {"author": "Ada\nL", "licence": "CC BY 2.0", "licence_url": "https://cc/by/2.0/"}
    lay_collection(tmp_path / "parts/crawled", tiny_shots(4), page_url=[f"https://f/{n:02}" for n in range(16)], **ada)
    more = [Shot(shot.number + 16, shot.profession, shot.gender, noise(shot.number + 16)) for shot in tiny_shots(1)]
    lay_collection(tmp_path / "parts/more", more, url=["https://g/1", "", "", ""])
    lay_collection(tmp_path / "parts/own", [Shot(99, "nurse", "female", noise(99))])
    made = make_data(DataConfig(source="assemble", split=SMALL), tmp_path / "out", root=tmp_path / "parts")
    text = (made.folder / "datasheet.md").read_text()
    assert text.partition("## Attribution\n\n")[2].partition("\n\n")[0].splitlines() == [
        "- authors known of 16 of 21 pictures; origins.csv says it picture by picture",
        "- Ada L, CC BY 2.0 (https://cc/by/2.0/): 16 picture(s), the first at https://f/00",
        "- no author named, licence not known: 1 picture(s), the first at https://g/1",
    ]


def test_an_audit_beside_the_manifest_is_told(tmp_path: Path) -> None:
    lay_folder(tmp_path / "pictures", tiny_shots(4))
    made = make_data(DataConfig(source="folder", split=SMALL), tmp_path / "out", root=tmp_path / "pictures")
    (made.folder / AUDIT).write_text(json.dumps({"looked at": 40, "wrong": {"gender": 2}}))
    lines = datasheet(made, data_report(made)).splitlines()
    assert "- checked by people (audit.json):" in lines
    assert '  - wrong: {"gender": 2}' in lines
    assert "- who gave the labels: not known" in lines


def test_a_data_set_of_an_earlier_version_gets_what_it_lacks(tmp_path: Path) -> None:
    lay_folder(tmp_path / "pictures", tiny_shots(4))
    config = DataConfig(source="folder", split=SMALL)
    made = make_data(config, tmp_path / "out", root=tmp_path / "pictures")
    (made.folder / "counts.csv").unlink()
    (made.folder / "datasheet.md").unlink()
    again = make_data(config, tmp_path / "out", root=tmp_path / "pictures")
    assert again.digest == made.digest
    assert all((made.folder / name).is_file() for name in REPORT_FILES)
