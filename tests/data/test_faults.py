"""Rows C1 to C23 of the table of faults: where each is tested, and those that are tested nowhere else.

C1   zero-byte picture: sources/test_contract.py::test_what_is_no_picture_is_left_out... and the counts add up. There is
     no flag to fail instead: the design decides that such a picture is left out, listed and counted.
C2   truncated: here; half of a file in every layout: sources/test_contract.py.
C3   flipped bits that still decode: here; the hash tells.
C4   CMYK: test_images.py::test_one_bit_and_cmyk; YCCK: here. LAB is a kind of TIFF, which is no format of ours.
C5   16-bit grey: test_images.py::test_16_bit_grey_is_scaled_not_clipped.
C6   16-bit RGB, 1 bit, palette with alpha, LA: test_images.py::test_16_bit_colour..., test_transparency...
C7   animations: test_images.py::test_of_an_animation_the_first_frame_counts; a file is a picture, so counted once.
C8   HEIC named .jpg, text named .png: test_images.py::test_what_is_no_picture..., sources/test_contract.py.
C9   EXIF orientation: test_images.py::test_exif_orientation_is_applied; in every path: here, there is one door.
C10  decompression bomb: test_images.py::test_a_bomb_is_refused_from_its_header; memory of the process: here.
C11  a JPEG of 48 megapixels: here.
C12  odd file names: test_manifest.py::test_odd_names_are_normal; through reports: here; labels as MLflow names:
     tracking/test_metric_names.py. File names are in no MLflow name.
C13  loops, links out, pipes: sources/test_contract.py::test_loops...; test_images.py::test_only_regular_files...
C14  edited in the middle of a matrix: before the store is built test_store.py::test_an_edited_picture_is_named; after
     that cells read the store alone: here. A changed manifest: test_manifest.py::test_a_changed_or_foreign_manifest...
C15  the same bytes in train and test: test_own_splits.py::test_an_overlap_is_refused..., test_copies.py (reported).
C16  missing column: sources/test_labels_csv.py::test_a_missing_column...; exit code: test_cli.py. Data is made before
     and apart from any run, so none is created.
C17  repeated and contradicting rows: sources/test_labels_csv.py::test_rows_that_repeat...
C18  unclean labels: sources/test_values.py, sources/test_labels_csv.py::test_a_slip_makes_no_class_and_no_group.
C19  unknown class, row without file, file without row: sources/test_labels_csv.py, sources/test_ratio_folders.py.
C20  marks, line ends, UTF-16, delimiters, quotes, great fields: sources/test_table.py.
C21  a class without a group at a ratio: test_sizes.py. The design goes further than the row: the whole request is
     refused before anything runs, with the sizes that would do, and nothing trains on another ratio.
C22  no picture of a group: metrics/test_groups.py::test_a_declared_group_without_pictures_is_empty_not_zero; a class of
     one picture is refused by the splits: here.
C23  achieved against requested ratio: test_arms.py::test_counts_are_exact and test_arms_nest...; the difference is 0,
     since counts that are not whole are refused.
"""

import ast
import ctypes
import io
import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.images import UndecodableImage, fit, read_image, read_picture
from bias_exp.data.make import make_data
from bias_exp.data.store import open_store
from bias_exp.errors import IntegrityError, RequestError
from tests.data.layouts import lay_folder, tiny_shots
from tests.data.pictures import noise, save

ONE_EACH = SplitConfig(test=1, validation=1, probe=1)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_c2_a_cut_file_is_refused_or_has_all_of_its_pixels(form: str) -> None:
    data = encoded(Image.fromarray(noise(3, 64, 64)), form)
    for length in (10, len(data) // 2):
        with pytest.raises(UndecodableImage):
            read_image(data[:length])
    if form == "JPEG":
        with pytest.raises(UndecodableImage, match="truncated"):
            read_image(data[:-2])
    else:  # the last bytes are the check sum of an empty end mark
        np.testing.assert_array_equal(read_image(data[:-2]), read_image(data))


def test_c3_flipped_bits_that_still_decode_are_told_by_the_hash(tmp_path: Path) -> None:
    lay_folder(tmp_path / "root", tiny_shots())
    victim = save(tmp_path / "root/nurse/male/x.jpg", noise(77, 64, 64), quality=90)
    made = make_data(DataConfig(source="folder", split=ONE_EACH), tmp_path / "out", root=tmp_path / "root")
    data = bytearray(victim.read_bytes())
    before = read_image(bytes(data))
    data[len(data) * 2 // 3] ^= 0x10
    assert not np.array_equal(read_image(bytes(data)), before), "it decodes, to another picture"
    victim.write_bytes(data)
    with pytest.raises(IntegrityError, match=r"x.jpg is not the picture in the manifest"):
        open_store(made, 16, tmp_path / "cache")


def test_c4_ycck_is_converted_as_the_standard_says() -> None:
    """Pillow writes Adobe's inverted CMYK; the same numbers read as YCCK (transform 2) are Y, Cb, Cr and 255 - K."""
    cyan, magenta, yellow, black = 10, 200, 90, 30
    data = bytearray(encoded(Image.new("CMYK", (16, 16), (cyan, magenta, yellow, black)), "JPEG", quality=100))
    place = data.index(b"Adobe") + 11
    assert data[place] == 0
    plain = read_image(bytes(data))[8, 8]
    inks = np.array([cyan, magenta, yellow])
    assert np.abs(plain - (255 - inks) * (255 - black) / 255).max() <= 2
    data[place] = 2
    y, cb, cr = 255 - inks
    rgb = [y + 1.402 * (cr - 128), y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128), y + 1.772 * (cb - 128)]
    expected = (255 - np.clip(rgb, 0, 255)) * (255 - black) / 255
    assert np.abs(read_image(bytes(data))[8, 8] - expected).max() <= 3


def test_c9_there_is_one_door_to_pixels() -> None:
    """Whoever shows or learns from a picture comes through `images`; regions are masks, tracking logs our panels."""
    package = Path(__file__).resolve().parents[2] / "bias_exp"
    opens = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and (node.attr in ("imread", "imdecode", "read_image") or _is_open(node))
    }
    assert opens == {"data/images.py", "data/regions.py", "tracking/files.py"}


def _is_open(node: ast.Attribute) -> bool:
    return node.attr == "open" and isinstance(node.value, ast.Name) and node.value.id == "Image"


def peak_mb(work: Callable[[], object]) -> float:
    """What the process's memory rises by at its peak while `work` runs."""
    ctypes.CDLL(None).malloc_trim(0)  # or memory that was freed before is taken again unseen
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from what is held now
    before = memory_mb("VmRSS")
    work()
    return memory_mb("VmHWM") - before


def memory_mb(name: str) -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the peak cannot be started again here")
def test_c10_c11_memory_of_a_bomb_and_of_a_great_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        bomb = encoded(Image.new("1", (14000, 14000)), "PNG")
    great = encoded(Image.new("RGB", (8000, 6000), (200, 30, 30)), "JPEG")

    def refused() -> None:
        with pytest.raises(UndecodableImage, match="exceeds limit"):
            read_picture(bomb)

    assert peak_mb(refused) < 50
    assert peak_mb(lambda: read_picture(great)) < 250
    monkeypatch.setattr("bias_exp.data.images.DRAFT_PIXELS", 10**9)
    assert peak_mb(lambda: read_picture(great)) > 300, "decoded whole: what the bound guards against"


def test_c11_a_great_jpeg_is_the_same_picture_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bias_exp.data.images.DRAFT_PIXELS", 120_000)
    monkeypatch.setattr("bias_exp.data.images.DRAFT_SIDE", 100)
    great = Image.fromarray(noise(4, 30, 40)).resize((600, 451), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_picture(encoded(great, "JPEG", quality=90, exif=exif))
    assert (picture.width, picture.height) == (451, 600)
    assert picture.pixels.shape == (300, 226, 3)
    turned = np.asarray(great.transpose(Image.Transpose.ROTATE_270))
    assert np.abs(fit(picture.pixels, 64).astype(int) - fit(turned, 64)).max() <= 4
    assert read_image(encoded(great.resize((400, 300)), "JPEG")).shape == (300, 400, 3), "what is small enough stays"
    assert read_image(encoded(great.resize((1700, 150)), "JPEG")).shape == (150, 1700, 3), "nor below the least side"


def test_c12_odd_names_pass_through_every_file_of_a_data_set(tmp_path: Path) -> None:
    odd = [b"caf\xe9", b"new\nline", "right\u202eleft".encode(), b"100%", b'say "x", then y', b"=1+1", b"\x1b[31m"]
    lay_folder(tmp_path / "root", tiny_shots(8), lambda number: os.fsdecode(odd[number % 7]) + str(number))
    (tmp_path / "root/nurse/male" / os.fsdecode(odd[0] + b".jpg")).write_bytes(b"")
    (tmp_path / "root/nurse/female" / os.fsdecode(odd[1] + b".png")).write_bytes(
        next((tmp_path / "root/nurse/female").glob("*.png")).read_bytes()
    )
    made = make_data(DataConfig(source="folder", split=ONE_EACH), tmp_path / "out", root=tmp_path / "root")
    assert len(made.frame) == 32
    assert all(made.path(row).is_file() for row in made.frame.itertuples())
    for name in ("manifest.csv", "rejects.csv", "duplicates.csv", "report.md", "report.json", "class_label.json"):
        text = (made.folder / name).read_bytes().decode("utf-8")
        assert all(sign.isprintable() or sign == "\n" for sign in text), name
    examples = [one["examples"] for one in json.loads((made.folder / "report.json").read_text())["left_out"]["reasons"]]
    assert ["nurse/male/caf%E9.jpg"] in examples


def test_c14_cells_read_the_store_and_never_an_edited_picture(tmp_path: Path) -> None:
    files = lay_folder(tmp_path / "root", tiny_shots())
    made = make_data(DataConfig(source="folder", split=ONE_EACH), tmp_path / "out", root=tmp_path / "root")
    before = open_store(made, 16, tmp_path / "cache").images.copy()
    save(files[0], noise(99))
    np.testing.assert_array_equal(open_store(made, 16, tmp_path / "cache").images, before)
    with pytest.raises(IntegrityError, match="the data set was edited; make it again"):
        open_store(made, 24, tmp_path / "cache")


def test_c22_a_class_of_one_picture_is_refused_before_anything_trains(tmp_path: Path) -> None:
    lay_folder(tmp_path / "root", tiny_shots())
    save(tmp_path / "root/judge/woman/1.png", noise(50))
    with pytest.raises(RequestError, match="class 'judge', group 'male' has 0"):
        make_data(DataConfig(source="folder"), tmp_path / "out", root=tmp_path / "root")
