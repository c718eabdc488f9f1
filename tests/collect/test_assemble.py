import errno
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bias_exp.collect import assemble
from bias_exp.columns import COUNTS, LABEL
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.arms import draw_arm
from bias_exp.data.csvfile import read_csv
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest
from bias_exp.errors import RequestError
from bias_exp.shares import Shares
from tests.data.layouts import PLACES, Shot, lay_collection, lay_csv
from tests.data.pictures import noise, save

SMALL = SplitConfig(test=1, validation=1, probe=1)


def assembled(root: Path, out: Path, **options: object) -> Manifest:
    return make_data(DataConfig(source="assemble", options=options, split=SMALL), out, root=root)


def shots(first: int, n: int) -> list[Shot]:
    """`n` pictures of each class and gender, numbered from `first`."""
    return [Shot(k, *PLACES[k % len(PLACES)], noise(k)) for k in range(first * len(PLACES), (first + n) * len(PLACES))]


def public(root: Path, some: list[Shot], **columns: object) -> Manifest:
    """A data set named `public` below `root`, whose pictures lie beside it."""
    pictures = root.parent / "public pictures"
    lay_csv(pictures, some)
    table = pd.read_csv(pictures / "labels.csv", dtype=str).assign(**columns)
    table.to_csv(pictures / "labels.csv", index=False)
    options = {"attributes": [name for name in table if name not in ("file", "person", "licence", "source")]}
    return make_data(DataConfig(source="csv", options=options, split=SMALL), root / "public", root=pictures)


def test_parts_become_one_data_set_whose_pictures_are_links(tmp_path: Path) -> None:
    root = tmp_path / "parts"
    person, kin = ["1", "1", *[""] * 14], [*[""] * 14, "page", "page"]
    given = public(root, shots(0, 4), race="white", person=person, source="album", licence="CC0")
    lay_collection(root / "crawled", shots(4, 4), person=person, kin=kin, source="crawl", licence="CC BY 2.0")
    made = assembled(root, tmp_path / "out")
    frame = made.frame
    assert len(frame) == 32
    assert frame["source"].value_counts().to_dict() == {"album": 16, "crawl": 16}
    assert frame.groupby("source")["licence"].unique().map(list).to_dict() == {"album": ["CC0"], "crawl": ["CC BY 2.0"]}
    assert frame["person"].value_counts().to_dict() == {"": 28, "public/1": 2, "crawled/1": 2}
    assert frame["kin"].value_counts().to_dict() == {"": 30, "crawled/page": 2}
    assert frame.groupby("source")[LABEL + "race"].unique().map(list).to_dict() == {
        "album": ["white"],
        "crawl": ["unknown"],
    }
    assert made.balance.primary == "profession"
    assert made.root == made.folder / "pictures"
    for row in frame.itertuples():
        part, _, path = row.path.partition("/")
        origin = (given.root if part == "public" else root / part) / path
        assert made.path(row).samefile(origin)
    assert not any("copied" in note for note in made.notes)
    assert f"part public: 16 of 16 pictures, content {given.digest[:16]}" in made.notes


def test_authors_licences_and_addresses_come_along(tmp_path: Path) -> None:
    known = {
        name: [f"{name} {n}" for n in range(16)] for name in ("author", "licence", "licence_url", "url", "page_url")
    }
    lay_collection(tmp_path / "parts/crawled", shots(0, 4), **known)
    lay_collection(tmp_path / "parts/own", shots(4, 1))
    first = assembled(tmp_path / "parts", tmp_path / "again/first")
    again = assembled(tmp_path / "again", tmp_path / "out")
    for made in (first, again):
        rows = made.origins().merge(made.frame, on="id")
        assert len(rows) == 16
        numbers = rows["path"].str[-12:-4].astype(int)
        for name in known:
            assert rows[name].tolist() == [f"{name} {n}" for n in numbers]


def test_counts_lie_beside_the_manifest(tmp_path: Path) -> None:
    lay_collection(tmp_path / "parts/crawled", shots(0, 4), source="crawl")
    lay_collection(tmp_path / "parts/drawn", shots(4, 2), source="generate")
    made = assembled(tmp_path / "parts", tmp_path / "out")
    counts = read_csv(made.folder / COUNTS.name, COUNTS)
    assert counts["pictures"].tolist() == [4, 2] * 4
    by = [LABEL + "profession", LABEL + "gender", "source"]
    wanted = made.frame.groupby(by)["split"].value_counts().unstack(fill_value=0)
    for name in wanted:
        assert counts[name].tolist() == wanted[name].tolist()
    text = (made.folder / "report.md").read_text()
    assert "| nurse      | female | crawl " in text


def test_moving_every_part_moves_nothing_else(tmp_path: Path) -> None:
    lay_collection(tmp_path / "parts/crawled", shots(0, 4))
    lay_collection(tmp_path / "elsewhere/drawn", shots(4, 4))
    named = assembled(tmp_path / "parts", tmp_path / "a", parts=["crawled", str(tmp_path / "elsewhere/drawn")])
    (tmp_path / "elsewhere/drawn").rename(tmp_path / "parts/drawn")
    assert assembled(tmp_path / "parts", tmp_path / "b").digest == named.digest


def test_every_drop_is_counted_by_its_reason(tmp_path: Path) -> None:
    some = shots(0, 6)
    lay_collection(tmp_path / "parts/crawled", some, source="crawl")
    lay_collection(tmp_path / "parts/drawn", shots(6, 1), source="generate")
    table = tmp_path / "parts/crawled/collection.csv"
    rows = pd.read_csv(table, keep_default_na=False).assign(faces=np.nan, gender_confidence=np.nan)
    rows.loc[0, "width"] = 9
    rows.loc[1, ["faces", "gender_confidence"]] = [2, 0.1]  # of two reasons, the first counts
    rows.loc[2, "gender_confidence"] = 0.899
    rows.loc[3, ["faces", "gender_confidence"]] = [1, 0.9]
    rows.loc[4, "label/profession"] = "pilot"
    rows.to_csv(table, index=False)
    options = {"least_width": 10, "one_face": True, "least_confidence": 0.9, "sources": ["crawl"]}
    made = assembled(tmp_path / "parts", tmp_path / "out", only=["nurse", "waiter"], **options)
    rejects = made.rejects()
    assert rejects["reason"].str.partition(":")[0].value_counts().to_dict() == {
        "source left out": 4,
        "too small": 1,
        "not one face": 1,
        "gender not sure enough": 1,
        "class left out": 1,
    }
    assert len(made.frame) == len(some) - 4
    assert set(rejects["reason"]) >= {"too small: 9 x 24 pixels", "not one face: 2 found", "class left out: pilot"}
    assert not list(made.root.glob("drawn/*"))


def test_words_of_professions(tmp_path: Path) -> None:
    lay_collection(tmp_path / "parts/a", shots(0, 2), **{LABEL + "profession": "Fireman"})
    lay_collection(tmp_path / "parts/b", shots(2, 2), **{LABEL + "profession": "firefighter"})
    words = {"fireman": "firefighter"}
    made = assembled(tmp_path / "parts", tmp_path / "out", classes=words)
    assert made.classes["profession"] == ("firefighter",)
    for bad, said in (
        ({"classes": {"pilot": "x"}}, r"options.classes of professions in the parts \(Fireman, firefighter\)"),
        ({"classes": {"fireman": 3}}, "must say a class for each word"),
        ({"only": ["pilot"]}, r"a class that a part has \(Fireman, firefighter\), found 'pilot'"),
        ({"sources": ["flickr"]}, "a source that a part has"),
        ({"least_width": 999}, r"lets through, found none \(a/pictures/00000000.png: too small: 20 x 24"),
        ({"parts": ["c"]}, "found neither manifest.json nor collection.csv"),
        ({"parts": ["a", "../parts/a"]}, "parts of different names"),
    ):
        with pytest.raises(RequestError, match=said):
            assembled(tmp_path / "parts", tmp_path / "bad", **bad)


def test_what_two_parts_know_of_the_same_bytes_is_put_together(tmp_path: Path) -> None:
    root, same = tmp_path / "parts", shots(0, 5)
    public(root, same, race="white", person=["p", "p", *[""] * 18])
    files = lay_collection(root / "crawled", [*same[:4], *shots(5, 1)], person=["", "c", "c", *[""] * 5])
    table = root / "crawled/collection.csv"
    rows = pd.read_csv(table, keep_default_na=False).assign(**{LABEL + "gender": "unknown"})
    rows.loc[3, LABEL + "gender"] = "male" if same[3].gender == "female" else "female"
    rows.to_csv(table, index=False)
    made = assembled(root, tmp_path / "out")
    frame, rejects = made.frame, made.rejects()
    assert len(frame) == 20 - 1 + 4  # every content once, but the one on which the two disagree
    assert rejects["reason"].str.partition(":")[0].value_counts().to_dict() == {
        "same bytes and labels": 3,
        "same bytes, other labels": 2,
    }
    named = frame.set_index(frame["path"].str.rpartition("/")[2])["person"]
    assert sorted(named[named != ""].index) == [file.name for file in files[:3]]
    assert set(named[named != ""]) == {"crawled/c"}
    again = frame[frame["path"].isin([f"crawled/pictures/{file.name}" for file in files[:3]])]
    assert set(again[LABEL + "race"]) == {"white"}
    assert "unknown" not in set(again[LABEL + "gender"])
    assert "3 picture(s) with labels that another part knows of the same bytes" in made.notes


def test_near_duplicates_in_two_parts_are_one_group(tmp_path: Path) -> None:
    lay_collection(tmp_path / "parts/crawled", shots(0, 4))
    some = shots(4, 4)
    lay_collection(tmp_path / "parts/drawn", some)
    save(tmp_path / "again.jpg", noise(0), quality=80)
    again = tmp_path / "parts/drawn/pictures" / f"{some[0].number:08d}.png"
    again.write_bytes((tmp_path / "again.jpg").read_bytes())
    table = pd.read_csv(tmp_path / "parts/drawn/collection.csv", keep_default_na=False)
    table["sha256"] = table["sha256"].mask(table.index == 0, "")
    table.to_csv(tmp_path / "parts/drawn/collection.csv", index=False)
    made = assembled(tmp_path / "parts", tmp_path / "out")
    sizes = made.frame.groupby("near_duplicates")["path"].agg(list)
    assert sorted(path.partition("/")[0] for path in sizes[sizes.map(len) == 2].iloc[0]) == ["crawled", "drawn"]


def test_a_picture_that_was_changed_since_has_no_labels(tmp_path: Path) -> None:
    files = lay_collection(tmp_path / "parts/crawled", shots(0, 4))
    save(files[3], noise(99))
    files[5].unlink()
    made = assembled(tmp_path / "parts", tmp_path / "out")
    assert dict(made.rejects().to_numpy().tolist()) == {
        f"crawled/pictures/{files[3].name}": "changed since its labels were written",
        f"crawled/pictures/{files[5].name}": "in the table of its part, but not on the disk",
    }


def test_where_links_are_not_possible_files_are_copied_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    files = lay_collection(tmp_path / "parts/crawled", shots(0, 4))
    monkeypatch.setattr(os, "link", refused)
    made = assembled(tmp_path / "parts", tmp_path / "out")
    assert "16 file(s) copied, because links to them were not possible" in made.notes
    copied = made.root / "crawled/pictures" / files[0].name
    assert copied.read_bytes() == files[0].read_bytes()
    assert not copied.samefile(files[0])


def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_collection(tmp_path / "parts/crawled", shots(0, 4))
    link, done = os.link, []

    def killed(source: Path, target: Path) -> None:
        if len(done) == 7:
            raise KeyboardInterrupt
        done.append(link(source, target))

    monkeypatch.setattr(os, "link", killed)
    with pytest.raises(KeyboardInterrupt):
        assembled(tmp_path / "parts", tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts"]
    monkeypatch.setattr(os, "link", link)
    assert len(assembled(tmp_path / "parts", tmp_path / "out").frame) == 16


def test_boxes_landmarks_and_regions_come_along(tmp_path: Path) -> None:
    options = {"per_cell": 4, "size": 32, "professions": ["nurse", "waiter"]}
    config = DataConfig(source="personas", options=options, split=SMALL)
    given = make_data(config, tmp_path / "parts/personas")
    made = assembled(tmp_path / "parts", tmp_path / "out")
    columns = ["id", "width", "licence", "consent", "publishable", *assemble.FACE_BOX, *assemble.LANDMARKS]
    pd.testing.assert_frame_equal(made.frame[columns], given.frame[columns])
    assert set(made.frame["person"]) == {"personas/" + person for person in given.frame["person"]}
    for row in made.frame.itertuples():
        assert made.regions_path(row).is_file()


@pytest.mark.parametrize("ratio", [0.25, 0.5])
def test_arms_have_the_sources_in_the_same_mix_within_class_and_group(tmp_path: Path, ratio: float) -> None:
    lay_collection(tmp_path / "parts/crawled", shots(0, 11), source="crawl")
    lay_collection(tmp_path / "parts/drawn", shots(11, 6), source="generate")
    made = assembled(tmp_path / "parts", tmp_path / "out")
    train = made.split("train")
    have = train.groupby([LABEL + "profession", LABEL + "gender"])["source"].apply(lambda one: (one == "crawl").mean())
    arm = draw_arm(made, heads=["profession"], shares=Shares.female(ratio), size=16, seed=3)
    for (label, group), rows in arm.groupby(["class", "group"]):
        crawled = (rows["source"] == "crawl").sum()
        assert abs(crawled - have[label, group] * len(rows)) <= 1
    assert np.isclose(arm["group"].eq("female").mean(), ratio)


def test_a_root_of_which_a_part_was_forgotten(tmp_path: Path) -> None:
    from bias_exp.data.forgotten import REASON, add_forgotten

    files = lay_collection(tmp_path / "parts/crawled", shots(0, 5))
    first = assembled(tmp_path / "parts", tmp_path / "a")
    gone = first.frame.iloc[0]
    add_forgotten(tmp_path / "parts/crawled", [gone["sha256"]])
    second = assembled(tmp_path / "parts", tmp_path / "b")
    assert dict(second.rejects().to_numpy().tolist()) == {gone["path"]: REASON}
    assert len(second.frame) == len(files) - 1
