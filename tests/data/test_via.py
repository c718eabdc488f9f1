"""Files of VIA: projects and exports of both versions, and what is none."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bias_exp.data.annotation import Annotations
from bias_exp.data.polygons import Ellipse, Polygon
from bias_exp.data.via import is_via, read_via, read_via_csv
from bias_exp.errors import RequestError

POLYGON = {"name": "polygon", "all_points_x": [1, 5, 5, 1], "all_points_y": [1, 1, 4, 4]}
ELLIPSE = {"name": "ellipse", "cx": 4, "cy": 3, "rx": 3, "ry": 1, "theta": 0.6}


def region(shape: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"shape_attributes": shape, "region_attributes": attributes}


def entry(*regions: dict[str, Any], name: str = "a.jpg", size: int = 16454) -> dict[str, Any]:
    return {"filename": name, "size": size, "regions": list(regions), "file_attributes": {}}


def project(*entries: dict[str, Any]) -> dict[str, Any]:
    metadata = {f"{one['filename']}{one['size']}": one for one in entries}
    return {"_via_settings": {}, "_via_img_metadata": metadata, "_via_attributes": {}}


def read(content: dict[str, Any]) -> Annotations:
    assert is_via(content)
    return read_via(Path("via.json"), content)


def test_a_project_and_an_export_say_the_same() -> None:
    whole = project(entry(region(POLYGON, part="hair"), region(ELLIPSE, part="face")), entry(name="b.jpg", size=-1))
    for content in (whole, whole["_via_img_metadata"]):
        first, second = read(content).pictures
        assert (first.name, first.n_bytes, first.frame) == ("a.jpg", 16454, None)
        assert [outline.words for outline in first.outlines] == [("hair",), ("face",)]
        polygon, ellipse = (outline.shape for outline in first.outlines)
        assert isinstance(polygon, Polygon)
        assert polygon.points.tolist() == [[1, 1], [5, 1], [5, 4], [1, 4]]
        assert ellipse == Ellipse(4, 3, 3, 1, 0.6), "theta is in radians and stays so"
        assert (second.name, second.n_bytes, second.outlines) == ("b.jpg", None, [])


def test_version_1_has_regions_by_number_and_repeats_the_first_corner() -> None:
    closed = {"name": "polygon", "all_points_x": [1, 5, 5, 1, 1], "all_points_y": [1, 1, 4, 4, 1]}
    old = {"fileref": "", "base64_img_data": "", **entry(name="a.jpg"), "regions": {"0": region(closed, part="hair")}}
    (now,) = read(project(entry(region(POLYGON, part="hair")))).pictures
    (then,) = read({"a.jpg16454": old}).pictures
    masks = [picture.outlines[0].shape.mask(8, 6) for picture in (now, then)]
    assert np.array_equal(*masks)
    assert masks[0].sum() == 12


def test_every_shape_and_what_has_no_area() -> None:
    shapes = [
        {"name": "rect", "x": 1, "y": 1, "width": 3, "height": 2},
        {"name": "circle", "cx": 3, "cy": 3, "r": 2},
        {"name": "ellipse", "cx": 3, "cy": 3, "rx": 2, "ry": 2},
        {"name": "point", "cx": 3, "cy": 3},
        {"name": "polyline", "all_points_x": [1, 5, 5], "all_points_y": [1, 1, 4]},
        {"name": "rect", "x": 1, "y": 1, "width": 0, "height": 2},
        {"name": "polygon", "all_points_x": [1, 5], "all_points_y": [1, 1]},
        {"name": "circle", "cx": 3, "cy": 3, "r": 0},
    ]
    found = read(project(entry(*(region(shape, part="hair") for shape in shapes))))
    rectangle, circle, ellipse = (outline.shape.mask(6, 6) for outline in found.pictures[0].outlines)
    assert rectangle.sum() == 6
    assert np.array_equal(circle, ellipse)
    assert found.passed == {
        "point(s), which have no area": 1,
        "open line(s), which have no area": 1,
        "shape(s) of no size": 3,
    }


def test_words_are_texts_choices_and_ticked_boxes() -> None:
    attributes = {"part": " hair ", "seen": {"clear": True, "blurred": False}, "note": ""}
    (picture,) = read(project(entry(region(POLYGON, **attributes)))).pictures
    assert picture.outlines[0].words == ("hair", "clear")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("https://example.org/x/my%20photo.jpg?size=2", "my photo.jpg"),
        ("nurse\\woman\\a.jpg", "nurse/woman/a.jpg"),
        ("nurse/a.jpg", "nurse/a.jpg"),
    ],
)
def test_names_of_files(given: str, name: str) -> None:
    assert read(project(entry(name=given))).pictures[0].name == name


@pytest.mark.parametrize("header", ["filename", "#filename"])
def test_csv(tmp_path: Path, header: str) -> None:
    def cell(content: dict[str, Any]) -> str:
        return '"' + json.dumps(content).replace('"', '""') + '"'

    rows = [
        f"{header},file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes",
        f'a.jpg,16454,"{{}}",2,0,{cell(POLYGON)},{cell({"part": "hair"})}',
        f'a.jpg,16454,"{{}}",2,1,{cell({"name": "point", "cx": 1, "cy": 1})},{cell({"part": "hair"})}',
        'b.jpg,7,"{}",0,0,"{}","{}"',
    ]
    (tmp_path / "via.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = read_via_csv(tmp_path / "via.csv")
    assert [(one.name, one.n_bytes, len(one.outlines)) for one in found.pictures] == [
        ("a.jpg", 16454, 1),
        ("b.jpg", 7, 0),
    ]
    assert found.pictures[0].outlines[0].words == ("hair",)
    assert found.passed == {"point(s), which have no area": 1}
    (tmp_path / "via.csv").write_text(rows[0] + '\na.jpg,1,"{}",1,0,nonsense,"{}"\n', encoding="utf-8")
    with pytest.raises(RequestError, match=r"found 'nonsense' where an object should be at line 2"):
        read_via_csv(tmp_path / "via.csv")
    (tmp_path / "via.csv").write_text("file,label\na,b\n", encoding="utf-8")
    with pytest.raises(RequestError, match="found none named 'filename'"):
        read_via_csv(tmp_path / "via.csv")


def test_version_3_is_refused_and_other_json_is_none() -> None:
    three = {"project": {}, "config": {}, "attribute": {}, "file": {}, "view": {}, "metadata": {}}
    with pytest.raises(RequestError, match="found a project of VIA 3, which has another form; draw them in VIA 2"):
        is_via(three)
    assert not is_via({})
    assert not is_via({"images": [], "annotations": [], "categories": []})


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        ({"filename": 3, "regions": []}, "no filename at a.jpg1"),
        ({"filename": "a.jpg", "size": "big", "regions": []}, "the file size 'big'"),
        ({"filename": "a.jpg", "regions": "none"}, "regions that are no list"),
        (entry({"region_attributes": {}}), "a region without shape_attributes"),
        (entry(region({"name": "polygon", "all_points_x": [1, 2, 3]})), "a damaged polygon (KeyError: 'all_points_y')"),
        (entry(region({**POLYGON, "all_points_x": [1, 2, 3]})), "a damaged polygon (ValueError"),
        (entry(region({"name": "circle", "cx": float("nan"), "cy": 1, "r": 1})), "a place that is no number"),
        (entry(region({"name": "star"})), "a damaged star (ValueError: not a shape of VIA)"),
    ],
)
def test_a_damaged_entry_is_one_sentence_that_names_it(damaged: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=re.escape(said)) as refused:
        read_via(Path("via.json"), {"_via_img_metadata": {"a.jpg1": damaged}})
    assert "\n" not in str(refused.value)
