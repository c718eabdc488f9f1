"""The sensitivity table of wrong labels: accuracies by group as labelled, corrected by an audit, and at their worst."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.columns import UNKNOWN
from bias_exp.config import Study
from bias_exp.data.datasheet import AUDIT
from bias_exp.data.manifest import FACTS
from bias_exp.errors import RequestError
from bias_exp.metrics.label_error import NOT_AUDITED, Audited, Corrected, corrected
from bias_exp.report.accuracy import Accuracies
from bias_exp.report.cells import FIRST, PROVENANCE, SECOND, Frames, gap_name, missing_note, study_of
from bias_exp.report.estimates import GAP, RATE
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import LABELS_NOTE, STYLES
from bias_exp.seeds import rng_for

FORMAT = 1
_NUMBERS = ["measure", "labelled", "value", "lo", "hi", "least", "most", "cut", "n", "flag"]


@dataclass(frozen=True)
class Audit:
    """What people found of the labels of a data set (`audit.json`); `digest` names it."""

    facts: Mapping[str, Any]
    digest: str

    def of(self, groups: Sequence[str]) -> Audited | None:
        """The audit of these groups by source; None where one of them was not audited.

        People's answers that are none of the groups are left out.
        """
        strata = self.facts["strata"]
        if not set(groups) <= {row["label"] for row in strata}:
            return None
        sources = sorted({row["source"] for row in strata})
        found = {(row["source"], row["label"]): row for row in strata}
        counts, pictures = np.zeros((len(sources), len(groups), len(groups))), np.zeros((len(sources), len(groups)))
        for place, source in enumerate(sources):
            for row, group in enumerate(groups):
                stratum = found.get((source, group), {"seen": {}, "pictures": 0})
                pictures[place, row] = stratum["pictures"]
                counts[place, row] = [stratum["seen"].get(name, 0) for name in groups]
        return Audited(counts, pictures)


def read_audit(path: Path) -> Audit:
    """The audit at `path`.

    Raises:
        RequestError: the file is none.
    """
    data = path.read_bytes()
    try:
        facts = json.loads(data)
        known = facts["format"] == FORMAT and all(
            {"label", "source", "pictures", "seen"} <= set(row) for row in facts["strata"]
        )
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise RequestError(
            f"expected an audit of format {FORMAT} at {path}, found another file; make it with "
            f"`bias-exp data --source audit`, or move it away"
        )
    return Audit(facts, hashlib.sha256(data).hexdigest())


def audit_of(study: Study, digest: str) -> Audit | None:
    """The audit beside the manifest of the study's data; None where there is none here, or it is of other data."""
    if study.data.path is None:
        return None
    folder = Path(study.data.path)
    if not (folder / AUDIT).is_file() or not (folder / FACTS).is_file():
        return None
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    audit = read_audit(folder / AUDIT) if facts.get("digest") == digest else None
    return audit if audit and audit.facts.get("attribute") == study.group else None


def with_audit(digest: str, audit: Audit | None) -> str:
    """What names the tables' inputs, the audit among them."""
    return f"{digest}-{audit.digest[:16]}" if audit else digest


def audited_tables(frames: Frames, audit: Audit | None) -> list[Table]:
    """The tables that there are only with an audit."""
    table = label_error(frames, audit) if audit else None
    return [table] if table else []


def sensitivity(rates: pd.DataFrame, audit: Audit, *, confidence: float = 0.95, draws: int = 2000) -> pd.DataFrame:
    """Sensitivity rows of one or more configurations.

    Args:
        rates: a row a configuration and group: config, group, value (accuracy as labelled), n (pictures).

    Returns:
        Columns config, group and `_NUMBERS`: a row a group and one for the gap between the first two. `value` with `lo`
        and `hi` is corrected, `least` and `most` are the worst case, `cut` says that the correction left [0, 1].
    """
    found = []
    for config, rows in rates.groupby("config", sort=False):
        table = rows[rows["group"] != UNKNOWN].set_index("group")
        groups = sorted(
            table.index, key=lambda name: ((FIRST, SECOND).index(name) if name in (FIRST, SECOND) else 2, name)
        )
        if len(groups) < 2:
            continue
        n, labelled = (table.loc[groups, name].to_numpy(dtype=np.float64) for name in ("n", "value"))
        audited = audit.of(groups)
        if audited is None or np.isnan(labelled).any():
            void = np.full(len(groups), np.nan)
            reason = NOT_AUDITED if audited is None else "undefined"
            result = Corrected(void, void, void, void, void, void > 0, *(np.nan,) * 5, reason)
        else:
            # Equal pictures of every configuration meet the same draws of the audit: comparisons stay paired.
            rng = rng_for(0, "label error", audit.digest, *groups)
            right = labelled * n
            result = corrected(right, n, audited=audited, rng=rng, draws=draws, confidence=confidence)
        found.append(_rows(groups, labelled, n, result).assign(config=config))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["config", "group", *_NUMBERS])


def _rows(groups: Sequence[str], labelled: np.ndarray, n: np.ndarray, result: Corrected) -> pd.DataFrame:
    """A row a group, and one for the gap between the first two."""
    by_group = {
        "group": list(groups),
        "measure": RATE,
        "labelled": labelled,
        "value": result.rate,
        "lo": result.lo,
        "hi": result.hi,
        "least": result.worst_lo,
        "most": result.worst_hi,
        "cut": result.cut,
        "n": n.astype(np.int64),
    }
    gap = {
        "group": [gap_name((groups[0], groups[1]))],
        "measure": GAP,
        "labelled": labelled[0] - labelled[1],
        "value": result.gap,
        "lo": result.gap_lo,
        "hi": result.gap_hi,
        "least": result.gap_worst_lo,
        "most": result.gap_worst_hi,
        "cut": bool(result.cut[:2].any()),
        "n": int(n[:2].sum()),
    }
    return pd.concat([pd.DataFrame(by_group), pd.DataFrame(gap)], ignore_index=True).assign(flag=result.reason)


def label_error(frames: Frames, audit: Audit) -> Table | None:
    """Accuracy of the primary head by group as labelled, and what the audited errors of the labels may do to it."""
    found = Accuracies.of(frames)
    if found is None:
        return None
    rates = found.frame[found.frame["measure"] == RATE]
    numbers = sensitivity(rates, audit, confidence=study_of(frames).tables.confidence)
    if numbers.empty:
        return None
    said = found.frame.drop_duplicates("config")[[*found.axes.columns, *PROVENANCE]]
    frame = said.merge(numbers, on="config", how="inner")[[*found.axes.columns, "group", *_NUMBERS, *PROVENANCE]]
    layout = Layout(
        stub=(*found.axes.stub, ("group", found.group)),
        entries=(
            Entry("as labelled", value="labelled"),
            Entry("corrected", lo="lo", hi="hi"),
            Entry("least possible", value="least"),
            Entry("greatest possible", value="most"),
        ),
        style_by="measure",
        styles=STYLES,
        n="n",
    )
    return Table(
        "label_error",
        f"Accuracy of the {found.head} head by {found.group}, if labels are as wrong as an audit found them",
        frame,
        (*_notes(audit, frame), *found.axes.notes, *missing_note(frames, "train"), LABELS_NOTE),
        (layout,),
    )


def _notes(audit: Audit, frame: pd.DataFrame) -> tuple[str, ...]:
    facts, kappa = audit.facts, audit.facts["agreement"]["kappa"]
    errors = ", ".join(f"{row['label']} {row['wrong']} of {row['n']}" for row in facts["groups"])
    cut = int(frame["cut"].sum())
    return (
        f"Two people looked at {facts['items']} pictures (kappa {'NA' if kappa is None else f'{kappa:.2f}'}); labels "
        f"that are not what they see: {errors}.",
        "Corrected: groups as people see them, if right answers do not depend on the label given what people see, and "
        "labels are as wrong in the test set as in the audit; bootstrap of the audit and of the pictures of one model, "
        "of several seeds with their mean accuracy: it holds nothing of how trainings differ.",
        "Least and greatest possible: wherever the right answers lie among the mislabelled pictures.",
        *((f"{cut} corrected numbers left the possible range and were cut at its end.",) if cut else ()),
    )
