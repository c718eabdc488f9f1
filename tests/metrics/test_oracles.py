"""Agreement with statsmodels, scipy, scikit-learn, fairlearn and pingouin where they are right; and where they are not.

fairlearn and pingouin are not needed to run the project, and their tests are skipped without them.
"""

import math
import warnings
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve
from sklearn.exceptions import UndefinedMetricWarning
from statsmodels.stats import contingency_tables, multitest, proportion

from bias_exp.metrics import odds, one_vs_rest
from bias_exp.metrics.amplification import attribute_to_task
from bias_exp.metrics.aulc import aulc, slope
from bias_exp.metrics.calibration import brier, calibration_by_group, reliability
from bias_exp.metrics.cooccurrence import from_table
from bias_exp.metrics.discordant import mcnemar
from bias_exp.metrics.families import METHODS, benjamini_hochberg
from bias_exp.metrics.groups import SINGLE_GROUP, accuracy_by_group, range_gap
from bias_exp.metrics.paired import one_sample_t, paired_t, welch_t
from bias_exp.metrics.rankings import rank_agreement
from bias_exp.metrics.significance import NO_VARIANCE, newcombe, sign_flip, t_interval, wilson
from bias_exp.metrics.two_rates import two_rates

SEEDS = range(4)
CORRECTIONS = {"bh": "fdr_bh", "by": "fdr_by", "holm": "holm"}
"""Our names and those of statsmodels and pingouin."""


@pytest.fixture(scope="module")
def fairlearn() -> ModuleType:
    return _imported("fairlearn.metrics")


@pytest.fixture(scope="module")
def pingouin() -> ModuleType:
    return _imported("pingouin")


def _imported(name: str) -> ModuleType:
    with warnings.catch_warnings():
        # What its own dependencies have deprecated is not ours.
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, reason=f"{name.split('.')[0]} is not installed; see the extra dev")


def answers(seed: int, groups: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth, said = rng.integers(0, 2, (2, 60))
    return truth, said, np.array(list("abcdef"))[rng.integers(0, groups, 60)]


# Where they are right


@pytest.mark.parametrize("seed", SEEDS)
def test_rates_and_gaps_as_fairlearn(fairlearn: ModuleType, seed: int) -> None:
    truth, said, group = answers(seed)
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 5, len(truth))
    table = one_vs_rest.one_vs_rest(truth, said, group, weights=weight)
    found = odds.odds_of(table, 1)
    sensitive = {"sensitive_features": group, "sample_weight": weight}
    assert found.parity_difference.value == pytest.approx(
        fairlearn.demographic_parity_difference(truth, said, **sensitive)
    )
    assert found.parity_ratio.value == pytest.approx(fairlearn.demographic_parity_ratio(truth, said, **sensitive))
    for ours, agg in ((found.odds_difference, "worst_case"), (found.odds_mean_difference, "mean")):
        assert ours.value == pytest.approx(fairlearn.equalized_odds_difference(truth, said, agg=agg, **sensitive))
    assert found.odds_ratio.value == pytest.approx(fairlearn.equalized_odds_ratio(truth, said, **sensitive))


@pytest.mark.parametrize("seed", SEEDS)
def test_recall_and_precision_of_many_classes_as_sklearn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, said = rng.integers(0, 4, (2, 80))
    table = one_vs_rest.one_vs_rest(truth, said, ["x"] * 80)
    for rate, peer in (("tpr", sklearn_metrics.recall_score), ("ppv", sklearn_metrics.precision_score)):
        assert table[rate].to_numpy() == pytest.approx(peer(truth, said, average=None, zero_division=math.nan))


@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_as_sklearn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.random(90)
    y = rng.random(90) < p
    assert brier(p, y) == pytest.approx(sklearn_metrics.brier_score_loss(y, p))
    frequency, confidence = calibration_curve(y, p, n_bins=5)
    curve = reliability(p, y, bins=5)
    assert curve.loc[curve["n"] > 0, "frequency"].to_numpy() == pytest.approx(frequency)
    assert curve.loc[curve["n"] > 0, "confidence"].to_numpy() == pytest.approx(confidence)


@pytest.mark.parametrize("seed", SEEDS)
def test_t_tests_as_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0.3, 1, 9), rng.normal(0, 2, 9)
    for alternative in ("two-sided", "less", "greater"):
        pairs, welch = paired_t(x, y, alternative=alternative), welch_t(x, y[:6], alternative=alternative)
        assert pairs.p == pytest.approx(stats.ttest_rel(x, y, alternative=alternative).pvalue)
        assert welch.p == pytest.approx(stats.ttest_ind(x, y[:6], equal_var=False, alternative=alternative).pvalue)
    peer = stats.ttest_ind(x, y[:6], equal_var=False)
    welch = welch_t(x, y[:6])
    assert (welch.t, welch.dof) == pytest.approx((peer.statistic, peer.df))
    assert (welch.lo, welch.hi) == pytest.approx(tuple(peer.confidence_interval()))


@pytest.mark.parametrize("seed", SEEDS)
def test_t_tests_as_pingouin(pingouin: ModuleType, seed: int) -> None:
    x = np.random.default_rng(seed).normal(0.3, 1, 9)
    own, other = one_sample_t(x, 0.1), pingouin.ttest(x, 0.1).iloc[0]
    # Its d has no sign.
    assert (own.t, own.p, own.dof, abs(own.d)) == pytest.approx(tuple(other[[*_columns(other)]]))


def _columns(row: pd.Series) -> tuple[str, ...]:
    """pingouin's names of t, p, degrees of freedom and d, which have changed their punctuation."""
    names = {"".join(filter(str.isalnum, name)).lower(): name for name in row.index}
    return tuple(names[name] for name in ("t", "pval", "dof", "cohend"))


@pytest.mark.parametrize("seed", SEEDS)
def test_corrections_as_statsmodels_and_scipy(seed: int) -> None:
    p = np.random.default_rng(seed).random(12) ** 3
    for name, peer in CORRECTIONS.items():
        assert METHODS[name](p) == pytest.approx(multitest.multipletests(p, method=peer)[1])
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


@pytest.mark.parametrize("seed", SEEDS)
def test_corrections_of_a_family_with_nan_as_pingouin(pingouin: ModuleType, seed: int) -> None:
    p = np.insert(np.random.default_rng(seed).random(12) ** 3, 5, math.nan)
    for name, peer in CORRECTIONS.items():
        assert METHODS[name](p) == pytest.approx(pingouin.multicomp(p, method=peer)[1], nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_mcnemar_as_statsmodels(seed: int) -> None:
    table = np.random.default_rng(seed).integers(1, 30, (2, 2))
    found = mcnemar(table)
    exact, plain, corrected = (
        contingency_tables.mcnemar(table, exact=exact, correction=correction)
        for exact, correction in ((True, False), (False, False), (False, True))
    )
    assert found.p == pytest.approx(exact.pvalue)
    assert (found.chi2, found.p_chi2) == pytest.approx((plain.statistic, plain.pvalue))
    if found.only_first != found.only_second:
        assert (found.chi2_corrected, found.p_corrected) == pytest.approx((corrected.statistic, corrected.pvalue))


@pytest.mark.parametrize("seed", SEEDS)
def test_two_rates_as_statsmodels_and_scipy(seed: int) -> None:
    n1, n2 = (int(n) for n in np.random.default_rng(seed).integers(20, 50, 2))
    k1, k2 = n1 // 3, n2 // 2
    found = two_rates(k1, n1, k2, n2)
    assert (found.z, found.p) == pytest.approx(proportion.proportions_ztest([k1, k2], [n1, n2]))
    peer = proportion.confint_proportions_2indep(k1, n1, k2, n2, method="newcomb")
    assert newcombe(k1, n1, k2, n2) == pytest.approx(peer)
    assert wilson(k1, n1) == pytest.approx(proportion.proportion_confint(k1, n1, method="wilson"))
    assert wilson(k1, n1) == pytest.approx(tuple(stats.binomtest(k1, n1).proportion_ci(method="wilson")))


@pytest.mark.parametrize("seed", SEEDS)
def test_curves_and_orders_as_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratios, rates, others = np.linspace(0, 1, 5), rng.random(5), rng.random(5)
    assert slope(ratios, rates) == pytest.approx(stats.linregress(ratios, rates).slope)
    assert aulc(ratios, rates) == pytest.approx(sklearn_metrics.auc(ratios, rates))
    found = rank_agreement(rates, others)
    assert found.tau == pytest.approx(stats.kendalltau(rates, others).statistic)
    assert found.rho == pytest.approx(stats.spearmanr(rates, others).statistic)


@pytest.mark.parametrize("seed", SEEDS)
def test_sign_flips_as_scipy(seed: int) -> None:
    differences = np.random.default_rng(seed).normal(0.3, 1, 8)
    peer = stats.permutation_test(
        (differences,), lambda x: x.mean(), permutation_type="samples", n_resamples=math.inf, vectorized=False
    )
    assert sign_flip(differences).p == pytest.approx(peer.pvalue)


# Where they are not


def test_fairlearn_gives_a_rate_of_0_to_a_group_without_positives(fairlearn: ModuleType) -> None:
    truth, said, group = [1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 1, 0, 1, 0, 0, 0], list("aaaabbbb")
    assert fairlearn.true_positive_rate(truth[4:], said[4:], pos_label=1) == 0
    assert fairlearn.equalized_odds_difference(truth, said, sensitive_features=group) == 0.5
    table = one_vs_rest.one_vs_rest(truth, said, group)
    assert math.isnan(table.loc[(1, "b"), "tpr"])
    found = odds.odds_of(table, 1).odds_difference
    assert (found.value, found.left_out) == (0.25, ("b",))


def test_fairlearn_calls_a_single_group_fair(fairlearn: ModuleType) -> None:
    truth, said, group = [1, 0, 1], [1, 0, 0], ["a"] * 3
    frame = fairlearn.MetricFrame(
        metrics=sklearn_metrics.accuracy_score, y_true=truth, y_pred=said, sensitive_features=group
    )
    assert frame.difference() == 0
    gap = range_gap(accuracy_by_group(truth, said, group)["rate"].to_dict())
    assert math.isnan(gap.value)
    assert gap.reason == SINGLE_GROUP


def test_fairlearn_knows_two_classes_only(fairlearn: ModuleType) -> None:
    truth, said, group = [0, 1, 2] * 2, [0, 1, 1, 0, 2, 2], list("aaabbb")
    with pytest.raises(ValueError, match="pos_label"):
        fairlearn.equalized_odds_difference(truth, said, sensitive_features=group)
    assert odds.odds_of(one_vs_rest.one_vs_rest(truth, said, group), 1).opportunity_difference.value == 1


def test_sklearn_gives_a_recall_of_0_to_a_class_without_pictures() -> None:
    with pytest.warns(UndefinedMetricWarning):
        assert sklearn_metrics.recall_score([0, 0], [0, 1]) == 0
    assert math.isnan(one_vs_rest.one_vs_rest([0, 0], [0, 1], ["x", "x"]).loc[(1, "x"), "tpr"])


def test_statsmodels_loses_a_family_to_one_nan() -> None:
    with np.errstate(invalid="ignore"):
        reject, q = multitest.multipletests([0.001, math.nan, 0.03], method="fdr_bh")[:2]
    assert np.isnan(q).all()
    assert reject.any()
    assert benjamini_hochberg([0.001, math.nan, 0.03]) == pytest.approx([0.002, math.nan, 0.03], nan_ok=True)


def test_scipy_refuses_a_family_with_nan() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        stats.false_discovery_control([0.001, math.nan])


def test_statsmodels_finds_identical_models_very_different() -> None:
    table = [[5, 0], [0, 5]]
    with np.errstate(divide="ignore"):
        assert contingency_tables.mcnemar(table, exact=False, correction=True).pvalue == 0
    assert mcnemar(table).p == 1
    assert math.isnan(mcnemar(table).p_corrected)


def test_statsmodels_corrects_equal_counts_away_from_0() -> None:
    assert contingency_tables.mcnemar([[5, 3], [3, 5]], exact=False, correction=True).statistic > 0
    assert mcnemar([[5, 3], [3, 5]]).chi2_corrected == 0


def test_scipy_is_certain_of_a_constant_difference() -> None:
    seeds = np.array([0.81, 0.79, 0.84, 0.80, 0.82])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert stats.ttest_rel(seeds + 0.05, seeds).pvalue < 1e-20
        assert math.isnan(stats.ttest_rel(seeds, seeds).pvalue)
    for step in (0.05, 0):
        found = paired_t(seeds + step, seeds)
        assert math.isnan(found.p)
        assert found.reason == NO_VARIANCE


def test_scipy_has_no_interval_of_a_constant_either_and_does_not_say_why() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bounds = stats.bootstrap(([0.5] * 5,), np.mean, method="BCa", rng=np.random.default_rng(0)).confidence_interval
    assert math.isnan(bounds.low)
    found = t_interval([0.5] * 5)
    assert (found.value, found.reason) == (0.5, NO_VARIANCE)


def test_an_interval_of_no_picture() -> None:
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(proportion.proportion_confint(0, 0, method="wilson")).all()
    # Ours is NaN too, and quietly, so that a table with one empty cell has its other rows.
    lo, hi = wilson([0, 1], [0, 2])
    assert np.isnan([lo[0], hi[0]]).all()
    assert 0 < lo[1] < hi[1] < 1


def test_five_seeds_cannot_go_below_their_floor() -> None:
    differences = [0.05, 0.09, 0.03, 0.07, 0.04]
    assert stats.wilcoxon(differences).pvalue == sign_flip(differences).p == sign_flip(differences).smallest_p == 0.0625
    # A t test of the same differences is not told.
    assert one_sample_t(differences).p < 0.01


def test_fractions_see_an_association_where_there_is_none() -> None:
    # One ratio for all professions, and the sign of P(A,T) - P(A)P(T) in floats is that of its rounding.
    counts = np.outer([3, 7, 11], [1, 9])
    joint = counts / counts.sum()
    by_fractions = np.sign(joint - joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True))
    assert np.abs(by_fractions).max() == 1
    assert (from_table(counts).direction == 0).all()
    assert math.isnan(attribute_to_task(from_table(counts), from_table(counts[::-1])).value)


def test_bins_over_each_groups_own_range_are_other_bins() -> None:
    p, y = np.array([0.4, 0.45, 0.55, 0.6]), np.array([0, 1, 0, 1])
    moving = pd.DataFrame({"p": p, "y": y}).groupby(pd.cut(p, 2))[["p", "y"]].mean()
    assert (moving["p"] - moving["y"]).abs().mean() == pytest.approx(0.075)
    fixed = calibration_by_group(p, y, ["f"] * 4, bins=1, n_min=1).table.loc["f", "ece"]
    assert fixed == pytest.approx(0)
