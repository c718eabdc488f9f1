"""Which backbones there are. A backbone is added by adding its row; the tests of tests/models then cover it."""

from typing import Any

from bias_exp.models.backbone import BackboneRow, Channels
from bias_exp.registry import Registry

HALF: Channels = (0.5, 0.5, 0.5)
CLIP_MEAN: Channels = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD: Channels = (0.26862954, 0.26130258, 0.27577711)


def _resnet(name: str, timm_name: str, width: int, millions: float) -> BackboneRow:
    return BackboneRow(
        name=name,
        timm_name=timm_name,
        family="resnet",
        width=width,
        stride=32,
        layout="NCHW",
        default_size=224,
        smallest=32,
        millions=millions,
        any_shape=True,
        weights=True,
    )


def _vit(name: str, timm_name: str, width: int, *, millions: float, patch: int = 16, **facts: Any) -> BackboneRow:
    """A ViT whose heads read the average of the normalised patch tokens, unless `facts` say otherwise.

    `fc_norm` is timm's word for a normalisation behind the pooling, where CAM would not be linear.
    """
    return BackboneRow(
        **{
            "name": name,
            "timm_name": timm_name,
            "family": "vit",
            "width": width,
            "stride": patch,
            "layout": "NLC",
            "default_size": 224,
            "smallest": patch,
            "millions": millions,
            "multiple": patch,
            "size_argument": "img_size",
            "arguments": {"global_pool": "avg", "fc_norm": False},
            "weights": True,
            "mean": HALF,
            "std": HALF,
            **facts,
        }
    )


BACKBONES: Registry[BackboneRow] = Registry(
    "backbone",
    BackboneRow(
        name="quick_resnet",
        timm_name="resnet18",
        family="resnet",
        width=256,
        stride=8,
        layout="NCHW",
        default_size=64,
        smallest=8,
        millions=1.25,
        any_shape=True,
        arguments={"layers": (1, 1, 1, 1), "channels": (32, 64, 128, 256), "stem_width": 32, "output_stride": 8},
    ),
    BackboneRow(
        name="quick_swin",
        timm_name="swin_tiny_patch4_window7_224",
        family="swin",
        width=96,
        stride=8,
        layout="NHWC",
        default_size=64,
        smallest=8,
        millions=0.357,
        multiple=8,
        size_argument="img_size",
        stem=(24, 48, 96),
        # Windows of half the grid, so that the second block's are shifted. Stochastic depth is for long schedules of
        # deep nets, and timm's weights of 0.02 for their width: two blocks and a short budget want every gradient.
        arguments={
            "patch_size": 8,
            "embed_dim": 96,
            "depths": (2,),
            "num_heads": (4,),
            "window_size": 4,
            "drop_path_rate": 0.0,
            "weight_init": "jax",
        },
    ),
    _resnet("resnet18", "resnet18.a1_in1k", 512, 11.2),
    _resnet("resnet50", "resnet50.a1_in1k", 2048, 23.5),
    BackboneRow(
        name="densenet121",
        timm_name="densenet121.ra_in1k",
        family="densenet",
        width=1024,
        stride=32,
        layout="NCHW",
        default_size=224,
        smallest=32,
        millions=6.95,
        any_shape=True,
        steps=((7, 2, 3), (3, 2, 1), (2, 2, 0), (2, 2, 0), (2, 2, 0)),
        weights=True,
    ),
    # Its layers are not padded: cells lie on pixels 37, 69, ..., 261 of 299, so its maps are stretched outwards by up
    # to half a cell when they are laid over the picture. Sides 75 + 32 k leave no pixel out.
    BackboneRow(
        name="inception_v3",
        timm_name="inception_v3.tv_in1k",
        family="inception",
        width=2048,
        stride=32,
        layout="NCHW",
        default_size=299,
        smallest=75,
        millions=21.8,
        any_shape=True,
        steps=((3, 2, 0), (3, 1, 0), (3, 2, 0), (3, 1, 0), (3, 2, 0), (3, 2, 0), (3, 2, 0)),
        weights=True,
        mean=HALF,
        std=HALF,
    ),
    BackboneRow(
        name="convnext_tiny",
        timm_name="convnext_tiny.in12k_ft_in1k",
        family="convnext",
        width=768,
        stride=32,
        layout="NCHW",
        default_size=224,
        smallest=32,
        millions=27.8,
        any_shape=True,
        steps=((4, 4, 0), (2, 2, 0), (2, 2, 0), (2, 2, 0)),
        weights=True,
        late_norm=True,
    ),
    BackboneRow(
        name="swin_tiny",
        timm_name="swin_tiny_patch4_window7_224.ms_in1k",
        family="swin",
        width=768,
        stride=32,
        layout="NHWC",
        default_size=224,
        smallest=32,
        millions=27.5,
        multiple=4,
        size_argument="img_size",
        weights=True,
    ),
    _vit("vit_tiny", "vit_tiny_patch16_224.augreg_in21k_ft_in1k", 192, millions=5.52),
    _vit("vit_small", "vit_small_patch16_224.augreg_in21k_ft_in1k", 384, millions=21.7),
    _vit("vit_base", "vit_base_patch16_224.augreg2_in21k_ft_in1k", 768, millions=85.8),
    # For weights whose classifier reads the class token (ImageNet heads of timm and Hugging Face). CAM does not exist
    # for it; gradient methods explain the tokens that enter its last block.
    _vit(
        "vit_base_cls",
        "vit_base_patch16_224.augreg2_in21k_ft_in1k",
        768,
        millions=85.8,
        pooling="token",
        arguments={},
    ),
    # OpenAI trained CLIP with a quick approximation of GELU; timm's plain rows compute it exactly, and so differently.
    _vit(
        "clip_vit_base",
        "vit_base_patch16_clip_quickgelu_224.openai",
        768,
        repository="timm/vit_base_patch16_clip_224.openai",
        millions=85.8,
        frozen_only=True,
        mean=CLIP_MEAN,
        std=CLIP_STD,
    ),
    _vit(
        "dinov2_vit_small",
        "vit_small_patch14_dinov2.lvd142m",
        384,
        patch=14,
        millions=21.6,
        frozen_only=True,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
    ),
)
