"""Maps against known regions: what stands beside each number, and what is not known of a picture."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bias_exp.columns import PROBE_HEAD
from bias_exp.config import ChecksConfig
from bias_exp.explain.checks.localisation import NOT_KNOWN, localisation
from bias_exp.explain.checks.trial import Trial, Verdict
from bias_exp.explain.maps import CONSTANT, NOT_FINITE
from bias_exp.explain.priors import centre_prior
from bias_exp.metrics.localisation import NOT_THERE, focus
from tests.explain.checks.trials import of, tiny_trial

SIDE = 32


def box(top: int, bottom: int, left: int, right: int, n: int = 3) -> np.ndarray:
    mask = np.zeros((n, SIDE, SIDE), dtype=bool)
    mask[:, top:bottom, left:right] = True
    return mask


MASKS = {
    "face": box(4, 12, 8, 24),
    "hair": box(0, 4, 8, 24),
    "clothes": box(12, 32, 8, 24),
    "tool": box(20, 28, 26, 32),
}
EXPECTED = ChecksConfig(expected={PROBE_HEAD: ("face", "hair"), "profession": ("tool", "wand")})


def located(maps: torch.Tensor | None = None, **facts: object) -> Trial:
    """Three pictures, with the first head's Grad-CAM in the place of all maps, or `maps` (3, h, w)."""
    trial = tiny_trial(3)
    found = {("gradcam", head): trial.maps["gradcam", head] if maps is None else maps for head in trial.targets}
    given = {
        "maps": found,
        "masks": MASKS,
        "known": {name: np.ones(3, dtype=bool) for name in MASKS},
        "settings": EXPECTED,
    }
    return replace(trial, **(given | facts))


def one(verdicts: list[Verdict], check: str, at: str, head: str = PROBE_HEAD) -> Verdict:
    (found,) = [verdict for verdict in verdicts if (verdict.check, verdict.at, verdict.head) == (check, at, head)]
    return found


def test_a_map_of_the_face_lies_in_the_face() -> None:
    found = localisation(located(torch.from_numpy(MASKS["face"]).float()))
    assert of(found, "energy", head=PROBE_HEAD, at="face") == pytest.approx(np.ones(3), abs=1e-6)
    assert of(found, "energy", head=PROBE_HEAD, at="hair") == pytest.approx(np.zeros(3), abs=1e-6)
    assert of(found, "pointing", head=PROBE_HEAD, at="face").tolist() == [1, 1, 1]
    assert of(found, "focus", head=PROBE_HEAD, at="face").tolist() == [1, 1, 1]
    assert of(found, "rank_accuracy", head=PROBE_HEAD, at="expected") == pytest.approx(
        np.full(3, (128 + 64 * 64 / (SIDE**2 - 128)) / 192), abs=1e-12
    )


def test_what_chance_gets_stands_beside_each_number() -> None:
    found = localisation(located())
    assert one(found, "energy", "face").baselines == pytest.approx(np.full(3, 128 / SIDE**2))
    assert one(found, "pointing", "hair").baselines == pytest.approx(np.full(3, 64 / SIDE**2))
    assert one(found, "pointing", "expected").baselines == pytest.approx(np.full(3, 192 / SIDE**2))
    person = MASKS["face"] | MASKS["hair"] | MASKS["clothes"]
    prior = np.broadcast_to(centre_prior(SIDE, SIDE), person.shape)
    assert one(found, "focus", "person").baselines == pytest.approx(focus(prior, person))
    assert {verdict.at for verdict in found if verdict.check == "focus"} == {"face", "person"}


def test_what_is_expected_is_all_of_its_regions_together() -> None:
    found = localisation(located())
    both = [one(found, "energy", at).values for at in ("face", "hair")]
    assert one(found, "energy", "expected").values == pytest.approx(sum(both), abs=1e-9)


def test_expected_regions_that_the_data_does_not_know_are_not_known() -> None:
    missing = one(localisation(located()), "energy", "expected", "profession")
    assert np.isnan(missing.values).all()
    assert missing.reasons == [NOT_KNOWN] * 3
    assert not [verdict for verdict in localisation(located(settings=ChecksConfig())) if verdict.at == "expected"]


def test_not_in_the_picture_and_not_looked_for_stay_apart() -> None:
    masks = {name: mask.copy() for name, mask in MASKS.items()}
    masks["tool"][0] = False
    masks["face"][1] = False
    known = {name: np.ones(3, dtype=bool) for name in masks}
    known["face"][1] = False
    found = localisation(located(masks=masks, known=known))
    assert one(found, "energy", "tool").reasons == [NOT_THERE, "", ""]
    assert np.isnan(one(found, "energy", "tool").baselines).tolist() == [True, False, False]
    for check, at in (("energy", "face"), ("focus", "face"), ("focus", "person"), ("pointing", "expected")):
        verdict = one(found, check, at)
        assert verdict.reasons == ["", NOT_KNOWN, ""]
        assert np.isnan(verdict.values).tolist() == [False, True, False]
        assert np.isnan(verdict.baselines[1])


def test_a_degenerate_map_says_so_and_spoils_no_other() -> None:
    plain = located()
    maps = {key: found.clone() for key, found in plain.maps.items()}
    maps["gradcam", PROBE_HEAD][0] = 2
    maps["gradcam", PROBE_HEAD][1, 0, 0] = torch.inf
    found, was = localisation(replace(plain, maps=maps)), localisation(plain)
    for verdict, before in zip(found, was, strict=True):
        if verdict.head == PROBE_HEAD:
            assert verdict.reasons[:2] == [CONSTANT, NOT_FINITE]
            assert verdict.values[2] == before.values[2]


def test_data_without_regions_is_asked_nothing() -> None:
    assert localisation(located(masks={}, known={})) == []
