"""Whether maps of two heads differ: a method whose maps of a picture are alike whatever is asked explains neither.

The random logit test (Sixt et al. 2020, arXiv:1912.09818), with the heads that matter here in the place of random
classes: the reference gender probe against every other head.
"""

from bias_exp.columns import PROBE_HEAD
from bias_exp.explain.checks.likeness import likeness
from bias_exp.explain.checks.trial import Trial, Verdict


def random_logit(trial: Trial) -> list[Verdict]:
    """Rank correlation of each method's map of the gender probe with its map of every other head (`at`).

    Control maps too: a centre prior has 1. None where the trial has no probe or no other head.
    """
    verdicts = []
    for (method, head), others in trial.maps.items():
        probe = trial.maps.get((method, PROBE_HEAD))
        if head != PROBE_HEAD and probe is not None:
            values, reasons = likeness(probe, others)
            verdicts.append(Verdict("random_logit", method, PROBE_HEAD, values, at=head, reasons=reasons))
    return verdicts
