"""Every published case comes out as published."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.published_cases import MEASURES, compute

CASES = json.loads((Path(__file__).parent.parent / "cases" / "bias_metrics.json").read_text(encoding="utf-8"))["cases"]


def differences(found: Any, expected: Any, tolerance: Any) -> list[str]:
    """Where `found` is not `expected`; extra keys of `found` are allowed."""
    if isinstance(expected, dict):
        limit = (lambda key: tolerance[key]) if isinstance(tolerance, dict) else (lambda key: tolerance)
        return [
            f"{key}: {problem}"
            for key, value in expected.items()
            for problem in differences(found[key], value, limit(key))
        ]
    if isinstance(expected, list):
        assert len(found) == len(expected)
        return [
            f"{place}: {problem}"
            for place, (one, other) in enumerate(zip(found, expected, strict=True))
            for problem in differences(one, other, tolerance)
        ]
    undefined = found is None or math.isnan(found)
    if expected is None:
        return [] if undefined else [f"{found} should be undefined"]
    return [] if not undefined and abs(found - expected) <= tolerance else [f"{found} is not {expected}"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_published_value(case: dict[str, Any]) -> None:
    assert differences(compute(case["measure"], case["inputs"]), case["expected"], case["tolerance"]) == []


def test_every_measure_has_a_case() -> None:
    assert {case["measure"] for case in CASES} == set(MEASURES)


def test_a_measure_that_is_not_there_raises() -> None:
    with pytest.raises(KeyError, match="no such measure"):
        compute("no such measure", {})


def test_the_comparison_sees_a_wrong_value() -> None:
    assert differences({"a": 0.5}, {"a": 0.6}, 1e-9)
    assert differences(0.0, None, 0)
    assert differences(None, 0.5, 0)
