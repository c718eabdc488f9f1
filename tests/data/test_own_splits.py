from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.columns import LABEL
from bias_exp.config import SplitConfig
from bias_exp.data.copies import Content
from bias_exp.data.duplicates import print_of
from bias_exp.data.own_splits import check_own_splits, kept_notes, kept_splits, own_splits
from bias_exp.data.scan import SourceImage
from bias_exp.data.splits import Balance, draw_splits
from bias_exp.data.survey import Look
from bias_exp.errors import RequestError
from tests.data.pictures import cells, frame_of, noise

KEEP = SplitConfig(test=1, validation=1, probe=1, keep=True)
ALLOW = KEEP.model_copy(update={"allow_overlap": True})
BALANCE = Balance("profession", "gender", ("female", "male"))
PRINT = print_of(noise(0))


def content(*splits: str, number: int = 0) -> Content:
    files = [SourceImage(Path(split, f"{number}.png"), {"gender": "male"}, "x", split=split) for split in splits]
    return Content(Look(f"{number:064x}", 8, 8, PRINT), files)


def test_every_content_has_one_split_of_its_own() -> None:
    assert own_splits([content("train"), content("test", "test")], KEEP) == ["train", "test"]
    assert own_splits([content("train", "test"), content("validation", "train"), content("train")], ALLOW) == [
        "test",
        "validation",
        "train",
    ]


def test_an_overlap_is_refused_with_its_paths() -> None:
    many = [content("train"), *(content("train", "test", number=n) for n in range(1, 6))]
    with pytest.raises(
        RequestError, match=r"found 5 on two sides: train/1.png \(train\) = test/1.png \(test\); .*2 more"
    ):
        own_splits(many, KEEP)


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ([content("train")], "expected test pictures among the source's own splits, found none"),
        ([content("test")], "expected train pictures among"),
    ],
)
def test_a_source_without_such_splits_is_refused(contents: list[Content], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        own_splits(contents, KEEP)


def test_a_picture_without_a_split_is_named() -> None:
    check_own_splits(content("train", "test").files)
    with pytest.raises(RequestError, match="found 1 without, the first is 0.png; leave out --keep-split"):
        check_own_splits(content("train", "").files)


def people(n: int = 4) -> pd.DataFrame:
    return frame_of(cells({(job, sex): n for job in ("baker", "nurse") for sex in ("female", "male")}))


def test_what_a_kept_picture_is_kin_to_never_trains() -> None:
    frame = people()
    own = ["test" if n % 4 == 0 else "train" for n in range(len(frame))]
    frame.loc[1, "near_duplicates"] = frame.loc[0, "near_duplicates"]  # a near-duplicate of a kept picture
    frame.loc[[4, 6], "person"] = "Ada"  # another picture of a kept person
    frame.loc[8, LABEL + "profession"] = "unknown"
    frame.loc[12, LABEL + "gender"] = "nonbinary"
    kept = kept_splits(frame, own, BALANCE)
    ids = frame["id"]
    assert kept == {ids[0]: "test", ids[1]: "spare", ids[4]: "test", ids[6]: "spare", ids[8]: "spare", ids[12]: "test"}
    frame["split"] = draw_splits(frame, config=KEEP.model_copy(update={"probe": 0}), balance=BALANCE, kept=kept)
    notes = kept_notes(frame, [], own=own, balance=BALANCE)
    assert notes[:3] == [
        "the source's own test set is kept: 3 pictures",
        "2 picture(s) of the source's train are spare: near-duplicates or persons of a kept set",
        "1 picture(s) of the source's kept sets are spare: class or group unknown, or in two sets",
    ]
    assert (
        "the test set is not balanced by gender in 1 of 2 class(es), the first is nurse with 0 female, 0 male"
        in notes[3]
    )
    with pytest.raises(RequestError, match="expected test pictures of known class and group"):
        kept_splits(frame.assign(**{LABEL + "gender": "unknown"}), own, BALANCE)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["train", "train", "test", "validation"]), min_size=32, max_size=32))
def test_kept_sets_are_kept_and_the_others_are_drawn_from_the_rest(own: list[str]) -> None:
    frame = people(8)
    own = ["test", *own[1:]]
    kept = kept_splits(frame, own, BALANCE)
    config = KEEP.model_copy(update={"validation": 0, "probe": 0})
    splits = draw_splits(frame, config=config, balance=BALANCE, kept=kept)
    assert list(splits) == own
    try:
        drawn = draw_splits(frame, config=KEEP, balance=BALANCE, kept=kept)
    except RequestError:
        return  # some class and group has too few left
    changed = {after for before, after in zip(own, drawn, strict=True) if before != after}
    assert changed == ({"probe"} if "validation" in own else {"probe", "validation"})
    assert all(before == "train" for before, after in zip(own, drawn, strict=True) if before != after)
    assert (frame[drawn == "probe"].groupby([LABEL + "profession", LABEL + "gender"]).size() == 1).all()
