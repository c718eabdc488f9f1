import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name

from bias_exp.tracking.files import metric_name


@pytest.mark.parametrize("name", ["test/accuracy/female", "gap/tpr/café owner", "explain/x.y-z_1"])
def test_plain_names_stay(name: str) -> None:
    assert metric_name(name) == name


def test_labels_of_any_signs_can_be_logged() -> None:
    """A run of hours must not end because a class is called R&D: the names are of labels, and labels are people's."""
    assert metric_name("gap/tpr/R&D (senior)") == "gap/tpr/R_x26_D _x28_senior_x29_"
    assert metric_name("gap/tpr/gar%E7on") == "gap/tpr/gar_x25_E7on"
    assert metric_name("gap/tpr/..") == "gap/tpr/__x2E__x2E_"


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=30))
def test_mlflow_takes_every_name(label: str) -> None:
    _validate_metric_name(metric_name(f"gap/tpr/{label}"))
