"""Rendered personas: equal bits for equal factors, exact masks, and cues that change only what they name."""

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Cues, Factors, draw_factors
from bias_exp.data.personas.looks import LOOKS
from bias_exp.data.personas.nuisance import Backdrop, Camera, FaceShape, Hair, Light, Pose
from bias_exp.data.personas.render import REGIONS, Persona, render

NO_GENDER = Cues(hair=0.0, facial_hair=0.0, lips=0.0, neckline=0.0)


def persona(name: str = "p1", profession: str = "nurse", gender: str = "female", **fixed: object) -> Factors:
    return draw_factors(name, profession=profession, gender=gender, **fixed)


def same(first: Persona, second: Persona) -> bool:
    return (
        np.array_equal(first.picture, second.picture)
        and all(np.array_equal(first.masks[region], second.masks[region]) for region in REGIONS)
        and np.array_equal(first.face_box, second.face_box)
        and np.array_equal(first.landmarks, second.landmarks)
    )


def grown(box: np.ndarray, margin: float, shape: tuple[int, int]) -> np.ndarray:
    """The zone that `render` documents for the gender cues, True inside."""
    (x0, y0, x1, y1), zone = box, np.zeros(shape, bool)
    width, height = x1 - x0, y1 - y0
    left, right = x0 - 0.6 * width - margin, x1 + 0.6 * width + margin
    top, bottom = y0 - 0.5 * height - margin, y1 + 1.2 * height + margin
    zone[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1] = True
    return zone


def test_regions_are_the_ten_of_the_design():
    assert (
        *("face", "hair", "eyes", "mouth", "chin", "glabella", "cheeks"),
        *("clothes", "tool", "background"),
    ) == REGIONS


def test_every_profession_has_a_look_of_its_own():
    assert LOOKS.names() == PROFESSIONS
    for drawing in ("garment", "tool", "scene"):
        assert len({getattr(look, drawing) for look in LOOKS}) == len(PROFESSIONS)


def test_equal_ids_give_equal_bits_in_any_order():
    names = [f"p{i}" for i in range(6)]
    first = {name: render(persona(name)) for name in names}
    assert all(same(first[name], render(persona(name))) for name in reversed(names))
    assert not np.array_equal(first["p0"].picture, first["p1"].picture)


@pytest.mark.parametrize("profession", PROFESSIONS)
@pytest.mark.parametrize("gender", GENDERS)
def test_masks_boxes_and_landmarks(profession, gender):
    size = 96
    for seed in range(3):
        shown = render(persona(profession=profession, gender=gender, seed=seed), size)
        masks = shown.masks
        assert shown.picture.shape == (size, size, 3)
        assert shown.picture.dtype == np.uint8
        assert all(mask.shape == (size, size) and mask.dtype == bool for mask in masks.values())
        assert all(mask.any() for mask in masks.values())
        person = np.any([masks[region] for region in REGIONS if region != "background"], axis=0)
        assert not (masks["background"] & person).any()
        for region in ("eyes", "mouth", "chin", "glabella", "cheeks"):
            assert not (masks[region] & ~masks["face"]).any()
        assert masks["tool"].mean() > 0.01
        rows, columns = np.nonzero(masks["face"])
        tight = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(shown.face_box, tight, atol=1.0)
        for x, y in shown.landmarks:
            assert masks["face"][int(y), int(x)]
        (left, right, nose, left_mouth, right_mouth) = shown.landmarks
        assert left[0] < nose[0] < right[0]
        assert left_mouth[0] < right_mouth[0]
        assert max(left[1], right[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


@pytest.mark.parametrize("extreme", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("mirror", [False, True])
def test_landmarks_lie_in_their_regions_whatever_the_shape(mirror, extreme):
    for name in (*FaceShape.RANGES, "all"):
        varied = FaceShape(**{part: extreme if name in (part, "all") else 0.5 for part in FaceShape.RANGES})
        shown = render(persona(pose=Pose(mirror=mirror, tilt=6.0), shape=varied), 224)
        left, right, _, *corners = shown.landmarks.astype(int)
        assert all(shown.masks["eyes"][y, x] for x, y in (left, right))
        assert all(shown.masks["mouth"][y, x] for x, y in corners)


def test_masks_at_two_sizes_are_the_same_shapes():
    factors = persona()
    small, large = render(factors, 64).masks, render(factors, 192).masks
    for region in REGIONS:
        # The middle of each 3 x 3 block of the large picture is the centre of a pixel of the small one.
        assert (large[region][1::3, 1::3] == small[region]).mean() > 0.985, region


@pytest.mark.parametrize("profession", PROFESSIONS)
def test_twins_differ_in_the_gender_zone_only(profession):
    for seed in range(4):
        factors = persona(profession=profession, seed=seed)
        first, second = (render(replace(factors, presentation=p), 128) for p in (0.0, 1.0))
        changed = (first.picture != second.picture).any(axis=2)
        assert changed.any()
        assert not (changed & ~grown(first.face_box, 4.0, changed.shape)).any()
        assert np.array_equal(first.masks["tool"], second.masks["tool"])
        inside = cv2.erode(first.masks["tool"].astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
        assert not (changed & inside).any()
        assert np.array_equal(first.landmarks, second.landmarks)


def test_without_gender_cues_the_presentation_changes_nothing():
    first, second = (render(persona(presentation=p, cues=NO_GENDER)) for p in (0.0, 1.0))
    assert same(first, second)


@pytest.mark.parametrize(
    ("cue", "region"), [("hair", "hair"), ("facial_hair", "face"), ("lips", "mouth"), ("neckline", "")]
)
def test_each_gender_cue_acts_alone(cue, region):
    clear = persona(cues=replace(NO_GENDER, **{cue: 1.0}), skin_tone=4, camera=Camera(0.0, 0.0, 0))
    first, second = (render(replace(clear, presentation=p), 128) for p in (0.0, 1.0))
    changed = (first.picture != second.picture).any(axis=2)
    assert changed.any()
    if region in ("face", "mouth"):
        near = cv2.dilate(first.masks[region].astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        assert not (changed & ~near).any()
    if cue == "neckline":
        assert not (changed & first.masks["face"]).any()
    if cue == "hair":
        assert second.masks["hair"].sum() > 1.5 * first.masks["hair"].sum()


def test_without_task_cues_professions_are_the_same_picture():
    plain = [render(persona(profession=p, cues=Cues(task=0.0))) for p in PROFESSIONS]
    assert all(same(shown, plain[0]) for shown in plain)
    assert not plain[0].masks["tool"].any()


def test_task_visibility_fades_between_the_ends():
    still = {"light": Light(brightness=0.8, strength=0.0), "camera": Camera(0.0, 0.0, 0)}
    ends = [render(persona(cues=Cues(task=v), **still)).picture.astype(float) for v in (0.0, 0.3, 1.0)]
    np.testing.assert_allclose(ends[1], 0.7 * ends[0] + 0.3 * ends[2], atol=1.5)


def test_too_small_a_picture_is_refused():
    with pytest.raises(ValueError, match="size must be at least 32 pixels, got 16"):
        render(persona(), 16)


share = st.floats(0.0, 1.0)
anyone = st.builds(
    Factors,
    persona=st.just("any"),
    profession=st.sampled_from(PROFESSIONS),
    presentation=share,
    skin_tone=st.integers(1, 10),
    age=st.floats(18.0, 80.0),
    build=share,
    shape=st.builds(FaceShape, *[share] * len(FaceShape.RANGES)),
    hair=st.builds(Hair, *(st.floats(*Hair.RANGES[field.name]) for field in fields(Hair))),
    pose=st.builds(
        Pose,
        *(st.floats(*Pose.RANGES[name]) for name in ("x", "y", "scale", "lean", "tilt", "grip", "smile")),
        mirror=st.booleans(),
    ),
    backdrop=st.builds(Backdrop, mirror=st.booleans(), pattern=st.integers(0, 2), variant=st.integers(0, 2)),
    light=st.builds(Light, *(st.floats(*Light.RANGES[name]) for name in Light.RANGES)),
    camera=st.builds(Camera, st.floats(0.0, 64.0), st.floats(0.0, 0.05), st.integers(0, 2**63 - 1)),
    cues=st.builds(Cues, share, share, share, share, share),
)


@settings(max_examples=30, deadline=None)
@given(factors=anyone, size=st.sampled_from((32, 50, 64)))
def test_any_factors_in_range_give_a_consistent_persona(factors, size):
    shown = render(factors, size)
    assert shown.picture.dtype == np.uint8
    assert shown.picture.shape == (size, size, 3)
    assert set(shown.masks) == set(REGIONS)
    others = np.any([shown.masks[region] for region in REGIONS if region != "background"], axis=0)
    assert not (others & shown.masks["background"]).any()
    assert (shown.masks["tool"].any()) == (factors.cues.task > 0.0)
    x0, y0, x1, y1 = shown.face_box
    assert 0 <= x0 < x1 <= size
    assert 0 <= y0 < y1 <= size
    assert shown.masks["face"][int(shown.landmarks[2, 1]), int(shown.landmarks[2, 0])]
