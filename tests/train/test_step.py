"""One step by hand, and losses that are not finite."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from bias_exp.errors import CellFailed
from bias_exp.models.heads import head, head_weight
from bias_exp.train.loop import fit
from tests.train.fits import make, none_of, pictures, recipe, scripted


def test_one_step_is_adamws_by_hand() -> None:
    # AdamW's first step is p <- p (1 - lr decay) - lr sign(g): decayed for weights, not for biases.
    model, arm, decay, lr = make(heads={"gender": 2}), pictures(4), 0.5, 0.01
    arm = replace(arm, targets={"gender": np.zeros(4, int)})
    weight = head_weight(model, "gender").detach().clone()
    fit(
        model,
        arm,
        validation=none_of(arm),
        recipe=recipe(epochs=1, lr=lr, warmup=0, weight_decay=decay, flip=False),
    )
    # Class 0 is right everywhere: its bias rises and, features being >= 0, its weights rise.
    torch.testing.assert_close(head(model, "gender").bias.detach(), torch.tensor([lr, -lr]), rtol=1e-4, atol=0)
    signs = torch.tensor([[1.0], [-1.0]])
    moved = head_weight(model, "gender").detach() - (weight * (1 - lr * decay) + lr * signs)
    assert float((moved.abs() < 1e-5).float().mean()) > 0.95  # all but channels that no picture excites


def test_clipping_keeps_the_norm_of_the_gradient_within_bounds() -> None:
    # Plain gradient descent at rate 1: what the weights moved by is the gradient.
    settings = {"epochs": 1, "batch_size": 10, "optimiser": "sgd", "momentum": 0.0, "lr": 1.0, "warmup": 0.0}
    moved = {}
    for clip in (0.0, 1e3, 0.01):
        model, arm = make(), pictures()
        before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
        fit(model, arm, validation=none_of(arm), recipe=recipe(clip=clip, weight_decay=0.0, **settings))
        steps = [parameter.detach() - before[name] for name, parameter in model.named_parameters()]
        moved[clip] = float(torch.cat([step.flatten() for step in steps]).norm())
    assert moved[0.0] > 0.05
    assert moved[1e3] == moved[0.0]
    assert moved[0.01] == pytest.approx(0.01, rel=1e-2)


def test_a_loss_that_is_not_finite_names_epoch_step_and_pictures() -> None:
    model = make()
    with torch.no_grad():
        head_weight(model, "gender")[0, 0] = math.nan
    arm = pictures(4)
    with pytest.raises(CellFailed, match=r"epoch 1, step 1 \(profession .*, gender nan\); pictures") as caught:
        fit(model, arm, validation=none_of(arm), recipe=recipe())
    assert all(image_id in str(caught.value) for image_id in arm.ids)


def test_a_loss_that_explodes_stops_the_fit_within_the_step_and_is_never_the_best() -> None:
    arm = pictures()
    with pytest.raises(CellFailed, match=r"not finite") as caught:
        fit(make(), arm, validation=pictures(5, first=1), recipe=recipe(epochs=9, lr=1e30, warmup=0, weight_decay=0))
    step_of = int(str(caught.value).split("step ")[1].split(" ")[0].rstrip(":"))
    assert step_of <= 4


def test_a_validation_that_is_not_finite_is_no_best_and_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, [(1, 1.0), (4, math.nan)])
    model, arm = make(heads={"gender": 2}), replace(pictures(4), targets={"gender": np.arange(4) % 2})
    validation = replace(pictures(4), targets={"gender": np.zeros(4, int)})
    with pytest.raises(CellFailed, match=r"the validation loss is not finite after epoch 2, step 2 \(gender nan\)"):
        fit(model, arm, validation=validation, recipe=recipe(epochs=2))
