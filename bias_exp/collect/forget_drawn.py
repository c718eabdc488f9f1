"""What was drawn of pictures that are to be forgotten, and tables elsewhere that name them.

A data set of faces says in its table of which picture each was made, crops of Open Images are kin by the sha256 of
their photograph: these have other bytes, and show the same people.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pandas as pd

from bias_exp.collect.collection import is_collection
from bias_exp.collect.forget_data import is_data, names_one
from bias_exp.columns import FACES, LABELS
from bias_exp.data.csvfile import read_csv
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.data.names import path_text, text_path
from bias_exp.faces.memory import FOLDER as REMEMBERED
from bias_exp.faces.source import PICTURES, TABLE, new_names

ID_LENGTH = 16
_CROPPED = "openimages"


def with_drawn(places: Iterable[Path], wanted: Collection[str]) -> dict[str, int]:
    """{sha256, or the first digits of it as given: how often drawn}: 0 of the wanted pictures, 1 of those drawn of them
    in the data sets among `places`, 2 of those drawn of these."""
    manifests = [load_manifest(place) for place in places if is_data(place)]
    depths, last = dict.fromkeys(wanted, 0), set(wanted)
    while last:
        found = {sha256 for manifest in manifests for sha256 in _drawn(manifest, last)} - depths.keys()
        depths |= dict.fromkeys(found, max(depths.values()) + 1)
        last = found
    return depths


def _drawn(manifest: Manifest, names: Collection[str]) -> list[str]:
    frame, ids = manifest.frame, [name[:ID_LENGTH] for name in names]
    if manifest.recipe.get("source") == _CROPPED:
        return list(frame.loc[frame["kin"].isin(ids), "sha256"])
    if not (manifest.folder / TABLE).is_file():
        return []
    faces = read_csv(manifest.folder / TABLE, FACES)
    # The table has every picture in the order of the data set that was treated, by which the new names were given.
    named = new_names([text_path(path) for path in faces["path"]])
    files = pd.Series([path_text(Path(PICTURES, name)) for name in named])
    return list(frame.loc[frame["path"].isin(files[faces["sha256"].str[:ID_LENGTH].isin(ids)]), "sha256"])


def tables_naming(place: Path, names: Collection[str]) -> Iterator[Path]:
    """The files at `place` that say something of one of the pictures beside manifests and collections' own tables: the
    table of faces, labels that were written elsewhere, faces that a detector found."""
    known = {*names, *(name[:ID_LENGTH] for name in names)}
    for path in _tables(place):
        if names_one(path, known):
            yield path


def _tables(place: Path) -> Iterator[Path]:
    if is_data(place):
        yield place / TABLE
    elif not is_collection(place):
        yield place / LABELS.name
    if place.name == REMEMBERED:
        yield from sorted(place.glob("*.jsonl"))
