"""The spread that power is planned by is the one that a study showed."""

import math
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from bias_exp.cli import cli
from bias_exp.errors import RequestError
from bias_exp.metrics.crossed import picture_variances
from bias_exp.metrics.power import Asked, Spread, seeds_needed
from bias_exp.report.estimates import ACCURACY_GAP
from bias_exp.report.gaps import gaps
from bias_exp.report.power import Known, assumed, detectable, observed, power_text
from tests.report.synthetic import seed_frames, small_frames, without

ASSUMED = Known(0.8, 100, Spread(0.02), "assumed")


def test_the_observed_spread_is_that_of_the_gaps_over_seeds() -> None:
    frames = seed_frames()
    found = observed(frames)
    table = gaps(frames)
    assert table is not None
    rows = table.frame[table.frame["measure"] == ACCURACY_GAP]
    seeds = rows["seeds"].to_numpy()
    assert len(rows) == 1 or (seeds == seeds[0]).all()
    per_seed = []
    for name in frames.cells["name"]:
        others = [other for other in frames.cells["name"] if other != name]
        one = gaps(without(frames, others))
        assert one is not None
        per_seed.append(one.frame.loc[one.frame["measure"] == ACCURACY_GAP, ["config", "value"]].iloc[0])
    by: dict[str, list[float]] = {}
    for config, value in per_seed:
        by.setdefault(config, []).append(value)
    pooled = math.sqrt(np.mean([np.var(values, ddof=1) for values in by.values()]))
    rows_of = frames.predictions.query("head == 'profession'")
    right = rows_of.assign(correct=rows_of["label"] == rows_of["predicted"])
    of_pictures = picture_variances(right, ["group"]).sum()
    assert found.spread.seeds == pytest.approx(max(pooled, math.sqrt(of_pictures["alone"])))
    assert found.spread.alone == pytest.approx(of_pictures["alone"])
    assert found.spread.shared == pytest.approx(max(of_pictures["shared"], 0))
    assert found.origin.startswith("observed: profession accuracy of synthetic")


def test_one_seed_each_says_nothing_of_the_spread() -> None:
    with pytest.raises(RequestError, match=r"found one seed each.*give --seed-sd"):
        observed(small_frames())
    with pytest.raises(RequestError, match="expected complete cells of two groups"):
        observed(replace(small_frames(), predictions=small_frames().predictions.iloc[:0]))


def test_the_table_and_the_sentence_agree() -> None:
    asked = Asked(family=4)
    table = detectable(ASSUMED.spread, asked).set_index("seeds")["gap"]
    for seeds, gap in table.items():
        if gap < 1:
            assert seeds_needed(gap * 1.0001, Spread(0.02), asked) == seeds
    text = power_text(0.05, ASSUMED, asked)
    assert f"over trainings and pictures: {seeds_needed(0.05, Spread(0.02), asked)} seeds" in text
    assert max(map(len, text.splitlines())) <= 100


def test_more_pictures_leave_less_of_what_they_add() -> None:
    few = assumed(0.8, 100, 0.05, 0.5)
    many = few.with_images(400)
    assert (many.spread.shared, many.spread.alone) == pytest.approx((few.spread.shared / 4, few.spread.alone / 4))
    # What is of the trainings themselves stays.
    assert many.spread.seeds**2 - many.spread.alone == pytest.approx(few.spread.seeds**2 - few.spread.alone)


def test_seeds_are_not_taken_to_lie_closer_than_pictures_let_them() -> None:
    known = assumed(0.8, 100, 0.02, 0.3)
    assert known.spread.seeds == pytest.approx(math.sqrt(0.7 * 2 * 0.8 * 0.2 / 100))
    assert "pictures alone spread seeds by 0.0473, not 0.02" in known.origin


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gap=0.05", "--seed-sd=0.02"], "no number of seeds, which all see the same pictures; 1005 or more of each"),
        (["--gap=0.3", "--seed-sd=0.02"], "over trainings and pictures: 2 seeds"),
        (["--gap=0.05", "--seed-sd=0.02", "--alpha=", "--family=", "--power="], "two-sided at 0.05, power 0.8"),
        (["--gap=0.5", "--seed-sd=0.02", "--rate=0.4"], "no number of test pictures of each group"),
    ],
)
def test_the_command(words: list[str], said: str) -> None:
    done = CliRunner().invoke(cli, ["power", *words])
    assert done.exit_code == 0, done.output
    assert said in done.output


def test_the_command_says_what_it_lacks() -> None:
    for words in (["--gap=0.05"], ["--gap=0", "--seed-sd=0.1"]):
        assert isinstance(CliRunner().invoke(cli, ["power", *words]).exception, RequestError)
