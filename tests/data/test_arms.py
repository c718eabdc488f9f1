from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.columns import ARM, LABEL
from bias_exp.data.arms import arm_counts, check_arms, draw_arm, fractions_of
from bias_exp.data.manifest import Manifest
from bias_exp.errors import RequestError
from bias_exp.shares import Shares
from tests.data.pictures import cells, frame_of, manifest_of

HEADS = ("profession", "gender")


def manifest(n_women: int = 20, n_men: int = 20, **columns: str) -> Manifest:
    counts = {(job, sex): n for job in ("baker", "nurse") for sex, n in (("female", n_women), ("male", n_men))}
    return manifest_of(frame_of(cells(counts, **columns)))


def drawn(data: Manifest, ratio: float, *, size: int = 40, seed: int = 0) -> Counter[tuple[str, str]]:
    arm = draw_arm(data, heads=HEADS, shares=Shares.female(ratio), size=size, seed=seed)
    return Counter(zip(arm["class"], arm["group"], strict=True))


def test_counts_are_exact() -> None:
    assert drawn(manifest(), 0.25) == {
        ("baker", "female"): 5,
        ("baker", "male"): 15,
        ("nurse", "female"): 5,
        ("nurse", "male"): 15,
    }
    assert drawn(manifest(), 0.0) == {("baker", "male"): 20, ("nurse", "male"): 20}


def test_a_third_is_a_third() -> None:
    assert fractions_of(Shares.female(1 / 3))["female"].denominator == 3
    assert drawn(manifest(), 1 / 3, size=36)["nurse", "male"] == 12
    with pytest.raises(RequestError, match="add up to exactly 1"):
        fractions_of(Shares(shares={"female": 0.1234567, "male": 0.2345678, "nonbinary": 0.6419755}))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 5), st.randoms(use_true_random=False))
def test_arms_nest_and_do_not_know_the_order(few: int, many: int, seed: int, random: object) -> None:
    few, many = sorted((few, many))
    data = manifest()
    low, high = (draw_arm(data, heads=HEADS, shares=Shares.female(n / 20), size=40, seed=seed) for n in (few, many))
    assert len(low) == len(high) == 40
    assert low["id"].is_unique
    women, men = ({*arm.loc[arm["group"] == sex, "id"]} for arm, sex in ((low, "female"), (high, "male")))
    assert women <= {*high.loc[high["group"] == "female", "id"]}
    assert men <= {*low.loc[low["group"] == "male", "id"]}
    order = list(range(len(data.frame)))
    random.shuffle(order)
    shuffled = manifest_of(data.frame.iloc[order].reset_index(drop=True))
    again = draw_arm(shuffled, heads=HEADS, shares=Shares.female(few / 20), size=40, seed=seed)
    assert again.equals(low)
    assert list(low) == ARM.names


def test_only_training_pictures_are_drawn_and_seeds_differ() -> None:
    rows = cells({("baker", "female"): 20, ("baker", "male"): 20})
    rows = [{**row, "split": ("train", "test", "probe", "spare")[n % 4]} for n, row in enumerate(rows)]
    data = manifest_of(frame_of(rows))
    train = set(data.split("train")["id"])
    arms = [draw_arm(data, heads=HEADS, shares=Shares.female(0.5), size=4, seed=seed) for seed in range(6)]
    assert all(set(arm["id"]) <= train for arm in arms)
    assert len({tuple(sorted(arm["id"])) for arm in arms}) > 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=3), st.integers(0, 3), st.data())
def test_every_arm_has_the_mix_of_the_sources(sizes: list[int], seed: int, data: st.DataObject) -> None:
    rows = [
        row for source, n in zip("abc", sizes, strict=False) for row in cells({("baker", "female"): n}, source=source)
    ]
    rows = [{**row, "id": f"{n * 7919 % 9973:016x}"} for n, row in enumerate(rows)]
    size = data.draw(st.integers(1, len(rows)))
    arm = draw_arm(manifest_of(frame_of(rows)), heads=HEADS, shares=Shares.female(1), size=size, seed=seed)
    for source, n in zip("abc", sizes, strict=False):
        expected = size * n / sum(sizes)
        assert abs((arm["source"] == source).sum() - expected) <= 1.0001


def test_a_head_that_is_the_group_has_one_class() -> None:
    data = manifest(8, 8)
    arm = draw_arm(data, heads=("gender",), shares=Shares.female(0.25), size=12, seed=0)
    assert set(arm["class"]) == {"all"}
    assert Counter(arm["group"]) == {"female": 3, "male": 9}


def test_pictures_without_a_head_s_label_train_nothing() -> None:
    rows = cells({("baker", "female"): 6, ("baker", "male"): 6}, **{LABEL + "age": "old"})
    rows[0][LABEL + "age"] = rows[6][LABEL + "age"] = "unknown"
    data = manifest_of(frame_of(rows))
    assert set(arm_counts(data, heads=(*HEADS, "age"), shares=Shares.female(0.5), size=4)["have"]) == {5}
    assert set(arm_counts(data, heads=HEADS, shares=Shares.female(0.5), size=4)["have"]) == {6}


@pytest.mark.parametrize(
    ("size", "ratios", "said"),
    [
        (42, (0.25, 0.5), r"need 5.25 training pictures, have 20; set matrix.size to 40 or 48 \("),
        (50, (0.0, 0.5), r"at f0, f50; class 'baker', group 'male': need 25 training pictures, have 20; .* to 40 \("),
        (2, (0.25,), r"set matrix.size to 8 \("),
        (40, (0.123,), r"no size can be given for all of them: sizes must be multiples of 2000"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_nearest_sizes(
    size: int, ratios: tuple[float, ...], said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        check_arms(manifest(), heads=HEADS, shares=[Shares.female(ratio) for ratio in ratios], size=size)


def test_a_class_without_a_group_is_refused_only_where_it_is_needed() -> None:
    rows = cells({("baker", "female"): 9, ("baker", "male"): 9, ("nurse", "female"): 9})
    data = manifest_of(frame_of(rows))
    check_arms(data, heads=HEADS, shares=[Shares.female(1.0)], size=18)
    with pytest.raises(RequestError, match="class 'nurse', group 'male': need 2 training pictures, have 0; no size"):
        check_arms(data, heads=HEADS, shares=[Shares.female(1.0), Shares.female(0.75)], size=16)


def test_unknown_heads_are_refused() -> None:
    with pytest.raises(RequestError, match=r"expected labels of 'race' in .*, found labels of: gender, profession"):
        draw_arm(manifest(), heads=("race",), shares=Shares.female(0.5), size=4, seed=0)
