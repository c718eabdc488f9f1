from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bias_exp.data.images import read_image
from bias_exp.data.personas.factors import PROFESSIONS, draw_factors
from bias_exp.data.personas.render import render
from bias_exp.data.regions import REGIONS, read_regions
from bias_exp.data.sources.personas import scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError

FEW = {"per_cell": 2, "size": 32, "seed": 0, "professions": ["nurse", "doctor"]}


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.png")}


def test_each_profession_and_gender_has_its_own_people(tmp_path: Path) -> None:
    found = scan(None, tmp_path, FEW)
    counts = Counter(tuple(picture.labels.values()) for picture in found.pictures)
    assert counts == {(job, sex): 2 for job in ("nurse", "doctor") for sex in ("female", "male")}
    assert list(found.pictures[0].labels) == ["profession", "gender"]
    assert len({picture.person for picture in found.pictures}) == 8
    assert all(picture.publishable and picture.licence for picture in found.pictures)
    assert found.root == tmp_path


def test_files_are_what_the_renderer_draws(tmp_path: Path) -> None:
    picture = scan(None, tmp_path, FEW).pictures[1]
    assert picture.path == Path("pictures/nurse/female/nurse-female-0001.png")
    persona = render(draw_factors("nurse-female-0001", profession="nurse", gender="female"), 32)
    np.testing.assert_array_equal(read_image(tmp_path / picture.path), persona.picture)
    masks = read_regions(tmp_path / picture.regions)
    assert set(masks) == set(REGIONS)
    for name, mask in persona.masks.items():
        np.testing.assert_array_equal(masks[name], mask)
    x0, y0, x1, y1 = picture.face_box
    assert masks["face"][int(y0) : int(y1), int(x0) : int(x1)].sum() == masks["face"].sum()
    assert picture.landmarks[0][0] < picture.landmarks[1][0]


def test_it_is_deterministic_and_grows_by_adding(tmp_path: Path) -> None:
    for name, options in (("a", FEW), ("b", FEW), ("more", FEW | {"per_cell": 3}), ("other", FEW | {"seed": 1})):
        scan(None, tmp_path / name, options)
    a, b, more, other = (content(tmp_path / name) for name in ("a", "b", "more", "other"))
    assert a == b
    assert a.items() < more.items()
    assert set(a) == set(other)
    assert not any(a[name] == other[name] for name in a if name.startswith("pictures"))


def test_all_professions_by_default(tmp_path: Path) -> None:
    found = scan(None, tmp_path, SOURCES["personas"].settings({"per_cell": 1, "size": 32}))
    assert {picture.labels["profession"] for picture in found.pictures} == set(PROFESSIONS)


@pytest.mark.parametrize("wrong", [{"per_cell": 0}, {"size": 16}, {"professions": ["astronaut"]}])
def test_wrong_options_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(RequestError, match=r"expected per_cell of at least 1|unknown profession 'astronaut'"):
        scan(None, tmp_path, FEW | wrong)
