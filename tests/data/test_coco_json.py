"""COCO JSON: names before Roboflow, polygons, boxes and runs, and what is damaged."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bias_exp.data.annotation import Annotations
from bias_exp.data.coco_json import BOXES, is_coco, original_name, read_coco
from bias_exp.errors import RequestError

SQUARE = [1, 1, 4, 1, 4, 4, 1, 4]


def image(number: int = 0, name: str = "a.jpg", **more: Any) -> dict[str, Any]:
    return {"id": number, "file_name": name, "width": 8, "height": 6, **more}


def annotation(segmentation: object, **more: Any) -> dict[str, Any]:
    return {"id": 7, "image_id": 0, "category_id": 1, "segmentation": segmentation, "iscrowd": 0, **more}


def content(*annotations: dict[str, Any], images: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """As Roboflow exports it: category 0 is the project."""
    return {
        "info": {"year": "2024"},
        "licenses": [],
        "categories": [
            {"id": 0, "name": "parts", "supercategory": "none"},
            {"id": 1, "name": "hair", "supercategory": "parts"},
        ],
        "images": [image()] if images is None else images,
        "annotations": list(annotations),
    }


def read(*annotations: dict[str, Any], images: list[dict[str, Any]] | None = None) -> Annotations:
    whole = content(*annotations, images=images)
    assert is_coco(whole)
    return read_coco(Path("coco.json"), whole)


def test_pictures_with_their_size_and_outlines_with_their_category() -> None:
    found = read(annotation([SQUARE]), images=[image(), image(1, "b.jpg")])
    first, second = found.pictures
    assert (first.name, first.frame, first.n_bytes) == ("a.jpg", (8, 6), None)
    assert [outline.words for outline in first.outlines] == [("hair",)]
    assert first.outlines[0].shape.mask(8, 6).sum() == 9
    assert second.outlines == []


@pytest.mark.parametrize(
    ("given_image", "name"),
    [
        (image(name="grandma9_jpg.rf.1f0c3a.jpg"), "grandma9.jpg"),
        (image(name="my_photo_2_webp.rf.AbC1.jpg"), "my_photo_2.webp"),
        (image(name="train/a_png.rf.0.jpg"), "train/a.png"),
        (image(name="b_jpg.rf.0.jpg", extra={"name": "B (1).JPG"}), "B (1).JPG"),
        (image(name="b_jpg.rf.0.jpg", extra={}), "b.jpg"),
        (image(name="plain_jpg.jpg"), "plain_jpg.jpg"),
    ],
)
def test_the_name_that_a_file_had_before(given_image: dict[str, Any], name: str) -> None:
    assert original_name(given_image) == name


def test_several_polygons_are_one_annotation_and_a_box_stands_for_a_missing_one() -> None:
    found = read(
        annotation([SQUARE, [5, 1, 7, 1, 7, 2, 5, 2], [0, 0, 1, 1]]),
        annotation([], bbox=[2, 2, 3, 1]),
        annotation([], bbox=[]),
    )
    sizes = [outline.shape.mask(8, 6).sum() for outline in found.pictures[0].outlines]
    assert sizes == [9, 2, 3]
    assert found.passed == {"shape(s) of no size": 2, BOXES: 1}


def test_runs_as_numbers_and_as_text() -> None:
    """A square of 9 pixels in 8 x 6, down the columns: 7 outside, then 3 inside and 3 outside by turns."""
    counts = [7, 3, 3, 3, 3, 3, 26]
    # Six bits a sign from `0` on; from the fourth on the difference to the one two before: 7 3 3 0 0 0 23.
    for given_counts in (counts, "733000g0"):
        found = read(annotation({"size": [6, 8], "counts": given_counts}, iscrowd=1))
        mask = found.pictures[0].outlines[0].shape.mask(8, 6)
        assert np.array_equal(mask, read(annotation([SQUARE])).pictures[0].outlines[0].shape.mask(8, 6))


def compressed(counts: list[int]) -> str:
    """The text that pycocotools writes for runs."""
    text = ""
    for place, count in enumerate(counts):
        value = count - counts[place - 2] if place > 2 else count
        while True:
            bits, value = value & 31, value >> 5
            more = value not in (0, -1) or (value == 0) == bool(bits & 16)
            text += chr(48 + (bits | 32 * more))
            if not more:
                break
    return text


@settings(max_examples=30, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_runs_as_text_give_any_mask_back(mask: np.ndarray) -> None:
    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(flat.astype(int), prepend=0))
    counts = np.diff([0, *edges, flat.size]).tolist()
    height, width = mask.shape
    runs = {"size": [height, width], "counts": compressed(counts)}
    (picture,) = read(annotation(runs), images=[image(width=width, height=height)]).pictures
    assert np.array_equal(picture.outlines[0].shape.mask(width, height), mask)


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (content(images=[image(), image()]), "two pictures of id 0"),
        (content(images=[{"id": 0, "width": 1, "height": 1}]), "no file_name of picture 0"),
        (content(images=[image(width=0)]), "picture 0 of 0 x 6 pixels"),
        (content(images=[image(width=10**6, height=10**6)]), "picture 0 of 1000000 x 1000000 pixels"),
        (content(images=[image(height=None)]), "None for height in images"),
        (content(annotation([SQUARE], image_id=9)), "an annotation of picture 9, which it does not list"),
        (content(annotation([SQUARE], category_id=9)), "an annotation of category 9"),
        (content(annotation([[1, 2, 3]])), "a damaged segmentation in annotation 7 (ValueError"),
        (content(annotation([[1, 2, 3, 4, 5, float("inf")]])), "a place that is no number"),
        (content(annotation({"size": [6, 8], "counts": [7, 3]})), "runs of 10 pixels for a mask of 8 x 6"),
        (content(annotation({"size": [6, 8], "counts": [-1, 49]})), "runs of 48 pixels"),
        (content(annotation({"size": [6, 8], "counts": "7\x07"})), "the sign '\\x07' in runs"),
        (content(annotation({"size": [6, 8], "counts": "`"})), "runs that break off"),
        (content(annotation({"size": [6, 8]})), "KeyError: 'counts'"),
    ],
)
def test_a_damaged_file_is_one_sentence(damaged: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=re.escape(said)) as refused:
        read_coco(Path("coco.json"), damaged)
    assert "\n" not in str(refused.value)
