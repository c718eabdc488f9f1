"""The words of this room, free of torch: detectors, frames that faces are brought into, what is done to pictures."""

from dataclasses import dataclass

from bias_exp.registry import Registry


@dataclass(frozen=True)
class DetectorRow:
    """A way to find faces: `address` is `(picture (h, w, 3) uint8 RGB) -> list[Detection]`, in any order.

    `package` is what has to be installed for it, by the name of its distribution; its version and `version`, which is
    raised by hand, are part of what a found face is remembered by. Scores of different detectors do not compare:
    `least_score` is where this one's faces begin to be faces.
    """

    name: str
    address: str
    package: str
    least_score: float
    version: int = 1


DETECTORS: Registry[DetectorRow] = Registry(
    "face detector",
    DetectorRow("mtcnn", "bias_exp.faces.mtcnn:find", package="facenet-pytorch", least_score=0.8),
    DetectorRow("haar", "bias_exp.faces.haar:find", package="opencv-python", least_score=0.0),
)


@dataclass(frozen=True)
class ConventionRow:
    """A frame that data sets have faces in: its name, its own size (width, height) in pixels, and who cuts so.

    Faces aligned by different conventions do not compare.
    """

    name: str
    size: tuple[int, int]
    meaning: str


CONVENTIONS: Registry[ConventionRow] = Registry(
    "face convention",
    ConventionRow("arcface", (112, 112), "the five points of face recognition: a head from hairline to below the chin"),
    ConventionRow("fairface025", (224, 224), "dlib's chip with a quarter of the face added on each side, as FairFace"),
    ConventionRow("fairface125", (448, 448), "dlib's chip with one and a quarter of the face added on each side"),
    ConventionRow("celeba", (178, 218), "the aligned pictures of CelebA"),
)


@dataclass(frozen=True)
class TreatmentRow:
    """What is done to a picture with its face: `fill` and `sigma` are its own defaults where it has any."""

    name: str
    meaning: str
    fill: str = ""
    sigma: float = 0.0


TREATMENTS: Registry[TreatmentRow] = Registry(
    "treatment",
    TreatmentRow("align", "the face turned, scaled and moved into the frame of a convention", fill="black"),
    TreatmentRow("crop", "a square around the face, not turned", fill="black"),
    TreatmentRow("blur", "what is not kept is blurred", sigma=0.04),
    TreatmentRow("feather", "what is not kept fades into a fill", fill="white", sigma=0.015),
    TreatmentRow("blackout", "boxes around all faces are filled", fill="black"),
    TreatmentRow("random_boxes", "as many boxes of the same sizes, beside the faces: the control", fill="black"),
)

RULES = ("largest", "central", "only")
"""Which face of several is the picture's: the largest, the one nearest to the middle, or none unless it is alone."""
