"""Predicting in batches of one shape."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from bias_exp.models.build import CutModel
from bias_exp.models.checkpoint import load_model, save_model
from bias_exp.models.initialise import initialise
from bias_exp.models.precision import Precision
from bias_exp.pixels.normalise import normalise
from bias_exp.train.predict import load_batch, pooled_features, predict

QUICK = ("quick_resnet", "quick_swin")
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")

both = pytest.mark.parametrize("name", QUICK)
either = pytest.mark.parametrize("precision", PRECISIONS)


@cache
def model_of(name: str) -> CutModel:
    return initialise(0, name, heads={"profession": 5, "gender": 2}, image_size=32).eval()


def store(n: int = 11) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)


@both
def test_logits_are_the_models(name: str) -> None:
    model = model_of(name)
    with torch.no_grad():
        expected = model(normalise(store(), model.row.mean, model.row.std))
    got = predict(model, store(), batch_size=4)
    for head, values in expected.items():
        assert got[head].dtype == np.float32
        np.testing.assert_allclose(got[head], values.numpy(), rtol=1e-4, atol=1e-5)


@both
@either
def test_a_prediction_does_not_depend_on_what_else_is_predicted(name: str, precision: Precision) -> None:
    model, pictures = model_of(name), store()
    rows = np.array([7, 0, 3, 9, 10, 2])
    all_of_them = predict(model, pictures, batch_size=4, precision=precision)
    alone = predict(model, pictures, rows=np.array([7]), batch_size=4, precision=precision)
    some = predict(model, pictures, rows=rows, batch_size=4, precision=precision)
    for head, values in all_of_them.items():
        assert np.array_equal(some[head], values[rows])
        assert np.array_equal(alone[head][0], values[7])


@both
def test_features_are_what_the_heads_read(name: str) -> None:
    model = model_of(name)
    features = pooled_features(model, store(), batch_size=4)
    assert features.shape == (11, model.row.width)
    layer = model.heads[model.head_key("gender")]
    by_hand = features @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    np.testing.assert_allclose(predict(model, store(), batch_size=4)["gender"], by_hand, rtol=1e-4, atol=1e-5)


def test_no_rows_are_no_predictions() -> None:
    model, none = model_of("quick_swin"), np.array([], dtype=np.int64)
    assert predict(model, store(), rows=none)["profession"].shape == (0, 5)
    assert pooled_features(model, store(), rows=none).shape == (0, 96)


@pytest.mark.parametrize("call", [predict, pooled_features])
def test_the_model_is_given_back_as_it_was_also_after_an_error(call) -> None:
    model = initialise(0, "quick_resnet", heads={"gender": 2}, image_size=32).train()
    model.backbone.layer1.eval()
    flags = [module.training for module in model.modules()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    call(model, store(3), batch_size=4)
    with pytest.raises(ValueError, match="uint8"):
        call(model, store(3).astype(float), batch_size=4)
    assert [module.training for module in model.modules()] == flags
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_augmentation_sees_pictures_and_rows_and_leaves_the_store_alone() -> None:
    model, pictures = model_of("quick_resnet"), store(2)
    before = pictures.copy()

    def mirror_the_first(batch: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return np.where((rows == 0)[:, None, None, None], batch[:, :, ::-1], batch)

    images = load_batch(model, pictures, np.array([0, 1]), "float32", augment=mirror_the_first)
    plain = load_batch(model, pictures, np.array([0, 1]), "float32")
    assert torch.equal(images[0], plain[0].flip(-1))
    assert torch.equal(images[1], plain[1])
    assert np.array_equal(pictures, before)


@either
def test_a_memory_mapped_store_serves(tmp_path: Path, precision: Precision) -> None:
    np.save(tmp_path / "store.npy", store())
    mapped = np.load(tmp_path / "store.npy", mmap_mode="r")
    model = model_of("quick_resnet")
    assert np.array_equal(
        predict(model, mapped, precision=precision)["gender"], predict(model, store(), precision=precision)["gender"]
    )


@both
@either
def test_a_loaded_model_predicts_the_same_bits(tmp_path: Path, name: str, precision: Precision) -> None:
    model = initialise(0, name, heads={"gender": 2}, image_size=32).eval()
    if precision == "bfloat16":  # as a fit leaves it
        model.to(memory_format=torch.channels_last)
    save_model(tmp_path, model, {"gender": ("male", "female")})
    loaded, _ = load_model(tmp_path)
    expected = predict(model, store(), batch_size=4, precision=precision)
    assert np.array_equal(predict(loaded, store(), batch_size=4, precision=precision)["gender"], expected["gender"])
