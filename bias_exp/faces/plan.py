"""What is asked of the source `faces`, checked as a whole before any picture is looked at."""

from dataclasses import dataclass
from typing import Any, Literal

from bias_exp.errors import RequestError
from bias_exp.faces.choose import Asked
from bias_exp.faces.ground import GROUNDS
from bias_exp.faces.rows import CONVENTIONS, DETECTORS, RULES, TREATMENTS

Keep = Literal["face", "head", "person"]
KEPT: dict[str, tuple[str, ...]] = {
    "face": ("face",),
    "head": ("face", "hair"),
    "person": ("face", "hair", "clothes"),
}
"""What can stay sharp, and the regions that have to be known for it. A person is all that is no background."""
MASKED = ("blur", "feather")
BOXED = ("blackout", "random_boxes")
CROP_SIZE = 224
_SMALLEST = 16


@dataclass(frozen=True)
class Plan:
    """The source's options; `size`, `fill` and `sigma` are what they come to, `asked` is what a face has to be."""

    do: str
    detector: str
    convention: str
    margin: float
    size: int
    keep: Keep
    fill: str
    sigma: float
    seed: int
    asked: Asked

    @classmethod
    def of(cls, options: dict[str, Any]) -> "Plan":
        """The plan that the options of the source's row ask for.

        Raises:
            RequestError: an unknown name, or a number out of range.
        """
        treatment, detector = TREATMENTS[options["do"]], DETECTORS[options["detector"]]
        fill = options["fill"] or treatment.fill
        _one_of("choose", options["choose"], RULES)
        _one_of("keep", options["keep"], tuple(KEPT))
        _one_of("fill", fill, ("", *GROUNDS))
        CONVENTIONS[options["convention"]]  # says what there is when it is unknown
        _check_numbers(options)
        asked = Asked(
            rule=options["choose"],
            least_score=options["least_score"] or detector.least_score,
            least_side=float(options["least_size"]),
            profiles=options["profiles"],
        )
        return cls(
            do=treatment.name,
            detector=detector.name,
            convention=options["convention"],
            margin=options["margin"],
            size=options["size"],
            keep=options["keep"],
            fill=fill,
            sigma=options["sigma"] or treatment.sigma,
            seed=options["seed"],
            asked=asked,
        )

    @property
    def named(self) -> str:
        """What the pictures came to be, in a few words."""
        words = {
            "align": f"aligned as {self.convention} has faces (other conventions do not compare)",
            "crop": f"cut to a square around the face's box with a margin of {self.margin:g} of the side",
            "blur": f"blurred (sigma {self.sigma:g} of the shorter side) but for the {self.keep}",
            "feather": f"feathered onto {self.fill} (sigma {self.sigma:g} of the shorter side) but for the {self.keep}",
            "blackout": f"boxes around all faces filled with {self.fill}",
            "random_boxes": f"boxes of the faces' sizes beside them filled with {self.fill}",
        }
        return f"pictures {words[self.do]}" if self.do not in BOXED else words[self.do]


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        choices = ", ".join(repr(each) for each in known)
        raise RequestError(f"expected {name} to be one of {choices}, found {value!r}; change the source's options")


def _check_numbers(options: dict[str, Any]) -> None:
    fixed = options["do"] == "align" and options["convention"] != "arcface"
    wrong = {
        "margin must be in [0, 0.5)": not 0 <= options["margin"] < 0.5,
        f"margin must be 0, which {options['convention']} fixes": fixed and options["margin"] != 0,
        f"size must be 0 or at least {_SMALLEST} pixels": options["size"] != 0 and options["size"] < _SMALLEST,
        "sigma must be in [0, 1]": not 0 <= options["sigma"] <= 1,
        "least_score must be at least 0": not options["least_score"] >= 0,
        "least_size must be at least 0": options["least_size"] < 0,
    }
    if said := [text for text, is_wrong in wrong.items() if is_wrong]:
        raise RequestError(
            f"{said[0]}, found margin = {options['margin']}, size = {options['size']}, sigma = {options['sigma']}, "
            f"least_score = {options['least_score']}, least_size = {options['least_size']}; change the source's options"
        )
