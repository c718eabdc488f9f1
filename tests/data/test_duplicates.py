import numpy as np
from PIL import Image

from bias_exp.data.duplicates import components, hamming, near_groups, perceptual_hash, print_of
from tests.data.pictures import noise


def same_group(a: np.ndarray, b: np.ndarray) -> bool:
    groups = near_groups([print_of(a), print_of(b)])
    return bool(groups[0] == groups[1])


def test_hamming_counts_bits() -> None:
    assert hamming(0b1011, 0b0110) == 3
    assert hamming(0, 2**64 - 1) == 64


def test_the_hash_has_the_sign_of_the_lowest_frequencies() -> None:
    # Brightness falling from left to right is a positive first horizontal frequency: bits 63 (mean) and 62.
    fall = np.repeat(np.linspace(255, 0, 32)[None, :, None], 32, axis=0).repeat(3, axis=2).astype(np.uint8)
    assert perceptual_hash(fall) >> 62 == 0b11
    assert perceptual_hash(fall[:, ::-1]) >> 62 == 0b10
    assert print_of(fall).mirrored == perceptual_hash(np.ascontiguousarray(fall[:, ::-1]))


def test_copies_are_found_and_others_are_not() -> None:
    picture = noise(1, 120, 100)
    small = np.array(Image.fromarray(picture).resize((50, 60)))
    bright = np.clip(picture * 1.2, 0, 255).astype(np.uint8)
    for copy in (small, bright, picture[3:-3, 2:-2], np.ascontiguousarray(picture[:, ::-1])):
        assert same_group(picture, copy)
    assert not any(same_group(picture, noise(seed, 120, 100)) for seed in range(2, 30))


def test_equal_shapes_of_other_colours_are_not_near() -> None:
    picture = noise(1, 64, 64)
    assert hamming(perceptual_hash(picture), perceptual_hash(picture)) == 0
    assert not same_group(picture, np.ascontiguousarray(255 - picture))
    red, blue = np.zeros((2, 16, 16, 3), dtype=np.uint8)
    red[..., 0], blue[..., 2] = 100, 100
    assert not same_group(red, blue)
    assert same_group(red, red + np.uint8(1))


def test_closeness_chains_over_tiles() -> None:
    prints = [print_of(noise(seed)) for seed in range(40)]
    many = [*prints, *prints[:7]] * 8  # more than one tile of rows
    groups = near_groups(many)
    assert len(set(groups)) == 40
    assert (groups[:40] == groups[47:87]).all()
    assert len(near_groups([])) == 0


def test_components_of_a_chain() -> None:
    groups = components(5, np.array([[0, 3], [3, 4]]))
    assert groups[0] == groups[3] == groups[4]
    assert len({groups[0], groups[1], groups[2]}) == 3


def test_plain_surfaces_are_compared_by_their_colour() -> None:
    grey = np.full((20, 20, 3), 100, dtype=np.uint8)
    assert perceptual_hash(grey) == 1 << 63
    assert same_group(grey, grey + np.uint8(2))
    assert not same_group(grey, grey + np.uint8(60))
