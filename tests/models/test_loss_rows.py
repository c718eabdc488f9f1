"""Options of losses, which a plan checks without torch."""

import pytest

from bias_exp.errors import RequestError
from bias_exp.models.loss_rows import LOSSES


def test_the_losses_of_the_mission_are_there() -> None:
    assert set(LOSSES.names()) == {
        *("ce", "focal", "ce+focal", "label_smoothing"),
        *("balanced", "group_dro", "adversarial"),
    }


def test_options_stand_over_defaults() -> None:
    assert LOSSES["focal"].options({}) == {"gamma": 2.0, "alpha": None}
    assert LOSSES["ce+focal"].options({"alpha": [0.2, 0.8]}) == {"gamma": 2.0, "alpha": [0.2, 0.8]}
    assert LOSSES["group_dro"].options({"step_size": 0.1}) == {"step_size": 0.1, "adjustment": 0.0}
    assert LOSSES["adversarial"].options({"schedule": "linear"}) == {"strength": 1.0, "schedule": "linear"}


@pytest.mark.parametrize("row", tuple(LOSSES), ids=lambda row: row.name)
def test_defaults_are_options_that_are_admitted(row) -> None:
    assert row.options(row.defaults) == row.defaults


@pytest.mark.parametrize(
    ("loss", "options", "sentence"),
    [
        ("label_smoothing", {"smoothing": 1.1}, r"'smoothing' of loss 'label_smoothing' must be a number in \[0, 1\]"),
        ("label_smoothing", {"smoothing": "much"}, r"must be a number in \[0, 1\], got 'much'"),
        ("adversarial", {"schedule": "cosine"}, "'schedule' .* must be one of ganin, linear, constant, got 'cosine'"),
        ("adversarial", {"schedule": 1.0}, "must be one of ganin, linear, constant, got 1.0"),
        ("adversarial", {"strength": float("nan")}, "must be a number >= 0, got nan"),
        ("group_dro", {"stepsize": 1.0}, "unknown option 'stepsize' .* known options: step_size, adjustment"),
        ("balanced", {"gamma": 1.0}, "known options: none"),
    ],
)
def test_options_that_are_refused(loss: str, options: dict[str, object], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        LOSSES[loss].options(options)
