"""Generating: each prompt becomes a picture that says what it is; what is no picture is listed and not kept.

The real pipeline is asked in test_sdxl.py.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bias_exp.collect.collection import COLLECTION_FILE, read_collection
from bias_exp.collect.generated import JOURNALS
from bias_exp.collect.journal import Journal
from bias_exp.collect.picture_file import IN_PNG, as_pixels, flaw_of
from bias_exp.collect.prompt_table import PROMPTS_FILE, read_prompts
from bias_exp.collect.prompts import make_prompts
from bias_exp.collect.rows import COLLECTORS
from bias_exp.data.duplicates import perceptual_hash
from bias_exp.data.images import read_image
from bias_exp.data.sources.folder import scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from bias_exp.progress import silent
from bias_exp.rundir import file_sha256
from tests.collect.drawer import FEW, SIDE, SIZE, Drawer, run


def test_every_prompt_becomes_a_row_of_the_collection(prompted: Path, drawer: Drawer) -> None:
    said = run(prompted)
    rows, prompts = read_collection(prompted), read_prompts(prompted / PROMPTS_FILE)
    assert said == f"8 of 8 pictures made by drawer@0123 in {prompted}\n{prompted / COLLECTION_FILE}"
    assert list(rows["prompt"]) == list(prompts["prompt"])
    assert list(rows["label/gender"]) == list(prompts["gender"])
    assert list(rows["label/profession"]) == list(prompts["profession"])
    assert list(rows["seed"]) == [str(seed) for seed in prompts["seed"]]
    assert set(rows["gender_from"]) == {"prompt"}
    assert set(rows["source"]) == {"generate"}
    assert set(rows["model"]) == {drawer.model}
    assert set(rows["licence"]) == {"SDXL: CreativeML Open RAIL++-M"}
    assert set(rows["person"]) == {""}
    assert rows["faces"].isna().all()
    assert drawer.checked == [text for row in prompts.itertuples() for text in (row.prompt, row.negative_prompt)]


def test_template_and_scene_of_a_profession_are_kin(prompted: Path, drawer: Drawer) -> None:
    run(prompted)
    kin = read_collection(prompted).groupby("kin")["label/gender"].apply(sorted)
    assert kin.to_dict() == {
        name: ["female", "male"]
        for name in (
            "doctor/portrait/practice",
            "doctor/portrait/ward",
            "nurse/portrait/station",
            "nurse/portrait/ward",
        )
    }


def test_a_picture_says_what_it_is_in_the_png_and_beside_it(prompted: Path, drawer: Drawer) -> None:
    run(prompted)
    rows, prompts = read_collection(prompted), read_prompts(prompted / PROMPTS_FILE)
    for row, prompt in zip(rows.itertuples(), prompts.itertuples(), strict=True):
        name = f"{prompt.profession}/{prompt.gender}/{prompt.prompt_id}_{prompt.seed}"
        assert row.path == f"pictures/{name}.png"
        pixels = read_image(prompted / row.path)
        assert file_sha256(prompted / row.path) == row.sha256
        assert row.phash == f"{perceptual_hash(pixels):016x}"
        assert pixels.shape == (row.height, row.width, 3) == (SIDE, SIDE, 3)
        expected = as_pixels(Drawer().pictures([prompt])[0])
        np.testing.assert_array_equal(pixels, expected)
        sidecar = json.loads((prompted / "sidecars" / f"{name}.json").read_text(encoding="utf-8"))
        with Image.open(prompted / row.path) as image:
            assert {key: str(sidecar[key]) for key in IN_PNG} | {"synthetic": "true"} == dict(image.text)
        assert sidecar["synthetic"] is True
        assert (sidecar["prompt"], sidecar["seed"]) == (prompt.prompt, prompt.seed)
        assert (sidecar["sha256"], sidecar["model"]) == (row.sha256, drawer.model)
        assert sidecar["versions"] == {"drawer": "1"}


def test_the_pictures_alone_can_be_read_as_a_folder(prompted: Path, drawer: Drawer) -> None:
    run(prompted)
    found = scan(prompted / "pictures", prompted, SOURCES["folder"].settings({}))
    assert len(found.pictures) == 8
    assert not found.rejects


def test_a_prompt_that_says_no_gender_gives_an_unknown_label(prompted: Path, drawer: Drawer) -> None:
    run(prompted)
    make_prompts(None, prompted, COLLECTORS["prompts"].settings({**FEW, **SIZE, "unspecified": True}), silent)
    run(prompted)
    rows = read_collection(prompted)
    assert rows["label/gender"].value_counts().to_dict() == {"female": 4, "male": 4, "unknown": 4}
    assert set(rows.loc[rows["label/gender"] == "unknown", "gender_from"]) == {""}
    assert set(drawer.drawn.values()) == {1}


# ---- pictures that are none


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.full((4, 4, 3), np.nan), "not finite: 48 of 48 values"),
        (np.where(np.arange(48).reshape(4, 4, 3) == 7, np.inf, 0.5), "not finite: 1 of 48 values"),
        (np.zeros((4, 4, 3)), "black: no value above 0 of 255"),
        (np.full((4, 4, 3), 8 / 255), "black: no value above 8 of 255"),
        (np.full((4, 4, 3), 0.5), "one colour: values differ by at most 0 of 255"),
        (np.broadcast_to([1.0, 0.0, 0.5], (4, 4, 3)), "one colour: values differ by at most 0 of 255"),
        (np.linspace(0, 1, 48).reshape(4, 4, 3), ""),
        (np.linspace(0, 0.1, 48).reshape(4, 4, 3), ""),
    ],
)
def test_flaws(values: np.ndarray, said: str) -> None:
    assert flaw_of(values.astype(np.float32)) == said


def test_values_are_rounded_to_pixels() -> None:
    values = np.array([-0.1, 0.0, 0.4999 / 255, 0.5001 / 255, 254.6 / 255, 1.0, 1.2]).reshape(1, 7, 1)
    assert as_pixels(values).ravel().tolist() == [0, 0, 0, 1, 255, 255, 255]


BROKEN = "doctor-portrait-ward-0-female"


def test_a_picture_that_is_none_is_listed_and_not_kept(prompted: Path, drawer: Drawer) -> None:
    drawer.broken.add(BROKEN)
    said = run(prompted)
    assert "7 of 8 pictures" in said
    assert said.splitlines()[1] == "1 failed (1 female, 1 not finite), so their pairs are not whole"
    assert len(read_collection(prompted)) == 7
    assert len(list((prompted / "pictures").rglob("*.png"))) == 7
    (failed,) = [entry for entry in Journal(prompted / JOURNALS / "0.jsonl").entries() if entry["status"] == "failed"]
    assert (failed["prompt_id"], failed["reason"]) == (
        BROKEN,
        f"not finite: {SIDE * SIDE * 3} of {SIDE * SIDE * 3} values",
    )
    run(prompted, upcast_failed=True)
    assert drawer.drawn.total() == 8  # the VAE cannot overflow: it would end the same


def test_what_a_vae_at_float16_failed_at_is_tried_at_float32_when_asked(prompted: Path, drawer: Drawer) -> None:
    drawer.broken.add(BROKEN)
    drawer.can_overflow = True
    assert "--set options.upcast_failed=true tries them" in run(prompted)
    assert drawer.drawn.total() == 8
    run(prompted)
    assert drawer.drawn.total() == 8
    assert "8 of 8 pictures" in run(prompted, upcast_failed=True)
    assert drawer.drawn[BROKEN] == 3
    assert drawer.drawn.total() == 10
    (sidecar,) = (prompted / "sidecars").rglob(f"{BROKEN}_*.json")
    assert json.loads(sidecar.read_text(encoding="utf-8"))["vae_upcast"] is True
    others = [path for path in (prompted / "sidecars").rglob("*.json") if path != sidecar]
    assert {json.loads(path.read_text(encoding="utf-8"))["vae_upcast"] for path in others} == {False}


def test_where_everything_fails_there_is_no_collection(prompted: Path, drawer: Drawer) -> None:
    drawer.broken |= set(read_prompts(prompted / PROMPTS_FILE)["prompt_id"])
    with pytest.raises(RequestError, match="found none: every one of them failed"):
        run(prompted)
    assert not (prompted / COLLECTION_FILE).exists()


def test_without_prompts_the_way_to_them_is_said(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="found no such file; make them with `bias-exp data --source prompts --out"):
        run(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
