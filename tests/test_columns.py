"""Schemas say exactly what is wrong with a frame."""

import pandas as pd
import pytest

from bias_exp import columns
from bias_exp.columns import ARM, MANIFEST
from bias_exp.errors import IntegrityError
from bias_exp.schema import Schema

SCHEMAS = [value for value in vars(columns).values() if isinstance(value, Schema)]

FRAME = pd.DataFrame({"group": ["female"], "id": ["a"], "class": ["nurse"], "source": ["folder"]})


def test_columns_come_back_in_declared_order() -> None:
    assert list(ARM.check(FRAME)) == ["id", "class", "group", "source"]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (FRAME.drop(columns="id"), "missing: id"),
        (FRAME.assign(more=1), "undeclared: more"),
        (FRAME.assign(id=[1.5]), r"of another kind: id \(float64, expected text\)"),
    ],
)
def test_what_is_wrong_is_said(frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(IntegrityError, match=said):
        ARM.check(frame)


def test_labels_are_admitted_by_their_prefix() -> None:
    empty = pd.DataFrame({name: [] for name in MANIFEST.names} | {"label/age": []})
    empty = empty.astype({column.name: "int64" for column in MANIFEST.columns if column.kind == "integer"})
    empty = empty.astype({column.name: "bool" for column in MANIFEST.columns if column.kind == "flag"})
    assert list(MANIFEST.check(empty))[-1] == "label/age"


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_every_column_says_what_it_means(schema) -> None:
    assert len(set(schema.names)) == len(schema.names)
    assert all(column.meaning for column in schema.columns)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_an_empty_table_has_the_declared_columns_and_kinds(schema: Schema) -> None:
    assert schema.check(schema.empty()).empty
    assert schema.empty().columns.tolist() == schema.names
