"""How MLflow's UI shows a study: saved views of its runs, and addresses that open them.

A saved view is a tag of the experiment, as MLflow 3.17's UI writes it (menu *Views*): columns, filter, charts. Only
`mlflow ui` itself reads these; a server of another version shows its own defaults.
"""

import json
from collections.abc import Mapping
from typing import Any

from bias_exp.tracking import tags

CELLS, CHARTS = "cells", "charts"

_VIEW = "mlflow.sharedViewState."
_KIND = "mlflow.experimentKind"

_PARAMS = ("cell.backbone", "cell.female_ratio", "cell.loss")
_METRICS = ("test/accuracy", "test/accuracy/female", "test/accuracy/male", "gap/accuracy", "ablation/net/gender_probe")
_COLUMNS = [*(f"params.`{name}`" for name in _PARAMS), *(f"metrics.`{name}`" for name in _METRICS)]
_MOST_RUNS = 100

_STATE: Mapping[str, Any] = {
    "searchFilter": f"tags.{tags.ROLE} = 'attempt'",
    "orderByKey": "params.`cell.female_ratio`",  # by any but the time, nothing is folded
    "orderByAsc": True,
    "startTime": "ALL",
    "lifecycleFilter": "Active",
    "datasetsFilter": [],
    "modelVersionFilter": "All Runs",
    "selectedColumns": _COLUMNS,
    "columnOrder": _COLUMNS,
    "columnWidths": {},
    "runsHiddenMode": "SHOW_ALL",
    "viewMaximized": False,
    "runListHidden": False,
    "isAccordionReordered": True,  # else sections stand in the order of the alphabet
    "useGroupedValuesInCharts": True,
    "hideEmptyCharts": True,
    "groupBy": None,
    "groupsExpanded": {},
    "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0, "selectedXAxisMetricKey": ""},
}


def _chart(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "uuid": f"bias-{name}".replace(" ", "-"),
        "type": kind,
        "runsCountToCompare": _MOST_RUNS,
        "metricSectionId": "bias-overview",
        "deleted": False,
        "isGenerated": False,
        "displayName": name,
        **more,
    }


def _against_ratio(metric: str) -> dict[str, Any]:
    x, y = {"key": "cell.female_ratio", "type": "PARAM"}, {"key": metric, "type": "METRIC"}
    return _chart("SCATTER", f"{metric} against female ratio", xaxis=x, yaxis=y)


def _charts() -> dict[str, Any]:
    measures = ["test/accuracy", "gap/accuracy"]
    charts = [
        _chart("PARALLEL", "all cells", selectedParams=list(_PARAMS), selectedMetrics=measures, showAllRuns=True),
        *map(_against_ratio, measures),
    ]
    section = {"uuid": "bias-overview", "name": "Overview", "display": True, "isReordered": False, "deleted": False}
    return {"compareRunCharts": charts, "compareRunSections": [section | {"isGenerated": False}]}


def experiment_tags(created: int) -> dict[str, str]:
    """What makes an experiment show training runs, and its saved views; `created` in milliseconds since 1970."""
    states = {CELLS: dict(_STATE), CHARTS: {**_STATE, **_charts()}}
    names = {CELLS: "cells and their numbers", CHARTS: "charts of all cells"}
    views = {
        f"{_VIEW}{key}": {"name": names[key], "createdAt": created, "updatedAt": created, "state": json.dumps(state)}
        for key, state in states.items()
    }
    return {_KIND: "custom_model_development"} | {name: json.dumps(view) for name, view in views.items()}


def view_link(experiment_id: str, view: str) -> str:
    """The address of a saved view, below that of the UI."""
    mode = "&compareRunsMode=CHART" if view == CHARTS else ""
    return f"#/experiments/{experiment_id}/runs?workflowType=machine_learning&viewStateShareKey={view}{mode}"


def artifact_link(experiment_id: str, run_id: str, path: str = "") -> str:
    """The address of an artifact of a run, below that of the UI."""
    place = f"#/experiments/{experiment_id}/runs/{run_id}/artifacts/{path}".rstrip("/")
    return f"{place}?workflowType=machine_learning"
