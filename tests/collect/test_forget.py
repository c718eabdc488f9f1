import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from safetensors.numpy import load_file, save_file

from bias_exp import rundir
from bias_exp.collect.collection import read_collection
from bias_exp.collect.forget import Search
from bias_exp.collect.forget_sealed import earlier_names
from bias_exp.collect.rows import collect
from bias_exp.columns import AUDIT_KEY, FORGOTTEN
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.csvfile import read_csv
from bias_exp.data.forgotten import REASON
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.data.store import open_store
from bias_exp.errors import RequestError
from bias_exp.explain.gallery import Exhibit, Gallery, Said
from bias_exp.matrix.forgetting import ForgetRequest, run_forget
from bias_exp.tracking.client import connect
from tests.data.layouts import lay_collection, tiny_shots
from tests.data.pictures import noise, save

SMALL = SplitConfig(test=1, validation=1, probe=1)


class Home:
    """A working folder with a collection, a data set of it, a store, and a run with two finished phases."""

    def __init__(self, folder: Path, uri: str) -> None:
        self.folder = folder
        self.files = lay_collection(folder / "parts/crawled", tiny_shots(5), source="crawl", author="Ada")
        rows = read_collection(folder / "parts/crawled")
        entries = [{"url": f"http://a/{n}", "kept": {"sha256": sha}} for n, sha in enumerate(rows["sha256"])]
        text = "".join(json.dumps(entry) + "\n" for entry in entries) + '{"cut'
        (folder / "parts/crawled/journal.jsonl").write_text(text)
        config = DataConfig(source="assemble", split=SMALL)
        self.data = make_data(config, folder / "data/all", root=folder / "parts")
        open_store(self.data, 8, folder / "cache")
        (folder / "cache/features-x-1.npy").write_bytes(b"features")
        self.uri = uri
        self._run()

    def _run(self) -> None:
        client = connect(self.uri)
        place = client.create_experiment("tiny", artifact_location=str(self.folder / "mlartifacts/tiny"))
        self.run = client.create_run(place).info.run_id
        artifacts = self.folder / "mlartifacts/tiny" / self.run / "artifacts"
        self.train, self.explain = artifacts / "train", artifacts / "explain/k"
        ids = self.data.split("test")["id"].tolist()
        with rundir.new_folder(self.train) as partial:
            arm = self.data.split("train")[["id", "source"]]
            arm.to_csv(partial / "arm.csv", index=False)
            pd.DataFrame({"id": ids, "p_label": 0.5}).to_parquet(partial / "predictions.parquet", index=False)
            save_file({"w": np.ones((4, 4), np.float32)}, partial / "model.safetensors")
        with rundir.new_folder(self.explain) as partial:
            rows = pd.DataFrame({"id": ids * 2, "method": ["a"] * 4 + ["b"] * 4, "index": [*range(4), *[-1] * 4]})
            rows.to_parquet(partial / "explanations.parquet", index=False)
            for name in ("maps", "controls"):
                save_file({"a/gender": np.ones((4, 3, 3), np.float32)}, partial / f"{name}.safetensors")
            (partial / "gallery.npz").write_bytes(gallery(ids[:2]).to_bytes())
            for image_id in ids[:2]:
                save(partial / "panels" / f"{image_id}.png", noise(1))
            save(partial / "sheet.png", noise(2))
            (partial / "metrics.json").write_text("{}")
            made_of = {"train": rundir.manifest_sha256(self.train)}
            (partial / "upstream.json").write_text(json.dumps(made_of))
        save(artifacts / "images/panels%step%0.png", noise(3))
        save(self.folder / "results/tiny/sheets/one.png", noise(4))
        client.set_tag(self.run, "bias.complete.train", rundir.manifest_sha256(self.train))
        client.set_tag(self.run, "bias.complete.explain.k", rundir.manifest_sha256(self.explain))

    @property
    def tags(self) -> dict[str, str]:
        return MlflowClient(self.uri).get_run(self.run).data.tags

    def forget(self, *names: str, do: bool = True, **rest: object) -> str:
        asked = {"names": names, "below": (self.folder,)} | rest
        return run_forget(ForgetRequest(**asked), self.uri, do=do)

    def holding(self, image: pd.Series) -> list[str]:
        """Every file below the folder, but the lists of the forgotten, that has the id in its name or its bytes."""
        found = []
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.name != FORGOTTEN.name and "mlflow.db" not in path.name:
                named = image["id"] in path.name or image["id"].encode() in path.read_bytes()
                found += [path.name] * (named or path.read_bytes() == self.bytes != b"")
        return found

    def snapshot(self) -> dict[str, tuple[int, int]]:
        files = [path for path in self.folder.rglob("*") if path.is_file() and "mlflow.db" not in path.name]
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    bytes = b""


def gallery(ids: list[str]) -> Gallery:
    said = {"gender": Said("female", 0.9, "male", "")}
    exhibits = tuple(Exhibit(image_id, "nurse", False, said) for image_id in ids)
    return Gallery(
        "a", exhibits, np.zeros((len(ids), 4, 4, 3), np.uint8), {"gender": np.ones((len(ids), 4, 4), np.uint8)}
    )


@pytest.fixture
def home(tmp_path: Path, uri: str) -> Home:
    return Home(tmp_path, uri)


def one_of(data: Manifest, split: str, place: int = 0) -> pd.Series:
    return data.split(split).iloc[place]


def test_it_first_says_what_it_would_do(home: Home) -> None:
    image = one_of(home.data, "test")
    before = home.snapshot()
    said = home.forget(image["id"], do=False)
    assert home.snapshot() == before
    assert said.endswith("nothing was changed; add --yes to do it")
    kinds = [line.split()[0] for line in said.splitlines()[:-1]]
    # Two tables, two phases; the picture in two places, a contact sheet, an image of the run, a store and features.
    assert kinds == ["rewrite"] * 4 + ["delete"] * 6
    assert f"data set {home.data.digest[:16]} (test 1), 1 picture(s)" in said


def test_a_test_picture_is_nowhere_any_more(home: Home) -> None:
    image = one_of(home.data, "test")
    home.bytes = home.data.path(next(home.data.split("test").itertuples())).read_bytes()
    assert len(home.holding(image)) >= 8
    said = home.forget(image["sha256"])
    assert home.holding(image) == []
    assert "2 table(s), 2 finished folder(s), 0 audit(s), 2 tag(s) of runs, 6 file(s) deleted" in said
    assert home.forget(image["sha256"], do=False) == "nothing of it was found here"


def test_the_data_set_is_whole_and_the_others_keep_their_splits(home: Home) -> None:
    image = one_of(home.data, "test")
    home.forget(image["sha256"])
    made = load_manifest(home.data.folder)
    left = home.data.frame.drop(index=image.name).reset_index(drop=True)
    pd.testing.assert_frame_equal(made.frame, left)
    assert made.digest != home.data.digest
    assert made.notes[-1].startswith("1 picture(s) forgotten on ")
    assert made.notes[-1].endswith("(test 1); the splits of all others stay as they were")
    assert json.loads((made.folder / "report.json").read_text())["pictures"] == len(left)
    forgotten = read_csv(made.folder / FORGOTTEN.name, FORGOTTEN)
    assert forgotten[["sha256", "digest"]].to_numpy().tolist() == [[image["sha256"], home.data.digest]]


def test_runs_stay_complete_and_whole(home: Home) -> None:
    image = one_of(home.data, "test")
    other = one_of(home.data, "test", 1)["id"]
    before = home.tags
    home.forget(image["id"])
    for folder, tag in ((home.train, "bias.complete.train"), (home.explain, "bias.complete.explain.k")):
        assert home.tags[tag] == rundir.verify(folder) != before[tag]
        assert before[tag] in earlier_names(folder)
    assert json.loads((home.explain / "upstream.json").read_text()) == {"train": home.tags["bias.complete.train"]}
    assert image["id"] not in set(pd.read_parquet(home.train / "predictions.parquet")["id"])
    assert len(pd.read_parquet(home.explain / "explanations.parquet")) == 6
    shown = Gallery.from_bytes((home.explain / "gallery.npz").read_bytes())
    assert [one.id for one in shown.exhibits] == [other]
    assert shown.pictures.shape == (1, 4, 4, 3)
    assert [path.name for path in (home.explain / "panels").iterdir()] == [f"{other}.png"]
    assert not (home.explain / "sheet.png").exists()
    for name in ("maps", "controls"):
        maps = load_file(home.explain / f"{name}.safetensors")["a/gender"]
        assert maps.max(axis=(1, 2)).tolist() == [0, 1, 1, 1]  # the others keep their places
    assert load_file(home.train / "model.safetensors")["w"].all()


def test_it_cannot_come_back(home: Home) -> None:
    image = one_of(home.data, "train")
    kept = Path(home.folder / "parts" / image["path"]).read_bytes()
    home.forget(image["sha256"])
    collection = home.folder / "parts/crawled"
    assert len(read_collection(collection)) == 19
    assert len((collection / "journal.jsonl").read_text().splitlines()) == 20
    save(home.folder / "elsewhere/nurse/female/x.png", noise(77))
    (home.folder / "elsewhere/nurse/female/again.png").write_bytes(kept)
    for number, shot in enumerate(tiny_shots(4)):
        save(home.folder / f"elsewhere/{shot.profession}/{shot.gender}/{number}.png", noise(100 + number))
    made = make_data(DataConfig(source="folder", split=SMALL), home.folder / "data/new", root=home.folder / "elsewhere")
    assert dict(made.rejects().to_numpy().tolist()) == {"nurse/female/again.png": REASON}


def test_what_it_cannot_reach_is_said(home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    image = one_of(home.data, "train")
    said = home.forget(image["sha256"], do=False, below=(home.folder / "data",))
    assert "1 more link(s) to the same bytes outside of what was searched" in said
    assert "its weights were trained with the picture(s)" in home.forget(image["sha256"], do=False)
    copied = tmp_path_factory.mktemp("runs")
    with rundir.new_folder(copied / "train") as partial:
        for path in home.train.iterdir():
            if path.name != rundir.MANIFEST_NAME:
                (partial / path.name).write_bytes(path.read_bytes())
    said = home.forget(image["sha256"], do=False, below=(copied,))
    assert f"({home.run}) at {home.uri}: its artifacts of bias.complete.train are not below the folders" in said


def test_pictures_in_a_root_are_deleted_only_when_asked(tmp_path: Path) -> None:
    for shot in tiny_shots(4):
        save(tmp_path / f"mine/{shot.profession}/{shot.gender}/{shot.number}.png", shot.pixels)
    data = make_data(DataConfig(source="folder", split=SMALL), tmp_path / "data", root=tmp_path / "mine")
    image, uri = one_of(data, "train"), f"sqlite:///{tmp_path}/none.db"
    request = ForgetRequest(names=(image["id"],), below=(tmp_path / "data",))
    said = run_forget(request, uri, do=True)
    assert "not in the data set's own folder; --roots deletes it" in said
    assert (data.root / image["path"]).is_file()
    assert len(load_manifest(data.folder).frame) == 15
    assert not (tmp_path / "none.db").exists()
    other = one_of(load_manifest(data.folder), "train")
    run_forget(ForgetRequest(names=(other["id"],), below=(tmp_path / "data",), roots=True), uri, do=True)
    assert not (data.root / other["path"]).exists()


def test_copies_and_near_copies(tmp_path: Path) -> None:
    files = lay_collection(tmp_path / "parts/a", tiny_shots(5))
    (tmp_path / "parts/a/pictures/copy.png").write_bytes(files[0].read_bytes())
    save(tmp_path / "near.jpg", noise(0), quality=80)
    table = pd.read_csv(tmp_path / "parts/a/collection.csv", keep_default_na=False)
    rows = table.iloc[[0, 0]].assign(path=["pictures/copy.png", "pictures/near.jpg"], sha256=["", ""])
    (tmp_path / "near.jpg").rename(tmp_path / "parts/a/pictures/near.jpg")
    pd.concat([table, rows]).to_csv(tmp_path / "parts/a/collection.csv", index=False)
    data = make_data(DataConfig(source="assemble", split=SMALL), tmp_path / "data", root=tmp_path / "parts")
    sizes = data.frame["near_duplicates"].value_counts()
    pair = data.frame[data.frame["near_duplicates"] == sizes.index[0]]
    assert len(pair) == 2
    gone = pair[pair["path"].str.endswith(".png")].iloc[0]
    run_forget(ForgetRequest(names=(gone["sha256"],), below=(tmp_path / "data",)), "sqlite:////none", do=True)
    made = load_manifest(data.folder)
    assert len(made.duplicates()) == 0
    assert made.frame["near_duplicates"].equals(made.frame["id"])
    assert not [path for path in made.rejects()["path"] if "copy" in path]
    assert not (data.root / "a/pictures/copy.png").exists()


def test_the_request(home: Home) -> None:
    for asked, said in (
        ({}, "found none of them; say what is to be forgotten"),
        ({"names": ("xyz",)}, "expected --sha256 of 64 hex digits"),
        ({"hashes": ("xyz",)}, "expected --phash of 16 hex digits"),
        ({"picture": home.folder / "mlflow.db"}, "expected a picture at"),
        ({"names": ("0" * 16,), "below": (home.folder / "none",)}, "expected folders to search in --below"),
    ):
        with pytest.raises(RequestError, match=said):
            run_forget(ForgetRequest(**({"below": (home.folder,)} | asked)), home.uri, do=False)


def test_by_how_it_looks(home: Home) -> None:
    image = one_of(home.data, "train")
    asked = save(home.folder.parent / "asked.png", noise(int(image["path"][-12:-4])), compress_level=1)
    assert home.forget(picture=asked, do=False) == "nothing of it was found here"
    said = home.forget(picture=asked, distance=6, do=False)
    assert said.startswith(f"alike    {image['id']}: ")
    assert sum(line.startswith("alike") for line in said.splitlines()) == 1
    assert "2 picture(s)" not in said


def test_places_are_looked_at_once(home: Home) -> None:
    twice = Search((home.folder, home.folder))
    assert len(list(twice.places())) == len(list(Search((home.folder,)).places()))


def test_a_kill_in_the_middle_is_made_good_by_the_same_command(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    image = one_of(home.data, "test")

    def killed(*given: object) -> None:
        raise KeyboardInterrupt

    for name in ("renamed_upstream", "take_from_data", "take_from_collection"):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(f"bias_exp.collect.forget.{name}", killed)
            home.forget(image["sha256"])
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("bias_exp.matrix.forgetting.follow", killed)
        home.forget(image["sha256"])
    home.forget(image["sha256"])
    assert home.holding(image) == []
    assert home.tags["bias.complete.train"] == rundir.verify(home.train)
    assert home.tags["bias.complete.explain.k"] == rundir.verify(home.explain)
    assert json.loads((home.explain / "upstream.json").read_text()) == {"train": home.tags["bias.complete.train"]}
    assert len(load_manifest(home.data.folder).frame) == 19


def test_the_sheets_of_an_audit_are_reached_wherever_they_lie(home: Home) -> None:
    for name in ("data/all", "parts/crawled", "elsewhere"):
        collect("audit", str(home.data.folder), out=str(home.folder / name), options={})
    image = one_of(home.data, "test")
    folder = home.folder / "data/all/audit"
    key, page = read_csv(folder / "key.csv", AUDIT_KEY), (folder / "sheet.html").read_text()
    item = int(key.loc[key["sha256"] == image["sha256"], "item"].iloc[0])
    said = home.forget(image["id"])
    assert said.count(f": audit, item(s) {item}\n") == 3
    assert "3 audit(s)" in said
    assert home.holding(image) == []
    for name in ("data/all", "parts/crawled", "elsewhere"):
        folder = home.folder / name / "audit"
        left, after = read_csv(folder / "key.csv", AUDIT_KEY), (folder / "sheet.html").read_text()
        assert left.loc[left["item"] == item, ["path", "sha256"]].to_numpy().tolist() == [["", ""]]
        pd.testing.assert_frame_equal(left[left["item"] != item], key[key["item"] != item])
        assert after.count("<img ") == page.count("<img ") - 1 == len(key) - 1
        assert f'alt="picture {item}"' not in after
        assert after.count('value="unclear"') == len(key), "others' answers can still be read"
    assert home.forget(image["id"], do=False) == "nothing of it was found here"


def test_exported_pictures_are_reached(home: Home) -> None:
    collect("export", str(home.data.folder), out=str(home.folder / "older"), options={"ratios": [0.5]})
    image = one_of(home.data, "test")
    assert len(list((home.folder / "older").rglob(f"*{image['id']}*"))) == 1
    assert "more link(s)" not in home.forget(image["id"])
    assert not list((home.folder / "older").rglob(f"*{image['id']}*"))
