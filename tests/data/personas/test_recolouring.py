"""Masks say exactly what they cover: repainting what carries a region's labels changes that region and nothing else."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.data.personas.canvas import OVERSAMPLE, PARTS, Canvas
from bias_exp.data.personas.face import landmarks
from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Factors, draw_factors
from bias_exp.data.personas.figure import stand
from bias_exp.data.personas.frame import CELEBA, FAIRFACE, UTKFACE, Frame
from bias_exp.data.personas.looks import LOOKS
from bias_exp.data.personas.nuisance import Pose
from bias_exp.data.personas.render import _draw, render, render_face

FRAMES = {"celeba": CELEBA.scaled(64), "fairface": FAIRFACE["margin125"].scaled(64), "utkface": UTKFACE.scaled(64)}


def drawn(factors: Factors, size: int, frame: Frame | None = None) -> Canvas:
    """The canvas that `render` or `render_face` reads picture and masks from."""
    blank = Canvas(size)
    if frame is not None:
        left, right = landmarks(stand(Canvas(1), factors).head, factors)[:2]
        blank = Canvas(frame.width, frame.height, frame.view(left, right))
    return _draw(factors, LOOKS[factors.profession], blank)


def changed_by(canvas: Canvas, region: str) -> np.ndarray:
    """(height, width) bool: the finished picture's pixels that a repainting of the region changes."""
    kept = canvas.picture.copy()
    # Half as bright first, so that every repainted value can rise by the same amount.
    canvas.picture = kept // 2
    before = canvas.reduced().astype(int)
    canvas.picture = kept // 2 + 128 * np.isin(canvas.labels, PARTS[region])[..., None].astype(np.uint8)
    after = canvas.reduced().astype(int)
    canvas.picture = kept
    assert (after >= before).all()
    return np.asarray((after != before).any(axis=2))


def check(canvas: Canvas, masks: dict[str, np.ndarray]) -> None:
    for region, parts in PARTS.items():
        mask, changed = masks[region], changed_by(canvas, region)
        # Every pixel of the mask changes; what else changes touches the mask, but for slivers narrower than a pixel.
        assert changed[mask].all(), region
        grown = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        fine = np.isin(canvas.labels, parts).reshape(*mask.shape[:1], OVERSAMPLE, mask.shape[1], OVERSAMPLE)
        share = fine.mean(axis=(1, 3))
        assert (changed & ~grown).sum() <= 0.005 * mask.size, region
        assert np.array_equal(changed, share > 0.0), region
        assert mask[share == 1.0].all(), region


people = st.builds(
    lambda k, job, sex, pose: draw_factors(f"r{k}", profession=job, gender=sex, pose=pose),
    st.integers(0, 10**6),
    st.sampled_from(PROFESSIONS),
    st.sampled_from(GENDERS),
    st.builds(
        Pose,
        *(st.floats(*Pose.RANGES[name]) for name in ("x", "y", "scale", "lean", "tilt", "grip", "smile")),
        mirror=st.booleans(),
    ),
)


@settings(max_examples=25, deadline=None)
@given(factors=people)
def test_every_region_in_every_pose(factors):
    check(drawn(factors, 64), render(factors, 64).masks)


@settings(max_examples=10, deadline=None)
@given(factors=people, frame=st.sampled_from(sorted(FRAMES)))
def test_every_region_in_the_frames_of_faces(factors, frame):
    check(drawn(factors, 64, FRAMES[frame]), render_face(factors, FRAMES[frame]).masks)


@pytest.mark.parametrize("mirror", [False, True])
def test_every_region_at_224_pixels(mirror):
    for k, gender in enumerate(GENDERS):
        factors = draw_factors(f"large-{k}", profession=PROFESSIONS[3 * k], gender=gender)
        factors = replace(factors, pose=replace(factors.pose, mirror=mirror, lean=7.0, tilt=-9.0, scale=0.85))
        check(drawn(factors, 224), render(factors, 224).masks)
