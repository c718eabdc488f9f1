"""What `bias_exp.load` gives, as a notebook shows it."""

from dataclasses import fields

import pytest

import bias_exp
from bias_exp.errors import RequestError
from bias_exp.tracking.query import StudyFrames
from bias_exp.tracking.runs import StudyRuns
from tests.report.synthetic import small_frames, without


def frames() -> StudyFrames:
    made = without(small_frames(), ["net-f50-ce-s0"])
    return StudyFrames(**{each.name: getattr(made, each.name) for each in fields(StudyFrames)})


def test_frames_say_what_they_hold() -> None:
    lines = repr(frames()).splitlines()
    assert lines[0] == "study synthetic: 2 of 3 cells trained; frames:"
    assert lines[1] == "  .cells: 3 rows of"
    assert "    id, split, head, label, predicted, p_label, p_predicted, class, group, person, cell" in lines
    assert f"  .predictions: {2 * 3 * 100:,} rows of" in lines
    assert max(map(len, lines)) <= 120


def test_an_unknown_study_is_answered_with_those_that_there_are(uri: str) -> None:
    StudyRuns.open("faces", uri)
    with pytest.raises(RequestError, match="expected an experiment 'quik' at sqlite:.*, found: faces; run `bias-exp"):
        bias_exp.load("quik", uri)
