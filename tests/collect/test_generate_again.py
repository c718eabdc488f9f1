"""Generating: every picture once, whatever is killed, and however many processes do it."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from bias_exp.collect import generate as generating
from bias_exp.collect.collection import COLLECTION_FILE, read_collection
from bias_exp.collect.generated import JOURNALS
from bias_exp.collect.journal import Journal
from bias_exp.collect.prompt_table import PAIR, PROMPTS_FILE, read_prompts, write_prompts
from bias_exp.collect.prompts import make_prompts
from bias_exp.collect.rows import COLLECTORS
from bias_exp.collect.share import Share
from bias_exp.columns import FORGOTTEN
from bias_exp.data.forgotten import add_forgotten
from bias_exp.data.images import read_image
from bias_exp.data.make import make_from_settings
from bias_exp.errors import RequestError, Stopped
from bias_exp.matrix.forgetting import ForgetRequest, run_forget
from bias_exp.progress import silent
from bias_exp.rundir import file_sha256
from tests.collect.drawer import FEW, SIDE, SIZE, Drawer, run, stable


class Killed(Stopped):
    """Stands for a signal at a chosen place."""


def _after(calls: int, work: Callable[..., Any], *, late: bool) -> Callable[..., Any]:
    """`work`, killed at the call of that number, before it or (`late`) after it is done."""
    left = [calls]

    def killed(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] < 0 and not late:
            raise Killed
        result = work(*args, **kwargs)
        if left[0] < 0:
            raise Killed
        return result

    return killed


PLACES = {
    "drawing": ((Drawer, "pictures"), False),
    "between file and journal": ((generating, "keep_picture"), True),
    "after the journal": ((Journal, "add"), True),
}
KILLS = [(place, picture) for place in PLACES for picture in (range(8) if place != "drawing" else (0, 5))]


@pytest.mark.parametrize(("place", "picture"), KILLS)
def test_a_kill_at_any_picture_loses_nothing_and_repeats_nothing_that_was_entered(
    place: str, picture: int, prompted: Path, drawer: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (owner, name), late = PLACES[place]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, _after(picture, getattr(owner, name), late=late))
        with pytest.raises(Killed):
            run(prompted)
    entered = {entry["prompt_id"] for entry in Journal(prompted / JOURNALS / "0.jsonl").entries()}
    assert len(entered) == picture + (place == "after the journal")
    assert not (prompted / COLLECTION_FILE).exists()
    said = run(prompted)
    assert said.startswith("8 of 8 pictures")
    assert {name for name, times in drawer.drawn.items() if times == 1} >= entered
    assert sum(drawer.drawn.values()) <= 9
    rows = read_collection(prompted)
    assert all(file_sha256(prompted / row.path) == row.sha256 for row in rows.itertuples())
    assert {path.suffix for path in (prompted / "pictures").rglob("*") if path.is_file()} == {".png"}
    assert len(list((prompted / "pictures").rglob("*.png"))) == len(list((prompted / "sidecars").rglob("*.json"))) == 8


def test_a_second_call_draws_nothing_and_asks_for_no_model(
    prompted: Path, drawer: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(prompted)
    before = (prompted / COLLECTION_FILE).read_bytes()
    monkeypatch.setattr(generating, "_painter", lambda options: pytest.fail("a model was loaded"))
    run(prompted)
    assert (prompted / COLLECTION_FILE).read_bytes() == before


@pytest.mark.parametrize("content", [None, b"changed"])
def test_a_picture_that_is_missing_or_changed_is_made_again(
    content: bytes | None, prompted: Path, drawer: Drawer
) -> None:
    run(prompted)
    before = stable(prompted)
    lost = read_collection(prompted).iloc[3]
    (prompted / lost["path"]).unlink() if content is None else (prompted / lost["path"]).write_bytes(content)
    said = run(prompted)
    assert "1 of them were missing or changed, and were made again" in said
    assert drawer.drawn.total() == 9
    assert file_sha256(prompted / lost["path"]) == read_collection(prompted).iloc[3]["sha256"]
    pd.testing.assert_frame_equal(stable(prompted).drop(columns="sha256"), before.drop(columns="sha256"))


def test_what_was_forgotten_is_not_made_again(prompted: Path, drawer: Drawer) -> None:
    run(prompted)
    gone = read_collection(prompted).iloc[0]
    (prompted / gone["path"]).unlink()
    add_forgotten(prompted, [gone["sha256"]])
    said = run(prompted)
    assert "7 of 8 pictures" in said
    assert "1 forgotten: somebody asked for it" in said
    assert drawer.drawn.total() == 8
    assert gone["path"] not in set(read_collection(prompted)["path"])


def test_forgetting_takes_sidecars_and_it_is_not_drawn_again(prompted: Path, drawer: Drawer) -> None:
    run(prompted)
    gone = read_collection(prompted).iloc[0]
    names = {path.stem for path in (prompted / "sidecars").rglob("*.json")}
    run_forget(ForgetRequest(names=(gone["sha256"],), below=(prompted,)), f"sqlite:///{prompted}/none.db", do=True)
    assert names - {path.stem for path in (prompted / "sidecars").rglob("*.json")} == {Path(gone["path"]).stem}
    files = [path for path in prompted.rglob("*") if path.is_file() and path.name != FORGOTTEN.name]
    assert not [path for path in files if gone["sha256"].encode() in path.read_bytes()]
    said = run(prompted)
    assert "7 of 8 pictures" in said
    assert "1 forgotten: somebody asked for it" in said
    assert drawer.drawn.total() == 8


def test_other_prompts_than_those_of_the_pictures_are_refused(prompted: Path, drawer: Drawer) -> None:
    run(prompted)
    table = read_prompts(prompted / PROMPTS_FILE)
    write_prompts(prompted, table.assign(steps=3))
    with pytest.raises(RequestError, match="found 8 of 8 prompts changed or gone"):
        run(prompted)
    write_prompts(prompted, table[2:].reset_index(drop=True))
    with pytest.raises(RequestError, match="found 2 of 8 prompts changed or gone"):
        run(prompted)


def test_another_model_is_refused(prompted: Path, drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    table = read_prompts(prompted / PROMPTS_FILE)
    write_prompts(prompted, table[:4])
    run(prompted)
    write_prompts(prompted, table)
    monkeypatch.setattr(drawer, "model", "other@4567")
    with pytest.raises(RequestError, match=r"expected the model of .*, drawer@0123, found other@4567"):
        run(prompted)


# ---- several processes


def test_two_processes_make_what_one_makes_and_the_last_writes_the_collection(
    prompted: Path, drawer: Drawer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(prompted, tmp_path / "one")
    run(tmp_path / "one")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    said = run(prompted)
    assert "4 of 8 pictures" in said
    assert f"4 left to other processes: no {COLLECTION_FILE} before they end" in said
    assert not (prompted / COLLECTION_FILE).exists()
    monkeypatch.setenv("RANK", "0")
    run(prompted)
    assert sorted(path.name for path in (prompted / JOURNALS).iterdir()) == ["0.jsonl", "1.jsonl"]
    pd.testing.assert_frame_equal(
        stable(prompted).drop(columns="sha256"), stable(tmp_path / "one").drop(columns="sha256")
    )
    for path in read_collection(prompted)["path"]:
        np.testing.assert_array_equal(read_image(prompted / path), read_image(tmp_path / "one" / path))
    assert set(drawer.drawn.values()) == {2}


@pytest.mark.parametrize("world", [1, 2, 3, 5])
def test_shares_are_whole_pairs_and_together_everything(world: int, prompted: Path) -> None:
    table = read_prompts(prompted / PROMPTS_FILE)
    shares = [Share(rank, world).rows(table) for rank in range(world)]
    assert sorted(row.prompt_id for rows in shares for row in rows) == sorted(table["prompt_id"])
    for rows in shares:
        pairs = Counter(tuple(getattr(row, name) for name in PAIR) for row in rows)
        assert set(pairs.values()) <= {2}
    assert max(map(len, shares)) - min(map(len, shares)) <= 2


def test_one_process_ends_what_two_began(prompted: Path, drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    run(prompted)
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name)
    run(prompted)
    assert set(drawer.drawn.values()) == {1}
    assert len(read_collection(prompted)) == 8


@pytest.mark.parametrize(("rank", "world"), [("2", "2"), ("-1", "2"), ("x", "2"), ("0", "0"), ("0", "")])
def test_a_rank_that_is_none_is_refused(rank: str, world: str) -> None:
    with pytest.raises(RequestError, match=f"found RANK={rank} and WORLD_SIZE={world}; start with torchrun"):
        Share.of({"RANK": rank, "WORLD_SIZE": world})


def test_two_processes_of_one_rank_are_refused(prompted: Path, drawer: Drawer) -> None:
    with (
        FileLock(prompted / ".generate-0.lock"),
        pytest.raises(RequestError, match="expected nobody else to generate rank 0"),
    ):
        run(prompted)
    assert not drawer.drawn


@pytest.mark.parametrize(("batch", "sizes"), [(1, [1] * 8), (3, [3, 3, 2]), (8, [8]), (99, [8])])
def test_batches(batch: int, sizes: list[int], prompted: Path, drawer: Drawer) -> None:
    run(prompted, batch=batch)
    assert drawer.batches == sizes


def test_a_batch_holds_pictures_of_one_size(prompted: Path, drawer: Drawer) -> None:
    table = read_prompts(prompted / PROMPTS_FILE)
    table.loc[4:5, "width"] = 24
    write_prompts(prompted, table)
    run(prompted, batch=8)
    assert drawer.batches == [4, 2, 2]
    assert set(read_collection(prompted)["width"]) == {SIDE, 24}


def test_a_batch_of_none_is_refused(prompted: Path, drawer: Drawer) -> None:
    with pytest.raises(RequestError, match="options.batch of at least 1, found 0"):
        run(prompted, batch=0)


def test_pairs_stay_on_one_side_of_a_split_of_what_is_assembled(drawer: Drawer, tmp_path: Path) -> None:
    asked = {**FEW, "templates": ["portrait", "seated"], "scenes": 5, "per_profession": 20}
    make_prompts(None, tmp_path / "parts" / "drawn", COLLECTORS["prompts"].settings({**asked, **SIZE}), silent)
    run(tmp_path / "parts" / "drawn", batch=8)
    settings = ("split.test=2", "split.validation=1", "split.probe=1")
    whole = {"root": str(tmp_path / "parts"), "out": str(tmp_path / "whole"), "settings": settings}
    rows = make_from_settings("assemble", **whole, report=silent).frame
    assert len(rows) == 40
    assert rows["kin"].nunique() == 20
    assert rows["split"].nunique() == 4
    assert set(rows.groupby("kin")["split"].nunique()) == {1}
