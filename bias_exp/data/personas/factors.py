"""What decides a persona's picture, field by field, and how the fields are drawn.

In: a persona's id, profession and gender. Out: frozen `Factors`, numbers and strings only, so that they travel in a
manifest. Everything except `profession`, `presentation` and `cues` is a nuisance: it is drawn from (seed, persona)
alone, and so is crossed independently with both labels. A counterfactual twin is
`dataclasses.replace(factors, presentation=...)`; any other field is changed the same way.
"""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from bias_exp.data.personas.extras import Badge, Extras, draw_extras
from bias_exp.data.personas.nuisance import (
    Backdrop,
    Camera,
    FaceShape,
    Hair,
    Light,
    Pose,
    Ranges,
    check_range,
    check_ranges,
    draw_backdrop,
    draw_camera,
    draw_face_shape,
    draw_hair,
    draw_light,
    draw_pose,
)
from bias_exp.data.personas.palette import MONK, Palette, draw_palette
from bias_exp.errors import RequestError
from bias_exp.seeds import rng_for

PROFESSIONS: tuple[str, ...] = (
    "baker",
    "doctor",
    "engineer",
    "hairdresser",
    "lawyer",
    "nurse",
    "painter",
    "teacher",
    "veterinarian",
    "waiter",
)
GENDERS: tuple[str, ...] = ("female", "male")
AGES = (18.0, 80.0)


@dataclass(frozen=True)
class Cues:
    """How visible each cue is, 0 (not at all) to 1 (fully). `task` is tool, clothes and scene together."""

    task: float = 1.0
    hair: float = 1.0
    facial_hair: float = 1.0
    lips: float = 1.0
    neckline: float = 1.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            check_range("Cues", name, value, 0.0, 1.0)


@dataclass(frozen=True)
class Factors:
    """Everything that a persona's picture depends on.

    `presentation` is 0 (masculine) to 1 (feminine), 0.5 androgynous; `skin_tone` is on the Monk scale, 1 to 10;
    `age` is in years, 18 to 80; `build` is 0 (slim) to 1 (broad) and no cue of gender.
    """

    persona: str
    profession: str
    presentation: float
    skin_tone: int = 5
    age: float = 35.0
    build: float = 0.5
    shape: FaceShape = field(default_factory=FaceShape)
    hair: Hair = field(default_factory=Hair)
    pose: Pose = field(default_factory=Pose)
    backdrop: Backdrop = field(default_factory=Backdrop)
    light: Light = field(default_factory=Light)
    palette: Palette = field(default_factory=Palette)
    camera: Camera = field(default_factory=Camera)
    extras: Extras = field(default_factory=Extras)
    badge: Badge = field(default_factory=Badge)
    cues: Cues = field(default_factory=Cues)

    RANGES: ClassVar[Ranges] = {
        "presentation": (0.0, 1.0),
        "skin_tone": (1, len(MONK)),
        "age": AGES,
        "build": (0.0, 1.0),
    }

    def __post_init__(self) -> None:
        _check_choice("profession", self.profession, PROFESSIONS)
        check_ranges(self)
        if self.skin_tone != int(self.skin_tone):
            raise ValueError(f"Factors.skin_tone must be a whole number, got {self.skin_tone!r}")

    @property
    def gender(self) -> str:
        """The label that the presentation is given: 'female' from 0.5 upwards, else 'male'."""
        return "female" if self.presentation >= 0.5 else "male"

    def shown(self, cue: str) -> float:
        """The presentation that one gender cue shows: its visibility pulls it towards 0.5."""
        return 0.5 + (self.presentation - 0.5) * getattr(self.cues, cue)


def _check_choice(kind: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise RequestError(f"unknown {kind} {value!r}; choose from: {', '.join(choices)}")


def draw_factors(persona: str, *, profession: str, gender: str, seed: int = 0, **fixed: Any) -> Factors:
    """The factors of one persona; `fixed` names fields of `Factors` that are given rather than drawn.

    Each field has its own stream of (seed, persona), so fixing one moves no other, and none depends on
    `profession` or `gender`. The presentation keeps up to 0.15 away from the two ends, equally far for both genders.
    """
    _check_choice("gender", gender, GENDERS)

    def stream(name: str) -> np.random.Generator:
        return rng_for(seed, "persona", persona, name)

    depth = float(stream("presentation").uniform(0.0, 0.15))
    drawn = Factors(
        persona=persona,
        profession=profession,
        presentation=1.0 - depth if gender == "female" else depth,
        skin_tone=int(stream("skin_tone").integers(1, len(MONK) + 1)),
        age=float(stream("age").uniform(20.0, 70.0)),
        build=float(stream("build").uniform(0.0, 1.0)),
        shape=draw_face_shape(stream("shape")),
        hair=draw_hair(stream("hair")),
        pose=draw_pose(stream("pose")),
        backdrop=draw_backdrop(stream("backdrop")),
        light=draw_light(stream("light")),
        palette=draw_palette(stream("palette")),
        camera=draw_camera(stream("camera")),
        extras=draw_extras(stream("extras")),
    )
    return replace(drawn, **fixed)
