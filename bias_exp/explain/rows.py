"""Map methods as data: what each is made from, and where its formula is. Free of torch."""

from dataclasses import dataclass
from typing import Literal

from bias_exp.registry import Registry

Need = Literal["activations", "gradients", "weights"]


@dataclass(frozen=True)
class MethodRow:
    """A class activation map: a pure function `(activations, gradients, weights) -> map`.

    `address` is the exact formula; `compat` is the same with pytorch-grad-cam's arithmetic where that differs.
    """

    name: str
    address: str
    needs: tuple[Need, ...]
    summary: str
    compat: str = ""


METHODS: Registry[MethodRow] = Registry(
    "map method",
    MethodRow(
        "gradcam",
        "bias_exp.explain.methods:gradcam",
        ("activations", "gradients"),
        "Grad-CAM: channels weighted by their mean gradient (Selvaraju et al. 2017, arXiv:1610.02391)",
    ),
    MethodRow(
        "gradcampp",
        "bias_exp.explain.methods:gradcampp",
        ("activations", "gradients"),
        "Grad-CAM++: positive gradients weighted cell by cell (Chattopadhay et al. 2018, arXiv:1710.11063)",
        compat="bias_exp.explain.methods:gradcampp_compat",
    ),
    MethodRow(
        "layercam",
        "bias_exp.explain.methods:layercam",
        ("activations", "gradients"),
        "LayerCAM: each cell weighted by its own positive gradient (Jiang et al. 2021, IEEE TIP 30)",
    ),
    MethodRow(
        "cam",
        "bias_exp.explain.methods:cam",
        ("activations", "weights"),
        "CAM: channels weighted by the class's row of the linear head (Zhou et al. 2016, arXiv:1512.04150)",
    ),
)
