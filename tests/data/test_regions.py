from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bias_exp.data.personas import render
from bias_exp.data.regions import REGIONS, read_regions, write_regions
from bias_exp.errors import IntegrityError


def test_masks_come_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    masks = {name: rng.random((7, 5)) < 0.5 for name in REGIONS}
    write_regions(tmp_path / "all.png", masks)
    found = read_regions(tmp_path / "all.png")
    assert list(found) == list(REGIONS)
    for name in REGIONS:
        assert found[name].dtype == bool
        np.testing.assert_array_equal(found[name], masks[name])


def test_unknown_and_empty_stay_apart(tmp_path: Path) -> None:
    write_regions(tmp_path / "two.png", {"hair": np.ones((2, 3), bool), "tool": np.zeros((2, 3), bool)})
    found = read_regions(tmp_path / "two.png")
    assert set(found) == {"hair", "tool"}
    assert found["hair"].all()
    assert not found["tool"].any()


def test_bits_are_the_place_of_the_name(tmp_path: Path) -> None:
    write_regions(tmp_path / "x.png", {"eyes": np.ones((1, 1), bool), "background": np.ones((1, 1), bool)})
    with Image.open(tmp_path / "x.png") as image:
        assert np.asarray(image).tolist() == [[2**2 + 2**9]]


def test_wrong_masks_and_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="named from"):
        write_regions(tmp_path / "x.png", {"beard": np.ones((1, 1), bool)})
    with pytest.raises(ValueError, match="one shape"):
        write_regions(tmp_path / "x.png", {"hair": np.ones((1, 1), bool), "face": np.ones((1, 2), bool)})
    Image.new("L", (2, 2)).save(tmp_path / "grey.png")
    for path in (tmp_path / "missing.png", tmp_path / "grey.png"):
        with pytest.raises(IntegrityError, match="expected a region file"):
            read_regions(path)


def test_the_renderer_draws_the_regions_that_files_hold() -> None:
    assert set(render.REGIONS) <= set(REGIONS)
