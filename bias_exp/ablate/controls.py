"""What is removed in the place of a map's pixels, to compare its removal with. Free of torch.

Each control gives bool (k, H, W) with exactly as many pixels as `asked.removed` in every draw; k is `asked.draws`, or
fewer where there are not so many. `rows.CONTROLS` has them by name.
"""

import numpy as np

from bias_exp.ablate.asked import Asked
from bias_exp.ablate.choose import displacements, most_draws
from bias_exp.ablate.rows import PRIMARY_MAP
from bias_exp.explain.rows import CENTRE_PRIOR, RANDOM_WEIGHTS


def rolled(asked: Asked) -> np.ndarray:
    """The same shape moved over the picture's edges, at least a quarter of its shorter side away."""
    return _moved(asked.removed, asked, "rolled")


def rolled_person(asked: Asked) -> np.ndarray:
    """What the map removes inside the person's box moved over the box's edges; what it removes outside stays.

    So as much of the person is gone as under the map, and exactly the same of the rest: only the place within the
    person differs. None where there is nothing to move: the map removes nothing of the box, or all of it.
    """
    if asked.box is None:
        raise ValueError("expected the person's box; name `person` among the control's needs")
    left, upper, right, lower = asked.box
    inside = asked.removed[upper:lower, left:right]
    if inside.all() or not inside.any():
        return np.empty((0, *asked.removed.shape), dtype=bool)
    moved = _moved(inside, asked, "rolled_person")
    controls = np.repeat(asked.removed[None], len(moved), axis=0)
    controls[:, upper:lower, left:right] = moved
    return controls


def _moved(shape: np.ndarray, asked: Asked, kind: str) -> np.ndarray:
    """`shape` (h, w) rolled by the displacements of each draw: bool (k, h, w)."""
    size = (shape.shape[0], shape.shape[1])
    draws = min(asked.draws, most_draws(size))
    moves = displacements(size, seed=asked.seed, image_id=asked.image_id, draws=draws, kind=kind)
    controls = np.empty((draws, *size), dtype=bool)
    for control, move in zip(controls, moves, strict=True):
        control[:] = np.roll(shape, tuple(move), axis=(0, 1))
    return controls


def other_picture(asked: Asked) -> np.ndarray:
    """The top of the same head's maps of other pictures of the class, a picture a draw."""
    if asked.others is None:
        raise ValueError("expected maps of other pictures; name `others` among the control's needs")
    return np.asarray(asked.others[: asked.draws] < asked.removed.sum())


def primary_map(asked: Asked) -> np.ndarray:
    """The top of the primary head's map of the same picture, by the same method."""
    return _top_of(asked, PRIMARY_MAP)


def centre_prior(asked: Asked) -> np.ndarray:
    """The pixels nearest to the picture's centre."""
    return _top_of(asked, CENTRE_PRIOR)


def random_weights(asked: Asked) -> np.ndarray:
    """The top of the same head's map on a model whose weights were drawn anew."""
    return _top_of(asked, RANDOM_WEIGHTS)


def _top_of(asked: Asked, name: str) -> np.ndarray:
    """As many pixels of another map, highest first: bool (1, H, W)."""
    return np.asarray(asked.places[name] < asked.removed.sum())[None]
