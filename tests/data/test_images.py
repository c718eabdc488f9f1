import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile, PngImagePlugin

from bias_exp.data.images import (
    MAX_PIXELS,
    UndecodableImage,
    fit,
    fit_boxes,
    fit_mask,
    fit_points,
    read_image,
)
from tests.data.pictures import noise, save

PICTURE = noise(1, 10, 8)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "BMP", "PPM", "WEBP"])
def test_lossless_formats_give_their_pixels(form: str, tmp_path: Path) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    data = encoded(Image.fromarray(PICTURE), form, **options)
    (tmp_path / "x").write_bytes(data)
    for source in (data, tmp_path / "x"):
        image = read_image(source)
        assert image.dtype == np.uint8
        np.testing.assert_array_equal(image, PICTURE)


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_exif_orientation_is_applied(tag: int, form: str) -> None:
    # Row 0 and column 0 of what is stored, as the EXIF standard names their places in what is shown.
    stored = {
        1: PICTURE,
        2: PICTURE[:, ::-1],
        3: PICTURE[::-1, ::-1],
        4: PICTURE[::-1],
        5: PICTURE.transpose(1, 0, 2),
        6: np.rot90(PICTURE, 1),
        7: PICTURE[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(PICTURE, -1),
    }[tag]
    exif = Image.Exif()
    exif[0x0112] = tag
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(form, {})
    image = read_image(encoded(Image.fromarray(np.ascontiguousarray(stored)), form, exif=exif, **options))
    assert image.shape == PICTURE.shape
    assert np.abs(image.astype(int) - PICTURE).max() <= (8 if form == "JPEG" else 0)


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 512).astype(np.uint16).reshape(16, 32)
    for data in (encoded(Image.fromarray(ramp)), b"P5 32 16 65535\n" + ramp.astype(">u2").tobytes()):
        image = read_image(data)
        np.testing.assert_array_equal(image, np.repeat((ramp >> 8)[..., None], 3, axis=2))
        assert len(np.unique(image)) == 256


def test_16_bit_colour_is_scaled_not_clipped() -> None:
    values = np.array([[[0, 255, 256], [32768, 65280, 65535]]], dtype=">u2")
    image = read_image(b"P6 2 1 65535\n" + values.tobytes())
    assert np.abs(image.astype(int) - (values >> 8)).max() <= 1


def test_transparency_shows_white_paper() -> None:
    colour = np.zeros((1, 3, 4), dtype=np.uint8)
    colour[..., 0] = 200
    colour[0, :, 3] = 0, 128, 255
    image = read_image(encoded(Image.fromarray(colour)))
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[0, 2].tolist() == [200, 0, 0]
    assert np.abs(image[0, 1].astype(int) - [227, 127, 127]).max() <= 1
    grey = Image.merge("LA", [Image.new("L", (2, 2), 10), Image.new("L", (2, 2), 0)])
    assert (read_image(encoded(grey)) == 255).all()
    palette = Image.new("P", (2, 2), 0)
    palette.putpalette([9, 9, 9, 50, 60, 70])
    palette.putpixel((1, 1), 1)
    for form in ("PNG", "GIF"):
        shown = read_image(encoded(palette, form, transparency=0))
        assert shown[0, 0].tolist() == [255, 255, 255]
        assert shown[1, 1].tolist() == [50, 60, 70]


def test_a_transparent_grey_of_16_bits_shows_white_paper() -> None:
    values = np.array([[300, 301]], dtype=np.uint16)
    info = PngImagePlugin.PngInfo()
    data = encoded(Image.fromarray(values), transparency=300, pnginfo=info)
    assert read_image(data)[0, :, 0].tolist() == [255, 1]


def test_one_bit_and_cmyk() -> None:
    assert read_image(encoded(Image.new("1", (2, 2), 1))).min() == 255
    paper_and_ink = read_image(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100))
    assert np.abs(paper_and_ink.astype(int) - [255, 0, 0]).max() <= 3


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(form: str) -> None:
    first, second = Image.new("RGB", (6, 6), (250, 0, 0)), Image.new("RGB", (6, 6), (0, 0, 250))
    image = read_image(encoded(first, form, save_all=True, append_images=[second], duration=50))
    assert np.abs(image.astype(int) - [250, 0, 0]).max() <= 4


def test_a_bomb_is_refused_from_its_header() -> None:
    data = encoded(Image.new("1", (9000, 9000)))
    assert MAX_PIXELS < 9000 * 9000
    tracemalloc.start()
    with pytest.raises(UndecodableImage, match="over the cap of 64 megapixels: 9000 x 9000 pixels"):
        read_image(data)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("side", [10_000, 15_000])  # where Pillow itself warns, and where it refuses
def test_greater_bombs_are_refused_too(side: int) -> None:
    with pytest.raises(UndecodableImage, match="exceeds limit"):
        read_image(encoded(Image.new("1", (side, side))))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"once upon a time", "begins with b'once upo'"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "begins like HEIC"),
        (b"%PDF-1.7 ...", "begins like PDF"),
        (b"8BPS\0\1......", "begins like PSD"),
        (encoded(Image.fromarray(PICTURE), "TIFF"), "begins like TIFF"),
        (encoded(Image.fromarray(PICTURE), "PNG")[:12], "begins like a damaged PNG"),
        (b"Pf 1 1 -1.0\n\0\0\0\0", "floating-point pixels"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UndecodableImage, match=reason):
        read_image(data)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_truncated_picture_is_refused(form: str) -> None:
    data = encoded(Image.fromarray(noise(3, 64, 64)), form)
    with pytest.raises(UndecodableImage):
        read_image(data[: len(data) // 2])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@given(st.data())
def test_damage_gives_pixels_or_a_reason(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "PPM"]))
    content = bytearray(encoded(Image.fromarray(PICTURE), form))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = read_image(bytes(content))
    except UndecodableImage:
        return
    assert image.ndim == 3
    assert image.shape[2] == 3


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", Path("/dev/zero"), tmp_path):
        with pytest.raises(UndecodableImage, match="not a regular file"):
            read_image(path)
    with pytest.raises(UndecodableImage, match="No such file"):
        read_image(tmp_path / "missing.png")


def test_fit_takes_the_centre_square() -> None:
    wide = np.zeros((4, 10, 3), dtype=np.uint8)
    wide[:, 3:7] = 200
    assert (fit(wide, 4) == 200).all()
    assert (fit(wide.transpose(1, 0, 2), 4) == 200).all()
    assert (fit(wide, 9) == 200).all()
    np.testing.assert_array_equal(fit(PICTURE[:8, :8], 8), PICTURE[:8, :8])


def test_fit_is_antialiased() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(fit(stripes, 8).astype(int)[:, 1:-1] - 127).max() <= 2


@given(st.integers(4, 60), st.integers(4, 60), st.integers(2, 40))
def test_places_follow_their_pixels(width: int, height: int, size: int) -> None:
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    corners = np.array([[left, top], [left + side, top + side], [left + side / 2, top + side / 2]])
    found = fit_points(corners, width=width, height=height, size=size)
    np.testing.assert_allclose(found, [[0, 0], [size, size], [size / 2, size / 2]], atol=1e-9)
    inner = np.array([left + side / 4, top, left + side / 2, top + side / 4])
    box = fit_boxes(inner, width=width, height=height, size=size)
    np.testing.assert_allclose(box, np.array([1, 0, 2, 1]) * size / 4, atol=1e-9)


def test_a_box_is_cut_at_the_frame_and_nan_outside() -> None:
    boxes = np.array([[-5.0, 0, 6, 4], [0.0, 0, 2, 4], [np.nan] * 4])
    found = fit_boxes(boxes, width=10, height=4, size=8)
    assert found[0].tolist() == [0, 0, 6, 8]
    assert np.isnan(found[1:]).all()


def test_a_mask_follows_its_pixels() -> None:
    mask = np.zeros((32, 48), dtype=bool)
    mask[8:16, 16:32] = True
    small = fit_mask(mask, 16)
    expected = np.zeros((16, 16), dtype=bool)
    expected[4:8, 4:12] = True
    np.testing.assert_array_equal(small, expected)


def test_reading_a_file_and_its_bytes_is_one_path(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", noise(5), quality=70)
    np.testing.assert_array_equal(read_image(path), read_image(path.read_bytes()))
