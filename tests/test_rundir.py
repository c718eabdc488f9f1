"""A folder is whole or not there, and what it holds is proved before it is used."""

from pathlib import Path
from threading import Thread

import pytest

from bias_exp import rundir
from bias_exp.errors import IntegrityError


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    with rundir.new_folder(tmp_path / "train") as folder:
        (folder / "a.txt").write_text("a")
        (folder / "panels").mkdir()
        (folder / "panels" / "b.bin").write_bytes(b"\0" * 1000)
    return tmp_path / "train"


def test_a_sealed_folder_verifies(sealed: Path) -> None:
    assert rundir.verify(sealed) == rundir.manifest_sha256(sealed)
    assert rundir.is_whole(sealed, rundir.manifest_sha256(sealed))
    assert not list(sealed.parent.glob("*.partial"))


def test_equal_content_has_an_equal_name(sealed: Path, tmp_path: Path) -> None:
    with rundir.new_folder(tmp_path / "again") as folder:
        (folder / "panels").mkdir()
        (folder / "panels" / "b.bin").write_bytes(b"\0" * 1000)
        (folder / "a.txt").write_text("a")
    assert rundir.verify(tmp_path / "again") == rundir.verify(sealed)


def test_an_exception_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="in the middle"), rundir.new_folder(tmp_path / "train") as folder:
        (folder / "a.txt").write_text("a")
        raise RuntimeError("in the middle")
    assert not (tmp_path / "train").exists()


def test_what_a_killed_attempt_left_is_not_used(tmp_path: Path) -> None:
    left = tmp_path / "train.partial"
    left.mkdir()
    (left / "old.txt").write_text("old")
    with rundir.new_folder(tmp_path / "train") as folder:
        (folder / "new.txt").write_text("new")
    assert sorted(path.name for path in (tmp_path / "train").iterdir()) == ["manifest.json", "new.txt"]


def test_litter_is_swept_but_not_from_under_a_living_process(tmp_path: Path) -> None:
    """Row A2: what a killed attempt left half made or half fetched is removed at the next start."""
    litter = [tmp_path / "train.partial", tmp_path / "explain" / "a.download", tmp_path / "explain" / "b.partial"]
    for folder in (*litter, tmp_path / "explain" / "c"):
        folder.mkdir(parents=True)
        (folder / "x").write_text("x")
    with rundir.alone(tmp_path / "explain" / "b"):
        assert rundir.sweep(tmp_path) == litter[:2]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_dir()) == ["b.partial", "c", "explain"]
    assert rundir.sweep(tmp_path) == litter[2:]


def test_one_process_at_a_time_makes_a_folder(tmp_path: Path) -> None:
    target, made = tmp_path / "cell" / "train", []

    def make() -> None:
        with rundir.alone(target):
            if not rundir.is_whole(target):
                with rundir.new_folder(target) as folder:
                    (folder / "a.txt").write_text("a")
                made.append(target)

    threads = [Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [target]
    assert rundir.is_whole(target)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: flip_a_bit(folder / "panels" / "b.bin"), "changed or damaged"),
        (lambda folder: (folder / "a.txt").write_text("aa"), "changed or damaged"),
        (lambda folder: (folder / "a.txt").unlink(), "differ: a.txt"),
        (lambda folder: (folder / "c.txt").write_text("c"), "differ: c.txt"),
        (lambda folder: (folder / "manifest.json").unlink(), "found none"),
        (lambda folder: (folder / "manifest.json").write_text('{"filfs": {}}'), "is no list of files"),
        (lambda folder: (folder / "manifest.json").write_bytes(b""), "is no list of files"),
    ],
    ids=["bit", "longer", "missing", "added", "no manifest", "other manifest", "empty manifest"],
)
def test_damage_is_found(sealed: Path, damage, said: str) -> None:
    damage(sealed)
    assert not rundir.is_whole(sealed)
    with pytest.raises(IntegrityError, match=said):
        rundir.verify(sealed)
