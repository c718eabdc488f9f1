from collections.abc import Sequence
from pathlib import Path

from bias_exp.config import SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.manifest import Manifest
from bias_exp.data.scan import Origin, Scan, SourceImage
from tests.data.pictures import noise, save

Named = tuple[int, str, str]
"""The number of a picture, its person and its kin."""


def built(folder: Path, *rows: Named, more: Sequence[SourceImage] = ()) -> Manifest:
    """A data set of twelve pictures of nobody known, and of further files with the bytes of some of them."""
    pictures = [_shot(folder, f"a{number:02}.png", number) for number in range(12)]
    pictures += [_shot(folder, f"b{place}.png", *row) for place, row in enumerate(rows)] + [*more]
    split = SplitConfig(test=1, validation=1, probe=1)
    return build_manifest(Scan(folder, pictures), folder / "out", split=split, recipe={})


def _shot(folder: Path, name: str, number: int, person: str = "", kin: str = "") -> SourceImage:
    save(folder / name, noise(number), format="PNG")
    return SourceImage(Path(name), {"gender": ("female", "male")[number % 2]}, "a", person=person, kin=kin)


def named(made: Manifest, column: str) -> dict[str, str]:
    return {path: name for path, name in zip(made.frame["path"], made.frame[column], strict=True) if name}


def test_a_copy_that_is_dropped_leaves_its_person_and_kin(tmp_path: Path) -> None:
    made = built(tmp_path, (3, "Ada", "page"))
    assert made.rejects()["path"].tolist() == ["b0.png"]
    assert named(made, "person") == {"a03.png": "Ada"}
    assert named(made, "kin") == {"a03.png": "page"}
    assert not [note for note in made.notes if "same bytes" in note]


def test_persons_of_the_same_bytes_are_one_in_all_their_pictures_and_that_is_said(tmp_path: Path) -> None:
    made = built(
        tmp_path,
        (0, "Bo", ""),
        (0, "Cy", ""),
        (1, "Cy", ""),
        (2, "Bo", ""),
        (3, "Di", ""),
        (4, "Ed", ""),
        (4, "Cy", ""),
    )
    one = dict.fromkeys(("a00.png", "a01.png", "a02.png", "a04.png"), "Bo")
    assert named(made, "person") == {**one, "a03.png": "Di"}
    assert "2 picture(s) whose equal files name several persons, who are taken for one: Bo, Cy; Cy, Ed" in made.notes


def test_a_licence_and_an_origin_that_only_a_copy_says_are_kept(tmp_path: Path) -> None:
    save(tmp_path / "b.png", noise(3), format="PNG")
    known = SourceImage(Path("b.png"), {"gender": "male"}, "a", licence="CC BY 2.0", origin=Origin(author="Ada"))
    made = built(tmp_path, more=[known])
    assert named(made, "licence") == {"a03.png": "CC BY 2.0"}
    assert made.origins()["author"].tolist() == ["Ada"]
    assert "1 picture(s) whose licence and origin only an equal file says" in made.notes


def test_kin_that_disagree_are_one_too(tmp_path: Path) -> None:
    made = built(tmp_path, (0, "", "x"), (0, "", "y"), (1, "", "y"))
    assert named(made, "kin") == {"a00.png": "x", "a01.png": "x"}
    assert "1 picture(s) whose equal files name several kin, which are taken for one: x, y" in made.notes
