"""Effects net of controls and gap closure, worked out by hand on a few rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.ablate.effects import (
    NO_CONTROL,
    NO_GAP,
    NO_PROBE,
    NOT_LOWER,
    gap_closure,
    map_validity,
    net_effects,
    per_picture,
)
from bias_exp.columns import ABLATIONS, PROBE_HEAD

GROUPS = {"w1": "female", "w2": "female", "m1": "male", "m2": "male"}


def row(image_id: str, control: str, draw: int, *, right: bool, head: str = "profession", **numbers) -> dict:
    """A row whose intact prediction is right unless `intact_right` says otherwise."""
    defaults = {
        "class": "nurse", "group": GROUPS.get(image_id, "unknown"), "person": "", "map_head": PROBE_HEAD,
        "map_method": "gradcam", "fraction": 0.2, "fill": "mean", "removed_share": 0.2, "overlap": 0.5,
        "label": "nurse", "log_odds_intact": 1.0, "log_odds_removed": 1.0, "p_intact": 0.5, "p_removed": 0.5,
    }  # fmt: skip
    intact = numbers.pop("intact_right", True)
    answers = {"predicted_intact": ("baker", "nurse")[intact], "predicted_removed": ("baker", "nurse")[right]}
    return defaults | answers | {"id": image_id, "control": control, "draw": draw, "head": head} | numbers


def frame(rows: list[dict]) -> pd.DataFrame:
    return ABLATIONS.check(pd.DataFrame(rows))


def four(
    right: dict[str, tuple[bool, ...]], intact: dict[str, bool] | None = None, head: str = "profession"
) -> list[dict]:
    """Rows of pictures: whether right when the map removes, then for each rolled draw."""
    intact = intact or {}
    return [
        row(
            image_id,
            "rolled" if k else "",
            max(0, k - 1),
            right=one,
            head=head,
            intact_right=intact.get(image_id, True),
        )
        for image_id, answers in right.items()
        for k, one in enumerate(answers)
    ]


def test_net_effect_of_a_published_shape() -> None:
    controls = [0.77, 0.79, 0.78, 0.76, 0.80]
    rows = [row("w1", "", 0, right=True, log_odds_intact=0.8, log_odds_removed=0.62)]
    rows += [
        row("w1", "rolled", draw, right=True, log_odds_intact=0.8, log_odds_removed=left)
        for draw, left in enumerate(controls)
    ]
    (found,) = per_picture(frame(rows)).to_dict("records")
    assert found["effect"] == pytest.approx(0.18)
    assert found["control_effect"] == pytest.approx(0.02)
    assert found["net_effect"] == pytest.approx(0.16)
    assert found["draws"] == 5
    assert found["overlap"] == 0.5
    (mean,) = net_effects(per_picture(frame(rows))).to_dict("records")
    assert mean["net_effect"] == pytest.approx(0.16)
    assert (mean["n"], mean["draws"], mean["control"]) == (1, 5, "rolled")


def test_settings_are_never_mixed() -> None:
    rows = []
    for fraction, fill, head, effect in ((0.1, "mean", "gender", 1), (0.3, "mean", "gender", 2), (0.1, "blur", "x", 3)):
        options = {"fraction": fraction, "fill": fill, "head": head, "right": True}
        rows += [row("w1", "", 0, log_odds_removed=1 - effect, **options), row("w1", "rolled", 0, **options)]
    found = net_effects(per_picture(frame(rows)))
    assert found["net_effect"].tolist() == [1, 2, 3]


def test_gap_closure_by_hand() -> None:
    # Intact: women 2/2, men 1/2: gap 0.5. Map removed: women 1/2, men 1/2: gap 0. Draw 0: gap 0.5; draw 1: gap 0.
    right = {
        "w1": (False, True, False), "w2": (True, True, True), "m1": (True, True, True), "m2": (False, False, False),
    }  # fmt: skip
    (found,) = gap_closure(per_picture(frame(four(right, {"m2": False})))).to_dict("records")
    numbers = {name: found[name] for name in ("gap_intact", "gap_removed", "closure", "control_closure", "net_closure")}
    expected = {"gap_intact": 0.5, "gap_removed": 0, "closure": 0.5, "control_closure": 0.25, "net_closure": 0.25}
    assert numbers == pytest.approx(expected)
    assert (found["n_first"], found["n_second"], found["reason"]) == (2, 2, "")


def test_closure_of_a_gap_on_either_side_has_the_same_sign() -> None:
    right = {"w1": (False, False), "w2": (True, True), "m1": (False, True), "m2": (True, True)}
    (found,) = gap_closure(per_picture(frame(four(right, {"w1": False})))).to_dict("records")
    assert (found["gap_intact"], found["gap_removed"], found["net_closure"]) == (-0.5, 0, 0.5)


ANSWERS = st.fixed_dictionaries({name: st.tuples(*[st.booleans()] * 4) for name in GROUPS})


@given(ANSWERS, st.fixed_dictionaries({name: st.booleans() for name in GROUPS}))
@settings(deadline=None, max_examples=25)
def test_net_closure_is_the_definition(right: dict, intact: dict) -> None:
    (found,) = gap_closure(per_picture(frame(four(right, intact)))).to_dict("records")

    def gap(answers: dict[str, bool]) -> float:
        return (answers["w1"] + answers["w2"] - answers["m1"] - answers["m2"]) / 2

    before = gap(intact)
    closures = [np.sign(before) * (before - gap({name: right[name][k] for name in GROUPS})) for k in range(4)]
    if before == 0:
        assert np.isnan(found["net_closure"])
        assert found["reason"] == NO_GAP
    else:
        assert found["net_closure"] == pytest.approx(closures[0] - np.mean(closures[1:]), abs=1e-12)


def test_a_missing_group_is_said_and_unknown_labels_are_no_errors() -> None:
    rows = four({"w1": (True, True), "w2": (False, True)})
    (found,) = gap_closure(per_picture(frame(rows))).to_dict("records")
    assert np.isnan(found["net_closure"])
    assert found["reason"] == "no picture of group male"
    rows += [row("m1", control, 0, right=False, label="unknown") for control in ("", "rolled")]
    pictures = per_picture(frame(rows))
    assert pictures.loc[pictures["id"] == "m1", "loss"].isna().all()
    assert gap_closure(pictures)["n_second"].item() == 0


def test_without_controls_the_effect_stands_and_the_net_is_undefined() -> None:
    rows = [row(name, "", 0, right=name != "w1", log_odds_removed=0.25) for name in GROUPS]
    rows[-1]["predicted_intact"] = "baker"
    pictures = per_picture(frame(rows))
    (mean,) = net_effects(pictures).to_dict("records")
    assert mean["effect"] == 0.75
    assert np.isnan(mean["net_effect"])
    assert (mean["n"], mean["draws"], mean["control"]) == (0, 0, "")
    (closure,) = gap_closure(pictures).to_dict("records")
    assert np.isnan(closure["net_closure"])
    assert closure["closure"] == 1
    assert closure["reason"] == NO_CONTROL


def test_a_controls_net_uses_the_pictures_that_have_it_and_its_own_number_of_draws() -> None:
    effects = {"w1": 1.0, "w2": 2.0, "m1": 4.0, "m2": 8.0}
    rows = [row(name, "", 0, right=True, log_odds_removed=1 - effect) for name, effect in effects.items()]
    rows += [row(name, "rolled", draw, right=True, log_odds_removed=1 - draw) for name in effects for draw in range(3)]
    rows += [row(name, "other_picture", 0, right=True) for name in ("w1", "m1")]
    rows += [row("w1", "other_picture", 1, right=True)]
    pictures = per_picture(frame(rows))
    assert pictures.groupby("control")["id"].agg("".join).to_dict() == {"other_picture": "w1m1", "rolled": "w1w2m1m2"}
    found = net_effects(pictures).set_index("control")
    assert found["net_effect"].to_dict() == {"rolled": 15 / 4 - 1, "other_picture": 5 / 2}
    assert found["effect"].to_dict() == {"rolled": 15 / 4, "other_picture": 5 / 2}, "of the pictures that have it"
    assert found["n"].to_dict() == {"rolled": 4, "other_picture": 2}
    assert found["draws"].to_dict() == {"rolled": 3, "other_picture": 1}, "the least of them"
    assert gap_closure(pictures).set_index("control")["n_first"].to_dict() == {"rolled": 2, "other_picture": 1}
    probe = per_picture(frame([one | {"head": PROBE_HEAD} for one in rows]))
    assert map_validity(probe).set_index("control")["n"].to_dict() == {"rolled": 4, "other_picture": 2}


def test_a_setting_without_any_control_keeps_its_effect_beside_settings_with_one() -> None:
    rows = [row(name, "", 0, right=True, fraction=fraction) for name in ("w1", "m1") for fraction in (0.1, 0.3)]
    rows += [row("w1", "rolled_person", 0, right=True, fraction=0.1)]
    found = per_picture(frame(rows)).set_index(["fraction", "control"])["id"]
    assert found.groupby(level=[0, 1]).agg("".join).to_dict() == {(0.1, "rolled_person"): "w1", (0.3, ""): "w1m1"}


@pytest.mark.parametrize(
    ("right", "valid", "reason"),
    [
        ({"w1": (False, True), "m1": (True, True)}, True, ""),
        ({"w1": (False, False), "m1": (True, True)}, False, NOT_LOWER),
        ({"w1": (True, False), "m1": (True, True)}, False, NOT_LOWER),
        ({"w1": (False,), "m1": (True,)}, False, NO_CONTROL),
    ],
)
def test_a_gender_map_is_valid_where_the_probe_suffers_more_than_from_controls(right, valid: bool, reason: str) -> None:
    rows = four({"w1": right["w1"], "m1": right["m1"]}) + four(right, head=PROBE_HEAD)
    (found,) = map_validity(per_picture(frame(rows))).to_dict("records")
    assert (found["valid"], found["reason"], found["n"]) == (valid, reason, 2)
    assert found["drop"] == 1 - np.mean([one[0] for one in right.values()])


def test_validity_needs_the_probe() -> None:
    (found,) = map_validity(per_picture(frame(four({"w1": (False, True)})))).to_dict("records")
    assert (found["valid"], found["reason"], found["n"]) == (False, NO_PROBE, 0)


def test_no_rows_give_no_estimates() -> None:
    pictures = per_picture(frame([row("w1", "", 0, right=True)]).iloc[:0])
    assert len(net_effects(pictures)) == len(gap_closure(pictures)) == len(map_validity(pictures)) == 0
