"""What people wear at work, told by cut and not by colour; the same for every presentation.

Drawn over the plain torso in body coordinates (see `figure`), before the neckline, which needs |x| < 0.13 above y =
0.15; hats are in `hats`.
"""

from bias_exp.data.personas.canvas import mirrored
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.figure import Garment, Stance
from bias_exp.data.personas.limbs import ROLLED, SHORT
from bias_exp.data.personas.palette import contour, lit, shaded


def _bib_apron(stance: Stance, factors: Factors) -> None:
    """An apron with a bib, straps over the shoulders, a pocket and a tied waist."""
    pen, cloth = stance.body, factors.palette.under
    for side in (-1, 1):
        pen.stroke([(side * 0.118, 0.012), (side * 0.125, 0.16)], 0.03, cloth, 0.005)
    bib = [(0.0, 0.15), (0.135, 0.15), (0.145, 0.24), (stance.width - 0.02, 0.31), (stance.width, 0.7), (0.0, 0.7)]
    pen.fill(mirrored(bib), cloth, edge=0.009)
    pen.stroke([(-0.12, 0.175), (0.12, 0.175)], 0.008, shaded(cloth, 0.25))
    pen.stroke([(-stance.width, 0.325), (stance.width, 0.325)], 0.024, shaded(cloth, 0.22))


def _coat(stance: Stance, factors: Factors) -> None:
    """An open long coat with wide lapels over a shirt, and pens in the breast pocket."""
    pen, cloth = stance.body, factors.palette.clothes
    pen.fill([(-0.105, -0.03), (0.105, -0.03), (0.075, 0.7), (-0.075, 0.7)], factors.palette.under)
    for side in (-1, 1):
        pen.fill([(side * x, y) for x, y in ((0.05, 0.33), (0.09, 0.1), (0.12, 0.7), (0.055, 0.7))], cloth)
        lapel = [(0.092, -0.035), (0.15, 0.0), (0.185, 0.11), (0.145, 0.135), (0.165, 0.165), (0.05, 0.35), (0.1, 0.15)]
        pen.fill([(side * x, y) for x, y in lapel], lit(cloth, 0.22), edge=0.009)
        pen.stroke([(side * 0.052, 0.35), (side * 0.058, 0.7)], 0.008, shaded(cloth, 0.4))
    pen.stroke([(0.125, 0.222), (0.195, 0.222)], 0.012, shaded(cloth, 0.34))
    for x, ink in ((0.145, factors.palette.trim), (0.17, factors.palette.under)):
        pen.stroke([(x, 0.19), (x, 0.222)], 0.011, ink)


def _safety_vest(stance: Stance, factors: Factors) -> None:
    """A zipped vest with broad reflecting bands: two over the shoulders, one around."""
    pen, vest, w = stance.body, factors.palette.trim, stance.width
    shine = lit(factors.palette.under, 0.45)
    front = [(0.085, -0.02), (w - 0.055, 0.02), (w - 0.03, 0.12), (w, 0.3), (w, 0.7), (0.0, 0.7), (0.0, 0.2)]
    for side in (-1, 1):
        pen.fill([(side * x, y) for x, y in front], vest, edge=0.008)
        band = [(0.11, 0.0), (0.155, 0.012), (0.155, 0.7), (0.105, 0.7)]
        pen.fill([(side * x, y) for x, y in band], shine)
    pen.box(-w - 0.01, 0.235, w + 0.01, 0.285, shine)
    pen.stroke([(0.0, 0.19), (0.0, 0.7)], 0.012, shaded(vest, 0.5))


def _wrap(stance: Stance, factors: Factors) -> None:
    """A wrap-over tunic, fastened down one side, with a belt for the tools."""
    pen, cloth, trim, w = stance.body, factors.palette.clothes, factors.palette.trim, stance.width
    pen.fill([(-0.135, 0.0), (-0.1, -0.02), (0.17, 0.2), (0.165, 0.4), (0.135, 0.4), (0.13, 0.215)], trim)
    for y in (0.24, 0.29, 0.34):
        pen.disc(0.1, y, 0.014, 0.014, factors.palette.under, 0.005)
    pen.box(-w, 0.345, w, 0.4, shaded(trim, 0.2))
    pen.box(-0.035, 0.34, 0.035, 0.405, lit(cloth, 0.4), 0.007)


def _suit(stance: Stance, factors: Factors) -> None:
    """A buttoned jacket: notched lapels meeting low over a shirt, a pocket square."""
    pen, cloth = stance.body, factors.palette.clothes
    pen.fill([(-0.105, -0.035), (0.105, -0.035), (0.0, 0.3)], factors.palette.under)
    for side in (-1, 1):
        lapel = [(0.1, -0.04), (0.145, -0.005), (0.175, 0.085), (0.125, 0.1), (0.16, 0.128), (0.0, 0.33), (0.1, 0.09)]
        pen.fill([(side * x, y) for x, y in lapel], shaded(cloth, 0.3), edge=0.006)
    pen.stroke([(0.0, 0.32), (0.0, 0.7)], 0.01, contour(cloth, 0.5))
    pen.disc(0.0, 0.355, 0.012, 0.012, shaded(cloth, 0.6))
    pen.fill([(-0.19, 0.155), (-0.19, 0.11), (-0.168, 0.135), (-0.15, 0.105), (-0.138, 0.155)], factors.palette.under)
    pen.stroke([(-0.196, 0.157), (-0.132, 0.157)], 0.009, shaded(cloth, 0.5))


def _scrubs(stance: Stance, factors: Factors) -> None:
    """A loose short-sleeved top with a contrasting V of the collar, a chest pocket and a hanging watch."""
    pen, trim = stance.body, factors.palette.trim
    pen.fill([(-0.15, -0.015), (0.15, -0.015), (0.16, 0.035), (0.0, 0.215), (-0.16, 0.035)], trim)
    pen.box(0.085, 0.185, 0.17, 0.275, factors.palette.clothes, edge=0.009)
    pen.stroke([(0.085, 0.2), (0.17, 0.2)], 0.012, trim)
    pen.stroke([(-0.135, 0.11), (-0.135, 0.165)], 0.013, factors.palette.under)
    pen.disc(-0.135, 0.185, 0.024, 0.024, factors.palette.under, edge=0.008)


def _overalls(stance: Stance, factors: Factors) -> None:
    """Dungarees: a square bib with a pocket, straps with buttons, and splashes of paint."""
    pen, cloth, under = stance.body, factors.palette.trim, factors.palette.under
    for side in (-1, 1):
        pen.stroke([(side * 0.132, 0.018), (side * 0.1, 0.2)], 0.04, cloth, 0.005)
    w = stance.width
    bib = [(0.0, 0.175), (0.13, 0.175), (0.135, 0.29), (w, 0.35), (w, 0.7), (0.0, 0.7)]
    pen.fill(mirrored(bib), cloth, edge=0.008)
    pen.box(-0.06, 0.225, 0.06, 0.3, lit(cloth, 0.1), edge=0.007)
    for x in (-0.1, 0.1):
        pen.disc(x, 0.203, 0.017, 0.017, (222, 190, 110), 0.005)
    for x, y, r in ((0.1, 0.27, 0.018), (-0.105, 0.3, 0.013), (-0.16, 0.13, 0.02), (0.165, 0.1, 0.014)):
        pen.disc(x, y, r, r, under)


def _cardigan(stance: Stance, factors: Factors) -> None:
    """A cardigan, open in a long V over a shirt, with ribbed borders and buttons."""
    pen, trim = stance.body, shaded(factors.palette.clothes, 0.36)
    shirt = [(-0.115, -0.03), (0.115, -0.03), (0.07, 0.18), (0.02, 0.33), (-0.02, 0.33), (-0.07, 0.18)]
    pen.fill(shirt, factors.palette.under)
    for side in (-1, 1):
        pen.stroke([(side * 0.12, -0.03), (side * 0.075, 0.19), (side * 0.02, 0.34), (side * 0.014, 0.7)], 0.034, trim)
    for y in (0.35, 0.39):
        pen.disc(0.014, y, 0.012, 0.012, factors.palette.under)
    for side in (-1, 1):
        pen.stroke([(side * 0.11, 0.3), (side * 0.18, 0.3)], 0.014, trim)


def _tunic(stance: Stance, factors: Factors) -> None:
    """A short-sleeved tunic with side panels, a zip and a paw print on the chest."""
    pen, trim, w = stance.body, factors.palette.trim, stance.width
    for side in (-1, 1):
        panel = [(w - 0.07, 0.02), (w, 0.07), (w + 0.005, 0.7), (0.12, 0.7), (0.135, 0.24)]
        pen.fill([(side * x, y) for x, y in panel], trim)
    pen.stroke([(0.0, 0.14), (0.0, 0.7)], 0.011, shaded(factors.palette.clothes, 0.45))
    pen.disc(-0.08, 0.185, 0.028, 0.023, trim)
    for x, y in ((-0.114, 0.155), (-0.092, 0.139), (-0.066, 0.139), (-0.045, 0.157)):
        pen.disc(x, y, 0.0105, 0.0135, trim)


def _waistcoat(stance: Stance, factors: Factors) -> None:
    """A waistcoat over a shirt: a deep V, a row of buttons, points at the waist."""
    pen, shirt, cloth, w = stance.body, factors.palette.under, factors.palette.trim, stance.width
    pen.fill(mirrored([(0.0, -0.03), (0.1, -0.03), (w - 0.04, 0.045), (w, 0.11), (w, 0.7), (0.0, 0.7)]), shirt)
    for side in (-1, 1):
        front = [(0.105, -0.01), (0.17, 0.02), (0.16, 0.13), (w - 0.02, 0.24), (w, 0.7), (0.0, 0.7), (0.0, 0.27)]
        pen.fill([(side * x, y) for x, y in front], cloth, edge=0.009)
        pen.stroke([(side * 0.09, 0.32), (side * 0.16, 0.305)], 0.012, shaded(cloth, 0.4))
    for y in (0.29, 0.335, 0.38):
        pen.disc(0.0, y, 0.013, 0.013, shirt)


APRON = Garment(_bib_apron, reach=ROLLED)
COAT = Garment(_coat, collar="under")
SAFETY_VEST = Garment(_safety_vest)
WRAP = Garment(_wrap, reach=SHORT, collar="trim")
SUIT = Garment(_suit, collar="under")
SCRUBS = Garment(_scrubs, reach=SHORT, collar="trim")
OVERALLS = Garment(_overalls, reach=ROLLED)
CARDIGAN = Garment(_cardigan, collar="under")
TUNIC = Garment(_tunic, reach=SHORT)
WAISTCOAT = Garment(_waistcoat, sleeve="under", collar="under")
