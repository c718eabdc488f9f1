import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bias_exp.data.images import read_image
from bias_exp.data.personas.factors import PROFESSIONS, Cues, draw_factors
from bias_exp.data.personas.frame import FAIRFACE
from bias_exp.data.personas.planting import Planting, plant
from bias_exp.data.personas.render import BADGE_REGION, REGIONS, render, render_face
from bias_exp.data.personas.twins import Change, gender_twin
from bias_exp.data.regions import read_regions
from bias_exp.data.sources.personas import scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError

FEW = SOURCES["personas"].options | {"per_cell": 2, "size": 32, "professions": ["nurse", "doctor"]}


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


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_cues_are_as_visible_as_asked(tmp_path: Path) -> None:
    picture = scan(None, tmp_path, FEW | {"cues": {"hair": 0, "task": 0.5}}).pictures[1]
    factors = draw_factors("nurse-female-0001", profession="nurse", gender="female", cues=Cues(task=0.5, hair=0.0))
    np.testing.assert_array_equal(read_image(tmp_path / picture.path), render(factors, 32).picture)


def test_what_is_planted_is_drawn_and_listed(tmp_path: Path) -> None:
    found = scan(None, tmp_path, FEW | {"planting": {"proxy_gender": 1.0, "decoy": 0.5}, "seed": 3})
    table = rows(tmp_path / "planted.csv")
    assert [row["path"] for row in table] == [picture.path.as_posix() for picture in found.pictures]
    assert set(table[0]) == {"path", "proxy_gender", "decoy"}
    assert [row["proxy_gender"] for row in table] == [picture.labels["gender"] for picture in found.pictures]
    assert {row["decoy"] for row in table} <= set(PROFESSIONS)
    picture = found.pictures[1]
    free = draw_factors("nurse-female-0001", profession="nurse", gender="female", seed=3)
    planted = render(plant(free, Planting(proxy_gender=1.0, decoy=0.5), seed=3), 32)
    np.testing.assert_array_equal(read_image(tmp_path / picture.path), planted.picture)
    np.testing.assert_array_equal(read_regions(tmp_path / picture.regions)[BADGE_REGION], planted.masks[BADGE_REGION])


def test_faces_alone(tmp_path: Path) -> None:
    picture = scan(None, tmp_path, FEW | {"faces": True}).pictures[0]
    free = draw_factors("nurse-female-0000", profession="nurse", gender="female")
    shown = render_face(free, FAIRFACE["margin025"].scaled(32))
    np.testing.assert_array_equal(read_image(tmp_path / picture.path), shown.picture)
    assert (tmp_path / picture.regions).is_file()


def test_twins_lie_beside_the_pictures_and_in_no_split(tmp_path: Path) -> None:
    few = FEW | {"per_cell": 1}
    scan(None, tmp_path / "alone", few)
    found = scan(None, tmp_path / "both", few | {"twins": True})
    alone, both = content(tmp_path / "alone"), content(tmp_path / "both")
    twins = {name for name in both if name.startswith("twins/")}
    assert both.items() - alone.items() == {(name, both[name]) for name in twins}
    table = rows(tmp_path / "both" / "twins.csv")
    assert list(table[0]) == ["path", "kind", "twin", "area", "strength", "matched"]
    assert {row["twin"] for row in table} == twins
    paths = [picture.path.as_posix() for picture in found.pictures]
    assert [(row["path"], row["kind"]) for row in table] == [(p, k) for p in paths for k in ("gender", "control")]
    assert not any(str(picture.path).startswith("twins") for picture in found.pictures)


def test_twins_are_what_their_rows_say(tmp_path: Path) -> None:
    scan(None, tmp_path, FEW | {"per_cell": 1, "professions": ["nurse"], "twins": True})
    factors = draw_factors("nurse-female-0000", profession="nurse", gender="female")
    gender, control = rows(tmp_path / "twins.csv")[:2]
    np.testing.assert_array_equal(read_image(tmp_path / gender["twin"]), render(gender_twin(factors), 32).picture)
    quiet = replace(factors, camera=replace(factors.camera, noise=0.0))
    change = Change.between(*(render(one, 32).picture for one in (quiet, gender_twin(quiet))))
    assert (float(gender["area"]), float(gender["strength"])) == pytest.approx((change.area, change.strength))
    seen = Change(float(control["area"]), float(control["strength"]))
    assert control["matched"] == gender["matched"] == str(seen.matches(change))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"cues": {"hat": 1.0}}, "unknown key 'hat' in cues; known keys: task, hair, facial_hair, lips, neckline"),
        ({"cues": {"hair": 2}}, "cues.hair must be a number from 0 to 1, got 2"),
        ({"cues": {"hair": True}}, "cues.hair must be a number from 0 to 1, got True"),
        ({"cues": {"hair": float("nan")}}, "cues.hair must be a number from 0 to 1, got nan"),
        ({"planting": {"proxy": 1.0}}, "unknown key 'proxy' in planting; known keys: proxy_gender, proxy_profession, "),
        ({"planting": {"decoy": "much"}}, "planting.decoy must be a number from 0 to 1, got 'much'"),
        ({"twins": True, "faces": True}, "expected twins or faces, found both"),
    ],
)
def test_wrong_tables_are_refused_in_one_line(tmp_path: Path, wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence) as caught:
        scan(None, tmp_path, FEW | wrong)
    assert "\n" not in str(caught.value)
