"""The table of recall: what a reader can count again from the predictions."""

import numpy as np
import pandas as pd
import pytest

from bias_exp.report.estimates import RATE
from bias_exp.report.recall import tpr_by_gender
from tests.report.synthetic import small_frames
from tests.report.test_accuracy import counted


def test_recall_has_every_class_and_group() -> None:
    table = tpr_by_gender(small_frames())
    assert table is not None
    assert len(table.frame) == 3 * 10 * 3
    assert (table.frame.loc[table.frame["measure"] == RATE, "n"] == 5).all()
    assert set(table.frame["flag"]) == {"small"}
    first = table.frame.iloc[:3]
    assert first["group"].tolist() == ["female", "male", "female - male"]
    assert first["class"].nunique() == 1
    mean = table.frame.query("measure == 'rate' and group == 'female' and female_ratio == 1")["value"].mean()
    assert mean == pytest.approx(counted("female", 1.0)[0] / counted("female", 1.0)[1])


def test_values_are_shares() -> None:
    table = tpr_by_gender(small_frames())
    assert table is not None
    rates = table.frame.loc[table.frame["measure"] == RATE, ["value", "lo", "hi"]].to_numpy(dtype=float)
    assert np.nanmin(rates) >= 0
    assert np.nanmax(rates) <= 1
    assert pd.api.types.is_integer_dtype(table.frame["n"])
