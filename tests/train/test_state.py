"""When a fit ends by its declared rule, and what is no result."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from bias_exp.errors import CellFailed
from bias_exp.train.loop import fit
from tests.train.fits import make, none_of, pictures, recipe, scripted


@pytest.mark.parametrize(
    ("rule", "epochs", "last"),
    [
        ({"measure": "accuracy", "patience": 1}, [(1, 1.0), (1, 1.0), (3, 1.0)], 2),
        ({"measure": "accuracy", "patience": 2}, [(1, 1.0), (1, 1.0), (3, 1.0), (2, 1.0), (3, 1.0), (4, 1.0)], 5),
        ({"measure": "accuracy", "patience": 1, "min_delta": 0.3}, [(1, 1.0), (2, 1.0), (4, 1.0)], 2),
        ({"measure": "loss", "patience": 1}, [(4, 1.0), (4, 2.0), (4, 1.5), (4, 9.0)], 3),
        ({"measure": "loss", "patience": 3}, [(4, 1.0), (4, 1.0), (4, 1.0)], 3),
    ],
)
def test_the_declared_rule_ends_the_fit(
    monkeypatch: pytest.MonkeyPatch, rule: dict[str, object], epochs: list[tuple[int, float]], last: int
) -> None:
    scripted(monkeypatch, epochs)
    model, arm = make(heads={"gender": 2}), replace(pictures(4), targets={"gender": np.arange(4) % 2})
    validation = replace(pictures(4), targets={"gender": np.zeros(4, int)})
    state = fit(model, arm, validation=validation, recipe=recipe(epochs=len(epochs), early_stop=rule))
    assert (state.epoch, state.step) == (last, last)
    assert state.history_frame()["epoch"].max() == last


def test_an_early_stop_does_not_change_the_steps_before_it() -> None:
    # The rate is of the declared budget, however early the fit ends.
    rule = {"measure": "accuracy", "patience": 1, "min_delta": 1.0}
    rows = [
        fit(make(), pictures(), validation=pictures(5, first=1), recipe=recipe(epochs=4, early_stop=stop)).history
        for stop in (rule, None)
    ]
    assert max(row[0] for row in rows[0]) == 2
    assert rows[0] == rows[1][: len(rows[0])]


def test_weights_that_are_not_finite_are_no_result_even_if_no_loss_says_so() -> None:
    model, arm = make(), pictures(4)
    model.backbone.layer1[0].bn1.register_buffer("spoilt", torch.tensor(math.inf))
    with pytest.raises(CellFailed, match=r"weights are not finite in epoch 1, step 1: backbone.layer1.0.bn1.spoilt"):
        fit(model, arm, validation=none_of(arm), recipe=recipe())
