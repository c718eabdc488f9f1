"""Map methods as data: what each is made from, for which networks it exists, where its formula is. Free of torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bias_exp.models.backbone import BackboneRow
from bias_exp.registry import Registry

Need = Literal["activations", "gradients", "weights", "pictures"]

RELU_FAMILIES = ("resnet", "densenet", "inception")
"""Families whose only nonlinearity is ReLU."""

CENTRE_PRIOR = "centre_prior"
RANDOM_WEIGHTS = "random_weights"
CONTROL_MAPS = (CENTRE_PRIOR, RANDOM_WEIGHTS)
"""Maps that know nothing of the trained model: what every number about a map stands beside."""


@dataclass(frozen=True)
class MethodRow:
    """A map method.

    A class activation map needs `activations`, and `gradients` or class `weights`, at the cut: `address` is a pure
    function `(activations, gradients, weights) -> maps` that the engine feeds (`explain.cam`), and `compat` the same
    with pytorch-grad-cam's arithmetic where that differs. A method that needs `pictures` runs the model itself:
    `address` is a function `(model, images, targets, settings) -> {head: explain.batches.Made}`.

    `families`: the backbones that it exists for; () is all. `pooled`: it needs heads that read the average of the grid.
    `one_by_one`: it works picture by picture, so that a batch needs no padding to give each the same bits.
    """

    name: str
    address: str
    needs: tuple[Need, ...]
    summary: str
    compat: str = ""
    families: tuple[str, ...] = ()
    pooled: bool = False
    one_by_one: bool = False

    def unavailable(self, backbone: BackboneRow) -> str:
        """Why there is no such map of a backbone; '' where there is."""
        if self.families and backbone.family not in self.families:
            return f"{self.name} exists for {', '.join(self.families)}; {backbone.name} is a {backbone.family}"
        if self.pooled and backbone.pooling != "avg":
            return f"{self.name} needs heads that are linear in the average-pooled grid; {backbone.name} pools a token"
        return ""


def available(methods: Sequence[str], backbone: BackboneRow) -> tuple[str, ...]:
    """Those of `methods` that exist for a backbone; an unknown one raises RequestError with the choices."""
    return tuple(name for name in methods if not METHODS[name].unavailable(backbone))


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
        pooled=True,
    ),
    MethodRow(
        "integrated_gradients",
        "bias_exp.explain.integrated_gradients:path_maps",
        ("pictures",),
        "Integrated Gradients: gradients along a straight path (Sundararajan et al. 2017, arXiv:1703.01365)",
        one_by_one=True,
    ),
    MethodRow(
        "guided_gradcam",
        "bias_exp.explain.guided:guided_maps",
        ("pictures",),
        "Guided Grad-CAM: Grad-CAM times guided backpropagation (Selvaraju et al. 2017; Springenberg et al. 2015)",
        families=RELU_FAMILIES,
    ),
    MethodRow(
        "attnlrp",
        "bias_exp.explain.attnlrp:attnlrp_maps",
        ("pictures",),
        "AttnLRP: relevance passed back through attention (Achtibat et al. 2024, arXiv:2402.05602)",
        families=("vit",),
    ),
    MethodRow(
        "cplrp",
        "bias_exp.explain.attnlrp:cplrp_maps",
        ("pictures",),
        "CP-LRP: the same with attention weights held fixed (Ali et al. 2022, arXiv:2202.07304)",
        families=("vit",),
    ),
)
