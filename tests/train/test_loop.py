"""Fitting: one step by hand, then what a fit promises about bits, pairing, bests and failures."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bias_exp.columns import HISTORY
from bias_exp.config import TrainConfig
from bias_exp.errors import CellFailed, RequestError
from bias_exp.models.build import CutModel
from bias_exp.models.heads import head, head_weight
from bias_exp.models.initialise import initialise
from bias_exp.models.losses import resolve_loss
from bias_exp.models.precision import Precision
from bias_exp.train import loop
from bias_exp.train.loop import fit
from bias_exp.train.recipe import Pictures, Recipe

HEADS = {"profession": 3, "gender": 2}
SIDE = 16


def make(backbone: str = "quick_resnet", heads: dict[str, int] | None = None) -> CutModel:
    return initialise(0, backbone, heads=heads or HEADS, image_size=SIDE)


def recipe(loss: str = "ce", precision: Precision = "float32", **settings: object) -> Recipe:
    table = {"epochs": 2, "batch_size": 4, **settings}
    return Recipe(0, TrainConfig.model_validate(table), resolve_loss(loss, {}), precision)


def pictures(n: int = 10, first: int = 0) -> Pictures:
    """Noise, tinted by profession and lit by gender, so that both can be learned."""
    rng = np.random.default_rng(first)
    targets = {"profession": np.arange(n) % 3, "gender": np.arange(n) // 3 % 2}
    store = rng.integers(0, 60, (n, SIDE, SIDE, 3))
    store[np.arange(n), :, :, targets["profession"]] += 120
    store[:, : SIDE // 2] += 60 * targets["gender"][:, None, None, None]
    ids = tuple(f"id{first + place}" for place in range(n))
    return Pictures(store.astype(np.uint8), np.arange(n), ids, targets)


def none_of(given: Pictures) -> Pictures:
    return Pictures(given.store, given.rows[:0], (), {name: values[:0] for name, values in given.targets.items()})


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def values_of(state: loop.FitState, split: str, head_name: str, measure: str) -> list[float]:
    frame = state.history_frame()
    chosen = (frame["split"] == split) & (frame["head"] == head_name) & (frame["measure"] == measure)
    return frame.loc[chosen, "value"].tolist()


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


@pytest.mark.parametrize("backbone", ["quick_resnet", "quick_swin"])
def test_what_is_there_is_learned(backbone: str) -> None:
    state = fit(
        make(backbone), pictures(24), validation=pictures(12, first=1), recipe=recipe(epochs=12, batch_size=8, lr=2e-3)
    )
    losses = values_of(state, "train", "all", "loss")
    assert losses[-1] < 0.5 * losses[0]
    assert values_of(state, "validation", "profession", "accuracy")[-1] > 0.8


@pytest.mark.parametrize("backbone", ["quick_resnet", "quick_swin"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_two_fits_are_equal_bit_for_bit(backbone: str, precision: Precision) -> None:
    states = []
    for draws in (0, 5):
        torch.rand(draws)
        np.random.default_rng().random(draws)
        states.append(
            fit(make(backbone), pictures(), validation=pictures(5, first=1), recipe=recipe(precision=precision))
        )
    assert same(states[0].model.state_dict(), states[1].model.state_dict())
    assert states[0].history == states[1].history
    other = replace(recipe(precision=precision), seed=1)
    third = fit(make(backbone), pictures(), validation=pictures(5, first=1), recipe=other)
    assert not same(states[0].model.state_dict(), third.model.state_dict())


def test_dropout_draws_from_seed_and_epoch_and_moves_no_other_draw() -> None:
    weights = []
    for draws in (1, 2):
        model = make()
        model.backbone.layer4.append(nn.Dropout(0.5))
        torch.rand(draws)
        before = torch.get_rng_state()
        fit(model, pictures(), validation=pictures(5, first=1), recipe=recipe())
        assert torch.equal(torch.get_rng_state(), before)
        weights.append(model.state_dict())
    assert same(*weights)


def test_two_losses_see_the_same_pictures_in_the_same_order_from_the_same_weights() -> None:
    seen: dict[str, list[Tensor]] = {}
    for loss in ("ce", "focal"):
        model = make()
        seen[loss] = [model.state_dict()["backbone.conv1.weight"].clone()]
        model.register_forward_pre_hook(lambda _, inputs, key=loss: seen[key].append(inputs[0].clone()))
        fit(model, pictures(), validation=pictures(5, first=1), recipe=recipe(loss))
    assert len(seen["ce"]) == 1 + 2 * 3
    assert all(torch.equal(first, second) for first, second in zip(seen["ce"], seen["focal"], strict=True))
    first, second = (torch.cat(seen["ce"][start : start + 3]) for start in (1, 4))
    assert not torch.equal(first, second)


def test_without_flips_an_epoch_holds_each_picture_as_it_is() -> None:
    seen: list[Tensor] = []
    model, arm = make(), pictures()
    model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    fit(model, arm, validation=none_of(arm), recipe=recipe(epochs=1, flip=False))
    sums = torch.cat(seen).sum(dim=(1, 2, 3)).sort().values
    expected = loop.load_batch(model, arm.store, arm.rows, "float32").sum(dim=(1, 2, 3)).sort().values
    torch.testing.assert_close(sums, expected)


def test_the_history_is_as_declared() -> None:
    reports: list[tuple[int, int, str]] = []
    state = fit(
        make(),
        pictures(),
        validation=pictures(5, first=1),
        recipe=recipe(),
        report=lambda done, total, note="": reports.append((done, total, note)),
    )
    frame = state.history_frame()
    assert list(frame.columns) == HISTORY.names
    assert len(frame) == 2 * 2 * 5
    assert frame.groupby("epoch")["step"].unique().map(list).to_dict() == {1: [3], 2: [6]}
    assert frame["value"].notna().all()
    assert [report[:2] for report in reports] == [(1, 2), (2, 2)]
    assert "on validation" in reports[0][2]
    assert (state.epoch, state.step) == (2, 6)
    assert not any(module.training for module in state.model.modules())


def scripted(monkeypatch: pytest.MonkeyPatch, epochs: list[tuple[int, float]]) -> None:
    """Let the validation of each epoch find so many of 4 right, with so much confidence."""
    script = iter(epochs)

    def predict(model: CutModel, store: np.ndarray, **_: object) -> dict[str, np.ndarray]:
        right, confidence = next(script)
        signs = np.where(np.arange(4) < right, 1.0, -1.0)
        return {"gender": np.stack([confidence * signs, -confidence * signs], axis=1).astype(np.float32)}

    monkeypatch.setattr(loop, "predict", predict)


@pytest.mark.parametrize(
    ("epochs", "best"),
    [
        ([(1, 1.0), (3, 1.0), (2, 1.0)], 2),
        ([(3, 1.0), (3, 1.0), (3, 1.0)], 1),
        ([(3, 0.5), (3, 1.0), (3, 1.0)], 1),
        ([(3, 1.0), (3, 0.5), (3, 0.5)], 2),
        ([(1, 1.0), (2, 1.0), (3, 9.0)], 3),
    ],
)
def test_the_best_epoch_is_by_accuracy_then_loss_then_first(
    monkeypatch: pytest.MonkeyPatch, epochs: list[tuple[int, float]], best: int
) -> None:
    scripted(monkeypatch, epochs)
    model, kept = make(heads={"gender": 2}), []
    arm = replace(pictures(4), targets={"gender": np.arange(4) % 2})
    validation = replace(pictures(4), targets={"gender": np.zeros(4, int)})

    def keep(done: int, total: int, note: str = "") -> None:
        kept.append({name: value.clone() for name, value in model.state_dict().items()})

    state = fit(model, arm, validation=validation, recipe=recipe(epochs=3), report=keep)
    assert state.best is not None
    assert state.best.epoch == best
    assert same(kept[best - 1], state.best.weights)
    assert best == 3 or not same(state.best.weights, state.model.state_dict())


def test_without_validation_there_is_no_best() -> None:
    arm = pictures()
    state = fit(make(), arm, validation=none_of(arm), recipe=recipe())
    assert state.best is None
    assert all(math.isnan(value) for value in values_of(state, "validation", "all", "loss"))


def test_a_loss_that_is_not_finite_names_epoch_step_and_pictures() -> None:
    model = make()
    with torch.no_grad():
        head_weight(model, "gender")[0, 0] = math.nan
    arm = pictures(4)
    with pytest.raises(CellFailed, match=r"epoch 1, step 1 \(profession .*, gender nan\); pictures") as caught:
        fit(model, arm, validation=none_of(arm), recipe=recipe())
    assert all(image_id in str(caught.value) for image_id in arm.ids)


def test_an_arm_of_one_group_and_a_head_without_labels_are_no_accident() -> None:
    arm = pictures()
    arm = replace(arm, targets={"profession": np.full(10, -1), "gender": np.zeros(10, int)})
    state = fit(make(), arm, validation=pictures(5, first=1), recipe=recipe("focal"))
    assert all(math.isnan(value) for value in values_of(state, "train", "profession", "loss"))
    assert all(math.isfinite(value) for value in values_of(state, "train", "gender", "loss"))
    assert head(state.model, "profession").bias.abs().sum() == 0


def test_a_head_weighs_as_the_settings_say() -> None:
    arm = pictures()
    state = fit(make(), arm, validation=none_of(arm), recipe=recipe(head_weights={"gender": 0.0, "profession": 2.0}))
    twice = [2 * value for value in values_of(state, "train", "profession", "loss")]
    assert values_of(state, "train", "all", "loss") == pytest.approx(twice)
    assert head(state.model, "gender").bias.abs().sum() == 0


@pytest.mark.parametrize("backbone", ["quick_resnet", "quick_swin"])
def test_an_arm_of_one_picture_is_fitted(backbone: str) -> None:
    arm = pictures(1)
    assert fit(make(backbone), arm, validation=none_of(arm), recipe=recipe()).step == 2


def test_wrong_requests_are_sentences() -> None:
    arm = pictures()
    with pytest.raises(RequestError, match="at least one picture"):
        fit(make(), none_of(arm), validation=arm, recipe=recipe())
    with pytest.raises(RequestError, match="head_weights names age; heads of this study: profession, gender"):
        fit(make(), arm, validation=arm, recipe=recipe(head_weights={"age": 1.0}))
    with pytest.raises(ValueError, match=r"head 'gender' has no targets, got targets of \['profession'\]"):
        fit(make(), replace(arm, targets={"profession": np.zeros(10, int)}), validation=arm, recipe=recipe())
    odd = replace(arm, targets={**arm.targets, "gender": np.full(10, 2)})
    with pytest.raises(ValueError, match="'gender' must be classes 0 to 1, or -1 where unknown, got 2 to 2"):
        fit(make(), arm, validation=odd, recipe=recipe())
