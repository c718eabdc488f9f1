"""What stands behind and is held: labelled exactly, large enough to see at 64 pixels, the same for everybody."""

import inspect
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from bias_exp.data.personas.canvas import BACKGROUND, TOOL, Canvas
from bias_exp.data.personas.factors import PROFESSIONS, draw_factors
from bias_exp.data.personas.figure import draw_wall, stand
from bias_exp.data.personas.looks import LOOKS, NEUTRAL, Look
from bias_exp.data.personas.nuisance import Backdrop, Pose
from bias_exp.data.personas.palette import Palette

SIZE = 64
PALETTE = Palette()
EVERY = pytest.mark.parametrize("name", PROFESSIONS)


def scene(look: Look, backdrop: Backdrop, palette: Palette = PALETTE) -> Canvas:
    canvas = Canvas(SIZE)
    factors = draw_factors("p1", profession="nurse", gender="male", backdrop=backdrop, palette=palette)
    look.scene(draw_wall(canvas, factors), factors.palette, backdrop.variant)
    return canvas


def tool(look: Look, palette: Palette = PALETTE, *, mirror: bool = False) -> Canvas:
    canvas = Canvas(SIZE)
    pens = stand(canvas, draw_factors("p1", profession="nurse", gender="male", pose=Pose(mirror=mirror)))
    look.tool(pens.hand.labelled(TOOL), pens.lap.labelled(TOOL), palette)
    return canvas


def far_apart(first: Canvas, second: Canvas) -> float:
    """The share of pixels whose colours differ clearly."""
    difference = first.reduced().astype(int) - second.reduced()
    return float((np.abs(difference).max(axis=2) > 24).mean())


def test_drawings_know_only_pens_colours_and_arrangement():
    for look in (NEUTRAL, *LOOKS):
        assert list(inspect.signature(look.scene).parameters) == ["pen", "colours", "variant"]
        assert list(inspect.signature(look.tool).parameters) == ["hand", "lap", "colours"]


@EVERY
def test_scenes_take_the_colours_of_the_room_and_tools_their_own(name):
    red = (220, 20, 20)
    held, room = replace(PALETTE, tool=red, detail=red), replace(PALETTE, wall=red, near=red, far=red)
    dressed = replace(PALETTE, clothes=red, under=red, trim=red, iris=red)
    for variant in range(3):
        seen = [scene(LOOKS[name], Backdrop(variant=variant), p).picture for p in (PALETTE, held, dressed, room)]
        assert [np.array_equal(seen[0], other) for other in seen[1:]] == [True, True, False]
    seen = [tool(LOOKS[name], p).picture for p in (PALETTE, room, dressed, held)]
    assert [np.array_equal(seen[0], other) for other in seen[1:]] == [True, True, False]


@EVERY
def test_a_scene_is_background_and_has_three_arrangements(name):
    drawn = [scene(LOOKS[name], Backdrop(variant=variant)) for variant in range(3)]
    assert all((canvas.labels == BACKGROUND).all() for canvas in drawn)
    for first, second in combinations(drawn, 2):
        assert 0.01 < far_apart(first, second) < 0.7


@EVERY
def test_a_scene_fills_a_good_part_of_the_wall(name):
    for variant in range(3):
        backdrop = Backdrop(variant=variant)
        assert far_apart(scene(LOOKS[name], backdrop), scene(NEUTRAL, backdrop)) > 0.2


@EVERY
def test_a_tool_labels_itself_and_nothing_else(name):
    canvas = tool(LOOKS[name])
    assert set(np.unique(canvas.labels)) == {BACKGROUND, TOOL}
    # Ten pixels by ten at the least, and no more than a quarter of the picture.
    assert 0.05 < canvas.masks()["tool"].mean() < 0.25


@EVERY
def test_a_tool_leaves_the_middle_of_the_face_free(name):
    pose = Pose()
    head = stand(Canvas(SIZE), draw_factors("p1", profession="nurse", gender="male", pose=pose)).head
    (left, top), (right, bottom) = head.place([(-0.6, -0.8), (0.6, 0.8)]).round().astype(int)
    assert not tool(LOOKS[name]).masks()["tool"][top:bottom, left:right].any()


@EVERY
def test_a_tool_changes_hands_in_the_mirror(name):
    first, second = (tool(LOOKS[name], mirror=mirror).masks()["tool"] for mirror in (False, True))
    assert (first == second[:, ::-1]).mean() > 0.97


def test_tools_are_told_apart_by_shape():
    masks = [tool(look).masks()["tool"] for look in LOOKS]
    for first, second in combinations(masks, 2):
        assert (first & second).sum() / (first | second).sum() < 0.75


@pytest.mark.parametrize("name", ["pattern", "variant"])
def test_half_an_arrangement_is_refused(name):
    with pytest.raises(ValueError, match=f"Backdrop.{name} must be a whole number, got 0.5"):
        Backdrop(**{name: 0.5})
    with pytest.raises(ValueError, match=rf"Backdrop\.{name} must be in \[0, 2\], got 3"):
        Backdrop(**{name: 3})
