import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bias_exp.data.duplicates import perceptual_hash
from bias_exp.data.phash import distance, mirrored, phash
from tests.data.pictures import noise

HASHES = st.integers(0, 2**64 - 1).map(lambda value: f"{value:016x}")


def test_it_is_the_number_as_sixteen_digits() -> None:
    pixels = noise(1)
    assert re.fullmatch(r"[0-9a-f]{16}", phash(pixels))
    assert int(phash(pixels), 16) == perceptual_hash(pixels)
    assert len(phash(np.zeros((5, 9, 3), dtype=np.uint8))) == 16


def test_the_mirrored_hash_is_that_of_the_mirror_image() -> None:
    # In even sizes Pillow's resize of the mirror image is the mirror of the resize, to the last grey level.
    for seed in range(5):
        pixels = noise(seed)
        assert distance(mirrored(pixels), phash(np.ascontiguousarray(pixels[:, ::-1]))) <= 1
        assert distance(phash(pixels), phash(np.ascontiguousarray(pixels[:, ::-1]))) > 12


def test_half_the_size_is_close_and_another_picture_is_not() -> None:
    pixels = noise(3)
    half = np.array(Image.fromarray(pixels).resize((pixels.shape[1] // 2, pixels.shape[0] // 2)))
    assert distance(phash(pixels), phash(half)) <= 8
    assert distance(phash(pixels), phash(noise(4))) > 12


@settings(max_examples=30, deadline=None)
@given(HASHES, HASHES)
def test_the_distance_is_a_count_of_bits(a: str, b: str) -> None:
    assert distance(a, b) == distance(b, a) == bin(int(a, 16) ^ int(b, 16)).count("1")
    assert distance(a, a) == 0
    assert distance("0" * 16, "f" * 16) == 64
