from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.columns import ARM, LABEL
from bias_exp.data.arms import draw_arm
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
    assert drawn(manifest(), 1 / 3, size=36)["nurse", "male"] == 12


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


def test_the_heads_beside_the_primary_one_have_no_say() -> None:
    """Models with and without a gender or age head are trained on the same pictures, known age or not."""
    rows = cells({("baker", "female"): 6, ("baker", "male"): 6}, **{LABEL + "age": "old"})
    rows[0][LABEL + "age"] = rows[6][LABEL + "age"] = "unknown"
    data = manifest_of(frame_of(rows))
    lists = (("profession",), HEADS, (*HEADS, "age"))
    alone, dual, triple = (draw_arm(data, heads=heads, shares=Shares.female(0.5), size=12, seed=1) for heads in lists)
    assert alone.equals(dual)
    assert alone.equals(triple)


def test_pictures_of_unknown_class_or_group_are_not_drawn() -> None:
    rows = cells({("baker", "female"): 4, ("baker", "male"): 4, ("unknown", "female"): 4, ("baker", "unknown"): 4})
    data = manifest_of(frame_of(rows))
    arm = draw_arm(data, heads=HEADS, shares=Shares.female(0.5), size=8, seed=0)
    assert Counter(zip(arm["class"], arm["group"], strict=True)) == {("baker", "female"): 4, ("baker", "male"): 4}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 10), min_size=2, max_size=2), st.integers(0, 10), st.integers(0, 3))
def test_skewed_arms_have_exactly_what_was_asked_and_nest_with_uniform_ones(
    tenths: list[int], even: int, seed: int
) -> None:
    """Requested and achieved counts are equal; the first so many of each class and group, whatever the other shares."""
    data = manifest()
    women = dict(zip(("baker", "nurse"), tenths, strict=True))
    skewed = Shares(name="skewed", female_by_class={job: n / 10 for job, n in women.items()})
    arm = draw_arm(data, heads=HEADS, shares=skewed, size=40, seed=seed)
    got = Counter(zip(arm["class"], arm["group"], strict=True))
    for job, n in women.items():
        assert (got[job, "female"], got[job, "male"]) == (2 * n, 20 - 2 * n)
    uniform = draw_arm(data, heads=HEADS, shares=Shares.female(even / 10), size=40, seed=seed)
    for job in women:
        for sex in ("female", "male"):
            one, other = (
                table.loc[(table["class"] == job) & (table["group"] == sex), "id"].tolist() for table in (arm, uniform)
            )
            shorter = min(len(one), len(other))
            assert one[:shorter] == other[:shorter]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=7, max_size=7).filter(any), st.integers(1, 3))
def test_a_census_of_seven_groups_is_drawn_as_it_is(counts: list[int], times: int) -> None:
    names = ["Black", "East Asian", "Indian", "Latino_Hispanic", "Middle Eastern", "Southeast Asian", "White"]
    rows = [
        {"id": f"{100 * place + n:016x}", LABEL + "race": name, LABEL + "age": "20-29"}
        for place, name in enumerate([*names, "unknown"])
        for n in range(30)
    ]
    data = manifest_of(frame_of(rows))
    census = Shares(attribute="race", shares={name: n / sum(counts) for name, n in zip(names, counts, strict=True)})
    size = times * sum(counts)
    arm = draw_arm(data, heads=("age",), shares=census, size=size, seed=0)
    expected = {name: times * n for name, n in zip(names, counts, strict=True) if n}
    assert Counter(arm["group"]) == expected
    smaller = draw_arm(data, heads=("age",), shares=census, size=sum(counts), seed=0)
    assert {*smaller["id"]} <= {*arm["id"]}


def test_an_arm_that_the_data_cannot_give_is_not_drawn() -> None:
    with pytest.raises(RequestError, match="set matrix.size to 80"):
        draw_arm(manifest(), heads=HEADS, shares=Shares.female(0.5), size=42 * 2, seed=0)


def test_unknown_heads_are_refused() -> None:
    with pytest.raises(RequestError, match=r"expected labels of 'race' in .*, found labels of: gender, profession"):
        draw_arm(manifest(), heads=("race",), shares=Shares.female(0.5), size=4, seed=0)
