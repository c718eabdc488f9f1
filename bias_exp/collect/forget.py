"""What has to be done so that pictures are forgotten: found first, as a list to read, and done when that is asked for.

Below the given folders it reaches data sets and what was drawn of them, collections, sheets of audits, exported
folders, decoded pictures in caches, finished phases and answers, the artifacts of a tracking store that keeps them
there, and contact sheets. What it knows of and cannot reach is listed: pictures in folders that are not a data set's
own, further links to the same bytes, weights that were trained with them.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bias_exp.collect.audit import FOLDER as AUDIT
from bias_exp.collect.collection import is_collection
from bias_exp.collect.forget_audit import is_audit, items_in, take_from_audit
from bias_exp.collect.forget_data import (
    Held,
    clean_file,
    held_in_collection,
    held_in_data,
    is_data,
    take_from_collection,
    take_from_data,
)
from bias_exp.collect.forget_drawn import ID_LENGTH, tables_naming, with_drawn
from bias_exp.collect.forget_sealed import earlier_names, holding, is_sealed, renamed_upstream, scrub, shows
from bias_exp.columns import ARM
from bias_exp.data.forgotten import add_forgotten
from bias_exp.places import shown
from bias_exp.rundir import DOWNLOAD, PARTIAL, manifest_sha256

_SHEETS, _IMAGES = "sheets", "images"


@dataclass
class Found:
    """What there is of the pictures below the given folders, and of what was drawn of them; `names` are the sha256 of
    all of these, as `with_drawn` gives them."""

    names: dict[str, int]
    held: list[Held] = field(default_factory=list)
    sealed: dict[Path, list[str]] = field(default_factory=dict)
    audits: dict[Path, list[int]] = field(default_factory=dict)
    tables: list[Path] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    caches: list[Path] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.held or self.sealed or self.audits or self.tables or self.files or self.caches)

    def lines(self) -> Iterator[str]:
        """What would be done, a line each, and what is out of reach."""
        for one in self.held:
            what = f"data set {one.digest[:16]} ({one.splits})" if one.digest else "collection"
            yield f"rewrite  {shown(one.folder)}: {what}, {len(one.hashes)} picture(s)"
        yield from (f"rewrite  {shown(folder)}: {_some(names)}" for folder, names in self.sealed.items())
        for folder, items in self.audits.items():
            yield f"rewrite  {shown(folder)}: audit, item(s) {_some(list(map(str, items)))}"
        yield from (f"rewrite  {shown(path)}: what it says of the picture(s)" for path in self.tables)
        yield from (f"delete   {shown(path)}" for path in [*self.files, *self.caches])
        yield from (f"cannot   {line}" for line in self.beyond)


def _some(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


@dataclass(frozen=True)
class Search:
    """The folders below which everything is looked at; with `roots`, pictures that lie elsewhere are deleted too."""

    folders: tuple[Path, ...]
    roots: bool = False

    def places(self) -> Iterator[Path]:
        """Every folder, once; those that hold pictures or a phase are not entered, but for audits in them."""
        for top in dict.fromkeys(folder.resolve() for folder in self.folders):
            for name, below, _ in os.walk(top):
                place = Path(name)
                below[:] = sorted(entry for entry in below if not entry.startswith("."))
                if is_sealed(place):
                    below.clear()
                elif is_data(place) or is_collection(place):
                    below[:] = [entry for entry in below if entry == AUDIT and is_audit(place / entry)]
                yield place

    def find(self, wanted: Collection[str]) -> Found:
        """What there is of pictures whose sha256, or its first 16 digits, is wanted, and of what was drawn of them."""
        places = list(self.places())
        found = Found(with_drawn(places, wanted))
        wanted = found.names
        ids = {name[:ID_LENGTH] for name in wanted}
        for place in places:
            if place.suffix in (PARTIAL, DOWNLOAD):
                found.beyond.append(f"{shown(place)}: left half made by a process that was killed; delete it")
            elif is_sealed(place):
                self._look_at_sealed(place, ids, found)
            elif is_data(place):
                self._look_at_held(held_in_data(place, wanted), found)
            elif is_collection(place):
                self._look_at_held(held_in_collection(place, wanted), found)
            elif is_audit(place) and (items := items_in(place, wanted)):
                found.audits[place] = items
        found.files = list(dict.fromkeys([*found.files, *_exported(places, ids)]))
        found.files += _sheets(places, [folder for folder, names in found.sealed.items() if shows(names)])
        found.tables = [path for place in places for path in tables_naming(place, wanted)]
        # What was drawn goes before what it was drawn of, or a kill in between would leave nothing that leads to it.
        found.held.sort(key=lambda one: -max(_depth(wanted, sha256) for sha256 in one.hashes))
        digests = {one.digest[:ID_LENGTH] for one in found.held if one.digest}
        found.caches = [path for place in places for path in _caches(place, digests)]
        found.beyond += _further_links(found.files)
        return found

    def _look_at_held(self, held: Held | None, found: Found) -> None:
        if held is None:
            return
        found.held.append(held)
        there = [path for path in held.files if path.is_file()]
        own = [path for path in there if held.owned or self.roots or path.is_relative_to(held.folder.resolve())]
        found.files += own
        others = [path for path in there if path not in own]
        found.beyond += [f"{shown(path)}: not in the data set's own folder; --roots deletes it" for path in others]

    def _look_at_sealed(self, place: Path, ids: Collection[str], found: Found) -> None:
        names = holding(place, ids)
        if names:
            found.sealed[place] = names
        if ARM.name in names:
            found.beyond.append(
                f"{shown(place)}: its weights were trained with the picture(s); delete the run if need be"
            )


def _depth(names: dict[str, int], sha256: str) -> int:
    return names.get(sha256, names.get(sha256[:ID_LENGTH], 0))


def _exported(places: list[Path], ids: Collection[str]) -> list[Path]:
    """The pictures in folders that `export` wrote, which it names by their ids."""
    sides = [place for place in places if place.parent.name in ("train", "val")]
    return [path for place in sides for image_id in sorted(ids) for path in sorted(place.glob(f"[01]_{image_id}.*"))]


def _caches(place: Path, digests: Collection[str]) -> list[Path]:
    """Decoded pictures of the data sets, and where there are any, features, of which nobody knows whose they are."""
    stores = [path for digest in sorted(digests) for path in sorted(place.glob(f"pictures-{digest}-*.npy"))]
    return stores + (sorted(place.glob("features-*.npy")) if stores else [])


def _sheets(places: list[Path], showing: list[Path]) -> list[Path]:
    """Contact sheets of several cells, and the images of runs that show the picture: `tables` draws them anew."""
    if not showing:
        return []
    runs = {parent for folder in showing for parent in folder.parents}
    found = [path for place in places if place.name == _SHEETS for path in sorted(place.glob("*.png"))]
    images = [place for place in places if place.name == _IMAGES and place.parent in runs]
    return found + [path for place in images for path in sorted(place.glob("panels*"))]


def _further_links(files: list[Path]) -> list[str]:
    """Files of which there are more links than are going to be deleted."""
    entries = [path.stat() for path in files]
    counts = Counter((entry.st_dev, entry.st_ino) for entry in entries)
    lines = []
    for path, entry in zip(files, entries, strict=True):
        more = entry.st_nlink - counts[entry.st_dev, entry.st_ino]
        if more > 0:
            lines.append(f"{shown(path)}: {more} more link(s) to the same bytes outside of what was searched")
    return lines


def forget(found: Found, search: Search) -> None:
    """Do what `find` found.

    The lists of what is forgotten come first, the rows of manifests late and the tables of what was drawn last: a kill
    in between leaves what finds the rest again.
    """
    wanted = found.names
    whole = sorted({name for name in wanted if len(name) == 64} | {sha for one in found.held for sha in one.hashes})
    digests = {one.folder: one.digest for one in found.held}
    for folder in dict.fromkeys((*search.folders, *digests)):
        add_forgotten(folder, whole, digests.get(folder, ""))
    for folder in found.sealed:
        scrub(folder, {name[:ID_LENGTH] for name in wanted})
    _follow(search)
    for folder in found.audits:
        take_from_audit(folder, wanted)
    for path in (*found.caches, *found.files):
        path.unlink(missing_ok=True)
    day = datetime.now(UTC).date().isoformat()
    for one in found.held:
        if one.digest:
            take_from_data(one, day)
        else:
            take_from_collection(one)
    known = {*wanted, *(name[:ID_LENGTH] for name in wanted)}
    for path in found.tables:
        clean_file(path, known)


def _follow(search: Search) -> None:
    """Have later phases know the new names of earlier ones, until none is left that does not."""
    sealed = [place for place in search.places() if is_sealed(place)]
    changed = True
    while changed:
        renamed = {was: manifest_sha256(place) for place in sealed for was in earlier_names(place)}
        changed = False
        for place in sealed:
            changed = renamed_upstream(place, renamed) or changed
