"""A plan in words: what a person reads before, and instead of, a run."""

import shlex
from collections import Counter
from collections.abc import Sequence

from bias_exp.config import Study
from bias_exp.keys import PhaseSpec
from bias_exp.matrix.counts import arms_text
from bias_exp.matrix.driver import Outcome
from bias_exp.matrix.executors.slots import default_slots
from bias_exp.matrix.listing import aligned, listed, several, without_repeats, wrapped
from bias_exp.matrix.needs import disk_text
from bias_exp.matrix.plan import Plan, Task
from bias_exp.matrix.prepare import Prepared
from bias_exp.places import shown
from bias_exp.progress import duration

_MOST_CELLS = 40
"""Cells that have a line each; of more, each configuration has one."""


def plan_text(prepared: Prepared, slots: int | None = None) -> str:
    """Axes, data, what is complete and what is to do, with an estimate where earlier cells allow one."""
    plan, manifest = prepared.plan, prepared.manifest
    sizes = manifest.frame["split"].value_counts()
    phases = sum(len(task.specs) for task in plan.every)
    missing = sum(len(task.missing) for task in plan.todo)
    arms = listed(sorted(plan.study.matrix.arm_sizes))
    brought = f", and {several(len(plan.imported), 'imported model')}" if plan.imported else ""
    lines = [
        f"study {plan.study.name}: {several(len(plan.tasks), 'cell')} = {' x '.join(_factors(plan.study))}{brought}",
        f"data {manifest.digest[:12]} in {shown(manifest.folder)}: {len(manifest.frame)} pictures; arms of {arms} from "
        f"{sizes.get('train', 0)}, {sizes.get('test', 0)} test, {sizes.get('validation', 0)} validation, "
        f"{sizes.get('probe', 0)} probe",
        f"{prepared.precision}, {several(plan.study.threads, 'thread')} a cell",
        f"{several(phases, 'phase')}: {phases - missing} complete, {missing} to do{_estimate(plan, slots)}",
    ]
    return "\n".join(map(wrapped, lines))


def _factors(study: Study) -> list[str]:
    """The axes with how many values they have; of sizes and head lists only where there are several."""
    axes = study.matrix
    arms = several(len(axes.arms), "arm") if axes.shares else several(len(axes.female_ratios), "female ratio")
    more = [several(len(axes.arm_sizes), "size")] * (len(axes.arm_sizes) > 1)
    more += [several(len(study.head_lists), "list of heads")] * (len(study.head_lists) > 1)
    return [
        several(len(axes.backbones), "backbone"), arms, *more,
        several(len(axes.losses), "loss"), several(len(axes.seeds), "seed"),
    ]  # fmt: skip


def _estimate(plan: Plan, slots: int | None) -> str:
    if not plan.todo:
        return ""
    slots = default_slots(plan.study.threads) if slots is None else slots
    seconds, untimed = plan.estimate(slots)
    where = f"in {several(slots, 'slot')}"
    if not untimed:
        return f", about {duration(seconds)} {where} (starting the cells apart)"
    if not seconds:
        return f" {where} (how long is known once each backbone has a finished cell)"
    return f" {where}: about {duration(seconds)} for what was timed before; not known yet for {listed(untimed)}"


def closing_text(plan: Plan, outcome: Outcome, *, tables: str, server: str | None, seconds: float) -> str:
    """What a run of the matrix came to, and where to look next.

    tables: what there is to say of them. server: the tracking server's address, where one was named.
    """
    done = len(plan.every) - len(plan.todo) + len(outcome.completed)
    now = f", {len(outcome.completed)} of them now, in {duration(seconds)}" if outcome.completed else ""
    ui = shlex.join(["bias-exp", "ui", *(["--tracking-uri", server] if server else [])])
    lines = [
        f"{done} of {several(len(plan.every), 'cell')} complete{now}",
        f"  tables  {tables}",
        f"  runs    {ui} shows them in a browser",
    ]
    if outcome.failed:
        cells = several(len(outcome.failed), "cell")
        lines.append(f"  failed  {cells}, listed below; the same command tries them again and keeps the rest")
    return "\n".join(lines)


def dry_run_text(prepared: Prepared) -> str:
    """All that is known before a run, beside `plan_text`: axes, counts of the arms, disk, and how far the cells are."""
    plan, manifest = prepared.plan, prepared.manifest
    parts = (
        axes_text(plan.study),
        arms_text(plan.study, manifest),
        disk_text(plan, manifest),
        f"{phases_text(plan)}\n{cells_text(plan)}",
    )
    return "\n" + "\n\n".join(parts)


def axes_text(study: Study) -> str:
    """The values of every axis."""
    axes = study.matrix
    values = {
        "backbones": list(axes.backbones),
        "arms": [arm.label for arm in axes.arms],
        "sizes": [str(size) for size in axes.arm_sizes],
        "heads": [" + ".join(heads) for heads in study.head_lists],
        "losses": list(axes.losses),
        "seeds": [str(seed) for seed in axes.seeds],
    }
    return "\n".join(
        wrapped(f"  {name:9}  {len(many):3}  {', '.join(many)}", " " * 18) for name, many in values.items()
    )


def phases_text(plan: Plan) -> str:
    """How many cells have each phase complete."""
    missing = Counter(spec.phase for task in plan.every for spec in task.missing)
    wanted = Counter(spec.phase for task in plan.every for spec in task.specs)
    said = [f"{phase} {wanted[phase] - missing[phase]} of {wanted[phase]}" for phase in plan.study.phases]
    return f"complete: {', '.join(said)}"


def cells_text(plan: Plan) -> str:
    """A line a cell: its name, and which phases are complete; of many cells a line a configuration."""
    if len(plan.tasks) > _MOST_CELLS:
        brought = [_lines(plan.imported)] if plan.imported else []
        return "\n".join([_configurations(plan), *brought])
    return _lines(plan.every)


def _lines(tasks: Sequence[Task]) -> str:
    def state(spec: PhaseSpec, missing: tuple[PhaseSpec, ...]) -> str:
        return f"{spec.phase} {'to do' if spec in missing else 'complete'}"

    width = max(len(task.name) for task in tasks)
    return "\n".join(
        f"  {task.name:{width}}  {', '.join(state(spec, task.missing) for spec in task.specs)}" for task in tasks
    )


def _configurations(plan: Plan) -> str:
    """Seeds with all phases complete, of how many, by what is trained (rows) and on which arm (columns)."""
    study = plan.study
    arms = list(dict.fromkeys(task.cell.shares.label for task in plan.tasks))
    by_row: dict[tuple[str, ...], dict[str, list[Task]]] = {}
    for task in plan.tasks:
        by_row.setdefault(_row(study, task), {}).setdefault(task.cell.shares.label, []).append(task)
    rows = [
        [*names, *(_done(by_arm.get(arm, [])) for arm in arms)]
        for names, by_arm in sorted(by_row.items(), key=lambda item: _place(study, item[1]))
    ]
    words = len(next(iter(by_row)))
    header = [
        "backbone",
        "loss",
        *["heads"] * (len(study.head_lists) > 1),
        *["size"] * (len(study.matrix.arm_sizes) > 1),
    ]
    lines = aligned([[*header, *arms], *without_repeats(rows, words)], words=words)
    return "\n".join(["  cells complete, of how many seeds:", *lines])


def _row(study: Study, task: Task) -> tuple[str, ...]:
    cell = task.cell
    heads = ["+".join(cell.heads)] * (len(study.head_lists) > 1)
    return (cell.backbone, cell.loss, *heads, *[str(cell.size)] * (len(study.matrix.arm_sizes) > 1))


def _place(study: Study, by_arm: dict[str, list[Task]]) -> tuple[int, ...]:
    """The order of the study's axes."""
    cell, axes = next(iter(by_arm.values()))[0].cell, study.matrix
    backbone, loss = axes.backbones.index(cell.backbone), axes.losses.index(cell.loss)
    return backbone, loss, study.head_lists.index(cell.heads), axes.arm_sizes.index(cell.size)


def _done(tasks: list[Task]) -> str:
    return f"{sum(not task.missing for task in tasks)}/{len(tasks)}" if tasks else "-"
