"""The spread that power is planned by is the one that a study showed."""

import math
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from bias_exp.cli import cli
from bias_exp.errors import RequestError
from bias_exp.metrics.power import Asked, seeds_needed
from bias_exp.report.estimates import ACCURACY_GAP
from bias_exp.report.gaps import gaps
from bias_exp.report.power import Spread, detectable, observed, power_text
from tests.report.synthetic import seed_frames, small_frames, without

ASSUMED = Spread(0.8, 0.02, 100, "assumed")


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
    assert found.seed_sd == pytest.approx(pooled)
    assert found.origin.startswith("observed: profession accuracy of synthetic")


def test_one_seed_each_says_nothing_of_the_spread() -> None:
    with pytest.raises(RequestError, match=r"found one seed each.*give --seed-sd"):
        observed(small_frames())
    with pytest.raises(RequestError, match="expected complete cells of two groups"):
        observed(replace(small_frames(), predictions=small_frames().predictions.iloc[:0]))


def test_the_table_and_the_sentence_agree() -> None:
    asked = Asked(family=4)
    table = detectable(ASSUMED, asked).set_index("seeds")["over_seeds"]
    for seeds, gap in table.items():
        if gap < 1:
            assert seeds_needed(gap * 1.0001, 0.02, asked) == seeds
    text = power_text(0.05, ASSUMED, asked)
    assert f"over trainings: {seeds_needed(0.05, 0.02, asked)} seeds" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gap=0.05", "--seed-sd=0.02"], "over trainings: 4 seeds by Student's test"),
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
