"""What is held where food is made and served: the bread basket and the tray.

A tool is drawn with the pen of the raised hand, the pen of the hand before the body, and two colours, `tool` and
`detail`. One unit is the picture's width. From the raised hand there is room for 0.16 to either side, 0.35 up and 0.2
down; before the body for 0.15 to either side and above, and the picture ends 0.1 below. Both hands come on top.
"""

from bias_exp.data.personas.canvas import Pen
from bias_exp.data.personas.furniture import cast
from bias_exp.data.personas.palette import Colour, Palette, lit, mix, shaded

EDGE = 0.008
CRUST: Colour = (212, 150, 86)


def bread(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A basket of baguettes and a round loaf, and a rolling pin."""
    crust, cane = mix(colours.tool, CRUST, 0.75), mix(colours.detail, (150, 116, 84), 0.25)
    for x, turn, high in ((-0.07, -11.0, -0.31), (0.09, 20.0, -0.33), (0.012, 4.0, -0.36)):
        stick = hand.at(x, -0.02, turn=turn)
        outline = [
            (-0.042, 0.0),
            (-0.046, high * 0.7),
            (-0.026, high),
            (0.026, high),
            (0.046, high * 0.7),
            (0.042, 0.0),
        ]
        stick.smooth(outline, crust, EDGE)
        stick.smooth(
            [(0.012, 0.0), (0.022, high * 0.7), (0.016, high + 0.01), (0.044, high * 0.7), (0.04, 0.0)],
            shaded(crust, 0.25),
        )
        for cut in (0.4, 0.6, 0.8):
            stick.stroke([(-0.028, high * cut + 0.018), (0.022, high * cut - 0.018)], 0.017, lit(crust, 0.65))
    hand.disc(-0.01, -0.1, 0.1, 0.07, crust, EDGE)
    for cut in (-0.045, 0.0, 0.045):
        hand.stroke([(cut - 0.02, -0.115), (cut + 0.012, -0.155)], 0.016, lit(crust, 0.65))
    bowl = [(-0.165, -0.1), (0.165, -0.1), (0.125, 0.06), (-0.125, 0.06)]
    cast(hand, bowl, 0.25)
    hand.fill(bowl, cane, EDGE)
    for y in (-0.055, -0.005):
        for step in range(6):
            x = -0.132 + 0.048 * step + (0.024 if y > -0.03 else 0.0)
            hand.stroke([(x, y), (x + 0.024, y)], 0.03, lit(cane, 0.35))
    hand.stroke([(-0.165, -0.1), (0.165, -0.1)], 0.034, lit(cane, 0.25), 0.004)
    _pin(lap.at(0.02, -0.02, turn=-16.0), mix(colours.tool, (222, 180, 126), 0.5), colours.detail)


def _pin(pen: Pen, wood: Colour, grip: Colour) -> None:
    cast(pen, [(-0.13, -0.045), (0.13, -0.045), (0.13, 0.045), (-0.13, 0.045)], 0.25)
    pen.stroke([(-0.18, 0.0), (0.18, 0.0)], 0.036, grip, EDGE)
    pen.box(-0.125, -0.047, 0.125, 0.047, wood, EDGE)
    pen.box(-0.12, 0.012, 0.12, 0.043, shaded(wood, 0.22))
    pen.box(-0.12, -0.036, 0.12, -0.02, lit(wood, 0.5))


def tray(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A tray with a bottle and a glass of wine, and a cloth over the arm."""
    glass, wine = mix(colours.tool, (70, 110, 90), 0.35), mix(colours.detail, (150, 44, 64), 0.55)
    metal = mix(colours.tool, (214, 216, 220), 0.5)
    bottle = [
        (-0.13, -0.05),
        (-0.13, -0.2),
        (-0.1, -0.25),
        (-0.1, -0.36),
        (-0.05, -0.36),
        (-0.05, -0.25),
        (-0.02, -0.2),
        (-0.02, -0.05),
    ]
    cast(hand, bottle, 0.2)
    hand.fill(bottle, glass, EDGE)
    hand.box(-0.045, -0.195, -0.024, -0.055, shaded(glass, 0.35))
    hand.box(-0.118, -0.19, -0.104, -0.055, lit(glass, 0.5))
    hand.box(-0.13, -0.165, -0.02, -0.085, (246, 240, 226))
    hand.box(-0.102, -0.36, -0.048, -0.315, wine)
    rim = lit(metal, 0.6)
    hand.stroke([(0.085, -0.06), (0.085, -0.15)], 0.02, rim, 0.004)
    hand.disc(0.085, -0.062, 0.05, 0.014, rim, 0.004)
    hand.smooth(
        [(0.028, -0.3), (0.142, -0.3), (0.148, -0.22), (0.12, -0.16), (0.085, -0.145), (0.05, -0.16), (0.022, -0.22)],
        rim,
        EDGE,
    )
    hand.smooth([(0.03, -0.24), (0.14, -0.24), (0.132, -0.19), (0.085, -0.155), (0.038, -0.19)], wine)
    hand.stroke([(0.045, -0.285), (0.043, -0.25)], 0.012, (255, 255, 255))
    hand.disc(0.0, -0.03, 0.185, 0.038, shaded(metal, 0.4), EDGE)
    hand.disc(0.0, -0.042, 0.18, 0.034, metal)
    hand.disc(0.0, -0.042, 0.15, 0.022, lit(metal, 0.35))
    for x0, x1 in ((-0.13, -0.02), (0.03, 0.14)):
        hand.box(x0, -0.06, x1, -0.045, shaded(metal, 0.3))
    _cloth(lap)


def _cloth(lap: Pen) -> None:
    cloth = (248, 246, 240)
    fall = [(-0.17, -0.02), (-0.04, 0.005), (-0.035, 0.2), (-0.17, 0.2)]
    cast(lap, fall, 0.25)
    lap.fill(fall, cloth, EDGE)
    for x, width in ((-0.13, 0.02), (-0.085, 0.014)):
        lap.stroke([(x, 0.0), (x + 0.002, 0.2)], width, shaded(cloth, 0.2))
