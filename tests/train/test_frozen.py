"""Features of a frozen trunk: the trunk's own, made once, shared by whom they fit, and what heads are trained on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from bias_exp.config import TrainConfig
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.models.build import CutModel
from bias_exp.models.initialise import initialise
from bias_exp.models.precision import Precision
from bias_exp.train import frozen
from bias_exp.train.augment import flips_of
from bias_exp.train.frozen import open_features, trunk_sha256
from bias_exp.train.loop import fit
from bias_exp.train.predict import logits_of, pooled_features, predict
from bias_exp.train.recipe import Pictures, Recipe

HEADS = {"profession": 3, "gender": 2}
SIDE, N = 16, 12


def make(seed: int = 0, backbone: str = "quick_resnet", heads: dict[str, int] | None = None) -> CutModel:
    return initialise(seed, backbone, heads=heads or HEADS, image_size=SIDE)


def store() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (N, SIDE, SIDE, 3), dtype=np.uint8)


def recipe(loss: str = "ce", precision: Precision = "float32", **settings: object) -> Recipe:
    table = {"epochs": 3, "batch_size": 4, "frozen": True, **settings}
    strata = {"a": N // 2, "b": N // 2}
    return Recipe(0, TrainConfig.model_validate(table), loss, precision, strata=strata, groups=2)


def opened(model: CutModel, cache: Path, made: Recipe | None = None, data: str = "d") -> np.ndarray:
    return open_features(model, store(), cache, data=data, recipe=made or recipe())


def pictures(features: np.ndarray, rows: np.ndarray | None = None) -> Pictures:
    rows = np.arange(N) if rows is None else rows
    targets = {"profession": rows % 3, "gender": rows % 2}
    ids = tuple(f"id{row}" for row in rows)
    return Pictures(store(), rows, ids, targets, strata=rows % 2, groups=rows % 2, features=features)


def none_of(given: Pictures) -> Pictures:
    empty = np.arange(0)
    return replace(given, rows=empty, ids=(), targets=dict.fromkeys(HEADS, empty), strata=empty, groups=empty)


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("backbone", ["quick_resnet", "quick_swin"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_features_are_the_trunks_of_each_picture_and_its_mirror_image(
    tmp_path: Path, backbone: str, precision: Precision
) -> None:
    model = make(backbone=backbone)
    features = opened(model, tmp_path, recipe(precision=precision))
    assert features.shape == (2, N, model.row.width)
    for plane, seen in enumerate((store(), store()[:, :, ::-1])):
        assert np.array_equal(features[plane], pooled_features(model, seen, precision=precision))
    logits = predict(model, store(), precision=precision)
    assert all(np.array_equal(logits_of(model, features[0])[name], logits[name]) for name in HEADS)


def test_they_are_made_once_and_shared_by_losses_heads_and_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(make(), tmp_path)
    monkeypatch.setattr(frozen, "pooled_features", None)  # whoever makes them again fails
    opened(make(), tmp_path, recipe("focal", epochs=7, batch_size=3, lr=0.1))
    opened(make(heads={"gender": 2}), tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 1
    assert not list(tmp_path.glob("*.partial"))


def test_another_trunk_precision_data_or_flip_has_its_own(tmp_path: Path) -> None:
    opened(make(), tmp_path)
    opened(make(seed=1), tmp_path)
    opened(make(), tmp_path, recipe(precision="bfloat16"))
    opened(make(), tmp_path, data="other")
    assert opened(make(), tmp_path, recipe(flip=False)).shape[0] == 1
    assert len(list(tmp_path.glob("*.npy"))) == 5


def test_features_of_a_store_that_was_made_otherwise_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(make(), tmp_path)
    monkeypatch.setattr(frozen, "STORE_VERSION", frozen.STORE_VERSION + 1)
    opened(make(), tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 2


def test_a_trunk_is_known_by_its_weights_and_buffers_alone() -> None:
    model = make()
    before = trunk_sha256(model)
    with torch.no_grad():
        model.heads["to_gender"].weight.add_(1)
    assert trunk_sha256(model) == before
    model.backbone.bn1.running_mean[0] += 1
    assert trunk_sha256(model) != before


def test_what_is_damaged_or_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(make(), tmp_path)
    (path,) = tmp_path.glob("*.npy")
    whole = path.read_bytes()
    for damaged in (whole[:50], whole[:-4]):
        path.write_bytes(damaged)
        with pytest.raises(IntegrityError, match="expected features at .*; delete it to have it made again"):
            opened(make(), tmp_path)
    np.save(path, np.zeros((2, N, 3), np.float32))
    with pytest.raises(IntegrityError, match=r"of shape \(2, 12, 256\) at .*, found \(2, 12, 3\) float32; delete it"):
        opened(make(), tmp_path)
    path.unlink()

    def full(*_: object, **__: object) -> np.ndarray:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(frozen, "pooled_features", full)
    with pytest.raises(OSError, match="No space left"):
        opened(make(), tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".lock"]


@pytest.mark.parametrize("loss", ["ce", "group_dro", "adversarial"])
def test_heads_learn_and_the_trunk_stays(tmp_path: Path, loss: str) -> None:
    model, untouched = make(), make()
    features = opened(model, tmp_path)
    state = fit(
        model, pictures(features), validation=pictures(features, np.arange(4)), recipe=recipe(loss, epochs=30, lr=0.02)
    )
    trunk = {name: value for name, value in model.state_dict().items() if not name.startswith("heads.")}
    assert same(trunk, untouched.state_dict())
    frame = state.history_frame().query("split == 'train' and head == 'profession' and measure == 'loss'")["value"]
    assert frame.iloc[-1] < 0.8 * frame.iloc[0]
    assert state.best is not None
    assert state.best.weights.keys() == model.state_dict().keys()
    assert same(trunk, state.best.weights)
    assert not same(state.best.weights, model.state_dict()) or state.best.epoch == 30


def test_a_step_on_features_is_a_step_through_a_trunk_that_is_held_fixed(tmp_path: Path) -> None:
    # The same arm, order and mirror images, by hand: one step of plain gradient descent on the heads.
    model, settings = make(), {"optimiser": "sgd", "momentum": 0.0, "lr": 1.0, "warmup": 0.0, "weight_decay": 0.0}
    arm = pictures(opened(model, tmp_path))
    by_hand = make().eval()
    flips = flips_of(0, 1, np.arange(N))
    assert 0 < flips.sum() < N
    seen = np.where(flips[:, None, None, None], store()[:, :, ::-1], store())
    logits = by_hand.heads_of(torch.from_numpy(pooled_features(by_hand, seen)))
    loss = sum(torch.nn.functional.cross_entropy(logits[name], torch.from_numpy(arm.targets[name])) for name in HEADS)
    parameters = list(by_hand.heads.parameters())
    expected = [p.detach() - g for p, g in zip(parameters, torch.autograd.grad(loss, parameters), strict=True)]
    fit(model, arm, validation=none_of(arm), recipe=recipe(epochs=1, batch_size=N, **settings))
    for found, wanted in zip(model.heads.parameters(), expected, strict=True):
        torch.testing.assert_close(found.detach(), wanted, rtol=1e-4, atol=1e-6)


def test_pictures_that_are_moved_have_no_features(tmp_path: Path) -> None:
    model = make()
    arm = pictures(opened(model, tmp_path))
    with pytest.raises(RequestError, match="expected train.shift = 0 with train.frozen = true, found 0.1"):
        fit(model, arm, validation=none_of(arm), recipe=recipe(shift=0.1))
