"""Masks from the drawing to the model's frame: written to disk, read back, cut to the centre, resized, mirrored."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from bias_exp.config import SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.images import fit, fit_boxes, fit_mask, fit_points
from bias_exp.data.personas.factors import draw_factors
from bias_exp.data.personas.frame import CELEBA, UTKFACE
from bias_exp.data.personas.render import REGIONS, Persona, render, render_face
from bias_exp.data.regions import read_regions, write_regions
from bias_exp.data.sources.personas import scan
from bias_exp.data.sources.rows import SOURCES

NURSE = draw_factors("n1", profession="nurse", gender="female")


def near_edges(mask: np.ndarray, reach: int = 1) -> np.ndarray:
    """The pixels within `reach` of the mask's edge."""
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    grown, shrunk = cv2.dilate(mask.astype(np.uint8), kernel), cv2.erode(mask.astype(np.uint8), kernel)
    return grown != shrunk


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


def check(found: dict[str, np.ndarray], direct: Persona) -> None:
    """Masks that came through a resizing, against those drawn at that size."""
    for region in REGIONS:
        mine, drawn = found[region], direct.masks[region]
        assert mine.shape == drawn.shape
        assert not ((mine != drawn) & ~near_edges(drawn)).sum() > 0.002 * drawn.size, region
        if drawn.sum() > 150:
            assert overlap(mine, drawn) > 0.85, region


def there_and_back(shown: Persona, folder: Path) -> dict[str, np.ndarray]:
    write_regions(folder / "masks.png", shown.masks)
    return read_regions(folder / "masks.png")


@pytest.mark.parametrize(("size", "to"), [(192, 64), (128, 96), (64, 64), (100, 64)])
def test_masks_of_another_size_are_those_drawn_at_that_size(tmp_path, size, to):
    for number in range(3):
        factors = draw_factors(f"m{number}", profession="waiter", gender="male")
        masks = there_and_back(render(factors, size), tmp_path)
        check({name: fit_mask(mask, to) for name, mask in masks.items()}, render(factors, to))


def test_masks_of_an_oblong_picture_are_cut_like_the_picture(tmp_path):
    shown = render_face(NURSE, CELEBA)
    masks = there_and_back(shown, tmp_path)
    assert fit(shown.picture, 178).shape == (178, 178, 3)
    for mask in masks.values():
        np.testing.assert_array_equal(fit_mask(mask, 178), mask[20:198])
    at = {"width": 178, "height": 218, "size": 178}
    np.testing.assert_allclose(fit_points(shown.landmarks, **at), shown.landmarks - (0, 20), atol=1e-4)
    x0, y0, x1, y1 = fit_boxes(shown.face_box, **at)
    assert fit_mask(masks["face"], 178)[int(y0) : int(y1), int(x0) : int(x1)].sum() == masks["face"][20:198].sum()


def test_masks_of_a_face_frame_hold_at_half_its_size(tmp_path):
    masks = there_and_back(render_face(NURSE, UTKFACE), tmp_path)
    check({name: fit_mask(mask, 100) for name, mask in masks.items()}, render_face(NURSE, UTKFACE.scaled(100)))


def test_a_mirrored_picture_has_the_mirrored_masks():
    shown = render(NURSE, 96)
    for mask in shown.masks.values():
        # Mirroring and fitting may come in any order: the frame has no side of its own.
        assert np.mean(fit_mask(mask[:, ::-1], 64) != fit_mask(mask, 64)[:, ::-1]) < 0.002
    assert np.abs(fit(shown.picture[:, ::-1], 64).astype(int) - fit(shown.picture, 64)[:, ::-1]).max() <= 1


def test_masks_through_a_manifest_fit_the_picture(tmp_path):
    options = SOURCES["personas"].settings({"per_cell": 4, "size": 96, "professions": ["nurse", "waiter"]})
    split = SplitConfig(test=1, validation=1, probe=1)
    manifest = build_manifest(scan(None, tmp_path / "set", options), tmp_path / "set", split=split, recipe={})
    for row in manifest.frame.itertuples():
        path = manifest.regions_path(row)
        assert path is not None
        factors = draw_factors(
            str(row.person), profession=str(row.person).split("-")[0], gender=str(row.person).split("-")[1]
        )
        check({name: fit_mask(mask, 64) for name, mask in read_regions(path).items()}, render(factors, 64))
