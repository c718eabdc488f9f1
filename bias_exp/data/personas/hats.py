"""What people wear on the head at work; in head coordinates (see `anatomy`), drawn after the hair."""

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
    pen.smooth(crown, cloth, edge=0.045)
    pen.fill([(-0.82, -1.2), (0.82, -1.2), (0.86, -0.8), (0.0, -0.74), (-0.86, -0.8)], cloth, edge=0.045)
    for x in (-0.4, 0.0, 0.4):
        pen.stroke([(x, -1.24), (x * 1.15, -1.62)], 0.045, shaded(cloth, 0.2))
    pen.fill([(0.5, -1.19), (0.81, -1.19), (0.85, -0.81), (0.55, -0.77)], shaded(cloth, 0.1))


def hard_hat(stance: Stance, factors: Factors) -> None:
    """A safety helmet: dome, ridge and brim."""
    pen, shell = stance.head.labelled(CLOTHES), factors.palette.trim
    dome = mirrored([(0.0, -1.54), (0.55, -1.44), (0.9, -1.08), (0.97, -0.74), (0.5, -0.68), (0.0, -0.68)])
    pen.smooth(dome, shell, edge=0.045)
    pen.fill([(-0.16, -1.58), (0.16, -1.58), (0.2, -0.74), (-0.2, -0.74)], lit(shell, 0.25), edge=0.035)
    pen.stroke([(-0.42, -1.36), (-0.66, -1.1)], 0.07, lit(shell, 0.35))
    pen.fill([(-1.12, -0.79), (1.12, -0.79), (1.02, -0.64), (-1.02, -0.64)], shaded(shell, 0.22), edge=0.035)
