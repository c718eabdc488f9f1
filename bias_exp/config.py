"""A study as data: frozen models with unknown keys refused. `studies` reads them from TOML.

Only shapes and ranges are checked here. Whether a backbone, loss, method or data source of that name exists is asked of
the registries when a study is planned, so that this file needs none of them.

Defaults never change their meaning: keys leave out what equals its default, so a changed default would give an old key
to a new setting. Add a field instead.
"""

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

Phase = Literal["train", "explain", "ablate"]
PHASES: tuple[Phase, ...] = ("train", "explain", "ablate")
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*$", max_length=80)]


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError(f"each name may stand once, got {list(names)}")
    return names


Names = Annotated[tuple[Name, ...], Field(min_length=1), AfterValidator(_each_once)]
Probability = Annotated[float, Field(ge=0, le=1)]


class Frozen(BaseModel):
    """A value: made once, checked when made, compared by content."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def check_ratio(value: Any) -> float:
    """`value` as a share in [0, 1]; a percentage is refused with the share that was probably meant."""
    try:
        ratio = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"female_ratio must be a number in [0, 1], got {value!r}") from None
    if 0 <= ratio <= 1:
        return ratio
    hint = f"; did you mean {ratio / 100:g}?" if 1 < ratio <= 100 else ""
    raise ValueError(f"female_ratio must be in [0, 1], got {value}{hint}")


class Shares(Frozen):
    """What part of an arm each value of an attribute has; the parts add up to 1."""

    attribute: Name = "gender"
    shares: dict[str, Probability]

    @model_validator(mode="after")
    def _add_up(self) -> "Shares":
        total = sum(self.shares.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"shares of {self.attribute} must add up to 1, got {total:g}")
        return self

    @classmethod
    def female(cls, ratio: float) -> "Shares":
        """Women `ratio`, men the rest."""
        return cls(attribute="gender", shares={"female": ratio, "male": float(1 - Fraction(str(ratio)))})

    @property
    def female_ratio(self) -> float | None:
        """The share of women where the arm is described by it alone."""
        return self.shares["female"] if set(self.shares) == {"female", "male"} else None

    @property
    def label(self) -> str:
        """`f25`, `f12p5`, or `fmix` for shares that one ratio does not describe."""
        if self.female_ratio is None:
            return "fmix"
        return f"f{self.female_ratio * 100:g}".replace(".", "p")


class SplitConfig(Frozen):
    """Pictures of each class and group in the sets that all arms share: a count (>= 1) or a part (< 1) of the
    smaller group of the class."""

    test: Annotated[float, Field(ge=0)] = 0.15
    validation: Annotated[float, Field(ge=0)] = 0.1
    probe: Annotated[float, Field(ge=0)] = 0.15


class DataConfig(Frozen):
    """Which pictures: a folder with a manifest (`path`), or a source that can make one itself (`source`)."""

    path: str | None = None
    source: Name | None = None
    options: dict[str, Any] = {}
    split: SplitConfig = SplitConfig()

    @model_validator(mode="after")
    def _one_of(self) -> "DataConfig":
        if (self.path is None) == (self.source is None):
            raise ValueError("[data] needs either path (a folder with a manifest) or source (personas), not both")
        return self


class MatrixConfig(Frozen):
    """The axes; every combination is a cell."""

    backbones: Names
    female_ratios: Annotated[tuple[float, ...], Field(min_length=1)]
    losses: Names = ("ce",)
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0,)
    size: PositiveInt = 400

    @field_validator("female_ratios", mode="before")
    @classmethod
    def _ratios(cls, values: Any) -> tuple[float, ...]:
        return tuple(check_ratio(value) for value in (values if isinstance(values, list | tuple) else [values]))

    @model_validator(mode="after")
    def _no_repeats(self) -> "MatrixConfig":
        for axis in ("backbones", "female_ratios", "losses", "seeds"):
            values = getattr(self, axis)
            if len(set(values)) < len(values):
                raise ValueError(f"matrix.{axis} names a value twice: {list(values)}")
        return self


class TrainConfig(Frozen):
    """How a model is fitted. The primary result is the last step of this budget.

    `flip` mirrors half of the pictures; `shift` moves them by up to this part of the side in each direction.
    """

    epochs: PositiveInt = 20
    batch_size: PositiveInt = 40
    lr: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    warmup: Probability = 0.1
    flip: bool = True
    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    head_weights: dict[str, Annotated[float, Field(ge=0)]] = {}


class ExplainConfig(Frozen):
    """Which maps, of which heads' predicted class, and how many pictures are shown."""

    methods: Names = ("gradcam", "cam")
    gallery: Annotated[int, Field(ge=0)] = 8


class AblateConfig(Frozen):
    """What is removed by whose map, what is put in its place, and the controls beside it."""

    map_head: Name = "gender_probe"
    map_method: Name = "gradcam"
    fractions: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=1)] = (0.1, 0.2, 0.3)
    fills: Names = ("mean", "blur")
    controls: tuple[Name, ...] = ("rolled",)
    draws: PositiveInt = 4

    @field_validator("fractions")
    @classmethod
    def _in_order(cls, fractions: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(fractions))


class TablesConfig(Frozen):
    """Uncertainty in the tables."""

    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    resamples: Annotated[int, Field(ge=100)] = 2000


class Study(Frozen):
    """One question, its matrix of cells, and how every cell is worked."""

    name: Name
    title: str = ""
    question: str = ""
    heads: Names = ("profession", "gender")
    group: Name = "gender"
    image_size: PositiveInt = 64
    pretrained: bool = False
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: PositiveInt = 1
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)] = PHASES
    data: DataConfig
    matrix: MatrixConfig
    train: TrainConfig = TrainConfig()
    loss: dict[str, dict[str, Any]] = {}
    explain: ExplainConfig = ExplainConfig()
    ablate: AblateConfig = AblateConfig()
    tables: TablesConfig = TablesConfig()
    presets: dict[str, dict[str, Any]] = {}

    @field_validator("loss")
    @classmethod
    def _one_kind_of_number(cls, losses: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        # gamma = 2 and gamma = 2.0 are one setting, and must give one key.
        return {
            loss: {name: float(value) if type(value) is int else value for name, value in options.items()}
            for loss, options in losses.items()
        }

    @model_validator(mode="after")
    def _phases_in_order(self) -> "Study":
        if self.phases != PHASES[: len(self.phases)]:
            raise ValueError(f"phases build on each other; expected a start of {list(PHASES)}, got {list(self.phases)}")
        return self


class Cell(Frozen):
    """One backbone x shares x loss x seed: exactly what its training depends on."""

    data: str
    heads: Names
    group: Name
    size: PositiveInt
    shares: Shares
    backbone: Name
    pretrained: bool
    image_size: PositiveInt
    loss: Name
    loss_options: dict[str, Any] = {}
    train: TrainConfig
    precision: Literal["auto", "float32", "bfloat16"]
    threads: PositiveInt
    seed: Annotated[int, Field(ge=0)]

    @property
    def name(self) -> str:
        """`resnet50-f25-focal-s0`: readable, not necessarily unique; the key is."""
        return f"{self.backbone}-{self.shares.label}-{self.loss}-s{self.seed}"
