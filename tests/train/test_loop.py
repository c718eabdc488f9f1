"""What a fit promises about learning, bits, pairing, bests and histories."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bias_exp.columns import HISTORY
from bias_exp.errors import RequestError
from bias_exp.models.heads import head
from bias_exp.models.precision import Precision
from bias_exp.train.loop import fit
from bias_exp.train.predict import load_batch
from tests.train.fits import (
    HEADS,
    make,
    none_of,
    pictures,
    recipe,
    same,
    scripted,
    stratified,
    two_groups,
    values_of,
    watch,
)


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
        watch(model, seen[loss])
        fit(model, pictures(), validation=pictures(5, first=1), recipe=recipe(loss))
    assert len(seen["ce"]) == 1 + 2 * 3
    assert all(torch.equal(first, second) for first, second in zip(seen["ce"], seen["focal"], strict=True))
    first, second = (torch.cat(seen["ce"][start : start + 3]) for start in (1, 4))
    assert not torch.equal(first, second)


def test_without_flips_an_epoch_holds_each_picture_as_it_is() -> None:
    seen: list[Tensor] = []
    model, arm = make(), pictures()
    watch(model, seen)
    fit(model, arm, validation=none_of(arm), recipe=recipe(epochs=1, flip=False))
    sums = torch.cat(seen).sum(dim=(1, 2, 3)).sort().values
    expected = load_batch(model, arm.store, arm.rows, "float32").sum(dim=(1, 2, 3)).sort().values
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
    assert [report[:2] for report in reports] == [(0, 2), (1, 2), (2, 2)]
    assert "on validation" in reports[1][2]
    assert (state.epoch, state.step) == (2, 6)
    assert not any(module.training for module in state.model.modules())


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
    assert same(kept[best], state.best.weights)  # the first report is of no epoch
    assert best == 3 or not same(state.best.weights, state.model.state_dict())


def test_without_validation_there_is_no_best() -> None:
    arm = pictures()
    state = fit(make(), arm, validation=none_of(arm), recipe=recipe())
    assert state.best is None
    assert all(math.isnan(value) for value in values_of(state, "validation", "all", "loss"))


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
    with pytest.raises(ValueError, match=r"head 'gender' has no targets, got targets of \['profession'\]"):
        fit(make(), replace(arm, targets={"profession": np.zeros(10, int)}), validation=arm, recipe=recipe())
    odd = replace(arm, targets={**arm.targets, "gender": np.full(10, 2)})
    with pytest.raises(ValueError, match="'gender' must be classes 0 to 1, or -1 where unknown, got 2 to 2"):
        fit(make(), arm, validation=odd, recipe=recipe())


def test_the_history_holds_the_weights_of_group_dro() -> None:
    state = fit(make(), two_groups(), validation=pictures(5, first=1), recipe=stratified("group_dro"))
    frame = state.history_frame()
    weights = frame[frame["measure"].str.startswith("weight/")]
    assert weights.groupby("epoch")["value"].sum().tolist() == pytest.approx([1, 1])
    assert set(weights["measure"]) == {f"weight/{p}/{g}" for p in "abc" for g in "xy"}
    last = weights[weights["epoch"] == 2].set_index("measure")["value"].to_dict()
    assert last == pytest.approx(state.objective.measures())


def test_the_history_holds_the_adversary_beside_the_heads() -> None:
    state = fit(make(), two_groups(), validation=two_groups(5), recipe=stratified("adversarial"))
    for split in ("train", "validation"):
        assert all(0 <= value <= 1 for value in values_of(state, split, "adversary", "accuracy"))
        assert all(math.isfinite(value) for value in values_of(state, split, "adversary", "loss"))
        heads = sum(np.array(values_of(state, split, name, "loss")) for name in HEADS)
        assert values_of(state, split, "all", "loss") == pytest.approx(heads, rel=1e-5)


def test_balanced_is_ce_on_an_arm_of_equal_strata() -> None:
    arm = replace(pictures(12), strata=np.arange(12) % 6, groups=np.arange(12) % 2)
    states = [
        fit(
            make(), arm, validation=none_of(arm), recipe=replace(stratified(loss), strata={str(n): 2 for n in range(6)})
        )
        for loss in ("ce", "balanced")
    ]
    assert same(*(state.model.state_dict() for state in states))


def test_settings_that_arm_or_validation_do_not_allow_are_sentences() -> None:
    arm = pictures()
    with pytest.raises(RequestError, match="early_stop looks at the validation set, which has no picture"):
        fit(make(), arm, validation=none_of(arm), recipe=recipe(early_stop={"patience": 1}))
    with pytest.raises(ValueError, match="features if, and only if, the trunk is frozen"):
        fit(make(), arm, validation=none_of(arm), recipe=recipe(frozen=True))
    with pytest.raises(RequestError, match="'balanced' needs strata"):
        fit(make(), arm, validation=none_of(arm), recipe=recipe("balanced"))
