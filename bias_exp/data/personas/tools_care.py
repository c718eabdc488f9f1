"""What is held where people and animals are cared for: the X-ray and the stethoscope, the syringe, the dog.

The pens and their room are those of `tools_food`.
"""

from bias_exp.data.personas.canvas import Pen, ellipse
from bias_exp.data.personas.figure import HAND, LAP
from bias_exp.data.personas.furniture import cast
from bias_exp.data.personas.palette import Colour, Palette, lit, mix, shaded
from bias_exp.data.personas.tools_food import EDGE

PAPER: Colour = (248, 246, 240)
INK: Colour = (30, 26, 32)


def stethoscope(hand: Pen, lap: Pen, colours: Palette) -> None:
    """An X-ray of a chest held up to the light, and a stethoscope around the neck."""
    film, bone = mix(colours.detail, (34, 34, 44), 0.7), (238, 236, 226)
    cast(hand, [(-0.14, -0.35), (0.14, -0.35), (0.14, 0.02), (-0.14, 0.02)], 0.25)
    hand.box(-0.14, -0.35, 0.14, 0.025, lit(colours.tool, 0.35), EDGE)
    hand.box(-0.122, -0.332, 0.122, 0.007, film)
    hand.stroke([(0.0, -0.31), (0.0, -0.02)], 0.03, bone)
    for side in (-1, 1):
        hand.stroke([(0.0, -0.285), (side * 0.1, -0.305)], 0.02, bone)
        for y in (-0.24, -0.18, -0.12, -0.06):
            hand.stroke([(0.0, y - 0.01), (side * 0.07, y - 0.012), (side * 0.1, y + 0.022)], 0.02, bone)
    _worn(lap.at(-LAP[0], -LAP[1]), colours)


def _worn(neck: Pen, colours: Palette) -> None:
    """Both ends hang on the chest: the earpieces on one side, the chest piece on the other."""
    tube, metal = mix(colours.detail, INK, 0.6), mix(colours.tool, (222, 226, 230), 0.7)
    rest = [(0.085, -0.03), (0.125, 0.05), (0.115, 0.15), (0.1, 0.21)]
    ears = [(-0.085, -0.03), (-0.13, 0.05), (-0.115, 0.12)]
    for line in (rest, ears):
        neck.stroke(line, 0.028, tube, 0.005)
    for x in (-0.16, -0.07):
        neck.stroke([(-0.115, 0.12), (x, 0.17), (x, 0.22)], 0.017, metal, 0.004)
        neck.disc(x, 0.225, 0.016, 0.016, tube)
    cast(neck, ellipse(0.1, 0.25, 0.055, 0.055), 0.3)
    neck.disc(0.1, 0.25, 0.058, 0.058, shaded(metal, 0.25), EDGE)
    neck.disc(0.097, 0.247, 0.046, 0.046, metal)
    neck.disc(0.1, 0.25, 0.03, 0.03, lit(metal, 0.5))
    neck.box(0.082, 0.17, 0.118, 0.2, metal, 0.004)


def clipboard(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A large syringe, and a clipboard with a heart and a pulse on it."""
    glass, fluid, dark = (232, 240, 242), mix(colours.tool, (72, 150, 182), 0.8), shaded(colours.detail, 0.25)
    needle = hand.at(0.0, -0.02, turn=14.0)
    cast(needle, [(-0.06, -0.23), (0.06, -0.23), (0.06, 0.02), (-0.06, 0.02)], 0.22)
    needle.stroke([(0.0, -0.25), (0.0, -0.37)], 0.016, (176, 184, 192), 0.003)
    needle.fill([(-0.022, -0.235), (-0.012, -0.275), (0.012, -0.275), (0.022, -0.235)], dark)
    needle.box(-0.012, 0.02, 0.012, 0.13, dark)
    needle.box(-0.055, 0.12, 0.055, 0.145, dark, 0.004)
    needle.box(-0.06, -0.245, 0.06, 0.02, glass, EDGE)
    needle.box(-0.052, -0.238, 0.052, -0.08, fluid)
    needle.box(-0.054, -0.08, 0.054, -0.05, dark)
    needle.box(-0.044, -0.23, -0.022, 0.01, lit(fluid, 0.6))
    for y in (-0.2, -0.155, -0.11):
        needle.stroke([(0.014, y), (0.05, y)], 0.012, dark)
    needle.box(-0.085, 0.01, 0.085, 0.032, dark, 0.004)
    board = lap.at(0.075, -0.055, turn=-7.0)
    cast(board, [(-0.125, -0.13), (0.125, -0.13), (0.125, 0.2), (-0.125, 0.2)], 0.25)
    board.box(-0.125, -0.13, 0.125, 0.2, mix(colours.detail, (150, 106, 70), 0.3), EDGE)
    board.box(-0.105, -0.105, 0.105, 0.2, PAPER)
    board.box(-0.05, -0.155, 0.05, -0.105, (186, 192, 198), EDGE)
    heart = [
        (0.0, 0.045),
        (-0.065, -0.015),
        (-0.06, -0.06),
        (-0.03, -0.07),
        (0.0, -0.045),
        (0.03, -0.07),
        (0.06, -0.06),
        (0.065, -0.015),
    ]
    board.smooth(heart, mix(colours.detail, (206, 62, 70), 0.8))
    for y in (0.075, 0.11):
        board.stroke([(-0.08, y), (0.08, y)], 0.012, (170, 172, 180))


def dog(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A puppy carried on both arms, its head beside the shoulder."""
    fur = mix(colours.tool, (206, 180, 148), 0.72)
    dark = mix(shaded(fur, 0.4), (124, 88, 66), 0.4)
    x, y = HAND[0] - LAP[0], HAND[1] - LAP[1]
    lap.stroke([(-0.07, -0.06), (-0.14, -0.1), (-0.165, -0.18)], 0.042, dark, 0.007)
    back = [(-0.09, -0.04), (-0.06, -0.13), (0.08, -0.165), (0.24, -0.175), (x - 0.11, y - 0.12)]
    belly = [(x + 0.06, y - 0.08), (x + 0.05, y + 0.05), (x - 0.09, y + 0.11), (0.18, 0.045), (0.02, 0.06)]
    lap.smooth([*back, *belly], fur, EDGE)
    lap.smooth(
        [(0.08, 0.03), (0.2, -0.02), (x - 0.03, y + 0.05), (x - 0.1, y + 0.095), (0.18, 0.035)], shaded(fur, 0.2)
    )
    lap.smooth([(0.1, -0.155), (0.26, -0.165), (0.27, -0.08), (0.15, -0.06)], dark)
    lap.stroke([(0.07, 0.045), (-0.105, 0.072)], 0.058, fur, 0.007)
    lap.disc(0.0, -0.03, 0.098, 0.092, fur, 0.007)
    lap.smooth([(-0.07, 0.0), (0.08, -0.01), (0.06, 0.06), (-0.09, 0.09), (-0.1, 0.06)], fur)
    for toe in (-0.118, -0.1):
        lap.stroke([(toe, 0.065), (toe, 0.085)], 0.007, shaded(fur, 0.5))
    for side in (-0.075, 0.035):
        hand.stroke([(side, -0.04), (side + 0.005, 0.085)], 0.058, fur, 0.007)
        hand.stroke([(side + 0.005, 0.085), (side + 0.005, 0.105)], 0.007, shaded(fur, 0.5))
    head = hand.at(-0.02, -0.2)
    _head(head, fur, dark)
    hand.stroke([(-0.095, -0.095), (-0.02, -0.075), (0.06, -0.095)], 0.026, colours.detail, 0.004)
    hand.disc(-0.02, -0.055, 0.02, 0.02, (246, 212, 110), 0.004)


def _head(head: Pen, fur: Colour, dark: Colour) -> None:
    head.smooth(
        [
            (0.0, -0.115),
            (0.085, -0.085),
            (0.115, 0.0),
            (0.085, 0.085),
            (0.0, 0.115),
            (-0.085, 0.085),
            (-0.115, 0.0),
            (-0.085, -0.085),
        ],
        fur,
        EDGE,
    )
    for side in (-1, 1):
        ear = [
            (side * 0.055, -0.11),
            (side * 0.12, -0.115),
            (side * 0.165, -0.02),
            (side * 0.145, 0.07),
            (side * 0.105, 0.04),
            (side * 0.095, -0.04),
        ]
        head.smooth(ear, dark, EDGE)
        head.disc(side * 0.046, -0.022, 0.02, 0.025, INK)
        head.disc(side * 0.046 - 0.007, -0.031, 0.007, 0.007, (255, 255, 255))
    head.smooth([(0.0, -0.105), (0.026, -0.05), (0.028, 0.0), (-0.028, 0.0), (-0.026, -0.05)], lit(fur, 0.65))
    head.disc(0.0, 0.05, 0.062, 0.05, lit(fur, 0.65))
    head.disc(0.0, 0.025, 0.032, 0.024, INK)
    head.stroke([(-0.034, 0.062), (-0.016, 0.074), (0.0, 0.066), (0.016, 0.074), (0.034, 0.062)], 0.01, INK)
    head.disc(0.0, 0.092, 0.018, 0.022, (222, 122, 122))
