"""A model card of each arm: what models trained on it are for, how they did, and what they cost (Mitchell et al. 2019).

Comes in: the numbers that fill the tables, as read back. Goes out: Markdown, a file an arm. A number that no table has
stands in no card.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from bias_exp.config import Study
from bias_exp.report.layout import Entry, Table
from bias_exp.report.markdown import escape
from bias_exp.report.numbers import Numbers
from bias_exp.report.wording import NA, estimate, number, reason
from bias_exp.shares import Shares
from bias_exp.tracking.runs import CARDS

_PHASES = ("train", "explain", "ablate")
_MODELS = (("backbone", "backbone"), ("loss", "loss"), ("heads", "heads"), ("seeds", "seeds"))
_RATE, _SIGNED = Entry("", lo="lo", hi="hi"), Entry("", lo="lo", hi="hi", style="signed")

ETHICS = (
    "Pictures show people. Their labels are somebody's reading of a picture, not what the person says of themself. "
    "These models must not be used to label people, nor to decide anything about them.",
    "Panels and contact sheets show faces: share those of pictures that are marked publishable only.",
)
CAVEATS = (
    "Gender is binary and perceived here. What the models do to people outside that label is not measured.",
    "Intervals over images are about one trained model; those over seeds are about trainings on one data set.",
    "A gap on this test set is no gap elsewhere: pictures, professions and people differ.",
    "Maps and ablations say what moves a score of these models, and nothing of people.",
)


def cards(numbers: Numbers) -> dict[str, bytes]:
    """The card of every arm by its file's name; none without a study or tables."""
    tables = {table.name: table for table in numbers.tables}
    if not numbers.about.study or "accuracy_by_gender" not in tables:
        return {}
    study = Study.model_validate(dict(numbers.about.study))
    arms = dict.fromkeys(tables["accuracy_by_gender"].frame["shares"].astype(str))
    return {f"{CARDS}/{_file(arm)}.md": "\n".join(_card(arm, study, numbers, tables)).encode() for arm in arms}


def _file(arm: str) -> str:
    """An arm's label as a file's name."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in arm).strip(".") or "arm"


def _card(arm: str, study: Study, numbers: Numbers, tables: Mapping[str, Table]) -> Iterator[str]:
    runs = {name: run for name, run in numbers.about.runs.items() if run.get("shares") == arm}
    accuracy = _of(tables, "accuracy_by_gender", arm)
    yield f"# Model card: {escape(study.name)}, arm {escape(arm)}\n"
    yield from _section("Models", _models(study, accuracy, runs))
    yield from _section("Intended use", _use(study))
    yield from _section("Factors", [f"Groups: perceived {study.group}. Classes: {study.head_lists[0][0]}."])
    yield from _section("Metrics", _metrics(study, tables))
    yield from _section("Evaluation data", _evaluation(accuracy, numbers))
    yield from _section("Training data", _training(arm, study, accuracy))
    yield from _section("Results by group", _unitary(accuracy, study))
    yield from _section("Results by class and group", _intersections(arm, tables))
    yield from _section("Gaps", _gaps(arm, tables))
    yield from _section("Compute", _compute(runs))
    yield from _section("Ethics", [f"- {one}" for one in ETHICS])
    yield from _section("Caveats", [f"- {one}" for one in (*CAVEATS, *_left_out(accuracy))])


def _section(title: str, lines: Any) -> Iterator[str]:
    yield f"## {title}\n"
    yield "\n".join(lines) + "\n"


def _of(tables: Mapping[str, Table], name: str, arm: str) -> pd.DataFrame:
    """The rows of a table that are about an arm; an empty frame where the study has no such table."""
    frame = tables[name].frame if name in tables else pd.DataFrame(columns=["shares"])
    return frame[frame["shares"].astype(str) == arm]


def _grid(header: list[str], rows: list[list[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *([escape(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _models(study: Study, accuracy: pd.DataFrame, runs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    one = accuracy.drop_duplicates("config")
    counted = [f"{len(runs)} models: {len(one)} configurations and their seeds. Images of {study.image_size} px."]
    commits = sorted({str(run["commit"]) for run in runs.values() if run.get("commit")})
    changed = any(run.get("changed") for run in runs.values())
    if commits:
        counted.append(f"Code: {', '.join(commits)}{', changed since that commit' if changed else ''}.")
    versions = sorted({f"{name} {said}" for run in runs.values() for name, said in run.get("versions", {}).items()})
    return [*counted, *([f"Libraries: {', '.join(versions)}."] if versions else [])]


def _use(study: Study) -> list[str]:
    asked = f"To answer: {study.question} " if study.question else ""
    return [
        f"{asked}Research on what models learn from training sets of known composition. Not for use on people: neither "
        "to recognise a profession or a gender, nor to rank, hire, watch or identify anybody.",
    ]


def _metrics(study: Study, tables: Mapping[str, Table]) -> list[str]:
    level = f"{study.tables.confidence * 100:g} %"
    listed = ", ".join(f"`{name}`" for name in tables)
    return [
        f"Accuracy by group, recall by class and group, and their signed gaps, each with a {level} interval: over "
        "images where there is one seed, over seeds where there are several. The class of the largest logit is the "
        f"answer; no threshold is chosen. All tables: {listed}.",
    ]


def _evaluation(accuracy: pd.DataFrame, numbers: Numbers) -> list[str]:
    counts = accuracy[accuracy["measure"] == "rate"].drop_duplicates("group")
    said = ", ".join(f"{row['n']} of {row['group']}" for row in counts.to_dict("records"))
    return [
        f"One test set for all arms, seeds and losses, with no person of the training set: {said} pictures. Data "
        f"digest: {', '.join(numbers.about.data) or 'not known'}.",
    ]


def _training(arm: str, study: Study, accuracy: pd.DataFrame) -> list[str]:
    sizes = sorted({int(size) for size in accuracy["size"].dropna()})
    size = f"{', '.join(map(str, sizes))} pictures" if sizes else "a number of pictures that is not known"
    words = next((one.in_words() for one in _shares(study) if one.label == arm), "shares as the arm's name says")
    return [f"{size}; {words}. Every arm has the same number of pictures, drawn anew for each seed."]


def _shares(study: Study) -> Iterator[Shares]:
    matrix = study.matrix
    yield from (Shares.female(ratio) for ratio in matrix.female_ratios)
    yield from matrix.shares


def _named(row: Mapping[str, Any]) -> list[str]:
    return [str(row[name]) for name in ("backbone", "loss")] + [f"{row['seeds']} of {row['seeds_planned']}"]


def _shown(row: Mapping[str, Any], entry: Entry) -> str:
    """An estimate, or NA with its reason."""
    words = estimate(dict(row), entry)
    return words if words != NA else f"{NA}: {reason(str(row['flag']))}"


def _unitary(accuracy: pd.DataFrame, study: Study) -> list[str]:
    rows = [
        [*_named(row), str(row["group"]), _shown(row, _SIGNED if row["measure"] == "gap" else _RATE), str(row["n"])]
        for row in accuracy.to_dict("records")
    ]
    return _grid(["backbone", "loss", "seeds", study.group, "accuracy [interval]", "n"], rows)


def _intersections(arm: str, tables: Mapping[str, Table]) -> list[str]:
    worst, recall = _of(tables, "intersections", arm), _of(tables, "tpr_by_gender", arm)
    if recall.empty:
        return ["The models predict the group itself; there is nothing to cross it with."]
    rows = [
        [*_named(row), str(row["where"]) or "none", _shown(row, _RATE), number(row["n"], "count")]
        for row in worst.to_dict("records")
    ]
    lines = _grid(["backbone", "loss", "seeds", "worst", "accuracy [interval]", "n"], rows)
    rates = recall[recall["measure"] == "rate"]
    cells = [
        [
            str(row["backbone"]),
            str(row["loss"]),
            str(row["class"]),
            str(row["group"]),
            _shown(row, _RATE),
            str(row["n"]),
        ]
        for row in rates.to_dict("records")
    ]
    return [*lines, "", *_grid(["backbone", "loss", "class", "group", "recall [interval]", "n"], cells)]


def _gaps(arm: str, tables: Mapping[str, Table]) -> list[str]:
    found = _of(tables, "gaps", arm)
    if found.empty:
        return ["No signed gap: there are not two groups."]
    rows = [
        [
            *_named(row),
            str(row["measure"]),
            _shown(row, _SIGNED),
            _tested(row, "p", "p_flag"),
            _tested(row, "q", "q_flag"),
        ]
        for row in found.to_dict("records")
    ]
    lines = _grid(["backbone", "loss", "seeds", "measure", "gap [interval]", "p", "q"], rows)
    return [*lines, "", "q: corrected within its family of the whole study, not of this arm."]


def _tested(row: Mapping[str, Any], name: str, flag: str) -> str:
    words = number(row[name], "p")
    return words if words != NA else f"{NA}: {reason(str(row[flag]))}"


def _compute(runs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Seconds of the phases of these runs, as the runs measured them."""
    spent = {
        phase: [run["seconds"][phase] for run in runs.values() if phase in run.get("seconds", {})] for phase in _PHASES
    }
    rows = [
        [phase, str(len(seconds)), f"{sum(seconds):.0f}", f"{sum(seconds) / len(seconds):.1f}"]
        for phase, seconds in spent.items()
        if seconds
    ]
    if not rows:
        return ["Not known: these runs say nothing of their time."]
    where = sorted({str(run["machine"]) for run in runs.values() if run.get("machine")})
    settings = sorted({str(run["precision"]) for run in runs.values() if run.get("precision")})
    facts = f"On {', '.join(where) or 'machines that are not known'}; precision {', '.join(settings) or 'not known'}."
    return [*_grid(["phase", "runs", "seconds in all", "seconds a run"], rows), "", facts]


def _left_out(accuracy: pd.DataFrame) -> list[str]:
    """Configurations that lack seeds."""
    one = accuracy.drop_duplicates("config")
    short = one[one["seeds"] < one["seeds_planned"]]
    return [
        f"{row['backbone']} {row['loss']}: {row['seeds']} of {row['seeds_planned']} seeds are complete."
        for row in short.to_dict("records")
    ]
