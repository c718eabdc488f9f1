"""Fits that are killed at chosen points and gone on with in new processes: `python -m tests.train.killed FOLDER`.

Every fit runs in a fork of this process, which itself fits nothing; a victim ends in os._exit, so that nothing of it is
tidied up. What each fit ended with is printed as JSON: {variant: {"left alone" | "killed" | control: {part: hash}}}.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from timm.layers import DropPath
from torch import Tensor, nn

from bias_exp import rundir
from bias_exp.models.build import CutModel
from bias_exp.train import loop, snapshot, step
from bias_exp.train.loop import fit
from bias_exp.train.recipe import Recipe
from bias_exp.train.state import FitState
from tests.train.fits import make, pictures, stratified, two_groups

KILLED = 9
Point = tuple[str, int]

CHAIN: tuple[Point, ...] = (
    ("after step", 1),  # nothing is kept yet
    ("after step", 2),  # in mid-epoch
    ("after rename", 3),  # the last step of an epoch, not validated yet
    ("after write", 5),
    ("before rename", 6),
    ("in validation", 6),
    ("after rename", 8),
    ("before rename", 9),
)
"""Where the processes that work on one fit of 3 epochs x 3 steps die, one after another; the next one goes on."""

SHORT: tuple[Point, ...] = (("after step", 2), ("after rename", 3), ("in validation", 6), ("before rename", 8))
"""The same for the variants after the first."""


def _with_dropout() -> CutModel:
    model = make()
    model.backbone.layer4.append(nn.Dropout(0.5))
    return model


def _with_drop_path() -> CutModel:
    model = make("quick_swin")
    model.backbone.layers[0].blocks[0].drop_path1 = DropPath(0.5)
    return model


def _fit(made: Callable[[], CutModel], recipe: Recipe, snapshots: Path | None) -> FitState:
    train, validation = two_groups(), two_groups(6)
    validation = replace(validation, store=pictures(6, first=1).store)
    model = made()
    if recipe.settings.frozen:
        features = np.random.default_rng(0).random((2, 12, model.row.width), dtype=np.float32)
        train, validation = replace(train, features=features), replace(validation, features=features)
    return fit(model, train, validation=validation, recipe=recipe, snapshots=snapshots)


def variants() -> dict[str, Callable[[Path | None], FitState]]:
    """What is fitted: each takes the folder of its snapshots."""
    settings: dict[str, Any] = {"epochs": 3, "batch_size": 4, "lr": 5e-3}
    rule = {"measure": "loss", "patience": 2, "min_delta": 0.01}
    bf16 = replace(stratified("ce", **settings), precision="bfloat16")
    dro = stratified("group_dro", clip=0.5, early_stop=rule, **settings)
    return {
        "adamw with dropout, bfloat16": partial(_fit, _with_dropout, bf16),
        "group_dro with drop path": partial(_fit, _with_drop_path, dro),
        "adversarial by sgd": partial(_fit, make, stratified("adversarial", optimiser="sgd", **settings)),
        "adversarial, frozen": partial(_fit, make, stratified("adversarial", frozen=True, **settings)),
    }


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, Tensor):
        digest.update(f"{value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().contiguous().numpy().tobytes())
    elif isinstance(value, dict):
        for key in sorted(value, key=repr):
            digest.update(repr(key).encode())
            _feed(digest, value[key])
    elif isinstance(value, list | tuple):
        for one in value:
            _feed(digest, one)
    else:
        digest.update(repr(value).encode())


def parts_of(state: FitState) -> dict[str, str]:
    """A hash of each part of what a fit ended with."""
    parts = {**state.content(), "whole model": state.model.state_dict()}
    digests = {}
    for name, value in parts.items():
        digest = hashlib.sha256()
        _feed(digest, value)
        digests[name] = digest.hexdigest()[:16]
    steps = state.history_frame().groupby(["split", "head", "measure"])["step"]
    digests["each step once, in order"] = str(all(rows.is_monotonic_increasing and rows.is_unique for _, rows in steps))
    return digests


def _die() -> None:
    os._exit(KILLED)


def _dying(act: Callable[..., Any], when: Callable[..., bool], *, first: bool) -> Callable[..., Any]:
    """`act`, that kills this process before (`first`) or after it is done with arguments that `when` picks."""

    def acted(*args: Any, **kwargs: Any) -> Any:
        if first and when(*args):
            _die()
        result = act(*args, **kwargs)
        if not first and when(*args):
            _die()
        return result

    return acted


def _die_at(point: Point) -> None:
    """Have this process die at a point of the step of that number."""
    where, number = point

    def of_snapshot(path: Path, *_: Any) -> bool:
        return path.name == f"{number:08d}.partial"

    def of_step(course: Any, state: FitState, *_: Any) -> bool:
        return state.step == number

    def last_moment(course: Any, state: FitState, *_: Any) -> bool:
        if state.step == number:
            step.logits_of = lambda *_: _die()
        return False

    if where == "after step":
        loop.take_step = _dying(loop.take_step, of_step, first=False)
    elif where == "in validation":
        loop.validate = _dying(loop.validate, last_moment, first=True)
    elif where == "after write":
        rundir._seal = _dying(rundir._seal, of_snapshot, first=True)
    else:
        Path.rename = _dying(Path.rename, of_snapshot, first=where == "before rename")  # type: ignore[method-assign]


def _forget(part: str) -> None:
    """A negative control: what is taken up from a snapshot lacks a part."""
    restore = FitState.restore

    def restored(self: FitState, content: dict[str, Any]) -> None:
        own = self.content()
        if part == "buffers":
            content["model"] = content["model"] | {k: v for k, v in own["model"].items() if "running" in k}
        else:
            content[part] = own[part]
        restore(self, content)

    FitState.restore = restored  # type: ignore[method-assign]


def in_a_fork(work: Callable[[], dict[str, str] | None]) -> dict[str, str] | None:
    """What `work` gives in a process of its own; None where that was killed."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, KILLED), status
    return json.loads(said) if status == 0 else None


def worked_on(run: Callable[[Path | None], FitState], place: Path | None, prepare: Callable[[], None]) -> Any:
    """What a fit ended with in a process of its own; None if that died."""

    def work() -> dict[str, str]:
        prepare()
        return parts_of(run(place))

    return in_a_fork(work)


def main(folder: Path) -> None:
    """Run every variant left alone and killed along the chain, and one with parts forgotten."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    snapshot.SNAPSHOT_SECONDS, snapshot.MOST_OF_THE_TIME = 0.0, float("inf")  # one after every step
    rundir._sync = lambda path: None  # a killed process loses nothing that it wrote, only a machine does
    found: dict[str, dict[str, Any]] = {}
    for number, (name, run) in enumerate(variants().items()):
        place = folder / str(number)
        deaths = [worked_on(run, place, partial(_die_at, point)) is None for point in (SHORT if number else CHAIN)]
        found[name] = {
            "all died": all(deaths),
            "killed": worked_on(run, place, lambda: None),
            "left alone": worked_on(run, None, lambda: None),
        }
    name, run = next(iter(variants().items()))
    for part in ("optimiser", "buffers", "tally"):
        worked_on(run, folder / part, partial(_die_at, ("after step", 5)))
        found[name][f"without {part}"] = worked_on(run, folder / part, partial(_forget, part))
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
