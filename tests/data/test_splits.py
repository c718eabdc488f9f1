import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bias_exp.columns import LABEL
from bias_exp.config import SplitConfig
from bias_exp.data.splits import BALANCED, Balance, draw_splits, units
from bias_exp.errors import RequestError
from bias_exp.seeds import hash_order
from tests.data.pictures import cells, frame_of

GENDER = Balance("profession", "gender", ("female", "male"))


def counted(frame: pd.DataFrame, splits: pd.Series) -> dict[tuple[str, str, str], int]:
    keys = [splits, frame[LABEL + "profession"], frame[LABEL + "gender"]]
    return frame.groupby(keys)["id"].size().to_dict()


def test_counts_are_those_asked_for() -> None:
    frame = frame_of(
        cells({("baker", "female"): 12, ("baker", "male"): 9, ("nurse", "female"): 9, ("nurse", "male"): 9})
    )
    splits = draw_splits(frame, config=SplitConfig(test=3, validation=1, probe=2), balance=GENDER)
    counts = counted(frame, splits)
    for profession in ("baker", "nurse"):
        for gender in ("female", "male"):
            found = [counts[name, profession, gender] for name in BALANCED]
            assert found == [3, 1, 2]
    assert counts["train", "baker", "female"] == 6
    assert "spare" not in set(splits)


def test_a_part_is_of_the_smaller_group_rounded_down() -> None:
    frame = frame_of(cells({("baker", "female"): 40, ("baker", "male"): 19}))
    splits = draw_splits(frame, config=SplitConfig(test=0.3, validation=0, probe=0.1), balance=GENDER)
    counts = counted(frame, splits)
    assert [counts[name, "baker", gender] for name in ("test", "probe") for gender in ("female", "male")] == [
        5,
        5,
        1,
        1,
    ]
    assert "validation" not in set(splits)


def people(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for number in range(draw(st.integers(40, 50))):
        gender = draw(st.sampled_from(["female", "male", "female", "male", "unknown"]))
        person = draw(st.sampled_from(["", "", "", f"p{number % 9}"]))
        rows.append({"id": f"{number * 7919 % 9973:016x}", LABEL + "gender": gender, "person": person})
        rows[-1]["kin"] = draw(st.sampled_from(["", "", "", "", f"k{number % 11}"]))
        rows[-1][LABEL + "profession"] = draw(st.sampled_from(["baker", "nurse", "baker", "nurse", "unknown"]))
        if number and draw(st.integers(0, 3)) == 0:
            rows[-1]["near_duplicates"] = rows[draw(st.integers(0, number - 1))]["id"]
    return frame_of(rows)


@settings(max_examples=25, deadline=None)
@given(st.composite(people)(), st.integers(1, 2), st.randoms(use_true_random=False))
def test_sets_are_balanced_disjoint_and_blind_to_the_order(frame: pd.DataFrame, n: int, random: object) -> None:
    config = SplitConfig(test=n, validation=1, probe=1)
    try:
        splits = draw_splits(frame, config=config, balance=GENDER)
    except RequestError:
        assume(False)
    for name, wanted in (("test", n), ("validation", 1), ("probe", 1)):
        drawn = frame[splits == name]
        assert set(drawn.groupby([LABEL + "profession", LABEL + "gender"]).size()) == {wanted}
        assert not drawn[[LABEL + "profession", LABEL + "gender"]].eq("unknown").any(axis=None)
        assert drawn["near_duplicates"].is_unique
    sides = splits.where(splits != "spare")
    for column in ("near_duplicates", "person", "kin"):
        known = frame[column] != ""
        assert sides[known].groupby(frame.loc[known, column]).nunique().max() == 1
    order = list(range(len(frame)))
    random.shuffle(order)
    again = draw_splits(frame.iloc[order].reset_index(drop=True), config=config, balance=GENDER)
    assert dict(zip(frame["id"], splits, strict=True)) == dict(zip(frame["id"].iloc[order], again, strict=True))


def test_what_hangs_together_is_one_unit() -> None:
    frame = frame_of(
        [
            {"id": "a", "person": "x"},
            {"id": "b", "person": "x", "near_duplicates": "b"},
            {"id": "c", "near_duplicates": "b"},
            {"id": "d"},
            {"id": "x", "person": "d"},
            {"id": "e", "kin": "d", "near_duplicates": "e"},
            {"id": "f", "kin": "d", "person": "x"},
            {"id": "g", "kin": "e"},
        ]
    )
    assert units(frame) == ["a", "a", "a", "d", "x", "a", "a", "g"]


def test_kin_serves_one_set_and_counts_picture_by_picture() -> None:
    rows = cells({("baker", "female"): 6, ("baker", "male"): 6})
    rows = [{**row, "kin": f"scene {number % 3}"} for number, row in enumerate(rows)]
    frame = frame_of(rows)
    splits = draw_splits(frame, config=SplitConfig(test=2, validation=1, probe=0), balance=GENDER)
    assert splits.groupby(frame["kin"]).agg(set).map(lambda found: len(found - {"spare"})).eq(1).all()
    assert splits.value_counts()[["test", "validation"]].tolist() == [4, 2]


def test_the_surplus_of_a_unit_is_spare() -> None:
    rows = cells({("baker", "female"): 6, ("baker", "male"): 6})
    twins = [{**rows[0], "id": f"twin{n}", "near_duplicates": rows[0]["id"]} for n in range(4)]
    rows = [{**rows[0], "near_duplicates": rows[0]["id"]}, *rows[1:], *twins]
    frame = frame_of(rows)
    splits = draw_splits(frame, config=SplitConfig(test=6, validation=0, probe=0), balance=GENDER)
    family = splits[frame["near_duplicates"] == rows[0]["id"]]
    assert sorted(family) == ["spare", "spare", "spare", "spare", "test"]
    assert set(splits) == {"test", "spare"}


@pytest.mark.parametrize("salt", range(5))
def test_units_come_in_the_order_of_their_own_hash(salt: int) -> None:
    # Not of their pictures': a large family would come first more often than a single picture does.
    rows = cells({("baker", "female"): 40})
    rows = [{**row, "id": f"{salt}{row['id']}", "person": "family" if n < 20 else ""} for n, row in enumerate(rows)]
    frame = frame_of(rows)
    balance = Balance("profession", "gender", ("female",))
    splits = draw_splits(frame, config=SplitConfig(test=1, validation=0, probe=0), balance=balance)
    unit_of = dict(zip(frame["id"], units(frame), strict=True))
    first = hash_order(0, sorted(set(unit_of.values())), "split")[0]
    assert {unit_of[image_id] for image_id in frame.loc[splits != "train", "id"]} == {first}


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (SplitConfig(test=4, validation=3, probe=0), "validation set needs 3 pictures of class 'nurse', group 'male'"),
        (SplitConfig(test=0.1), "class 'nurse', group 'male' has 6, of which split.test = 0.1 is none"),
        (SplitConfig(test=1.5), "split.test must be a whole number of pictures or a part below 1, got 1.5"),
    ],
)
def test_what_a_class_cannot_give_is_refused(config: SplitConfig, found: str) -> None:
    frame = frame_of(
        cells({("baker", "female"): 60, ("baker", "male"): 60, ("nurse", "female"): 50, ("nurse", "male"): 6})
    )
    with pytest.raises(RequestError, match=found):
        draw_splits(frame, config=config, balance=GENDER)


def test_a_class_without_one_of_the_groups_is_refused() -> None:
    frame = frame_of(cells({("baker", "female"): 60, ("baker", "male"): 60, ("nurse", "female"): 50}))
    with pytest.raises(RequestError, match="class 'nurse', group 'male' has 0"):
        draw_splits(frame, config=SplitConfig(), balance=GENDER)


def test_ratios_move_between_women_and_men_where_both_are() -> None:
    frame = frame_of(cells({("baker", "female"): 9, ("baker", "male"): 9, ("baker", "nonbinary"): 1}))
    balance = Balance.of(frame, ["profession", "gender"], "gender")
    assert balance == Balance("profession", "gender", ("female", "male"))
    splits = draw_splits(frame, config=SplitConfig(test=2, validation=2, probe=2), balance=balance)
    assert set(splits[frame[LABEL + "gender"] == "nonbinary"]) == {"train"}
    only = frame[frame[LABEL + "gender"] != "male"]
    assert Balance.of(only, ["gender"], "gender") == Balance(None, "gender", ("female", "nonbinary"))
    with pytest.raises(RequestError, match="expected labels of the group 'race', found labels of: gender"):
        Balance.of(frame, ["gender"], "race")
