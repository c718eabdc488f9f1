"""The gallery of a cell: what its file holds is what its panels show, and nobody who may not be shown."""

from pathlib import Path

import numpy as np
import pytest

from bias_exp.columns import PROBE_HEAD
from bias_exp.explain.gallery import ABSENT, GALLERY_NAME, Gallery
from bias_exp.explain.maps import ZERO
from bias_exp.pixels.overlay import overlay
from bias_exp.stages.gallery import gallery_of, panel_tiles, write_panels
from tests.stages.easel import SIZE, bench_of, pictures, shown_of


def test_the_file_gives_the_pixels_of_the_panels() -> None:
    frame = pictures("fmf")
    bench, shown = bench_of(frame), shown_of(frame)
    gallery = gallery_of(bench, shown, [2, 0])
    assert [one.id for one in gallery.exhibits] == ["id2", "id0"]
    assert set(gallery.maps) == {PROBE_HEAD, "profession"}
    for place, row in enumerate((2, 0)):
        _, *tiles = panel_tiles(bench, shown, row)
        for tile, head in zip(tiles, (PROBE_HEAD, "profession"), strict=True):
            again = overlay(gallery.pictures[place], gallery.maps[head][place] / 255)
            assert np.array_equal(again, tile.picture)


def test_what_is_said_of_a_picture() -> None:
    frame = pictures("mfu")
    maps = np.ones((3, 4, 4))
    maps[0] = -1
    maps[1, 0, 0] = 2
    gallery = gallery_of(bench_of(frame), shown_of(frame, maps, not_available={"profession": "saw one"}), [0, 1, 2])
    first, second, third = (one.said[PROBE_HEAD] for one in gallery.exhibits)
    assert (first.predicted, first.label, first.wrong, first.reason) == ("female", "male", True, ZERO)
    assert first.probability == pytest.approx(1 / (1 + np.exp(-1)))
    assert (second.wrong, second.reason) == (False, "")
    assert (third.label, third.wrong) == ("", False), "a label that is not known is not said to be missed"
    assert {one.said["profession"].reason for one in gallery.exhibits} == {"saw one"}
    assert not gallery.maps["profession"].any()
    assert gallery.maps[PROBE_HEAD][1].max() == 255
    assert [one.labels for one in gallery.exhibits] == ["nurse, male", "nurse, female", "nurse, unknown"]


def test_a_face_that_may_not_be_printed_is_not_in_the_file() -> None:
    frame = pictures("fm")
    frame.loc[1, "publishable"] = False
    bench = bench_of(frame)
    gallery = gallery_of(bench, shown_of(frame), [0, 1])
    assert [one.publishable for one in gallery.exhibits] == [True, False]
    assert np.array_equal(gallery.pictures[0], bench.store.images[0])
    assert (gallery.pictures[1] == ABSENT).all()
    assert gallery.maps[PROBE_HEAD][1].any()


def test_panels_a_sheet_and_the_file_are_written(tmp_path: Path) -> None:
    frame = pictures("ffmm")
    write_panels(bench_of(frame), shown_of(frame), 3, tmp_path)
    assert len(list((tmp_path / "panels").glob("*.png"))) == 3
    gallery = Gallery.from_bytes((tmp_path / GALLERY_NAME).read_bytes())
    assert {path.stem for path in (tmp_path / "panels").iterdir()} == {one.id for one in gallery.exhibits}
    assert gallery.pictures.shape == (3, SIZE, SIZE, 3)
    assert (tmp_path / "sheet.png").is_file()


def test_a_gallery_of_nothing_writes_nothing(tmp_path: Path) -> None:
    frame = pictures("fm")
    write_panels(bench_of(frame), shown_of(frame), 0, tmp_path)
    assert list(tmp_path.iterdir()) == []
