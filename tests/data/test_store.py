from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bias_exp.config import SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.decoding import decode_in_processes
from bias_exp.data.images import fit, read_image
from bias_exp.data.manifest import Manifest
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.data.store import open_store
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.progress import silent
from tests.data.pictures import noise, save


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    listed = []
    for number in range(8):
        path = Path(f"{number}.png")
        save(tmp_path / "p" / path, noise(number, 30 + number, 40))
        listed.append(SourceImage(path, {"gender": ("female", "male")[number % 2]}, "folder"))
    split = SplitConfig(test=1, validation=1, probe=1)
    return build_manifest(Scan(tmp_path / "p", listed), tmp_path / "out", split=split, recipe={})


def test_rows_are_the_pictures_in_manifest_order(manifest: Manifest, tmp_path: Path) -> None:
    store = open_store(manifest, 16, tmp_path / "cache")
    assert store.images.shape == (8, 16, 16, 3)
    assert store.images.dtype == np.uint8
    assert not store.images.flags.writeable
    for row in manifest.frame.itertuples():
        np.testing.assert_array_equal(store.images[row.Index], fit(read_image(manifest.path(row)), 16))
    ids = manifest.frame["id"].tolist()[::-1]
    rows = store.rows(ids)
    assert rows.dtype == np.int64
    assert rows.tolist() == list(range(7, -1, -1))
    with pytest.raises(IntegrityError, match="found 'f00'"):
        store.rows(["f00"])


def test_renamed_pictures_are_the_same_data_and_the_same_store(manifest: Manifest, tmp_path: Path) -> None:
    """The store is named by the digest, which knows no file names: nor may the order of its rows."""
    listed = []
    for number, row in enumerate(manifest.frame.sample(frac=1, random_state=0).itertuples()):
        path = Path(f"renamed-{number}.png")
        save(tmp_path / "q" / path, read_image(manifest.path(row)))
        listed.append(SourceImage(path, {"gender": _gender(manifest, row.id)}, "folder"))
    split = SplitConfig(test=1, validation=1, probe=1)
    renamed = build_manifest(Scan(tmp_path / "q", listed), tmp_path / "renamed", split=split, recipe={})
    assert renamed.digest == manifest.digest
    store = open_store(manifest, 16, tmp_path / "cache")
    again = open_store(renamed, 16, tmp_path / "cache")
    ids = manifest.frame["id"].tolist()
    assert np.array_equal(store.images[store.rows(ids)], again.images[again.rows(ids)])
    for row in renamed.frame.itertuples():
        np.testing.assert_array_equal(again.images[row.Index], fit(read_image(renamed.path(row)), 16))


def _gender(manifest: Manifest, image_id: str) -> str:
    return manifest.frame.set_index("id")["label/gender"][image_id]


def test_it_is_built_once_for_each_size(manifest: Manifest, tmp_path: Path) -> None:
    cache, calls = tmp_path / "cache", []
    for size in (16, 16, 8):
        open_store(manifest, size, cache, lambda done, total, note="": calls.append((done, total)))
    assert calls == [(8, 8), (8, 8)]
    assert len(list(cache.glob("*.npy"))) == 2
    assert not list(cache.glob("*.partial"))
    for row in manifest.frame.itertuples():
        manifest.path(row).unlink()
    assert len(open_store(manifest, 16, cache).images) == 8


def test_an_edited_picture_is_named(manifest: Manifest, tmp_path: Path) -> None:
    save(tmp_path / "p/3.png", noise(99))
    with pytest.raises(IntegrityError, match=r"3.png is not the picture in the manifest"):
        open_store(manifest, 16, tmp_path / "cache")
    (tmp_path / "p/3.png").unlink()
    with pytest.raises(IntegrityError, match=r"3.png of the manifest cannot be used any more: .*No such file"):
        open_store(manifest, 16, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npy"))


def test_a_damaged_store_is_refused(manifest: Manifest, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    open_store(manifest, 16, cache)
    path = next(cache.glob("*.npy"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(IntegrityError, match="delete it to have it rebuilt"):
        open_store(manifest, 16, cache)
    np.save(path, np.zeros((2, 2), dtype=np.uint8))
    with pytest.raises(IntegrityError, match=r"expected a tensor store of shape \(8, 16, 16, 3\)"):
        open_store(manifest, 16, cache)


def test_places_are_checked_before_anything_is_decoded(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RequestError, match="MB free for decoded pictures"):
        open_store(manifest, 10**6, tmp_path / "cache")
    (tmp_path / "p").rename(tmp_path / "q")
    with pytest.raises(RequestError, match="found no such folder; put it back"):
        open_store(manifest, 16, tmp_path / "cache")


def test_two_who_come_at_once_build_one(manifest: Manifest, tmp_path: Path) -> None:
    cache, calls = tmp_path / "cache", []
    with ThreadPoolExecutor(2) as pool:
        opened = [
            pool.submit(open_store, manifest, 16, cache, lambda done, total, note="": calls.append(done))
            for _ in range(2)
        ]
        first, second = (each.result() for each in opened)
    assert calls == [8]
    np.testing.assert_array_equal(first.images, second.images)


def test_what_a_killed_build_left_is_written_over(manifest: Manifest, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    whole = open_store(manifest, 16, cache).images.copy()
    path = next(cache.glob("*.npy"))
    path.rename(path.with_suffix(".partial"))
    path.with_suffix(".partial").write_bytes(b"\0" * 10**5)
    np.testing.assert_array_equal(open_store(manifest, 16, cache).images, whole)


@pytest.fixture
def by_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bias_exp.data.store._MANY", 1)
    monkeypatch.setattr("bias_exp.data.decoding._BLOCK", 3)


def test_processes_make_the_same_file(manifest: Manifest, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    here, calls = open_store(manifest, 16, tmp_path / "here"), []
    request.getfixturevalue("by_processes")
    there = open_store(manifest, 16, tmp_path / "there", lambda done, total, note="": calls.append((done, total)))
    np.testing.assert_array_equal(there.images, here.images)
    files = [next((tmp_path / name).glob("*.npy")).read_bytes() for name in ("here", "there")]
    assert files[0] == files[1]
    assert calls[-1] == (8, 8)
    assert sorted({total for _, total in calls}) == [8]


@pytest.mark.usefixtures("by_processes")
def test_processes_name_an_edited_picture(manifest: Manifest, tmp_path: Path) -> None:
    save(tmp_path / "p/6.png", noise(99))
    with pytest.raises(IntegrityError, match=r"6.png is not the picture in the manifest"):
        open_store(manifest, 16, tmp_path / "cache")
    (tmp_path / "p/6.png").unlink()
    with pytest.raises(IntegrityError, match=r"6.png of the manifest cannot be used any more: .*No such file"):
        open_store(manifest, 16, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npy"))


def test_a_file_that_takes_nothing_more_is_an_error(manifest: Manifest, tmp_path: Path) -> None:
    rows = [(str(manifest.path(row)), row.sha256) for row in manifest.frame.itertuples()]
    (tmp_path / "sealed").touch()
    with (tmp_path / "sealed").open("rb") as file, pytest.raises(OSError, match="Bad file descriptor"):
        decode_in_processes(rows, 16, file.fileno(), silent, "")


@pytest.mark.usefixtures("by_processes")
def test_a_process_that_dies_is_an_error(manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(RuntimeError, match="expected 8 decoded pictures, found 0"):
        open_store(manifest, 16, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npy"))
