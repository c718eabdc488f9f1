import dataclasses
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.columns import MANIFEST, REJECTS
from bias_exp.config import SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.manifest import FACTS, Manifest, load_manifest, write_manifest
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.errors import IntegrityError, RequestError
from tests.data.pictures import cells, frame_of, noise, save

SPLIT = SplitConfig(test=1, validation=1, probe=1)


def pictures(root: Path, n: int = 4) -> list[SourceImage]:
    """`n` pictures of each gender below `root`."""
    found = []
    for number, gender in enumerate(["female", "male"] * n):
        path = Path(gender, f"{number}.png")
        save(root / path, noise(number))
        found.append(SourceImage(path=path, labels={"gender": gender}, source="folder"))
    return found


def build(root: Path, out: Path, listed: list[SourceImage], **options: object) -> Manifest:
    return build_manifest(Scan(root, listed, **options), out, split=SPLIT, recipe={"source": "test"})


def test_one_row_a_picture(tmp_path: Path) -> None:
    listed = pictures(tmp_path)
    box, points = (1.5, 2.0, 9.25, 10.0), [(2, 3), (8, 3), (5, 6), (3, 8), (7, 8.125)]
    listed[0] = SourceImage(
        path=Path("female/0.png"),
        labels={"gender": "female"},
        source="camera",
        person='Ada "the first", née B.',
        licence="CC0\nsee below",
        publishable=True,
        face_box=box,
        landmarks=points,
        regions=Path("regions/0.png"),
    )
    made = build(tmp_path, tmp_path / "out", listed, notes=["a note"])
    frame = made.frame
    assert list(MANIFEST.check(frame)) == [*MANIFEST.names, "label/gender"]
    assert frame["id"].tolist() == sorted(frame["id"])
    row = next(frame[frame["path"] == "female/0.png"].itertuples())
    assert (row.width, row.height, row.person, row.licence) == (20, 24, 'Ada "the first", née B.', "CC0\nsee below")
    assert (row.face_x0, row.face_y0, row.face_x1, row.face_y1) == box
    assert (row.eye0_x, row.mouth1_y) == (2, 8.125)
    assert row.publishable
    assert made.path(row) == tmp_path / "female/0.png"
    assert made.regions_path(row) == tmp_path / "regions/0.png"
    other = next(frame[frame["path"] == "male/1.png"].itertuples())
    assert np.isnan(other.face_x0)
    assert made.regions_path(other) is None
    assert row.id == row.sha256[:16]
    assert made.classes == {"gender": ("female", "male")}
    assert made.notes[0] == "a note"
    assert frame["split"].value_counts().to_dict() == {"train": 2, "test": 2, "validation": 2, "probe": 2}


def test_the_digest_is_of_content_not_of_places(tmp_path: Path) -> None:
    listed = pictures(tmp_path / "a")
    first = build(tmp_path / "a", tmp_path / "one", listed)
    (tmp_path / "a").rename(tmp_path / "b")
    (tmp_path / "b/female").rename(tmp_path / "b/women")
    moved = [
        SourceImage(path=Path(str(each.path).replace("female", "women")), labels=each.labels, source="folder")
        for each in reversed(listed)
    ]
    second = build(tmp_path / "b", tmp_path / "two", moved)
    assert second.digest == first.digest
    assert second.root != first.root
    relabelled = [SourceImage(path=moved[0].path, labels={"gender": "female"}, source="folder"), *moved[1:]]
    assert build(tmp_path / "b", tmp_path / "three", relabelled).digest != first.digest
    resourced = [SourceImage(path=moved[0].path, labels=moved[0].labels, source="crawl"), *moved[1:]]
    assert build(tmp_path / "b", tmp_path / "four", resourced).digest != first.digest


def test_what_cannot_be_used_is_listed_with_its_reason(tmp_path: Path) -> None:
    listed = pictures(tmp_path)
    for name, data in (("zero.jpg", b""), ("text.png", b"hello there")):
        (tmp_path / name).write_bytes(data)
        listed.append(SourceImage(path=Path(name), labels={"gender": "male"}, source="folder"))
    copies = [("female", "female/0.png"), ("female", "male/1.png")]  # equal labels, and others
    for number, (gender, source) in enumerate(copies):
        (tmp_path / f"copy{number}.png").write_bytes((tmp_path / source).read_bytes())
        listed.append(SourceImage(path=Path(f"copy{number}.png"), labels={"gender": gender}, source="folder"))
    made = build(tmp_path, tmp_path / "out", listed, rejects=[("pipe", "not a regular file")])
    rejects = dict(REJECTS.check(made.rejects()).to_numpy().tolist())
    assert rejects == {
        "female/0.png": "same bytes and labels: see copy0.png",
        "copy1.png": "same bytes, other labels: see male/1.png",
        "male/1.png": "same bytes, other labels: see copy1.png",
        "pipe": "not a regular file",
        "text.png": "not one of JPEG, PNG, WEBP, BMP, GIF, PPM: begins with b'hello th'",
        "zero.jpg": "empty file",
    }
    assert len(made.frame) + len(rejects) == len(listed) + 1


def test_near_duplicates_are_one_group_and_mixed_labels_are_said(tmp_path: Path) -> None:
    listed = pictures(tmp_path)
    save(tmp_path / "again.jpg", noise(0), quality=80)
    listed.append(SourceImage(path=Path("again.jpg"), labels={"gender": "male"}, source="folder"))
    made = build(tmp_path, tmp_path / "out", listed)
    groups = made.frame.set_index("path")["near_duplicates"]
    assert (
        groups["again.jpg"]
        == groups["female/0.png"]
        == made.frame.loc[made.frame["path"].isin(["again.jpg", "female/0.png"]), "id"].min()
    )
    assert groups.nunique() == len(made.frame) - 1
    assert "1 group(s) of near-duplicates, the largest of 2 pictures" in made.notes
    assert any("hold different labels" in note for note in made.notes)


def test_odd_names_are_normal(tmp_path: Path) -> None:
    listed = pictures(tmp_path)
    names = [b"caf\xe9.png", b'a\nb,"c".png', "rtl\u202e.png".encode(), b"100%.png", b" =1+1.png", b"NA"]
    for number, name in enumerate(names):
        path = Path(os.fsdecode(name))
        save(tmp_path / path, noise(100 + number), format="PNG")
        listed.append(SourceImage(path=path, labels={"gender": "male"}, source="folder"))
    made = build(tmp_path, tmp_path / "out", listed)
    found = {made.path(row) for row in made.frame.itertuples()}
    assert found == {tmp_path / each.path for each in listed}
    assert all(path.is_file() for path in found)


def test_a_folder_with_its_pictures_can_be_moved(tmp_path: Path) -> None:
    build(tmp_path / "a", tmp_path / "a", pictures(tmp_path / "a"))
    (tmp_path / "a").rename(tmp_path / "b")
    moved = load_manifest(tmp_path / "b")
    assert all(moved.path(row).is_file() for row in moved.frame.itertuples())


def test_without_its_last_file_there_is_no_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = build(tmp_path / "p", tmp_path / "out", pictures(tmp_path / "p"))
    replace = Path.replace

    def killed(path: Path, target: Path) -> Path:
        if target.name == FACTS:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_manifest(tmp_path / "out", {MANIFEST: made.frame}, facts={})
    with pytest.raises(RequestError, match=r"no manifest.json in it; make one with `bias-exp data"):
        load_manifest(tmp_path / "out")


def test_a_changed_or_foreign_manifest_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(tmp_path / "p", out, pictures(tmp_path / "p"))
    table = out / "manifest.csv"
    table.write_text(table.read_text().replace("female", "male", 1))
    with pytest.raises(IntegrityError, match=r"manifest.csv is not what manifest.json beside it says"):
        load_manifest(out)
    facts = json.loads((out / FACTS).read_text())
    (out / FACTS).write_text(json.dumps({**facts, "format": 99}))
    with pytest.raises(RequestError, match=r"format 2 at .*, found 99"):
        load_manifest(out)
    (out / FACTS).write_text('{"files": {}}')
    with pytest.raises(RequestError, match="found another file"):
        load_manifest(out)
    with pytest.raises(RequestError, match="found no such folder"):
        load_manifest(tmp_path / "nowhere")


def test_kin_is_a_column_and_part_of_the_digest_where_there_is_any(tmp_path: Path) -> None:
    listed = pictures(tmp_path)
    without = build(tmp_path, tmp_path / "without", listed)
    known = ["id", "person", "near_duplicates", "split", "source", "label/gender"]  # before there was a column for it
    rows = [known, *without.frame[known].to_numpy().tolist()]
    assert without.digest == hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    kin = [dataclasses.replace(each, kin="k") for each in listed[:2]]
    related = build(tmp_path, tmp_path / "with", kin + listed[2:])
    assert sorted(related.frame["kin"]) == [""] * 6 + ["k"] * 2
    assert set(related.frame.loc[related.frame["kin"] == "k", "split"]) == {"test", "spare"}
    assert related.digest != without.digest


def test_a_manifest_of_the_first_format_has_no_kin(tmp_path: Path) -> None:
    made = build(tmp_path, tmp_path / "out", pictures(tmp_path))
    table = tmp_path / "out/manifest.csv"
    made.frame.drop(columns="kin").to_csv(table, index=False)
    facts = json.loads((tmp_path / "out" / FACTS).read_text())
    hashes = facts["sha256"] | {"manifest.csv": hashlib.sha256(table.read_bytes()).hexdigest()}
    (tmp_path / "out" / FACTS).write_text(json.dumps({**facts, "format": 1, "sha256": hashes}))
    pd.testing.assert_frame_equal(load_manifest(tmp_path / "out").frame, made.frame)
    (tmp_path / "out" / FACTS).write_text(json.dumps({**facts, "format": 2, "sha256": hashes}))
    with pytest.raises(IntegrityError, match="missing: kin"):
        load_manifest(tmp_path / "out")


def test_nothing_usable_is_refused_and_nothing_written(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    listed = [SourceImage(path=Path("a.png"), labels={"gender": "male"}, source="folder")]
    with pytest.raises(RequestError, match=r"none that can be used \(a.png: empty file\)"):
        build(tmp_path, tmp_path / "out", listed)
    with pytest.raises(RequestError, match="labels must be printable text"):
        build(tmp_path, tmp_path / "out", [SourceImage(save(tmp_path / "b.png", noise(1)), {"gender": ""}, "x")])
    assert not (tmp_path / "out").exists()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=3, max_size=3))
def test_any_text_comes_back_from_the_files(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("text")
    frame = frame_of(
        [{**row, "person": texts[0], "licence": texts[1], "consent": texts[2]} for row in cells({("a", "female"): 2})]
    )
    facts = {"digest": "", "root": ".", "classes": {}, "recipe": {}, "notes": []}
    facts["balance"] = {"primary": None, "attribute": "gender", "groups": []}
    rejects = pd.DataFrame({"path": texts, "reason": texts}, dtype="str")
    write_manifest(folder, {MANIFEST: frame, REJECTS: rejects}, facts=facts)
    back = load_manifest(folder)
    pd.testing.assert_frame_equal(back.frame, MANIFEST.check(frame))
    assert back.rejects()["path"].tolist() == texts
