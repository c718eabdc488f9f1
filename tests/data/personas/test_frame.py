"""Faces in a data set's frame: aligned by the eyes, drawn at that size, with masks and places exact in that frame."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bias_exp.data.personas.canvas import Canvas
from bias_exp.data.personas.factors import PROFESSIONS, Cues, Factors, draw_factors
from bias_exp.data.personas.frame import CELEBA, FAIRFACE, UTKFACE, Frame, chip
from bias_exp.data.personas.nuisance import Camera, Light
from bias_exp.data.personas.render import REGIONS, render, render_face

FRAMES = {**FAIRFACE, "celeba": CELEBA, "utkface": UTKFACE, "small": chip(64, 0.25)}
STILL = {"light": Light(strength=0.0), "camera": Camera(0.0, 0.0, 0)}


def persona(name: str = "p1", **fixed: object) -> Factors:
    return draw_factors(name, profession=PROFESSIONS[len(name) % 10], gender="female", **fixed)


@pytest.mark.parametrize("name", FRAMES)
def test_the_eyes_lie_where_the_data_set_has_them(name):
    frame = FRAMES[name]
    for person in range(4):
        factors = persona(f"{name}-{person}")
        shown = render_face(factors, frame)
        assert shown.picture.shape == (frame.height, frame.width, 3)
        assert all(mask.shape == (frame.height, frame.width) for mask in shown.masks.values())
        np.testing.assert_allclose(shown.landmarks[:2], [frame.left_eye, frame.right_eye], atol=1e-6)
        for (x, y), region in zip(shown.landmarks, ("eyes", "eyes", "face", "mouth", "mouth"), strict=True):
            assert shown.masks[region][int(y), int(x)]
        rows, columns = np.nonzero(shown.masks["face"])
        assert shown.face_box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_frames_are_those_of_the_data_sets():
    """Eyes of FairFace's chips of 300 px with margin 0.25 and of 448 px with margin 1.25; CelebA's are whole pixels."""
    known = {(300, 0.25): [[95.5, 94.3], [200.6, 94.3]], (448, 1.25): [[189.1, 188.3], [256.4, 188.3]]}
    for (size, margin), eyes in known.items():
        frame = chip(size, margin)
        np.testing.assert_allclose([frame.left_eye, frame.right_eye], eyes, atol=0.1)
    assert (CELEBA.width, CELEBA.height, CELEBA.left_eye, CELEBA.right_eye) == (178, 218, (69, 111), (108, 111))
    assert CELEBA.scaled(89) == Frame(89, 109, (34.5, 55.5), (54.0, 55.5))


def test_a_frame_shows_the_same_drawing_larger():
    """The whole picture warped into the frame is the frame's picture, but for the finer detail of the latter."""
    factors = persona("warped", **STILL)
    whole, face = render(factors, 1024), render_face(factors, FAIRFACE["margin125"].scaled(224))
    left, right = whole.landmarks[:2]
    view = FAIRFACE["margin125"].scaled(224).view(left, right)
    view[:, 2] += view[:, :2].sum(axis=1) / 2 - 0.5  # OpenCV counts from a pixel's centre
    np.testing.assert_allclose(cv2.transform(whole.landmarks[None], view)[0] + 0.5, face.landmarks, atol=0.6)
    inside = cv2.warpAffine(np.ones((1024, 1024), np.uint8), view, (224, 224)) == 1
    for region in REGIONS:
        warped = cv2.warpAffine(whole.masks[region].astype(np.uint8), view, (224, 224), flags=cv2.INTER_NEAREST) == 1
        assert (warped == face.masks[region])[inside].mean() > 0.985, region


def test_the_task_cue_fades_in_a_frame_too():
    pictures = [
        render_face(persona(cues=Cues(task=task), **STILL), FRAMES["margin125"].scaled(64)).picture.astype(float)
        for task in (0.0, 0.4, 1.0)
    ]
    np.testing.assert_allclose(pictures[1], 0.6 * pictures[0] + 0.4 * pictures[2], atol=1.5)
    assert np.abs(pictures[0] - pictures[2]).max() > 20


def test_equal_factors_give_equal_bits():
    first, again = (render_face(persona(), CELEBA) for _ in range(2))
    assert np.array_equal(first.picture, again.picture)
    mirrored = replace(persona(), pose=replace(persona().pose, mirror=not persona().pose.mirror))
    assert not np.array_equal(first.picture, render_face(mirrored, CELEBA).picture)


@pytest.mark.parametrize("frame", [(31, 64, (10.0, 10.0), (20.0, 10.0)), (64, 64, (20.0, 10.0), (20.0, 10.0))])
def test_an_impossible_frame_is_refused(frame):
    with pytest.raises(ValueError, match="at least 32 pixels and the left eye further left"):
        Frame(*frame)


def test_a_canvas_without_a_view_is_the_whole_picture():
    whole, viewed = Canvas(40), Canvas(40, 40, np.array([[40.0, 0.0, 0.0], [0.0, 40.0, 0.0]]))
    for canvas in (whole, viewed):
        canvas.pen().disc(0.4, 0.6, 0.2, 0.1, (9, 90, 200), 0.02)
    assert np.array_equal(whole.picture, viewed.picture)
