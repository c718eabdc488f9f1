"""Pictures of no data set: read as those of a manifest are, none dropped without a word, whatever their names."""

import hashlib
import os
from pathlib import Path

import pandas as pd
import pytest

from bias_exp.columns import REJECTS
from bias_exp.data.images import fit, read_image
from bias_exp.data.outside import gather
from bias_exp.errors import RequestError
from tests.data.pictures import noise, save

ODD = ("a b.png", "=1+2.png", 'it\'s,"so".png', "%41.png", "two\nlines.png", "né.png", "名.png", "-rf.png", "$(x).png")


def put(path: Path, number: int) -> bytes:
    """A picture that depends on its number; returns the file's bytes."""
    return save(path, noise(number)).read_bytes()


def test_a_folder_is_read_at_any_depth_in_the_order_of_its_paths(tmp_path: Path) -> None:
    written = {name: put(tmp_path / name, number) for number, name in enumerate(("b/z.png", "a.png", "b/c/d.bmp"))}
    outside = gather(tmp_path, 8)
    assert outside.files == [("a.png", 0), ("b/c/d.bmp", 1), ("b/z.png", 2)]
    assert outside.ids == [hashlib.sha256(written[path]).hexdigest()[:16] for path, _ in outside.files]
    for place, path in enumerate(outside.first_paths):
        assert (outside.pixels[place] == fit(read_image(tmp_path / path), 8)).all()
    assert outside.rejects == outside.notes == []


def test_one_file_is_enough_whatever_it_is_called(tmp_path: Path) -> None:
    put(tmp_path / "picture.png", 0)
    (tmp_path / "picture.png").rename(tmp_path / "notes.txt")
    (tmp_path / "link").symlink_to(tmp_path / "notes.txt")
    for name in ("notes.txt", "link"):
        outside = gather(tmp_path / name, 8)
        assert outside.files == [(name, 0)]
        assert outside.pixels.shape == (1, 8, 8, 3)


def test_files_of_one_content_are_one_picture(tmp_path: Path) -> None:
    data = put(tmp_path / "b.png", 0)
    (tmp_path / "c.png").write_bytes(data)
    put(tmp_path / "a.png", 1)
    outside = gather(tmp_path, 8)
    assert outside.files == [("a.png", 0), ("b.png", 1), ("c.png", 1)]
    assert outside.first_paths == ["a.png", "b.png"]
    assert len(outside.ids) == len(outside.pixels) == 2


def test_what_is_no_picture_is_listed_with_its_reason(tmp_path: Path) -> None:
    data = put(tmp_path / "right.png", 0)
    (tmp_path / "half.png").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "page.pdf").write_bytes(b"%PDF-1.7 nothing")
    (tmp_path / "out.png").symlink_to(tmp_path.parent)
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "labels.csv").write_text("a,b")
    (tmp_path / ".hidden.png").write_bytes(data)
    outside = gather(tmp_path, 8)
    assert outside.files == [("right.png", 0)]
    reasons = dict(outside.rejects)
    assert list(reasons) == ["empty.jpg", "half.png", "out.png", "page.pdf", "pipe.png"]
    assert reasons["empty.jpg"] == "empty file"
    assert reasons["out.png"] == "link out of the root"
    assert reasons["pipe.png"] == "not a regular file"
    assert "PDF" in reasons["page.pdf"]
    assert outside.notes == ["1 hidden or system files passed over", "1 text and table files passed over"]
    assert outside.rejects_table.values.tolist() == [[path, reason] for path, reason in outside.rejects]
    assert list(gather(tmp_path / "right.png", 8).rejects_table) == REJECTS.names


def test_odd_names_are_text_that_leads_back(tmp_path: Path) -> None:
    names = [*ODD, os.fsdecode(b"stray\xff.png")]
    for number, name in enumerate(names):
        put(tmp_path / name, number)
    outside = gather(tmp_path, 8)
    paths = [path for path, _ in outside.files]
    assert len(set(paths)) == len(names)
    assert all(path.isprintable() for path in paths)
    assert {"a b.png", "né.png", "%2541.png", "two%0Alines.png", "stray%FF.png"} <= set(paths)
    (tmp_path / names[-1]).write_bytes(b"")
    table = tmp_path / "table"
    gather(tmp_path, 8).rejects_table.to_csv(table, index=False)
    assert pd.read_csv(table)["path"].tolist() == ["stray%FF.png"]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("nothing", "expected a picture, or a folder of pictures, at .*, found nothing"),
        ("folder", r"or pictures below it, found none$"),
        ("text", r"found none that can be used: a.txt \(not one of JPEG.*\)$"),
        ("two", r"found none that can be used: a.png \(empty file\) and 1 more$"),
    ],
)
def test_no_picture_at_all_is_a_wrong_request(tmp_path: Path, made: str, said: str) -> None:
    place = tmp_path / "place"
    if made != "nothing":
        place.mkdir()
    if made == "two":
        (place / "a.png").touch()
        (place / "b.png").touch()
    if made == "text":
        (place / "a.txt").write_text("words")
        place /= "a.txt"
    with pytest.raises(RequestError, match=said):
        gather(place, 8)
