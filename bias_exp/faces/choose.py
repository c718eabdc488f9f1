"""Which of the faces that were found is the picture's, or why none of them can be.

Nothing is dropped in silence: a picture without its face has a reason, one of few, so that reasons can be counted by
group. A face's turn to the side is read from its five landmarks, where these were measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bias_exp.faces.detect import MEASURED, Detection
from bias_exp.faces.rows import RULES

NO_FACE, PROFILE, WRONG_POINTS = "no face", "profile", "landmarks that no upright face has"
MOST_TURN = 0.9
"""Faces turned further are profiles: the nose all but below an eye. Half profiles are turned by 0.6 to 0.9."""
NARROWEST = 0.45
"""Eyes nearer to each other than this part of their height over the mouth are those of a profile; 0.87 is usual."""


@dataclass(frozen=True)
class Asked:
    """What a face has to be: `rule` is one of `rows.RULES`, `least_side` that of its box in pixels; with `profiles`,
    faces turned to the side will do."""

    rule: str = "largest"
    least_score: float = 0.0
    least_side: float = 20.0
    profiles: bool = False

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"expected a rule of {', '.join(RULES)}, got {self.rule!r}")


def choose(faces: Sequence[Detection], size: tuple[int, int], asked: Asked, *, turned: bool = True) -> Detection | str:
    """The face of a picture of `size` (width, height), or the reason why it has none.

    What is not sure enough is no face. Several faces are a reason under the rule `only`; which one is taken does not
    depend on whether it is large enough or turned, so that nobody's face stands in for another's.

    Args:
        turned: whether it matters how the head is turned: where landmarks say what is done to the picture.
    """
    sure = [face for face in faces if face.score >= asked.least_score]
    if not sure:
        return NO_FACE if not faces else f"{NO_FACE} that is sure enough"
    if asked.rule == "only" and len(sure) > 1:
        return f"{len(sure)} faces"
    face = min(sure, key=lambda one: _from_middle(one, size)) if asked.rule == "central" else max(sure, key=_area)
    if face.side < asked.least_side:
        return f"face smaller than {asked.least_side:g} px"
    if turned and face.landmark_source in MEASURED and face.landmarks is not None:
        return _standing(face, profiles=asked.profiles)
    return face


def _standing(face: Detection, *, profiles: bool) -> Detection | str:
    if not upright(face.points):
        return WRONG_POINTS
    return PROFILE if not profiles and is_profile(face.points) else face


def _area(face: Detection) -> float:
    return (face.box[2] - face.box[0]) * (face.box[3] - face.box[1])


def _from_middle(face: Detection, size: tuple[int, int]) -> tuple[float, float]:
    middle = np.array([face.box[0] + face.box[2], face.box[1] + face.box[3]]) / 2 / size
    return float(((middle - 0.5) ** 2).sum()), -_area(face)


def upright(points: np.ndarray) -> bool:
    """Whether landmarks (5, 2) are those of a face that is not mirrored or upside down: the left eye further left, and
    the mouth below the eyes as seen along their line."""
    across, down, _ = _axes(points)
    return bool(across[0] > 0 and across[0] * down[1] - across[1] * down[0] > 0)


def turn(points: np.ndarray) -> float:
    """How far the nose is from the middle between the eyes, along their line, in halves of their distance: 0 seen from
    the front, 1 where the nose is below an eye. NaN where the eyes are in one place."""
    across, _, nose = _axes(points)
    apart = float(across @ across)
    return 2 * abs(float(nose @ across)) / apart if apart > 0 else float("nan")


def is_profile(points: np.ndarray) -> bool:
    """Whether a face is seen from the side: its nose is near or past an eye, or its eyes are too near to each other."""
    across, down, _ = _axes(points)
    return not (turn(points) <= MOST_TURN and np.linalg.norm(across) >= NARROWEST * np.linalg.norm(down))


def _axes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """From eye to eye; from between the eyes to between the mouth's corners, and to the nose."""
    middle = points[:2].mean(axis=0)
    return points[1] - points[0], points[3:].mean(axis=0) - middle, points[2] - middle
