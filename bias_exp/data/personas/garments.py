"""What people wear at work, told by cut and not by colour; the same for every presentation.

Drawn over the plain torso in body coordinates (see `figure`), before the neckline, which needs |x| < 0.13 above y =
0.15; hats in head coordinates, after the hair.
"""

from bias_exp.data.personas.canvas import CLOTHES, mirrored
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.figure import Stance
from bias_exp.data.personas.palette import lit, shaded


def bare_head(stance: Stance, factors: Factors) -> None:
    """No hat."""


def toque(stance: Stance, factors: Factors) -> None:
    """A baker's tall hat: a band and a puffed crown."""
    pen, cloth = stance.head.labelled(CLOTHES), lit(factors.palette.under, 0.35)
    crown = mirrored([(0.0, -1.98), (0.5, -2.0), (0.98, -1.78), (1.0, -1.42), (0.76, -1.1), (0.0, -1.05)])
    pen.smooth(crown, cloth, edge=0.05)
    pen.fill([(-0.8, -1.18), (0.8, -1.18), (0.84, -0.72), (0.0, -0.66), (-0.84, -0.72)], cloth, edge=0.05)
    for x in (-0.4, 0.0, 0.4):
        pen.stroke([(x, -1.22), (x * 1.15, -1.6)], 0.045, shaded(cloth, 0.25))


def hard_hat(stance: Stance, factors: Factors) -> None:
    """A safety helmet: dome, ridge and brim."""
    pen, shell = stance.head.labelled(CLOTHES), factors.palette.trim
    dome = mirrored([(0.0, -1.52), (0.55, -1.42), (0.9, -1.05), (0.96, -0.66), (0.5, -0.6), (0.0, -0.6)])
    pen.smooth(dome, shell, edge=0.05)
    pen.fill([(-0.16, -1.56), (0.16, -1.56), (0.2, -0.66), (-0.2, -0.66)], lit(shell, 0.3), edge=0.04)
    pen.fill([(-1.14, -0.7), (1.14, -0.7), (1.05, -0.53), (-1.05, -0.53)], shaded(shell, 0.2), edge=0.04)


def bib_apron(stance: Stance, factors: Factors) -> None:
    """An apron with a bib, straps over the shoulders and a pocket."""
    pen, cloth = stance.body, factors.palette.under
    for side in (-1, 1):
        pen.stroke([(side * 0.135, 0.02), (side * 0.12, 0.2)], 0.028, cloth)
    pen.fill(
        mirrored([(0.0, 0.17), (0.125, 0.17), (0.14, 0.26), (0.24, 0.34), (0.24, 0.7), (0.0, 0.7)]), cloth, edge=0.01
    )
    pen.stroke([(-0.3, 0.33), (0.3, 0.33)], 0.022, shaded(cloth, 0.3))


def coat(stance: Stance, factors: Factors) -> None:
    """An open long coat with wide lapels over a shirt."""
    pen, cloth = stance.body, factors.palette.clothes
    pen.fill([(-0.1, -0.02), (0.1, -0.02), (0.06, 0.7), (-0.06, 0.7)], factors.palette.under)
    for side in (-1, 1):
        lapel = [(0.1, -0.02), (0.17, 0.03), (0.19, 0.13), (0.15, 0.15), (0.165, 0.18), (0.055, 0.34), (0.1, 0.16)]
        pen.fill([(side * x, y) for x, y in lapel], lit(cloth, 0.25), edge=0.01)
        pen.box(side * 0.18 - 0.045, 0.2, side * 0.18 + 0.045, 0.275, lit(cloth, 0.12), edge=0.008)


def safety_vest(stance: Stance, factors: Factors) -> None:
    """A vest with broad reflecting bands: two over the shoulders, one around."""
    pen, band = stance.body, factors.palette.under
    for side in (-1, 1):
        pen.fill([(side * 0.125, 0.0), (side * 0.18, 0.03), (side * 0.17, 0.7), (side * 0.115, 0.7)], band, edge=0.008)
    pen.box(-0.25, 0.245, 0.25, 0.30, band, edge=0.008)
    pen.stroke([(0.0, 0.15), (0.0, 0.7)], 0.012, shaded(factors.palette.clothes, 0.4))


def cape(stance: Stance, factors: Factors) -> None:
    """A wrap-over tunic, fastened down one side, with a belt for the tools."""
    pen, cloth = stance.body, factors.palette.clothes
    pen.stroke([(-0.14, 0.04), (0.12, 0.2), (0.13, 0.4)], 0.026, factors.palette.trim)
    for y in (0.22, 0.27, 0.32):
        pen.disc(0.085, y, 0.013, 0.013, factors.palette.trim)
    pen.box(-0.26, 0.355, 0.26, 0.4, shaded(cloth, 0.45))


def suit(stance: Stance, factors: Factors) -> None:
    """A buttoned jacket: narrow notched lapels meeting low, a pocket square."""
    pen, cloth = stance.body, factors.palette.clothes
    pen.fill([(-0.12, -0.02), (0.12, -0.02), (0.0, 0.29)], factors.palette.under)
    for side in (-1, 1):
        lapel = [(0.115, -0.02), (0.15, 0.02), (0.165, 0.1), (0.125, 0.105), (0.15, 0.135), (0.0, 0.31), (0.085, 0.1)]
        pen.fill([(side * x, y) for x, y in lapel], shaded(cloth, 0.28), edge=0.008)
    pen.stroke([(0.0, 0.3), (0.0, 0.7)], 0.01, shaded(cloth, 0.5))
    pen.fill([(-0.2, 0.14), (-0.18, 0.105), (-0.165, 0.135), (-0.145, 0.11), (-0.135, 0.15)], factors.palette.under)


def scrubs(stance: Stance, factors: Factors) -> None:
    """A loose top with a contrasting yoke, a chest pocket and a hanging watch."""
    pen, trim = stance.body, factors.palette.trim
    pen.fill([(-0.15, 0.0), (0.15, 0.0), (0.155, 0.05), (0.0, 0.23), (-0.155, 0.05)], trim)
    pen.box(0.075, 0.19, 0.165, 0.28, factors.palette.clothes, edge=0.01)
    pen.stroke([(-0.14, 0.12), (-0.14, 0.17)], 0.012, factors.palette.under)
    pen.disc(-0.14, 0.19, 0.022, 0.022, factors.palette.under, edge=0.008)


def overalls(stance: Stance, factors: Factors) -> None:
    """Dungarees: a square bib, straps with buttons, and splashes of paint."""
    pen, cloth, under = stance.body, factors.palette.trim, factors.palette.under
    for side in (-1, 1):
        pen.stroke([(side * 0.15, 0.02), (side * 0.1, 0.2)], 0.036, cloth)
    pen.fill(mirrored([(0.0, 0.185), (0.125, 0.185), (0.125, 0.3), (0.22, 0.36), (0.24, 0.7), (0.0, 0.7)]), cloth)
    for x, y, r in (
        (-0.1, 0.205, 0.016),
        (0.1, 0.205, 0.016),
        (0.05, 0.33, 0.028),
        (0.11, 0.28, 0.015),
        (-0.17, 0.12, 0.02),
    ):
        pen.disc(x, y, r, r, under, edge=0.006)


def cardigan(stance: Stance, factors: Factors) -> None:
    """A cardigan, open in a long V over a shirt, with ribbed borders."""
    pen, trim = stance.body, shaded(factors.palette.clothes, 0.35)
    pen.fill(
        [(-0.13, -0.01), (0.13, -0.01), (0.07, 0.2), (0.05, 0.7), (-0.05, 0.7), (-0.07, 0.2)], factors.palette.under
    )
    for side in (-1, 1):
        pen.stroke([(side * 0.135, -0.005), (side * 0.075, 0.2), (side * 0.055, 0.7)], 0.03, trim)
    for y in (0.24, 0.31, 0.38):
        pen.disc(0.06, y, 0.011, 0.011, factors.palette.under)


def tunic(stance: Stance, factors: Factors) -> None:
    """A short-sleeved tunic with side panels and a paw print on the chest."""
    pen, trim = stance.body, factors.palette.trim
    for side in (-1, 1):
        pen.fill(
            [(side * 0.2, 0.03), (side * 0.3, 0.1), (side * 0.3, 0.7), (side * 0.14, 0.7), (side * 0.16, 0.2)], trim
        )
    pen.disc(-0.11, 0.185, 0.024, 0.02, trim)
    for x, y in ((-0.14, 0.158), (-0.12, 0.145), (-0.098, 0.146), (-0.08, 0.16)):
        pen.disc(x, y, 0.009, 0.011, trim)


def waistcoat(stance: Stance, factors: Factors) -> None:
    """A waistcoat over a shirt: a deep V, a row of buttons, points at the waist."""
    pen, shirt, cloth = stance.body, factors.palette.under, factors.palette.trim
    w = stance.width
    pen.fill(
        mirrored(
            [
                (0.0, -0.015),
                (0.07, -0.02),
                (w * 0.7, 0.03),
                (w - 0.01, 0.075),
                (w + 0.01, 0.16),
                (w - 0.01, 0.7),
                (0.0, 0.7),
            ]
        ),
        shirt,
    )
    for side in (-1, 1):
        front = [(0.11, 0.0), (0.165, 0.03), (0.16, 0.15), (0.2, 0.22), (0.21, 0.7), (0.0, 0.7), (0.0, 0.24)]
        pen.fill([(side * x, y) for x, y in front], cloth, edge=0.01)
    for y in (0.27, 0.33, 0.39):
        pen.disc(0.0, y, 0.013, 0.013, shirt)
