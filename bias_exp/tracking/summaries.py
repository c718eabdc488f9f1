"""One run for each configuration with the spread of every metric over its seeds, so that the UI can sort by it.

A summary has the role `summary` and nests under the study run. It is found by its configuration, rewritten when what it
is about has changed, and has no cell: nothing is built on it. Of each metric of its complete cells it holds the mean,
sample standard deviation, least, greatest and number over seeds.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from statistics import fmean, stdev
from typing import Any

from mlflow.entities import Metric, Param, Run

from bias_exp.tracking import tags
from bias_exp.tracking.client import making
from bias_exp.tracking.query import Row, StudyView
from bias_exp.tracking.runs import StudyRuns, search

ROLE = "summary"
_MOST_METRICS = 1000
"""Metrics that one request may carry."""

_OF_SEED = ("cell.seed",)
_MOST_PARAMS = 100


def log_summaries(view: StudyView) -> int:
    """Bring the summaries of a study up to date; how many were written."""
    by_config: dict[str, list[Row]] = {}
    for row in view.rows:
        by_config.setdefault(str(row.facts["config"]), []).append(row)
    complete = {config: rows for config, rows in by_config.items() if any(row.complete for row in rows)}
    digests = {config: _digest(rows) for config, rows in complete.items()}
    found = search(view.runs.client, view.runs.experiment_id, bias__role=ROLE)
    there = {run.data.tags[tags.CONFIG]: run for run in found}
    stale = [config for config, digest in digests.items() if _said(there.get(config)) != digest]
    metrics = {run.info.run_id: run.data.metrics for run in view.runs.attempts()} if stale else {}
    for config in stale:
        known = {str(row.facts["run_id"]): metrics.get(str(row.facts["run_id"]), {}) for row in _done(complete[config])}
        _write(view.runs, there.get(config), complete[config], known, digests[config])
    return len(stale)


def _done(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.complete]


def _said(run: Run | None) -> str | None:
    return None if run is None else run.data.tags.get(tags.SUMMARY)


def _digest(rows: list[Row]) -> str:
    """A name for the runs and phases that a summary is of, and for the seeds that are planned."""
    parts = [[row.facts["cell"], row.facts["run_id"], row.complete] for row in rows]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def spread(values: list[float]) -> dict[str, float]:
    """mean, sd (ddof 1; NaN of one value), min, max and n of the values that are numbers; NaN, and n 0, of none."""
    kept = [value for value in values if not math.isnan(value)]
    if not kept:
        return {"mean": math.nan, "sd": math.nan, "min": math.nan, "max": math.nan, "n": 0.0}
    sd = stdev(kept) if len(kept) > 1 else math.nan
    return {"mean": fmean(kept), "sd": sd, "min": min(kept), "max": max(kept), "n": float(len(kept))}


def summary(known: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """`spread` of every metric of some runs; a metric that a run lacks does not count in its n."""
    names = sorted({name for metrics in known.values() for name in metrics})
    return {name: spread([metrics[name] for metrics in known.values() if name in metrics]) for name in names}


def _write(
    runs: StudyRuns, found: Run | None, rows: list[Row], known: Mapping[str, Mapping[str, float]], digest: str
) -> None:
    """Make or rewrite the summary of one configuration; the tag with its digest is set last."""
    done, table = _done(rows), summary(known)
    run_id = _made(runs, rows[0]) if found is None else found.info.run_id
    former = {} if found is None else found.data.metrics
    # Metrics of a run cannot be taken back: those that are no more say that they rest on nothing.
    gone = {name.rsplit("/", 1)[0] for name in former if name.endswith("/n")} - set(table)
    for name in gone:
        table[name] = spread([])
    step = 0 if found is None else int(found.data.tags.get(tags.SUMMARY_STEP, 0)) + 1
    every = {f"{name}/{what}": value for name, stats in table.items() for what, value in stats.items()}
    numbers = {name: value for name, value in every.items() if name in former or not math.isnan(value)}
    numbers["seeds"] = float(len(done))
    for part in _pieces(list(numbers.items())):
        runs.client.log_batch(run_id, metrics=[Metric(name, value, 0, step) for name, value in part])
    runs.client.log_dict(run_id, _content(rows, table), "summary.json")
    runs.client.set_tag(run_id, tags.NOTE, _note(rows))
    runs.client.set_tag(run_id, tags.SUMMARY_STEP, str(step))
    runs.client.set_tag(run_id, tags.SUMMARY, digest)


def _pieces(items: list[tuple[str, float]]) -> Iterator[list[tuple[str, float]]]:
    yield from (items[start : start + _MOST_METRICS] for start in range(0, len(items), _MOST_METRICS))


def _made(runs: StudyRuns, row: Row) -> str:
    """A new run, or the one that another process made in the meantime."""
    config = str(row.facts["config"])
    with making(runs.client):
        for run in search(runs.client, runs.experiment_id, bias__role=ROLE, bias__config=config):
            return str(run.info.run_id)
        facts = row.facts
        name = f"{facts['backbone']}-{facts['shares']}-{facts['loss']} seeds"
        said = {tags.ROLE: ROLE, tags.STUDY: runs.study, tags.PARENT: runs.study_run, tags.CONFIG: config}
        run_id = str(runs.client.create_run(runs.experiment_id, tags=said, run_name=name).info.run_id)
        params = row.state.params if row.state is not None else {}
        kept = [Param(name, value) for name, value in sorted(params.items()) if name not in _OF_SEED]
        runs.client.log_batch(run_id, params=kept[:_MOST_PARAMS])
        runs.client.set_terminated(run_id)
        return run_id


def _content(rows: list[Row], table: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """The same numbers as a table that the UI shows, with the runs that they are of."""
    columns = ["metric", "mean", "sd", "min", "max", "n"]
    data = [[name, *(_known(stats[what]) for what in columns[1:])] for name, stats in sorted(table.items())]
    runs = {str(row.facts["run_id"]): row.facts["seed"] for row in _done(rows)}
    return {"columns": columns, "data": data, "runs": runs, "seeds_planned": [row.facts["seed"] for row in rows]}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _note(rows: list[Row]) -> str:
    done = _done(rows)
    lacking = [str(row.facts["name"]) for row in rows if not row.complete]
    more = f" Not complete: {', '.join(lacking)}." if lacking else ""
    return (
        f"Mean, sd, min, max and n over seeds of every metric of {len(done)} of {len(rows)} cells of a configuration: "
        f"{', '.join(str(row.facts['name']) for row in done)}.{more}"
    )
