"""One picture and its faces to one treated picture, with what is still known of where things are in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from bias_exp.faces.blur import blurred
from bias_exp.faces.boxes import cells_of, mask_of, overlap, random_cells
from bias_exp.faces.chips import Chip, aligned, cropped
from bias_exp.faces.choose import NO_FACE, choose
from bias_exp.faces.detect import Detection
from bias_exp.faces.feather import feathered
from bias_exp.faces.ground import ground
from bias_exp.faces.landmarks import head_mask, region_masks
from bias_exp.faces.plan import BOXED, CROP_SIZE, KEPT, MASKED, Plan

Masks = dict[str, np.ndarray]


@dataclass(frozen=True)
class Seen:
    """A picture before it is treated: `pixels` (h, w, 3) uint8 RGB, its faces, its region masks (h, w) bool where it
    has any, all in one frame; `name` is its sha256."""

    pixels: np.ndarray
    faces: Sequence[Detection]
    masks: Masks
    name: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True)
class Treated:
    """A picture (h, w, 3) uint8 RGB with its face: landmarks (5, 2) and box (4,), NaN where not known, and masks.

    `guessed` says whether the masks are templates; `overlap` is the part of the faces that control boxes cover.
    """

    picture: np.ndarray
    face: Detection | None
    points: np.ndarray
    box: np.ndarray
    masks: Masks = field(default_factory=dict)
    guessed: bool = False
    overlap: float = float("nan")


def treat(seen: Seen, plan: Plan) -> Treated | str:
    """The treated picture, or the reason why it has to be left out."""
    if plan.do in BOXED:
        return _boxed(seen, plan)
    if plan.do in MASKED:
        return _masked(seen, plan)
    return _cut(seen, plan)


def needs_landmarks(plan: Plan, known: bool) -> bool:
    """Whether a face without landmarks is of no use; `known` says whether the picture's region masks say what stays."""
    return plan.do == "align" or (plan.do in MASKED and not known)


def knows_what_stays(masks: Masks, plan: Plan) -> bool:
    """Whether region masks say what is kept; a person that was drawn as a whole needs no parts."""
    if plan.keep in masks:
        return True
    return all(name in masks for name in KEPT[plan.keep])


def _cut(seen: Seen, plan: Plan) -> Treated | str:
    face = choose(seen.faces, seen.size, plan.asked, turned=plan.do == "align")
    if isinstance(face, str):
        return face
    if plan.do == "align":
        if face.landmarks is None:
            return "no landmarks"
        chip = aligned(seen.pixels, face.points, plan.convention, size=plan.size, margin=plan.margin)
    else:
        chip = cropped(seen.pixels, np.array(face.box), size=plan.size or CROP_SIZE, margin=plan.margin)
    picture = chip.picture
    if plan.fill != "black" and chip.outside.any():
        picture = picture.copy()
        filled = ground(picture, ~chip.outside, plan.fill, seed=plan.seed, name=seen.name)
        picture[chip.outside] = filled[chip.outside]
    points = chip.places(face.points)
    masks, guessed = _moved(chip, seen.masks, points)
    return Treated(picture, face, points, chip.box(np.array(face.box)), masks, guessed)


def _moved(chip: Chip, masks: Masks, points: np.ndarray) -> tuple[Masks, bool]:
    """The picture's masks in a chip, or templates where it has none; whether they are templates."""
    if masks:
        return {name: chip.mask(mask) for name, mask in masks.items()}, False
    return (region_masks(points, chip.size), True) if np.isfinite(points).all() else ({}, False)


def _masked(seen: Seen, plan: Plan) -> Treated | str:
    known = knows_what_stays(seen.masks, plan)
    face = choose(seen.faces, seen.size, plan.asked, turned=not known)
    if not known and isinstance(face, str):
        return face
    found = None if isinstance(face, str) else face
    kept = _kept(seen, plan, found, known=known)
    if isinstance(kept, str):
        return kept
    side = min(seen.size)
    if plan.do == "blur":
        picture = blurred(seen.pixels, kept, plan.sigma)
    else:
        filled = ground(seen.pixels, kept, plan.fill, seed=plan.seed, name=seen.name)
        picture = feathered(seen.pixels, kept, filled, plan.sigma * side)
    return _in_place(seen, picture, found)


def _kept(seen: Seen, plan: Plan, face: Detection | None, *, known: bool) -> np.ndarray | str:
    """Where the picture stays, or the reason why nobody can say."""
    if known and plan.keep in seen.masks:
        kept = seen.masks[plan.keep]
        return kept if kept.any() else f"no {plan.keep} in its region masks"
    if known:
        kept = np.any([seen.masks[name] for name in KEPT[plan.keep]], axis=0)
        if plan.keep == "person" and "background" in seen.masks:
            kept = ~seen.masks["background"]  # neck, ears and hands belong to no region of their own
        return kept if kept.any() else f"no {plan.keep} in its region masks"
    if plan.keep == "person":
        return "no person mask"
    if face is None or face.landmarks is None:
        return "no landmarks"
    kept = region_masks(face.points, seen.size)["face"] if plan.keep == "face" else head_mask(face.points, seen.size)
    return kept if kept.any() else "face outside of the picture"


def _boxed(seen: Seen, plan: Plan) -> Treated | str:
    sure = [face for face in seen.faces if face.score >= plan.asked.least_score]
    faces = [cells for face in sure if _area(cells := cells_of(face.box, seen.size)) > 0]
    if not faces:
        return NO_FACE if not seen.faces else f"{NO_FACE} that is sure enough"
    if plan.asked.rule == "only" and len(faces) > 1:
        return f"{len(faces)} faces"
    covered = mask_of(faces, seen.size)
    control = plan.do == "random_boxes"
    boxes = random_cells(faces, seen.size, seed=plan.seed, name=seen.name) if control else faces
    mask = mask_of(boxes, seen.size)
    filled = ground(seen.pixels, ~mask, plan.fill, seed=plan.seed, name=seen.name)
    picture = np.where(mask[..., None], filled, seen.pixels)
    chosen = choose(seen.faces, seen.size, plan.asked, turned=False)
    face = None if isinstance(chosen, str) else chosen
    return _in_place(seen, picture, face, overlap(mask, covered) if control else float("nan"))


def _area(cells: tuple[int, int, int, int]) -> int:
    return (cells[2] - cells[0]) * (cells[3] - cells[1])


def _in_place(seen: Seen, picture: np.ndarray, face: Detection | None, covered: float = float("nan")) -> Treated:
    """A treated picture in the frame that it had."""
    points = np.full((5, 2), np.nan) if face is None else face.points
    box = np.full(4, np.nan) if face is None else np.array(face.box)
    guessed = not seen.masks and bool(np.isfinite(points).all())
    masks = region_masks(points, seen.size) if guessed else seen.masks
    return Treated(picture, face, points, box, masks, guessed, covered)


def fitted(masks: Masks, size: tuple[int, int]) -> Masks:
    """Masks at another size (width, height): a great JPEG is decoded smaller than its region file is."""
    return {
        name: mask
        if (mask.shape[1], mask.shape[0]) == size
        else cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
        for name, mask in masks.items()
    }


def record(faces: Sequence[Detection], treated: Treated | str) -> dict[str, Any]:
    """What was found in a picture and what became of it, for the table of faces."""
    kept = None if isinstance(treated, str) else treated
    face = None if kept is None else kept.face
    box = (float("nan"),) * 4 if face is None else face.box
    return {
        "faces": len(faces),
        "score": float("nan") if face is None or not np.isfinite(face.score) else face.score,
        "landmarks_from": "" if face is None or face.landmarks is None else face.landmark_source,
        "regions_from": "" if kept is None or not kept.masks else "template" if kept.guessed else "given",
        **dict(zip(("x0", "y0", "x1", "y1"), box, strict=True)),
        "overlap": float("nan") if kept is None else kept.overlap,
        "reason": treated if isinstance(treated, str) else "",
    }
