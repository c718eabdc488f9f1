"""A small data set and cells trained on it, each once."""

from dataclasses import dataclass
from pathlib import Path

from bias_exp import rundir
from bias_exp.config import AblateConfig, Cell, ChecksConfig, DataConfig, ExplainConfig, SplitConfig, TrainConfig
from bias_exp.data.manifest import Manifest
from bias_exp.keys import cell_key, key_of
from bias_exp.progress import silent
from bias_exp.shares import Shares
from bias_exp.stages.ablate import ablate
from bias_exp.stages.bench import Bench
from bias_exp.stages.explain import explain
from bias_exp.stages.train import train

SOURCE = DataConfig(
    source="personas",
    options={"per_cell": 12, "size": 32, "professions": ["baker", "nurse", "waiter"]},
    split=SplitConfig(test=4, validation=1, probe=2),
)


def _unchecked(settings: ExplainConfig) -> ExplainConfig:
    """The settings without checks, which cost most, where they do not ask for some of their own."""
    none = {"checks": ChecksConfig(pictures=0)} if settings.checks == ChecksConfig() else {}
    return settings.model_copy(update=none)


@dataclass
class Lab:
    """Cells trained on one small data set, each once."""

    manifest: Manifest
    folder: Path

    def bench(self, **changes) -> Bench:
        cell = Cell(
            data=self.manifest.digest,
            heads=("profession", "gender"),
            group="gender",
            size=6,
            shares=Shares.female(0.5),
            backbone="quick_resnet",
            pretrained=False,
            image_size=32,
            loss="ce",
            train=TrainConfig(epochs=1, batch_size=4),
            precision="float32",
            threads=1,
            seed=0,
        ).model_copy(update=changes)
        return Bench(cell, self.manifest, self.folder / "cache", "float32")

    def trained(self, **changes) -> Path:
        bench = self.bench(**changes)
        target = self.folder / cell_key(bench.cell)
        if not target.exists():
            bench.set_up()
            with rundir.new_folder(target) as made:
                train(bench, made, silent)
        return target

    def explained(self, settings: ExplainConfig, **changes) -> Path:
        bench, settings = self.bench(**changes), _unchecked(settings)
        target = self.folder / f"{cell_key(bench.cell)}-{key_of(settings.model_dump(mode='json'))}"
        if not target.exists():
            with rundir.new_folder(target) as made:
                explain(bench, settings, self.trained(**changes), made)
        return target

    def ablated(self, settings: AblateConfig, explained: ExplainConfig, folder: Path, **changes) -> Path:
        if settings.null_draws == AblateConfig().null_draws:
            settings = settings.model_copy(update={"null_draws": 0})
        ablate(self.bench(**changes), settings, self.trained(**changes), self.explained(explained, **changes), folder)
        return folder
