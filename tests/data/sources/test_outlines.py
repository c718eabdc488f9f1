"""Outlines joined to the pictures of a source: which picture is meant, what becomes of words, masks in the manifest."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bias_exp.collect.forget_data import held_in_data, take_from_data
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.images import read_image
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.data.names import path_text
from bias_exp.data.regions import read_regions
from bias_exp.errors import RequestError
from bias_exp.stages.regions import regions_of
from tests.data.layouts import LAYOUTS, lay_csv, lay_folder, lay_ratio_folders, tiny_shots
from tests.data.pictures import noise, save

HAIR = [2, 2, 9, 2, 9, 6, 2, 6]
"""A polygon of 7 x 4 pixels."""


def via(root: Path, *entries: tuple[Path, dict[str, str]], name: str = "via.json", size: int | None = None) -> None:
    """Write a VIA project with one rectangle a word on each picture."""
    metadata = {}
    for path, words in entries:
        n_bytes = path.stat().st_size if size is None else size
        shapes = [
            {
                "shape_attributes": {
                    "name": "rect",
                    **dict(zip(("x", "y", "width", "height"), map(float, place.split()), strict=True)),
                },
                "region_attributes": {"part": word},
            }
            for word, place in words.items()
        ]
        metadata[f"{path.name}{n_bytes}"] = {"filename": path.name, "size": n_bytes, "regions": shapes}
    (root / name).write_text(json.dumps({"_via_img_metadata": metadata}), encoding="utf-8")


def coco(root: Path, *pictures: dict[str, Any], name: str = "coco.json") -> None:
    """Write COCO JSON with the hair of each picture."""
    images = [{"id": number, "width": 20, "height": 24, **picture} for number, picture in enumerate(pictures)]
    one = {"category_id": 1, "segmentation": [HAIR]}
    whole = {
        "categories": [{"id": 0, "name": "parts"}, {"id": 1, "name": "hair"}],
        "images": images,
        "annotations": [{"id": number, "image_id": number, **one} for number in range(len(images))],
    }
    (root / name).write_text(json.dumps(whole), encoding="utf-8")


def made(root: Path, source: str = "folder", out: str = "out", **options: Any) -> Manifest:
    config = DataConfig(source=source, options=options, split=SplitConfig(test=1, validation=1, probe=1))
    return make_data(config, root.parent / out, root=root)


def masks_of(manifest: Manifest) -> dict[str, dict[str, np.ndarray]]:
    """{file's name: masks} of the pictures that have any."""
    rows = [(Path(row.path).name, manifest.regions_path(row)) for row in manifest.frame.itertuples()]
    return {name: read_regions(path) for name, path in rows if path is not None}


def test_masks_lie_in_the_data_folder_and_pictures_stay_where_they_are(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first, second, *_ = lay_folder(root, tiny_shots())
    via(root, (first, {"Haar": "2 2 7 4", "mund": "3 15 4 2"}), (second, {"Haar": "-5 0 10 3", "wand": "0 0 1 1"}))
    names = {"haar": "hair", "mund": "mouth", "wand": ""}
    manifest = made(root, regions=["via.json"], region_names=names)
    assert manifest.root == root
    masks = masks_of(manifest)
    assert {name: sorted(known) for name, known in masks.items()} == {
        first.name: ["hair", "mouth"],
        second.name: ["hair"],
    }
    expected = np.zeros((24, 20), bool)
    expected[2:6, 2:9] = True
    assert np.array_equal(masks[first.name]["hair"], expected)
    assert masks[second.name]["hair"].sum() == 15
    files = [manifest.regions_path(row) for row in manifest.frame.itertuples()]
    assert {path.parent for path in files if path} == {manifest.folder / "regions"}
    assert not list(root.rglob("regions"))
    assert "regions drawn by hand for 2 of 16 picture files" in manifest.notes
    assert "1 outline(s) cut at the edges of their picture" in manifest.notes
    assert "1 outline(s) left out by their word" in manifest.notes


def test_other_outlines_are_another_data_set_and_the_same_ones_are_kept(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first, *_ = lay_folder(root, tiny_shots())
    plain = made(root, out="plain")
    via(root, (first, {"hair": "2 2 7 4"}))
    drawn = made(root, regions=["via.json"])
    assert made(root, regions=["via.json"]).digest == drawn.digest != plain.digest
    assert made(root, out="plain").digest == plain.digest
    via(root, (first, {"hair": "2 2 7 5"}))
    with pytest.raises(RequestError, match="which runs may depend on; choose another --out"):
        made(root, regions=["via.json"])


def test_the_data_folder_can_be_moved_with_its_regions(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first, *_ = lay_folder(root, tiny_shots())
    via(root, (first, {"hair": "2 2 7 4"}))
    folder = made(root, regions=["via.json"]).folder
    shutil.move(folder, tmp_path / "elsewhere")
    assert list(masks_of(load_manifest(tmp_path / "elsewhere"))) == [first.name]


@pytest.mark.parametrize("source", ["folder", "csv", "ratio_folders"])
def test_drawing_them_says_how_far_it_is(source: str, tmp_path: Path) -> None:
    files = LAYOUTS[source](tmp_path / "root", tiny_shots(4))
    coco(tmp_path / "root", {"file_name": path_text(files[-1].relative_to(tmp_path / "root"))})
    split = SplitConfig(test=1, validation=1, probe=1)
    config = DataConfig(source=source, options={"regions": ["coco.json"]}, split=split)
    said = {}

    def report(done: int, total: int, note: str = "") -> None:
        said[note] = (done, total)

    make_data(config, tmp_path / "out", root=tmp_path / "root", report=report)
    copies = sum(file.read_bytes() == files[-1].read_bytes() for file in set(files))
    assert said["outlines drawn"] == (copies, copies)


def test_copies_of_a_picture_share_its_regions(tmp_path: Path) -> None:
    """dataset_0 and dataset_100 hold the same men; one annotation by name and size is of both."""
    root = tmp_path / "root"
    files = lay_ratio_folders(root, tiny_shots())
    man = next(path for path in files if path.name.startswith("0_") and path.parent.parent.name == "train")
    via(root, (man, {"hair": "2 2 7 4"}))
    manifest = made(root, "ratio_folders", regions=["via.json"])
    assert list(masks_of(manifest)) == [man.name]
    assert len(list((manifest.folder / "regions").iterdir())) == 1
    assert "regions drawn by hand for 2 of " in " ".join(manifest.notes)


def test_coco_as_roboflow_exports_it_and_two_files_together(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first, second, *_ = lay_csv(root, tiny_shots())
    coco(root, {"file_name": f"{first.stem}_png.rf.0a.jpg"}, {"file_name": "x.jpg", "extra": {"name": second.name}})
    via(root, (first, {"mouth": "3 15 4 2"}), size=-1)
    masks = masks_of(made(root, "csv", regions=["coco.json", "via.json"]))
    assert {name: {one: mask.sum() for one, mask in known.items()} for name, known in masks.items()} == {
        first.name: {"hair": 28, "mouth": 8},
        second.name: {"hair": 28},
    }


def test_outlines_drawn_on_a_smaller_copy_are_enlarged_and_on_another_shape_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first, *_ = lay_folder(root, tiny_shots())
    coco(root, {"file_name": first.name, "width": 10, "height": 12})
    (mask,) = (known["hair"] for known in masks_of(made(root, regions=["coco.json"])).values())
    assert mask.sum() == 28 * 4
    assert mask[4:12, 4:18].all()
    coco(root, {"file_name": first.name, "width": 640, "height": 640})
    with pytest.raises(RequestError, match="annotated at 640 x 640 pixels, while .* has 20 x 24; export without resi"):
        made(root, out="b", regions=["coco.json"])


def test_a_turned_photograph_is_annotated_upright(tmp_path: Path) -> None:
    """A tool shows the picture as its EXIF says; the file's own rows and columns are another way round."""
    root = tmp_path / "root"
    lay_folder(root, tiny_shots())
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    turned = save(root / "nurse/female/turned.jpg", noise(77, height=20, width=24), exif=exif)
    via(root, (turned, {"hair": "2 18 7 5"}))
    (mask,) = (known["hair"] for known in masks_of(made(root, regions=["via.json"])).values())
    assert mask.shape == (24, 20)
    assert mask[18:23, 2:9].all()


def test_annotations_of_pictures_that_are_not_there_are_said(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first, second, *_ = lay_folder(root, tiny_shots())
    coco(root, {"file_name": first.name}, {"file_name": "gone.jpg"})
    notes = " ".join(made(root, regions=["coco.json"]).notes)
    assert "1 annotated picture(s) are not among the pictures by name and size: gone.jpg" in notes
    via(root, (second, {"hair": "2 2 7 4"}), size=3)
    with pytest.raises(RequestError, match=f"found none that belongs to one: {second.name}"):
        made(root, out="b", regions=["via.json"])


def test_two_pictures_of_one_name_are_told_apart_by_size_or_folder_or_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    lay_folder(root, tiny_shots())
    places = [
        save(root / f"{place}/same.png", noise(50 + n, height=30 + n))
        for n, place in enumerate(("nurse/female", "waiter/male"))
    ]
    via(root, (places[1], {"hair": "2 2 7 4"}))
    (mask,) = (known["hair"] for known in masks_of(made(root, regions=["via.json"])).values())
    assert mask.shape == (31, 20)
    coco(root, {"file_name": "waiter/male/same.png", "height": 31})
    assert len(masks_of(made(root, out="b", regions=["coco.json"]))) == 1
    coco(root, {"file_name": "same.png", "height": 31})
    with pytest.raises(
        RequestError, match="to say which picture same.png is, found nurse/female/same.png, waiter/male"
    ):
        made(root, out="c", regions=["coco.json"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"regions": ["none.json"]},
            "expected options.regions to name files below .* found no 'none.json'; there: coco",
        ),
        ({"regions": ["../x.json"]}, "found no '../x.json'"),
        ({"region_names": {"a": "hair"}}, "expected options.regions with the files of outlines"),
        ({"regions": ["coco.json"], "region_names": {"a": "haar"}}, "expected regions of face, .*found 'haar'"),
        ({"regions": ["strange.json"]}, r"found 'Wand' \(1 times\); say what each word means"),
        ({"regions": ["twice.json"]}, "which are one; export without augmentation"),
        ({"regions": ["other.json"]}, "expected annotations of VIA 1 or 2 or COCO JSON in .* found neither"),
        ({"regions": ["list.json"]}, "found JSON of another kind"),
        ({"regions": ["text.json"]}, "expected JSON in .*text.json, found something else"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    root = tmp_path / "root"
    first, *_ = lay_folder(root, tiny_shots(2))
    coco(root, {"file_name": first.name})
    via(root, (first, {"Wand": "2 2 7 4"}), name="strange.json")
    coco(root, *({"file_name": f"{first.stem}_png.rf.{k}.jpg"} for k in "ab"), name="twice.json")
    for name, text in (("other.json", "{}"), ("list.json", "[]"), ("text.json", "hair")):
        (root / name).write_text(text)
    with pytest.raises(RequestError, match=said) as refused:
        made(root, **options)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_damaged_picture_with_outlines_is_left_out_for_its_own_reason(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first, second, *_ = lay_folder(root, tiny_shots(5))
    first.write_bytes(first.read_bytes()[:50])
    via(root, (first, {"hair": "2 2 7 4"}), (second, {"hair": "2 2 7 4"}))
    manifest = made(root, regions=["via.json"])
    assert list(masks_of(manifest)) == [second.name]
    assert manifest.rejects()["reason"].str.contains("truncated").sum() == 1


def test_a_person_drawn_as_a_whole_is_what_fading_the_background_keeps(tmp_path: Path) -> None:
    """As an earlier study did with polygons: inside the outline every pixel is its own, far outside it is white."""
    root = tmp_path / "root"
    first, *_ = lay_folder(root, tiny_shots())
    coco(root, {"file_name": first.name})
    data = made(root, regions=["coco.json"], region_names={"hair": "person"})
    split = SplitConfig(test=0, validation=0, probe=0)
    config = DataConfig(source="faces", options={"do": "feather", "keep": "person", "detector": "haar"}, split=split)
    faded = make_data(config, tmp_path / "faded", root=data.folder)
    (row,) = (row for row in faded.frame.itertuples() if Path(row.path).name == first.name)
    before, after = read_image(first), read_image(faded.path(row))
    assert np.array_equal(after[2:6, 2:9], before[2:6, 2:9])
    assert (after[12:] == 255).all()
    assert set(faded.rejects()["reason"]) == {"no face"}
    assert faded.regions_digest == data.regions_digest != ""


def test_a_person_drawn_as_a_whole_is_the_person_s_box(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first, second, third, *_ = lay_folder(root, tiny_shots())
    parts = {"face": "5 2 4 4", "hair": "5 0 4 3", "clothes": "3 6 8 6"}
    via(root, (first, {"person": "4 4 10 12", "hair": "0 0 2 2"}), (second, parts), (third, {"hair": "5 2 4 4"}))
    manifest = made(root, regions=["via.json"])
    frame = manifest.frame.set_index(manifest.frame["path"].str.rpartition("/")[2]).loc[
        [first.name, second.name, third.name]
    ]
    # The model's frame is the middle square: rows 2 to 22 of 24.
    boxes = regions_of(manifest, frame, 20).persons()
    assert boxes[0].tolist() == [4, 2, 14, 14]
    assert boxes[1].tolist() == [3, 0, 11, 10]
    assert np.isnan(boxes[2]).all(), "face and clothes were not drawn: nobody knows where the person ends"


def test_what_is_forgotten_loses_its_regions_too(tmp_path: Path) -> None:
    """The region file is in the data folder, and goes although the picture is not."""
    root = tmp_path / "root"
    first, second, *_ = lay_folder(root, tiny_shots(5))
    via(root, (first, {"hair": "2 2 7 4"}), (second, {"hair": "2 2 7 4"}))
    manifest = made(root, regions=["via.json"])
    (row,) = (row for row in manifest.frame.itertuples() if Path(row.path).name == first.name)
    held = held_in_data(manifest.folder, [row.sha256])
    assert held is not None
    assert set(held.files) == {first, manifest.regions_path(row)}
    assert not held.owned
    take_from_data(held, "2026-01-01")
    left = load_manifest(manifest.folder)
    assert len(left.frame) == len(manifest.frame) - 1
    assert list(masks_of(left)) == [second.name]
    assert left.digest != manifest.digest
    assert left.regions_digest == manifest.regions_digest


def test_regions_come_along_when_data_sets_are_put_together(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first, *_ = lay_folder(root, tiny_shots())
    via(root, (first, {"hair": "2 2 7 4"}))
    made(root, out="parts/mine", regions=["via.json"])
    split = SplitConfig(test=1, validation=1, probe=1)
    whole = make_data(DataConfig(source="assemble", split=split), tmp_path / "whole", root=tmp_path / "parts")
    assert {name: list(known) for name, known in masks_of(whole).items()} == {first.name: ["hair"]}
    assert whole.regions_digest != ""
    for path in (tmp_path / "parts").rglob("*.png"):
        path.unlink()
    assert masks_of(whole), "a link of its own"
