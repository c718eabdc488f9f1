"""The source for iEAT: pictures by category, held against each other by association tests (`ieat_tests.TESTS`).

The root is the folder `experiments`, or one that holds it: <test>/<category>/<pictures>. Categories overlap: the
men of `intersectional/male` are those of `white-male` and `black-male`. So a content is known by all the categories
that it lies in, joined by ` + `; `ieat_tests.is_in` asks for one. The pictures are stimuli, there to be embedded: no
set is drawn from them and none trains, all are `spare`. Gender is known only where a category says it.
"""

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

from bias_exp.columns import UNKNOWN
from bias_exp.data.images import UndecodableImage, read_file
from bias_exp.data.names import name_text
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.data.sources.ieat_tests import JOINT, TESTS
from bias_exp.data.sources.tree import PERSONS_UNKNOWN, Tree
from bias_exp.errors import RequestError

LICENCE = "CC BY-NC-SA 4.0; pictures from the web and from Project Implicit, not to be redistributed"
CONSENT = "none asked: pictures from the web and from Project Implicit"

_PLACES = ("", "experiments", "data/experiments")
_LAYOUT = "expected iEAT's data/experiments: <test>/<category>/<pictures>, such as gender/male"
_KNOWN = sorted({category for test in TESTS for category in test.categories})


def scan(root: Path | None, out: Path, options: dict[str, Any]) -> Scan:
    """The pictures of all categories below `root`, or of those that `options.tests` need.

    Raises:
        RequestError: another layout, an unknown test, or a category that a test asked for needs and that has no
            pictures.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"{_LAYOUT}; found no folder at {root}; give it with --root")
    wanted = {category for name in options["tests"] for category in TESTS[str(name)].categories}
    tree = Tree(root.resolve())
    files = _files(tree)
    if missing := sorted(wanted - set(files)):
        raise RequestError(
            f"expected pictures of {', '.join(sorted(wanted))} below {root}, found none of {missing[0]}; check the "
            f"data set out whole"
        )
    if not set(files) & set(_KNOWN):
        found = ", ".join(sorted(files)[:6]) or "no pictures"
        raise RequestError(f"{_LAYOUT}; found below {root}: {found}; give the folder experiments with --root")
    taken = {category: paths for category, paths in files.items() if not wanted or category in wanted}
    notes = [
        PERSONS_UNKNOWN,
        "stimuli for association tests: no set is drawn, and nothing should be trained on them",
        *_lacking(set(taken)),
        *tree.notes(),
    ]
    return Scan(tree.root, _pictures(tree.root, taken), tree.rejects, notes, drawn=False)


def _files(tree: Tree) -> dict[str, list[Path]]:
    """The pictures of each category, below the root."""
    place = next(folder for name in reversed(_PLACES) if (folder := tree.root / name).is_dir())
    files = {}
    for test in tree.folders(place, "not in a folder of a category"):
        for category in tree.folders(test, "not in a folder of a category"):
            name = f"{name_text(test.name)}/{name_text(category.name)}"
            if paths := list(tree.files(category, "folder below a folder of a category; move its pictures up")):
                files[name] = paths
    return files


def _pictures(root: Path, files: dict[str, list[Path]]) -> list[SourceImage]:
    """Each file, with the categories of all files of the same bytes."""
    marks = {path: _mark(root / path) for paths in files.values() for path in paths}
    categories: dict[str, set[str]] = defaultdict(set)
    for category, paths in files.items():
        for path in paths:
            categories[marks[path]].add(category)
    return [
        SourceImage(
            path=path,
            labels={"category": JOINT.join(sorted(categories[mark])), "gender": gender_of(categories[mark])},
            source="ieat",
            licence=LICENCE,
            consent=CONSENT,
        )
        for path, mark in marks.items()
    ]


def _mark(path: Path) -> str:
    """What files of the same bytes share; the path of a file that cannot be read, which is found out again later."""
    try:
        return hashlib.sha256(read_file(path)).hexdigest()
    except UndecodableImage:
        return str(path)


def gender_of(categories: set[str]) -> str:
    """The gender that the names of categories agree on; else unknown."""
    words = {word for category in categories for word in category.partition("/")[2].split("-")}
    said = words & {"female", "male"}
    return said.pop() if len(said) == 1 else UNKNOWN


def _lacking(categories: set[str]) -> list[str]:
    """Which tests the pictures do not suffice for."""
    lacking = [test.name for test in TESTS if not set(test.categories) <= categories]
    if not lacking:
        return []
    return [f"pictures of {len(TESTS.names()) - len(lacking)} of {len(TESTS.names())} tests; without {lacking[0]}"]
