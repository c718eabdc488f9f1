"""What a person looks at first of a trained cell: learning curves, confusion matrices, a report on each class.

Writes learning_curves.png, confusion.csv, class_report.csv and, for each head, confusion_<head>.png.
"""

from pathlib import Path

import pandas as pd

from bias_exp.columns import CLASS_REPORT, CONFUSION
from bias_exp.figures.confusion import draw_confusion
from bias_exp.figures.history import draw_history
from bias_exp.metrics.confusion import class_report, confusion_counts

CURVES_NAME = "learning_curves.png"


def write_charts(
    folder: Path,
    predictions: pd.DataFrame,
    classes: dict[str, tuple[str, ...]],
    *,
    history: pd.DataFrame | None = None,
    best: int | None = None,
) -> None:
    """Write the charts of a trained model.

    Args:
        predictions: columns.PREDICTIONS; the test split is what is reported.
        classes: labels of every head, in output order; a class that was never met has its place all the same.
        history: columns.HISTORY; None for a model that was trained elsewhere.
        best: the epoch of the best validation, if there was a validation set.
    """
    if history is not None:
        (folder / CURVES_NAME).write_bytes(draw_history(history, best=best))
    test = predictions[predictions["split"] == "test"]
    tables = []
    for head, labels in classes.items():
        rows = test[test["head"] == head]
        counts = confusion_counts(rows["label"], rows["predicted"], rows["group"], classes=labels)
        tables.append(counts.assign(head=head))
        title = f"{head.replace('_', ' ')}: test pictures by true and predicted class"
        (folder / f"confusion_{head}.png").write_bytes(draw_confusion(counts, title))
    CONFUSION.check(pd.concat(tables, ignore_index=True)).to_csv(folder / CONFUSION.name, index=False)
    reports = [class_report(counts).assign(head=counts["head"].iloc[0]) for counts in tables]
    CLASS_REPORT.check(pd.concat(reports, ignore_index=True)).to_csv(folder / CLASS_REPORT.name, index=False)
