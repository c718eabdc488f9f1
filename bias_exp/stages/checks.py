"""The checks of a cell's maps: which pictures, which control maps beside them, and what it may cost.

Writes controls.safetensors; the checks go back as a table.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from bias_exp.columns import CHECKS, PROBE_HEAD
from bias_exp.config import ChecksConfig, ExplainConfig
from bias_exp.explain.batches import Explained, maps_of
from bias_exp.explain.checks.run import cost, run_checks
from bias_exp.explain.checks.trial import Maps, Trial
from bias_exp.explain.files import CONTROL_MAPS_NAME, write_maps
from bias_exp.explain.priors import centre_prior, random_model
from bias_exp.explain.rows import CENTRE_PRIOR, METHODS, RANDOM_WEIGHTS
from bias_exp.models.build import CutModel
from bias_exp.progress import Report
from bias_exp.seeds import seed_for
from bias_exp.stages.bench import Bench
from bias_exp.stages.gallery import Shown, choose_gallery
from bias_exp.stages.regions import regions_of

SAME_AS_GRADCAM = "cam"
"""With linear heads on the average it is Grad-CAM up to scale: put to the checks once, not as two agreeing methods."""


@dataclass(frozen=True)
class Subject:
    """A model, what it was asked, and the maps that were made of all test pictures, by `methods`."""

    model: CutModel
    targets: dict[str, np.ndarray]
    explained: Explained
    methods: tuple[str, ...]
    settings: ExplainConfig


def write_control_maps(bench: Bench, subject: Subject, shown: Shown, folder: Path) -> Maps:
    """Maps of the first method on a model whose weights were drawn anew: the same targets, all test pictures."""
    model = random_model(subject.model, seed_for(bench.cell.seed, RANDOM_WEIGHTS))
    load = bench.loader(subject.model, shown.frame)
    method = subject.methods[0]
    made = maps_of(model, load, subject.targets, settings=subject.settings, methods=(method,)).maps
    controls = {(RANDOM_WEIGHTS, head): made[method, head] for head in subject.targets}
    write_maps(folder, controls, CONTROL_MAPS_NAME)
    return controls


def checks_of(bench: Bench, subject: Subject, shown: Shown, controls: Maps, report: Report) -> pd.DataFrame:
    """The maps of the probe and of the primary head put to the checks that the settings name: `columns.CHECKS`.

    What they cost at most is said before they begin.
    """
    places = choose_gallery(shown.frame, subject.settings.checks.pictures)
    if not places or not subject.settings.checks.names:
        return CHECKS.empty()
    trial = _trial(bench, subject, shown, controls=controls, places=places)
    methods = {method for method, _ in trial.maps}
    each = cost(trial.settings, n_methods=len(methods), n_heads=len(trial.targets), explaining=explaining(subject))
    report(0, len(places), f"checks of {len(places)} pictures, at most {each * len(places):,} forwards")
    facts = shown.frame.iloc[places][["id", "class", "group"]].reset_index(drop=True)
    return run_checks(trial, facts)


def _with_probe(settings: ChecksConfig, group: str) -> ChecksConfig:
    """The probe reads the group: its evidence lies where the group's does."""
    expected = settings.expected.get(group)
    if expected is None or PROBE_HEAD in settings.expected:
        return settings
    return settings.model_copy(update={"expected": {**settings.expected, PROBE_HEAD: expected}})


def explaining(subject: Subject) -> int:
    """Forwards that it takes to explain one picture once: one for all class activation maps, and each path's points."""
    paths = sum(name == "integrated_gradients" for name in subject.methods)
    others = sum("pictures" in METHODS[name].needs for name in subject.methods) - paths
    return 1 + paths * subject.settings.steps + 2 * others


def _trial(bench: Bench, subject: Subject, shown: Shown, *, controls: Maps, places: list[int]) -> Trial:
    frame, rows = shown.frame.iloc[places], np.array(places)
    heads = [head for head in (PROBE_HEAD, bench.cell.heads[0]) if head not in shown.not_available]
    same = SAME_AS_GRADCAM if "gradcam" in subject.methods and subject.model.row.pooling == "avg" else ""
    methods = tuple(name for name in subject.methods if name != same)
    targets = {head: subject.targets[head][rows] for head in heads}
    size = bench.cell.image_size
    prior = torch.as_tensor(centre_prior(size, size), dtype=torch.float32).expand(len(places), -1, -1)
    maps = {(method, head): subject.explained.maps[method, head][rows] for method in methods for head in heads}
    maps |= {(CENTRE_PRIOR, head): prior for head in heads}
    maps |= {(RANDOM_WEIGHTS, head): controls[RANDOM_WEIGHTS, head][rows] for head in heads}
    regions = regions_of(bench.manifest, frame, size)
    # Checks explain every picture many times: a path is not refined, so that its points bound what they cost.
    settings = subject.settings.model_copy(update={"most_steps": subject.settings.steps})

    def explain(model: nn.Module, images: torch.Tensor) -> Maps:
        return maps_of(
            model,
            lambda asked: images[torch.from_numpy(asked)],
            targets,
            settings=settings,
            methods=methods,
            batch_size=len(places),
        ).maps

    return Trial(
        model=subject.model,
        images=bench.loader(subject.model, shown.frame)(rows),
        ids=frame["id"].tolist(),
        targets={head: torch.from_numpy(np.asarray(target, dtype=np.int64)) for head, target in targets.items()},
        maps=maps,
        explain=explain,
        settings=_with_probe(subject.settings.checks, bench.cell.group),
        masks=regions.masks,
        known=regions.known,
        seed=bench.cell.seed,
    )
