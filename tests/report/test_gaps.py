"""The table of gaps: values, tests and what stands beside them."""

import numpy as np
import pytest

from bias_exp.metrics.crossed import picture_variances
from bias_exp.metrics.paired import one_sample_t
from bias_exp.report.accuracy import accuracy_by_gender
from bias_exp.report.estimates import ACCURACY_GAP, CROSSED, RMS_TPR_GAP, SEEDS, SEEDS_TEST
from bias_exp.report.gaps import gaps
from bias_exp.report.recall import tpr_by_gender
from tests.report.synthetic import make_frames, seed_frames, small_frames, small_study, without


def test_the_gaps_are_those_of_the_rate_tables() -> None:
    table, accuracy, recall = (make(small_frames()) for make in (gaps, accuracy_by_gender, tpr_by_gender))
    assert table is not None
    assert accuracy is not None
    assert recall is not None
    signed = table.frame[table.frame["measure"] == ACCURACY_GAP].set_index("female_ratio")
    same = accuracy.frame[accuracy.frame["measure"] == "gap"].set_index("female_ratio")
    assert signed[["value", "lo", "hi"]].equals(same[["value", "lo", "hi"]])
    squares = recall.frame[recall.frame["measure"] == "gap"].groupby("female_ratio")["value"]
    rms = table.frame[table.frame["measure"] == RMS_TPR_GAP].set_index("female_ratio")["value"]
    assert rms.to_dict() == pytest.approx(squares.apply(lambda gap: float(np.sqrt((gap**2).mean()))).to_dict())


def test_p_says_how_it_was_found_and_how_small_it_could_be() -> None:
    table = gaps(small_frames())
    assert table is not None
    frame = table.frame
    assert set(frame["test"]) == {"gender shuffled within profession"}
    assert set(frame["draws"]) == {200}
    assert (frame["smallest_p"] == 1 / 201).all()
    assert frame["p"].between(1 / 201, 1).all()
    assert set(frame["family"]) == {ACCURACY_GAP, RMS_TPR_GAP}
    assert (frame["m"] == 3).all()
    assert any("accuracy gap: m = 3, draws needed 59, made: 200 or more" in note for note in table.notes)
    # The synthetic models are biased towards the gender that they saw, and not at one half.
    p = frame[frame["measure"] == ACCURACY_GAP].set_index("female_ratio")["p"]
    assert max(p[0.0], p[1.0]) < 0.05 < p[0.5]


def test_a_signed_gap_of_several_seeds_is_tested_over_seeds_and_pictures() -> None:
    table = gaps(seed_frames())
    assert table is not None
    signed, rms = (table.frame.set_index("measure").loc[name] for name in (ACCURACY_GAP, RMS_TPR_GAP))
    rows = seed_frames().predictions.query("head == 'profession'")
    right = (rows["label"] == rows["predicted"]).groupby([rows["cell"], rows["group"]]).mean().unstack()
    by_group = picture_variances(rows.assign(correct=rows["label"] == rows["predicted"]), ["group"])
    expected = one_sample_t(right["female"] - right["male"], **by_group.sum())
    assert (signed["p"], signed["lo"], signed["hi"]) == pytest.approx((expected.p, expected.lo, expected.hi))
    assert signed[["draws", "smallest_p"]].isna().all()
    assert signed["draws_flag"] == "not_resampled"
    assert (signed["test"], signed["interval"]) == (SEEDS_TEST, CROSSED)
    assert rms["interval"] == SEEDS, "a root mean square has no such closed form"
    assert rms["test"] == "gender shuffled within profession"
    assert rms["draws"] == 200


def test_the_mean_by_chance_stands_beside_each_gap() -> None:
    table = gaps(small_frames())
    assert table is not None
    chance = table.frame.groupby("measure")["null_mean"].mean()
    assert 0.05 < chance[ACCURACY_GAP] < 0.12
    # Ten gaps of two shares of five pictures each: the root of 2 x 0.24 / 4.5, about.
    assert 0.25 < chance[RMS_TPR_GAP] < 0.4


def test_a_study_of_gender_alone_has_no_rms_and_na_at_the_ends() -> None:
    table = gaps(make_frames(small_study(heads=["gender"]), ablate=False))
    assert table is not None
    frame = table.frame.set_index("female_ratio")
    assert set(frame["measure"]) == {ACCURACY_GAP}
    assert np.isnan(frame.loc[0.0, "value"])
    assert np.isnan(frame.loc[0.0, "p"])
    assert frame.loc[0.0, "p_flag"] == "single_class"
    assert frame.loc[0.5, "test"] == "gender shuffled within class"
    assert frame.loc[0.5, "m"] == 1


def test_nothing_complete_gives_no_table() -> None:
    assert gaps(without(small_frames(), small_frames().cells["name"].tolist())) is None
