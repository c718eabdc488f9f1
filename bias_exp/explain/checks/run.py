"""The checks that a trial's settings name, as one table, and what they cost."""

import numpy as np
import pandas as pd

from bias_exp import columns
from bias_exp.config import ChecksConfig
from bias_exp.explain.checks.rows import CHECKS
from bias_exp.explain.checks.trial import Trial, Verdict
from bias_exp.registry import resolve


def cost(settings: ChecksConfig, *, n_methods: int, n_heads: int, explaining: int = 1) -> int:
    """Forwards of each picture at most, of all checks that `settings` name.

    Args:
        n_methods: map methods, with the control maps beside them.
        explaining: forwards that it takes to explain one picture once, all methods and heads together. Class activation
            maps share one; a path method takes its points besides.

    Raises:
        RequestError: an unknown check.
    """
    rows = [CHECKS[name] for name in settings.names]
    return sum(row.forwards(settings, n_maps=n_methods * n_heads, explaining=explaining) for row in rows)


def run_checks(trial: Trial, facts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every check that the trial's settings name, in the columns of `columns.CHECKS`.

    Args:
        trial: what is put to the test; its model is given back as it was.
        facts: columns id, class, group of the trial's pictures, row by row; without it these two are ''.

    Raises:
        RequestError: an unknown check; none is made then.
        ValueError: facts of other pictures.
    """
    rows = [CHECKS[name] for name in trial.settings.names]
    ids = list(trial.ids)
    known = pd.DataFrame({"id": ids, "class": "", "group": ""}, dtype="str") if facts is None else facts
    if known["id"].tolist() != ids:
        raise ValueError(f"expected facts of the trial's {len(ids)} pictures in their order, got {len(known)} others")
    verdicts = [verdict for row in rows for verdict in resolve(row.address)(trial)] if ids else []
    parts = [_rows(verdict, known) for verdict in verdicts]
    return columns.CHECKS.check(pd.concat(parts, ignore_index=True)) if parts else columns.CHECKS.empty()


def _rows(verdict: Verdict, known: pd.DataFrame) -> pd.DataFrame:
    """A verdict row by row; one of all pictures together has the id ''."""
    n = len(verdict.values)
    reasons = list(verdict.reasons) or [""] * n
    silent = np.isnan(verdict.values) & (np.array(reasons, dtype=object) == "")
    if silent.any():
        raise ValueError(f"check {verdict.check} of {verdict.method}/{verdict.head} has NaN without a reason")
    together = n != len(known)
    facts = {name: "" if together else known[name].array for name in ("id", "class", "group")}
    about = {"check": verdict.check, "at": verdict.at, "method": verdict.method, "head": verdict.head}
    baselines = np.full(n, np.nan) if verdict.baselines is None else verdict.baselines
    numbers = {"value": verdict.values, "baseline": baselines, "reason": pd.array(reasons, dtype="str")}
    return pd.DataFrame(facts | about | numbers, index=range(n))
