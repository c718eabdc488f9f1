"""Class activation maps as pure functions: `(activations, gradients, weights) -> maps`.

Comes in, per picture: activations A (n, c, h, w) at the cut, gradients g (n, c, h, w) of the explained logit there, and
class weights W (n, c), the explained class's row of a linear head. What a method has no need of may be None. Gradients
that are the same in every cell, as those of a linear head on the average are, may be given once, (n, c, 1, 1): sums
over cells are therefore means times the number of cells of A.
Goes out: (n, h, w) maps on the cut's grid, signed and not normalised. The papers' outer ReLU is left to
`maps.to_input`: it loses what speaks against a class, as scaling loses magnitudes across heads.
"""

import torch
from torch import Tensor

COMPAT_EPS = 1e-6
"""What pytorch-grad-cam 1.5.7 adds to the denominator of Grad-CAM++; against g^2 of a pooled head it is not small."""


def _weighted(activations: Tensor, weights: Tensor) -> Tensor:
    return torch.einsum("nc,nchw->nhw", weights, activations)


def _over_cells(parts: Tensor, activations: Tensor) -> Tensor:
    """The sum (n, c) over the cells of `activations`, of what is there in each of them or, once, for all."""
    return parts.mean((2, 3)) * (activations.shape[2] * activations.shape[3])


def gradcam(activations: Tensor, gradients: Tensor, weights: Tensor | None = None) -> Tensor:
    """sum_k mean_ij(g_kij) A_k (Selvaraju et al. 2017, eq. 1 and 2 without the ReLU)."""
    return _weighted(activations, gradients.mean((2, 3)))


def gradcampp(activations: Tensor, gradients: Tensor, weights: Tensor | None = None) -> Tensor:
    """sum_k w_k A_k with w_k = sum_ij relu(g_kij) / (2 + S_k g_kij) and S_k = sum_ij A_kij.

    Chattopadhay et al. 2018, eq. 19 for an exponential output, divided through by g^2: no epsilon, so the map keeps its
    shape when logits are scaled. The paper takes A >= 0. On signed activations the denominator can vanish or turn
    negative, where the formula means nothing; such a cell has weight 0 here, so that the map is finite.
    """
    below = 2 + activations.sum((2, 3), keepdim=True) * gradients
    usable = below > torch.finfo(below.dtype).eps
    alpha = torch.where(usable, 1 / torch.where(usable, below, 1), 0)
    return _weighted(activations, _over_cells(alpha * gradients.relu(), activations))


def gradcampp_compat(activations: Tensor, gradients: Tensor, weights: Tensor | None = None) -> Tensor:
    """Grad-CAM++ with alpha = g^2 / (2 g^2 + S g^3 + 1e-6), 0 where g is 0, as pytorch-grad-cam 1.5.7 computes it."""
    squares = gradients**2
    sums = activations.sum((2, 3), keepdim=True)
    alpha = squares / (2 * squares + sums * squares * gradients + COMPAT_EPS)
    alpha = torch.where(gradients != 0, alpha, 0)
    return _weighted(activations, _over_cells(alpha * gradients.relu(), activations))


def layercam(activations: Tensor, gradients: Tensor, weights: Tensor | None = None) -> Tensor:
    """sum_k relu(g_kij) A_kij (Jiang et al. 2021, eq. 4 to 6 without the outer ReLU)."""
    return (gradients.relu() * activations).sum(1)


def cam(activations: Tensor, gradients: Tensor | None, weights: Tensor) -> Tensor:
    """sum_k W_k A_k (Zhou et al. 2016, eq. 2): over h x w cells its mean is the logit without its bias."""
    return _weighted(activations, weights)
