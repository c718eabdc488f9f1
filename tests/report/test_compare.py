"""Two studies: what matches, what is paired, and the differences."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bias_exp.metrics.crossed import picture_variances
from bias_exp.metrics.paired import paired_t, welch_t
from bias_exp.metrics.significance import NO_VARIANCE, ONE_VALUE
from bias_exp.report.cells import study_of
from bias_exp.report.compare import NO_SEED, OTHER_DATA, OTHER_PICTURES, Comparison, compare
from bias_exp.report.compare_files import comparison_files, comparison_text
from bias_exp.report.estimates import ACCURACY_GAP, CROSSED, IMAGES, RMS_TPR_GAP, SEEDS, primary_rows
from bias_exp.report.resampled import accuracy_gaps
from tests.report.synthetic import SyntheticFrames, make_frames, seed_frames, small_frames, small_study, without

AXES = {"backbones": ["net"], "female_ratios": [0.5], "losses": ["ce"], "seeds": [0, 1, 2]}


def other(**changes: object) -> SyntheticFrames:
    """The three seeds again, under another name, answering otherwise."""
    return make_frames(small_study(name="other", matrix=AXES | changes), each=6, ablate=False)


@cache
def others() -> SyntheticFrames:
    """`other` as it is; not to be changed in place."""
    return other()


def gap_of(found: Comparison, measure: str = ACCURACY_GAP) -> dict:
    (row,) = found.rows[found.rows["measure"] == measure].to_dict("records")
    return row


def on_other_data(frames: SyntheticFrames) -> SyntheticFrames:
    return replace(frames, cells=frames.cells.assign(data="e" * 16))


def by_seed(frames: SyntheticFrames, measure: str = ACCURACY_GAP) -> list[float]:
    """The gap of each seed, counted out plainly."""
    rows = frames.predictions[frames.predictions["head"] == "profession"]
    rows = rows.assign(right=(rows["label"] == rows["predicted"]).astype(float))
    values = []
    for cell in frames.cells.loc[frames.cells["train"] != "", "cell"]:
        mine = rows[rows["cell"] == cell]
        if measure == ACCURACY_GAP:
            rates = mine.groupby("group")["right"].mean()
            values.append(float(rates["female"] - rates["male"]))
        else:
            recall = mine.groupby(["label", "group"])["right"].mean().unstack()
            values.append(float(np.sqrt(((recall["female"] - recall["male"]) ** 2).mean())))
    return values


def right(frames: SyntheticFrames) -> pd.DataFrame:
    """Every answer of the profession head, with the seed that gave it."""
    rows = frames.predictions[frames.predictions["head"] == "profession"].merge(frames.cells[["cell", "seed"]])
    return rows.assign(correct=(rows["label"] == rows["predicted"]).astype(float))


def of_pictures(rows: pd.DataFrame, value: str = "correct") -> dict[str, float]:
    """What women and men have in the variance of their gap: the two are other pictures."""
    return picture_variances(rows, ["group"], seed="seed", value=value).sum().to_dict()


def test_root_mean_squares_of_the_same_seeds_are_paired_on_these_pictures() -> None:
    one, two = seed_frames(), others()
    row = gap_of(compare(one, two), RMS_TPR_GAP)
    first, second = by_seed(one, RMS_TPR_GAP), by_seed(two, RMS_TPR_GAP)
    oracle = stats.ttest_rel(first, second)
    assert row["difference"] == pytest.approx(np.mean(first) - np.mean(second))
    assert row["p"] == pytest.approx(oracle.pvalue)
    assert (row["lo"], row["hi"]) == pytest.approx(tuple(oracle.confidence_interval()))
    assert row["pairing"] == "paired by seed: 0 1 2"
    assert row["interval"] == SEEDS


def test_gaps_of_the_same_seeds_are_paired_picture_by_picture() -> None:
    one = seed_frames()
    two = make_frames(small_study(name="other", matrix=AXES))
    drawn = np.random.default_rng(0).random(len(two.predictions)) < 0.5
    two = replace(two, predictions=two.predictions.assign(predicted=two.predictions["predicted"].mask(drawn, "nobody")))
    row = gap_of(compare(one, two))
    both = right(one).merge(right(two), on=["seed", "id", "class", "group", "person"])
    parts = of_pictures(both.assign(apart=both["correct_x"] - both["correct_y"]), "apart")
    expected = paired_t(by_seed(one), by_seed(two), **parts)
    assert (row["difference"], row["p"]) == pytest.approx((expected.difference, expected.p))
    assert (row["lo"], row["hi"]) == pytest.approx((expected.lo, expected.hi))
    assert row["p"] != pytest.approx(paired_t(by_seed(one), by_seed(two)).p), "seeds alone say something else"
    assert row["pairing"] == "paired by seed: 0 1 2"
    assert row["interval"] == CROSSED


def test_other_pictures_of_the_same_seeds_are_these_pictures() -> None:
    one, two = seed_frames(), others()
    row = gap_of(compare(one, two))
    assert row["p"] == pytest.approx(stats.ttest_rel(by_seed(one), by_seed(two)).pvalue)
    assert row["interval"] == SEEDS


def test_other_data_or_other_seeds_are_not_paired_and_say_why() -> None:
    one, two = seed_frames(), others()
    row = gap_of(compare(one, on_other_data(two)))
    parts = [of_pictures(right(frames)) for frames in (one, two)]
    known = {name: [part[name] for part in parts] for name in ("shared", "alone")}
    oracle = welch_t(by_seed(one), by_seed(two), **known)
    assert row["pairing"] == OTHER_DATA
    assert (row["p"], row["lo"], row["hi"]) == pytest.approx((oracle.p, oracle.lo, oracle.hi))
    assert row["interval"] == CROSSED
    row = gap_of(compare(one, on_other_data(two)), RMS_TPR_GAP)
    oracle = stats.ttest_ind(by_seed(one, RMS_TPR_GAP), by_seed(two, RMS_TPR_GAP), equal_var=False)
    assert row["p"] == pytest.approx(oracle.pvalue)
    assert (row["lo"], row["hi"]) == pytest.approx(tuple(oracle.confidence_interval()))
    assert row["interval"] == SEEDS
    apart = compare(without(one, ["net-f50-ce-s2"]), without(two, ["net-f50-ce-s0", "net-f50-ce-s1"]))
    row = gap_of(apart)
    assert row["pairing"] == NO_SEED
    assert row["flag"] == ONE_VALUE
    assert np.isnan(row["lo"])
    assert "no interval" in " ".join(apart.notes)


def test_a_seed_without_its_partner_is_left_out_and_counted() -> None:
    row = gap_of(compare(seed_frames(), without(others(), ["net-f50-ce-s2"])))
    assert row["pairing"] == "paired by seed: 0 1; 1 seed without a partner left out"
    assert (row["seeds_first"], row["seeds_second"]) == (3, 2)
    assert row["first"] == pytest.approx(np.mean(by_seed(seed_frames())[:2]))


def test_one_pair_has_an_interval_over_the_pictures_that_both_saw() -> None:
    lost = ["net-f50-ce-s1", "net-f50-ce-s2"]
    one, two = (without(frames, lost) for frames in (seed_frames(), make_frames(small_study(name="b", matrix=AXES))))
    rows = two.predictions.assign(predicted=two.predictions["label"])
    perfect = replace(two, predictions=rows)
    row = gap_of(compare(one, perfect))
    assert row["interval"] == IMAGES
    assert row["second"] == 0
    asked = study_of(one)
    own = accuracy_gaps(primary_rows(one, asked)[0], ("female", "male"), asked.tables).iloc[0]
    # A model that is always right has no gap in any resample: what is left is the first one's own interval.
    assert (row["difference"], row["lo"], row["hi"]) == pytest.approx((own["value"], own["lo"], own["hi"]))
    assert np.isnan(row["p"])
    assert gap_of(compare(one, without(others(), lost)))["flag"] == OTHER_PICTURES


def test_a_study_and_itself_differ_by_nothing() -> None:
    row = gap_of(compare(seed_frames(), seed_frames()))
    assert row["difference"] == 0
    assert row["flag"] == NO_VARIANCE
    assert np.isnan(row["p"])


def test_what_only_one_has_is_named_and_names_of_arms_do_not_matter() -> None:
    found = compare(small_frames(), other(female_ratios=[0.5], losses=["ce", "focal"]))
    assert found.rows["female_ratio"].unique().tolist() == [0.5]
    assert found.only[["only_in", "loss", "female_ratio"]].to_numpy().tolist() == [
        ["synthetic", "ce", 0.0],
        ["synthetic", "ce", 1.0],
        ["other", "focal", 0.5],
    ]
    named = [{"name": "half", "attribute": "gender", "shares": {"female": 0.5, "male": 0.5}}]
    renamed = compare(seed_frames(), other(female_ratios=[], shares=named))
    assert len(renamed.rows) == 2


@settings(max_examples=4, deadline=None)
@given(lost=st.sets(st.sampled_from([0, 1, 2]), max_size=2))
def test_the_other_way_round_is_the_same_with_the_other_sign(lost: set[int]) -> None:
    one, two = without(seed_frames(), [f"net-f50-ce-s{seed}" for seed in lost]), others()
    there, back = compare(one, two).rows, compare(two, one).rows
    np.testing.assert_allclose(there["difference"], -back["difference"])
    np.testing.assert_allclose(there[["lo", "hi"]], -back[["hi", "lo"]])


def test_text_and_files_say_the_same() -> None:
    found = compare(seed_frames(), others())
    text, files = comparison_text(found), comparison_files(found)
    assert "synthetic - other: 2 entries match" in text
    assert set(files) == {"comparison.csv", "only.csv", "comparison.md"}
    assert files["comparison.csv"].decode().count("\n") == 3
    assert "paired by seed: 0 1 2" in files["comparison.md"].decode()
    assert files == comparison_files(compare(seed_frames(), others()))
