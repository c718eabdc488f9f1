"""Seeds depend on what they are told, and on nothing else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.seeds import hash_order, rng_for, seed_for

IDS = st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=30)


def test_a_seed_is_the_same_in_every_process() -> None:
    assert seed_for(0, "a") == 410316374320788695


def test_words_are_told_apart() -> None:
    seeds = {seed_for(0, "ab"), seed_for(0, "a", "b"), seed_for(0, 1), seed_for(0, "1"), seed_for(1), seed_for(0)}
    assert len(seeds) == 6


def test_streams_are_equal_for_equal_words_only() -> None:
    first, again, other = (rng_for(3, "draw", word).random(5) for word in ("x", "x", "y"))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@given(IDS, st.integers(0, 5))
def test_an_order_does_not_depend_on_the_order_given(ids: list[str], seed: int) -> None:
    assert hash_order(seed, ids) == hash_order(seed, ids[::-1])
    assert sorted(hash_order(seed, ids)) == sorted(ids)


@given(IDS)
def test_leaving_one_out_moves_no_other(ids: list[str]) -> None:
    for gone in ids[:3]:
        rest = [one for one in ids if one != gone]
        assert hash_order(0, rest) == [one for one in hash_order(0, ids) if one != gone]
