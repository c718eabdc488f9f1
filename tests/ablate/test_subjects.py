"""What controls are told of pictures: other maps, boxes, other pictures; what is not known is counted."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.ablate.choose import removed_top
from bias_exp.ablate.measure import Ablation, ablate
from bias_exp.ablate.rows import CONTROLS
from bias_exp.ablate.subjects import NO_BOX, NO_MAP, NO_OTHER, Beside, Subjects, Surroundings, boxes_of, others_of
from bias_exp.config import AblateConfig
from bias_exp.explain.maps import ZERO
from tests.ablate.colours import CLASSES, SIDE, facts, model, odds, random_case

EVERY = AblateConfig(fractions=(0.25,), fills=("mean",), controls=CONTROLS.names(), draws=2)
IDS = [f"i{k}" for k in range(5)]
IMAGES, MAPS = random_case()
OTHERS = torch.rand(2, 5, SIDE, SIDE, generator=torch.Generator().manual_seed(7))


def subjects(n: int = 5, **changes) -> Subjects:
    """Pictures of which everything is known that any control needs; `n` of the same five."""
    parts = {
        "facts": facts(n),
        "maps": MAPS[:n],
        "load": lambda rows: IMAGES[torch.from_numpy(rows)],
        "beside": {"primary_map": Beside(OTHERS[0, :n]), "random_weights": Beside(OTHERS[1, :n])},
        "boxes": np.tile([1.0, 1, 7, 8], (n, 1)),
    }
    return Subjects(**(parts | changes))


def of_class(*classes: str) -> pd.DataFrame:
    return facts(len(classes)).assign(**{"class": classes})


def measured(pictures: Subjects, settings: AblateConfig = EVERY, batch_size: int = 2) -> Ablation:
    return ablate(model(), pictures, classes=CLASSES, settings=settings, seed=3, batch_size=batch_size)


def tops(maps: torch.Tensor) -> np.ndarray:
    return removed_top(maps.numpy(), 0.25, seed=3, ids=IDS)


def test_every_control_of_every_picture_has_the_area_of_the_map() -> None:
    found = measured(subjects())
    assert found.without_control == {}
    counts = found.rows[found.rows["head"] == "gender"].groupby("control")["id"].count().to_dict()
    assert counts == {"": 5} | {row.name: 5 * (2 if row.many else 1) for row in CONTROLS}
    assert (found.rows["removed_share"] == 0.25).all()
    overlaps = found.rows.loc[found.rows["control"] != "", "overlap"]
    assert overlaps.between(0, 1, inclusive="left").all()


def test_the_maps_of_others_take_away_their_own_pixels() -> None:
    rows = measured(subjects()).rows.query("head == 'gender'").set_index(["control", "id"])["log_odds_removed"]
    own = tops(MAPS)
    for picture, image in enumerate(IMAGES):
        sign = np.sign(odds(image, np.zeros((SIDE, SIDE), dtype=bool)))
        for control, maps in zip(("primary_map", "random_weights"), OTHERS, strict=True):
            expected = sign * odds(image, tops(maps)[picture])
            assert rows[control, f"i{picture}"].item() == pytest.approx(expected, abs=1e-9)
        there = {round(sign * odds(image, shape), 6): other for other, shape in enumerate(own)}
        drawn = [there[round(score, 6)] for score in rows["other_picture", f"i{picture}"]]
        assert len(set(drawn)) == 2
        assert picture not in drawn


def test_what_is_not_known_leaves_the_control_out_and_is_counted() -> None:
    pictures = subjects(
        facts=of_class("red", "red", "red", "blue", "unknown"),
        boxes=np.array([[1, 1, 7, 8], [np.nan] * 4, [0, 0, 8, 8], [1, 1, 7, 8], [1, 1, 7, 8]]),
        beside={"primary_map": "told so", "random_weights": Beside(OTHERS[0], ["", "", "flat", "", ""])},
    )
    found = measured(pictures)
    assert found.left_out == {}
    assert found.without_control == {
        "rolled_person": {NO_BOX: 1}, "other_picture": {NO_OTHER: 2}, "primary_map": {"told so": 5},
        "random_weights": {"flat": 1},
    }  # fmt: skip
    ids = found.rows.groupby("control")["id"].agg(lambda names: sorted(set(names))).to_dict()
    assert ids[""] == ids["rolled"] == ids["centre_prior"] == IDS
    assert ids["rolled_person"] == ["i0", "i2", "i3", "i4"]
    assert ids["other_picture"] == ["i0", "i1", "i2"]
    assert ids["random_weights"] == ["i0", "i1", "i3", "i4"]
    assert "primary_map" not in ids
    assert not found.rows.isna().any(axis=None)


def test_maps_beside_that_point_nowhere_are_not_used() -> None:
    maps = OTHERS[0].clone()
    maps[1], maps[2] = -1, float("nan")
    found = measured(subjects(beside={"primary_map": Beside(maps), "random_weights": Beside(OTHERS[1])}))
    assert found.without_control["primary_map"][ZERO] == 1
    assert sum(found.without_control["primary_map"].values()) == 2


def test_with_nothing_known_the_controls_that_need_nothing_stay() -> None:
    found = measured(subjects(1, beside={}, boxes=None))
    assert set(found.rows["control"]) == {"", "rolled", "centre_prior"}
    assert found.without_control == {
        "rolled_person": {NO_BOX: 1}, "other_picture": {NO_OTHER: 1}, "primary_map": {NO_MAP: 1},
        "random_weights": {NO_MAP: 1},
    }  # fmt: skip


def test_only_the_control_by_other_pictures_depends_on_the_others() -> None:
    many, few = (measured(subjects(n), batch_size=3).rows.query("control != 'other_picture'") for n in (5, 4))
    same = many[many["id"] != "i4"].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, few.reset_index(drop=True), check_exact=True)


def test_a_class_of_few_pictures_has_as_many_draws_as_there_are_others() -> None:
    found = measured(subjects(facts=of_class("red", "red", "red", "blue", "blue")))
    rows = found.rows.query("control == 'other_picture' and head == 'gender'")
    draws = rows.groupby("id")["draw"].agg(list).to_dict()
    assert draws == {"i0": [0, 1], "i1": [0, 1], "i2": [0, 1], "i3": [0], "i4": [0]}
    assert found.without_control == {"other_picture": {CONTROLS["other_picture"].fewer: 2}}


@given(
    classes=st.lists(st.sampled_from(["red", "blue", "unknown"]), min_size=5, max_size=5),
    persons=st.lists(st.sampled_from(["", "", "x", "y"]), min_size=5, max_size=5),
    invalid=st.integers(0, 4),
)
def test_the_others_are_of_the_class_and_of_other_persons(classes: list, persons: list, invalid: int) -> None:
    reason = ["no" if k == invalid else "" for k in range(5)]
    table = of_class(*classes).assign(person=persons, reason=reason)
    found = others_of(subjects(facts=table), 2, seed=0)
    for picture, rows in enumerate(found):
        allowed = {
            other
            for other in range(5)
            if other not in (picture, invalid)
            and classes[other] == classes[picture] != "unknown"
            and not (persons[other] == persons[picture] != "")
        }
        assert len(set(rows)) == len(rows) == min(2, len(allowed))
        assert set(rows) <= allowed
    one = others_of(subjects(facts=table), 1, seed=0)
    assert all((rows[:1] == first).all() for rows, first in zip(found, one, strict=True))


def test_the_others_do_not_depend_on_the_order_of_the_pictures() -> None:
    table = facts(5)
    turned = table.iloc[::-1].reset_index(drop=True)
    one, other = (others_of(subjects(facts=frame), 3, seed=1) for frame in (table, turned))
    for k in range(5):
        assert table["id"].to_numpy()[one[k]].tolist() == turned["id"].to_numpy()[other[4 - k]].tolist()
    again = others_of(subjects(facts=table), 3, seed=2)
    assert any((a != b).any() for a, b in zip(one, again, strict=True))


def test_boxes_hold_every_pixel_that_they_touch() -> None:
    boxes = np.array([[0.2, 1.0, 5.1, 7.0], [-3.0, -0.5, 4.0, 9.5], [np.nan] * 4])
    assert boxes_of(subjects(3, boxes=boxes)) == [(0, 1, 6, 7), (0, 0, 4, 10), None]
    assert boxes_of(subjects(3, boxes=None)) == [None] * 3


def test_the_centre_prior_is_the_middle_and_every_map_has_its_own_order_of_ties() -> None:
    flat = torch.zeros(5, SIDE, SIDE)
    around = Surroundings(
        subjects(maps=flat, beside={"primary_map": Beside(flat), "random_weights": Beside(flat)}),
        frozenset(("centre_prior", "primary_map", "random_weights")),
        draws=1,
        seed=0,
    )
    places = around.known(np.arange(2), (SIDE, SIDE)).places
    middle = places["centre_prior"] < 4
    assert middle[:, 3:5, 3:5].all()
    assert (places["primary_map"] != places["random_weights"]).any()
    assert (places["primary_map"][0] != places["primary_map"][1]).any()
