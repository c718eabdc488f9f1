"""What photographs say of themselves (EXIF, with the place) stays in them: nothing that is drawn of them says it."""

import base64
import re
from pathlib import Path

import pytest

from bias_exp.collect.rows import collect
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.data.store import open_store
from bias_exp.faces.align import template
from bias_exp.faces.rows import TREATMENTS
from tests.data.layouts import tiny_shots
from tests.data.photograph import WORDS, photograph, tells

SPLIT = SplitConfig(test=1, validation=1, probe=1)


@pytest.fixture
def people(tmp_path: Path) -> Manifest:
    """A data folder of photographs whose landmarks are known."""
    pictures = []
    for shot in tiny_shots(4):
        path = photograph(tmp_path / f"people/{shot.number}.jpg", shot.pixels)
        assert tells(path)
        labels = {"profession": shot.profession, "gender": shot.gender}
        points = (template(1) * (shot.pixels.shape[1], shot.pixels.shape[0])).tolist()
        pictures.append(SourceImage(Path(path.name), labels, "folder", landmarks=points))
    scan = Scan(tmp_path / "people", pictures, notes=["a note"])
    return build_manifest(scan, tmp_path / "data", split=SPLIT, recipe={"source": "folder"})


@pytest.mark.parametrize("do", TREATMENTS.names())
def test_treated_pictures_say_nothing(do: str, people: Manifest, tmp_path: Path) -> None:
    options = {"do": do, "least_size": 0}
    made = make_data(DataConfig(source="faces", options=options, split=SPLIT), tmp_path / "out", root=people.folder)
    assert len(made.frame) == len(people.frame)
    assert not [path for path in made.folder.rglob("*") if path.is_file() and tells(path)]


def test_decoded_pictures_and_pages_say_nothing(people: Manifest, tmp_path: Path) -> None:
    open_store(people, 16, tmp_path / "cache")
    collect("audit", str(people.folder), out=str(tmp_path / "looked"), options={})
    written = [path for name in ("cache", "looked") for path in (tmp_path / name).rglob("*") if path.is_file()]
    assert not [path for path in written if tells(path)]
    page = (tmp_path / "looked/audit/sheet.html").read_text()
    shown = [base64.b64decode(data) for data in re.findall(r"data:image/jpeg;base64,([^\"]+)", page)]
    assert len(shown) == len(people.frame)
    assert not [data for data in shown if WORDS in data or b"Exif" in data]


def test_exported_pictures_are_the_files_themselves(people: Manifest, tmp_path: Path) -> None:
    collect("export", str(people.folder), out=str(tmp_path / "older"), options={"ratios": [0.5]})
    files = sorted((tmp_path / "older").rglob("*.jpg"))
    originals = {path.read_bytes() for path in people.root.iterdir()}
    assert files
    assert all(path.read_bytes() in originals and tells(path) for path in files), "as the docs say"
