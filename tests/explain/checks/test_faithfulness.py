"""Insertion, deletion and the symmetric relevance gain: by hand, in pieces, and a good map beside a bad one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from bias_exp.columns import PROBE_HEAD
from bias_exp.config import ChecksConfig
from bias_exp.explain.checks import faithfulness as module
from bias_exp.explain.checks.faithfulness import faithfulness
from bias_exp.explain.checks.trial import Trial
from bias_exp.explain.maps import CONSTANT, NOT_FINITE
from bias_exp.explain.rows import CENTRE_PRIOR
from tests.explain.checks.trials import SQUARE, of, reading, square_trial, tiny_trial
from tests.explain.tiny import FromCut

X = torch.tensor([[0.4, 0.3], [0.2, 0.1]])


def sum_trial() -> Trial:
    """A model whose probability of class 0 is the sum of the picture's pixels, and the picture as its map."""

    def heads(images: Tensor) -> dict[str, Tensor]:
        total = images.mean(1).sum((1, 2))
        return {"only": torch.stack([total, 1 - total], 1).clamp_min(1e-12).log()}

    return Trial(
        model=FromCut(heads),
        images=X.expand(1, 3, 2, 2).clone(),
        ids=["a"],
        targets={"only": torch.tensor([0])},
        maps={("itself", "only"): X[None].clone()},
        explain=lambda model, images: {},
        settings=ChecksConfig(steps=2),
    )


def test_areas_of_a_model_that_sums_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "filling", lambda images, fill: torch.zeros_like(images))
    found = faithfulness(sum_trial())
    assert of(found, "deletion") == pytest.approx([0.4], abs=1e-5)  # 1, 0.3, 0
    assert of(found, "insertion") == pytest.approx([0.6], abs=1e-5)  # 0, 0.7, 1
    assert of(found, "srg") == pytest.approx([0.2], abs=1e-5)  # 1, 0.7, 0 from the lowest


def test_insertion_begins_from_the_blur_and_deletion_ends_in_the_mean() -> None:
    found = faithfulness(sum_trial())
    assert of(found, "insertion") == pytest.approx([1], abs=1e-4)  # at 2 px the blur changes next to nothing
    assert of(found, "deletion") == pytest.approx([0.4], abs=1e-5)


def test_the_score_is_also_read_in_log_odds() -> None:
    trial = square_trial({"good": SQUARE.float()})
    logits = (trial.images * SQUARE).sum((1, 2, 3)) * 0.05
    found = faithfulness(replace(trial, model=reading(SQUARE, 0.05), settings=ChecksConfig(steps=2)))
    # Half of the picture holds the whole square: from the intact log-odds to 0 at once.
    assert of(found, "deletion_log_odds") == pytest.approx((2 * logits * 0.25).numpy(), abs=1e-5)


def test_a_map_of_the_evidence_beats_one_of_anything_else() -> None:
    good, bad = SQUARE.float(), 1 - SQUARE.float()
    found = faithfulness(square_trial({"good": good, "bad": bad}))
    assert (of(found, "srg", "good") > 0.1).all()
    assert (of(found, "srg", "bad") < -0.1).all()
    assert (of(found, "deletion", "good") < of(found, "deletion", "bad")).all()
    assert (of(found, "insertion", "good") > of(found, "insertion", "bad")).all()
    (chance,) = {baseline for one in found if one.check == "srg" for baseline in one.baselines}
    assert chance == 0


def test_a_map_and_its_negative_have_opposite_gains() -> None:
    ramp = torch.rand(16, 16, generator=torch.Generator().manual_seed(0)) + 1
    found = faithfulness(square_trial({"one": ramp, "other": 3 - ramp}))
    assert of(found, "srg", "one") == pytest.approx(-of(found, "srg", "other"), abs=1e-6)


@pytest.mark.parametrize("rows", [1, 5, 1000])
def test_batches_of_any_size_say_the_same(rows: int) -> None:
    trial = tiny_trial(3)
    for one, other in zip(faithfulness(trial), faithfulness(trial, rows=rows), strict=True):
        assert (one.check, one.method, one.head) == (other.check, other.method, other.head)
        assert one.values == pytest.approx(other.values, abs=1e-5)


def test_a_picture_has_its_number_whatever_others_there_are() -> None:
    trial = tiny_trial(4)
    kept = [1, 3]
    part = replace(
        trial,
        images=trial.images[kept],
        ids=[trial.ids[row] for row in kept],
        targets={head: target[kept] for head, target in trial.targets.items()},
        maps={key: maps[kept] for key, maps in trial.maps.items()},
    )
    for every, some in zip(faithfulness(trial), faithfulness(part), strict=True):
        assert every.values[kept] == pytest.approx(some.values, abs=1e-6)


def test_maps_that_point_nowhere_are_left_out_with_their_reason() -> None:
    trial = tiny_trial(3)
    maps = {key: found.clone() for key, found in trial.maps.items()}
    maps["gradcam", "profession"][0] = 1
    maps["gradcam", "profession"][2, 0, 0] = torch.nan
    maps["layercam", "profession"][:] = 1
    plain, found = faithfulness(trial), faithfulness(replace(trial, maps=maps))
    for one, was in zip(found, plain, strict=True):
        if one.head != "profession":
            assert np.array_equal(one.values, was.values)
        elif one.method == "layercam":
            assert np.isnan(one.values).all()
            assert one.reasons == [CONSTANT] * 3
        else:
            assert one.reasons == [CONSTANT, "", NOT_FINITE]
            assert np.isnan(one.values).tolist() == [True, False, True]
            assert one.values[1] == pytest.approx(was.values[1], abs=1e-6)


def test_a_score_that_is_not_finite_is_said_to_be_so() -> None:
    def heads(images: Tensor) -> dict[str, Tensor]:
        return {"only": torch.ones(len(images), 1)}

    found = faithfulness(replace(square_trial({"good": SQUARE.float()}), model=FromCut(heads)))
    assert of(found, "deletion") == pytest.approx([1, 1])
    (lonely,) = [one for one in found if one.check == "deletion_log_odds"]
    assert np.isnan(lonely.values).all()
    assert lonely.reasons == ["a score is not finite"] * 2


def test_a_map_that_heads_share_is_followed_once() -> None:
    trial = tiny_trial(2)
    prior = torch.rand(2, 32, 32, generator=torch.Generator().manual_seed(0))
    apart = {
        (name, head): prior + place
        for place, (name, head) in enumerate(((CENTRE_PRIOR, PROBE_HEAD), ("x", "profession")))
    }
    shared = {(CENTRE_PRIOR, head): prior for head in (PROBE_HEAD, "profession")}
    calls = []
    for maps in (apart, shared):
        asked = replace(trial, maps=maps)
        trial.model.trunk_calls.clear()
        found = faithfulness(asked, rows=2)
        calls.append(len(trial.model.trunk_calls))
    assert calls == [3 + 2 * 9, 3 + 9]
    assert {one.head for one in found} == {PROBE_HEAD, "profession"}
    assert of(found, "srg", head=PROBE_HEAD) != pytest.approx(of(found, "srg", head="profession"), abs=1e-9)
