"""A study as data: frozen models with unknown keys refused. `studies` reads them from TOML.

Only shapes and ranges are checked here. Whether a backbone, loss, method or data source of that name exists is asked of
the registries when a study is planned, so that this file needs none of them.

Defaults never change their meaning: keys leave out what equals its default, so a changed default would give an old key
to a new setting. Add a field instead.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from bias_exp.frozen import Frozen, Name, Names, Probability
from bias_exp.shares import Shares, check_ratio

Phase = Literal["train", "explain", "ablate"]
PHASES: tuple[Phase, ...] = ("train", "explain", "ablate")
ClaimColumn = Literal[
    "backbone", "loss", "female_ratio", "shares", "heads", "size", "class", "group", "fraction", "fill", "control"
]


class SplitConfig(Frozen):
    """Pictures of each class and group in the sets that all arms share: a count (>= 1) or a part (< 1) of the
    smaller group of the class.

    `keep` keeps the source's own test set (and validation set, where it has one) and draws the others from the rest.
    Bytes on two sides of the source's own splits then are an error, or with `allow_overlap` counted: they never train.
    """

    test: Annotated[float, Field(ge=0)] = 0.15
    validation: Annotated[float, Field(ge=0)] = 0.1
    probe: Annotated[float, Field(ge=0)] = 0.15
    keep: bool = False
    allow_overlap: bool = False


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
    """The axes; every combination is a cell.

    Arms are those of `female_ratios` and then those of `shares`. `sizes`, where given, stands for `size`, and `heads`
    for the study's: lists of heads, such as both and the primary one alone.
    """

    backbones: Names
    female_ratios: tuple[float, ...] = ()
    shares: tuple[Shares, ...] = ()
    losses: Names = ("ce",)
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0,)
    size: PositiveInt = 400
    sizes: tuple[PositiveInt, ...] = ()
    heads: tuple[Names, ...] = ()

    @field_validator("female_ratios", mode="before")
    @classmethod
    def _ratios(cls, values: Any) -> tuple[float, ...]:
        return tuple(check_ratio(value) for value in (values if isinstance(values, list | tuple) else [values]))

    @model_validator(mode="after")
    def _no_repeats(self) -> "MatrixConfig":
        for axis in ("backbones", "female_ratios", "losses", "seeds", "sizes", "heads"):
            values = getattr(self, axis)
            if len(set(values)) < len(values):
                raise ValueError(f"matrix.{axis} names a value twice: {list(values)}")
        labels = [arm.label for arm in self.arms]
        if len(set(labels)) < len(labels):
            raise ValueError(f"each arm needs a name of its own, got {labels}; give tables of shares a name")
        for place, arm in enumerate(self.arms):
            alike = [label for label, other in zip(labels, self.arms[:place], strict=False) if arm.holds_as(other)]
            if alike:  # a name is in no key: their cells would be one cell, worked on and counted twice
                raise ValueError(f"arms {alike[0]} and {labels[place]} hold the same shares; leave one out")
        if not labels:
            raise ValueError("matrix needs female_ratios, shares, or both")
        return self

    @property
    def arms(self) -> tuple[Shares, ...]:
        """What part each group has, arm by arm."""
        return (*map(Shares.female, self.female_ratios), *self.shares)

    @property
    def arm_sizes(self) -> tuple[int, ...]:
        """Pictures of an arm, size by size."""
        return self.sizes or (self.size,)


class EarlyStop(Frozen):
    """Stop when `measure` on the validation set has not got better by more than `min_delta` for `patience` epochs.

    The loss is the total, the accuracy that of the primary head. The last step is then the one at which this rule,
    declared before any run, ends the fit.
    """

    measure: Literal["loss", "accuracy"] = "loss"
    patience: PositiveInt = 5
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class TrainConfig(Frozen):
    """How a model is fitted. The primary result is the last step of this budget.

    `flip` mirrors half of the pictures; `shift` moves them by up to this part of the side in each direction. `frozen`
    fits the heads alone, on features of a trunk that stays as it is. `momentum` is of optimisers that have one, and
    `milestones` (parts of the budget) and `decay` are of the schedule `step`. `clip` is the largest norm of the
    gradient, 0 for any.
    """

    epochs: PositiveInt = 20
    batch_size: PositiveInt = 40
    lr: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    warmup: Probability = 0.1
    flip: bool = True
    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    head_weights: dict[str, Annotated[float, Field(ge=0)]] = {}
    optimiser: Name = "adamw"
    momentum: Probability = 0.9
    schedule: Name = "cosine"
    milestones: tuple[Probability, ...] = (0.5, 0.75)
    decay: Annotated[float, Field(gt=0, le=1)] = 0.1
    clip: Annotated[float, Field(ge=0)] = 0.0
    frozen: bool = False
    early_stop: EarlyStop | None = None


class ChecksConfig(Frozen):
    """Which checks are made of every cell's maps, and what they may cost.

    `pictures` of the test split are drawn for all checks alike (0: none is made). `steps` are the parts of the picture
    at which insertion and deletion look. `expected` names the regions in which a head's evidence is known to lie, where
    it is known, as with drawn people.
    """

    names: tuple[Name, ...] = (
        "localisation", "faithfulness", "road", "randomisation", "random_logit", "invariance", "precision",
    )  # fmt: skip
    pictures: NonNegativeInt = 32
    steps: Annotated[int, Field(ge=2)] = 20
    expected: dict[Name, tuple[Name, ...]] = {}


class ExplainConfig(Frozen):
    """Which maps, of which heads' predicted class, how they are checked, and how many pictures are shown.

    `compat` is pytorch-grad-cam's arithmetic where it differs from the papers'. A path method takes `steps` points from
    its `baseline` to the picture, and twice as many again, up to `most_steps`, while its map misses more than
    `tolerance` of the difference that it explains.
    """

    methods: Names = ("gradcam", "cam")
    gallery: Annotated[int, Field(ge=0)] = 8
    compat: bool = False
    steps: PositiveInt = 50
    most_steps: PositiveInt = 400
    tolerance: Annotated[float, Field(gt=0)] = 0.05
    baseline: Name = "mean"
    checks: ChecksConfig = ChecksConfig()

    @model_validator(mode="after")
    def _steps_in_order(self) -> "ExplainConfig":
        if self.most_steps < self.steps:
            raise ValueError(f"most_steps must be at least steps ({self.steps}), got {self.most_steps}")
        return self


class AblateConfig(Frozen):
    """What is removed by whose map, what is put in its place, and the controls beside it.

    `null_draws` of the first control that has draws and needs nothing but the map (`rolled`), on at most
    `null_pictures` pictures and at the primary setting (the middle fraction, the first fill), say how rare the map's
    effect is among equal shapes elsewhere; 0 leaves that check out.
    """

    map_head: Name = "gender_probe"
    map_method: Name = "gradcam"
    fractions: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=1)] = (0.1, 0.2, 0.3)
    fills: Names = ("mean", "blur")
    controls: tuple[Name, ...] = ("rolled",)
    draws: PositiveInt = 4
    null_draws: NonNegativeInt = 99
    null_pictures: Annotated[int, Field(ge=1, le=64)] = 64

    @field_validator("fractions")
    @classmethod
    def _in_order(cls, fractions: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(fractions))

    @property
    def primary(self) -> tuple[float, str]:
        """The fraction and the fill that stand first in what is shown: the middle one and the first."""
        return self.fractions[len(self.fractions) // 2], self.fills[0]


class ClaimConfig(Frozen):
    """What a study expects of an entry of its tables, said before its first run.

    endpoint: the measure, such as `accuracy gap`, `RMS TPR gap` or `ablation net`. head: whose answers it is about; ''
    is the study's first. direction: of the effect, `two-sided` where either is one. between: the entries that it is
    about, as column = value, or a list of values; all entries where it names no column. family: claims of one family
    are corrected together. In no key: a claim changes no model.
    """

    endpoint: Annotated[str, Field(min_length=1, max_length=80)]
    family: Name
    head: Name | Literal[""] = ""
    direction: Literal["greater", "less", "two-sided"] = "two-sided"
    between: dict[ClaimColumn, Annotated[tuple[str, ...], Field(min_length=1)]] = {}

    @field_validator("between", mode="before")
    @classmethod
    def _as_lists(cls, between: Any) -> Any:
        # 0.25, "0.25" and [0.25] name one arm, and must give one hash.
        if not isinstance(between, dict):
            return between
        lists = {name: value if isinstance(value, list | tuple) else [value] for name, value in between.items()}
        return {name: tuple(f"{one:.12g}" if _is_number(one) else one for one in many) for name, many in lists.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class TablesConfig(Frozen):
    """Uncertainty in the tables."""

    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    resamples: Annotated[int, Field(ge=100)] = 2000


class Study(Frozen):
    """One question, its matrix of cells, and how every cell is worked.

    `pretrained` is false, true (timm's hub), or the file of each backbone's weights by its name; `weights` holds those
    files' sha256, filled in when the study is planned: keys know the content of a file, never its place.
    """

    name: Name
    title: str = ""
    question: str = ""
    heads: Names = ("profession", "gender")
    group: Name = "gender"
    image_size: PositiveInt = 64
    pretrained: bool | dict[Name, str] = False
    weights: dict[Name, str] = {}
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
    claims: dict[Name, ClaimConfig] = {}
    presets: dict[str, dict[str, Any]] = {}

    @field_validator("loss")
    @classmethod
    def _one_kind_of_number(cls, losses: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        # gamma = 2 and gamma = 2.0 are one setting, and must give one key; so are alpha = [1, 2] and [1.0, 2.0].
        def same(value: Any) -> Any:
            if isinstance(value, list | tuple):
                return [same(one) for one in value]
            return float(value) if type(value) is int else value

        return {loss: {name: same(value) for name, value in options.items()} for loss, options in losses.items()}

    @model_validator(mode="after")
    def _phases_in_order(self) -> "Study":
        if self.phases != PHASES[: len(self.phases)]:
            raise ValueError(f"phases build on each other; expected a start of {list(PHASES)}, got {list(self.phases)}")
        return self

    @model_validator(mode="after")
    def _weights_of_each(self) -> "Study":
        if isinstance(self.pretrained, dict) and (missing := set(self.matrix.backbones) - set(self.pretrained)):
            raise ValueError(f"pretrained names files, but none for {', '.join(sorted(missing))}")
        return self

    @property
    def head_lists(self) -> tuple[tuple[str, ...], ...]:
        """What models of this study predict, one list for each kind of model."""
        return self.matrix.heads or (self.heads,)


class Cell(Frozen):
    """One backbone x shares x loss x seed: exactly what its training depends on.

    `weights` is the sha256 of the file that a pretrained trunk comes from ('': timm's hub). `imported` is that of a
    model or of predictions made elsewhere; such a cell may not know its shares, nor (size 0) its arm's size.
    """

    data: str
    heads: Names
    group: Name
    size: NonNegativeInt
    shares: Shares
    backbone: Name
    pretrained: bool
    weights: str = ""
    imported: str = ""
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
