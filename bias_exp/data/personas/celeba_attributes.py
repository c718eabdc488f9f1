"""CelebA's forty attributes in their order, said of a persona by its factors.

What no factor decides is absent (-1) of everybody, and so is `Attractive`, which is a judgement and no attribute.
"""

from collections.abc import Callable

from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.palette import hair_colour, luminance

ATTRIBUTES: tuple[str, ...] = (
    *("5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs", "Big_Lips", "Big_Nose"),
    *("Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby", "Double_Chin", "Eyeglasses"),
    *("Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male", "Mouth_Slightly_Open", "Mustache"),
    *("Narrow_Eyes", "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks"),
    *("Sideburns", "Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat", "Wearing_Lipstick"),
    *("Wearing_Necklace", "Wearing_Necktie", "Young"),
)
_HATS = ("baker", "engineer")
_GREY_FROM = 55.0
_BLACK, _BLOND = 48.0, 125.0  # luminances up to and from which hair is called so


def _bearded(factors: Factors) -> bool:
    return factors.shown("facial_hair") < 0.4


def _coloured(factors: Factors, low: float, high: float) -> bool:
    hair = luminance(hair_colour(factors.hair.shade, factors.age, factors.skin_tone))
    return factors.age < _GREY_FROM and low <= hair < high


_SAID: dict[str, Callable[[Factors], bool]] = {
    "5_o_Clock_Shadow": lambda f: _bearded(f) and f.hair.beard > 0.8,
    "Arched_Eyebrows": lambda f: f.shape.brow_arch > 0.6,
    "Bangs": lambda f: f.hair.fringe > 0.6,
    "Big_Lips": lambda f: f.shown("lips") > 0.8,
    "Big_Nose": lambda f: f.shape.nose_width > 0.7,
    "Black_Hair": lambda f: _coloured(f, 0.0, _BLACK),
    "Blond_Hair": lambda f: _coloured(f, _BLOND, 256.0),
    "Blurry": lambda f: f.camera.blur > 0.01,
    "Brown_Hair": lambda f: _coloured(f, _BLACK, _BLOND),
    "Bushy_Eyebrows": lambda f: f.shape.brow_weight > 0.7,
    "Chubby": lambda f: f.build > 0.8,
    "Eyeglasses": lambda f: f.extras.glasses > 0.0,
    "Goatee": lambda f: _bearded(f) and 0.45 < f.hair.beard <= 0.8,
    "Gray_Hair": lambda f: f.age >= _GREY_FROM,
    "Male": lambda f: f.gender == "male",
    "Mouth_Slightly_Open": lambda f: f.pose.smile > 0.7,
    "Mustache": lambda f: _bearded(f) and f.hair.beard <= 0.8,
    "Narrow_Eyes": lambda f: f.shape.eye_size < 0.2,
    "No_Beard": lambda f: not _bearded(f),
    "Pale_Skin": lambda f: f.skin_tone <= 2,
    "Receding_Hairline": lambda f: f.hair.thinning > 0.7 and f.age > 50.0,
    "Sideburns": lambda f: _bearded(f) and f.hair.beard <= 0.45,
    "Smiling": lambda f: f.pose.smile > 0.5,
    "Straight_Hair": lambda f: f.hair.wave < 0.3,
    "Wavy_Hair": lambda f: 0.3 <= f.hair.wave < 0.7,
    "Wearing_Hat": lambda f: f.profession in _HATS and f.cues.task > 0.0,
    "Wearing_Lipstick": lambda f: f.shown("lips") > 0.75,
    "Wearing_Necktie": lambda f: f.profession == "lawyer" and f.cues.task > 0.0,
    "Young": lambda f: f.age < 40.0,
}


def attributes_of(factors: Factors) -> tuple[int, ...]:
    """The forty values in the order of ATTRIBUTES: 1 present, -1 absent."""
    return tuple(1 if name in _SAID and _SAID[name](factors) else -1 for name in ATTRIBUTES)
