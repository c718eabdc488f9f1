"""Amplification for every set of attributes."""

from bias_exp.metrics.amplification import NO_ASSOCIATION
from bias_exp.metrics.intersections import COLUMNS, amplification_by_attributes

TASK = ["a"] * 4 + ["b"] * 4
GENDER = ["f", "f", "m", "m"] * 2
AGE = ["young", "old", "old", "young", "young", "old", "young", "old"]


def test_what_no_single_attribute_shows_stands_in_their_combination() -> None:
    # Every gender and every age is half a and half b; young women and old men are a, the others b.
    task = ["a", "b", "a", "b", "b", "a", "b", "a"]
    gender, age = ["f", "f", "m", "m"] * 2, ["y", "o", "o", "y", "o", "y", "y", "o"]
    found = amplification_by_attributes(task, ["a"] * 8, {"gender": gender, "age": age}).set_index("attributes")
    assert list(found.index) == ["gender", "age", "gender|age"]
    assert found["reason"].tolist() == [NO_ASSOCIATION, NO_ASSOCIATION, ""]
    assert found.loc["gender|age", "ties"] == 0
    assert found.loc["gender|age", "cells"] == 8
    # Everyone is called a: those who were a do not move, and both cells of the others go against their direction.
    assert found.loc["gender|age", "value"] == -0.5
    assert found.loc["gender|age", "absolute"] == 0.5


def test_single_attributes_alone() -> None:
    found = amplification_by_attributes(TASK, TASK, {"gender": GENDER, "age": AGE}, most=1)
    assert list(found.columns) == COLUMNS
    assert len(found) == 2
