"""A plan in words: what a person reads before, and instead of, a run."""

from bias_exp.keys import PhaseSpec
from bias_exp.matrix.executors.local import default_slots
from bias_exp.matrix.plan import Plan
from bias_exp.matrix.prepare import Prepared
from bias_exp.progress import duration


def _number(count: int, noun: str) -> str:
    endings = {"loss": "losses", "cell": "cells"}
    return f"{count} {noun if count == 1 else endings.get(noun, noun + 's')}"


def plan_text(prepared: Prepared, slots: int | None = None) -> str:
    """Axes, data, what is complete and what is to do, with an estimate where earlier cells allow one."""
    plan, manifest = prepared.plan, prepared.manifest
    axes = plan.study.matrix
    parts = (
        _number(len(axes.backbones), "backbone"),
        _number(len(axes.female_ratios), "female ratio"),
        _number(len(axes.losses), "loss"),
        _number(len(axes.seeds), "seed"),
    )
    sizes = manifest.frame["split"].value_counts()
    phases = sum(len(task.specs) for task in plan.tasks)
    missing = sum(len(task.missing) for task in plan.todo)
    lines = [
        f"study {plan.study.name}: {_number(len(plan.tasks), 'cell')} = {' x '.join(parts)}",
        f"data {manifest.digest[:12]} in {manifest.folder}: {len(manifest.frame)} pictures; arms of {axes.size} from "
        f"{sizes.get('train', 0)}, {sizes.get('test', 0)} test, {sizes.get('validation', 0)} validation, "
        f"{sizes.get('probe', 0)} probe",
        f"{prepared.precision}, {_number(plan.study.threads, 'thread')} a cell",
        f"{_number(phases, 'phase')}: {phases - missing} complete, {missing} to do{_estimate(plan, slots)}",
    ]
    return "\n".join(lines)


def _estimate(plan: Plan, slots: int | None) -> str:
    if not plan.todo:
        return ""
    slots = default_slots(plan.study.threads) if slots is None else slots
    seconds = plan.estimate(slots)
    where = f"in {_number(slots, 'slot')}"
    if seconds is None:
        return f" {where} (how long is known once each backbone has a finished cell)"
    return f", about {duration(seconds)} {where}"


def cells_text(plan: Plan) -> str:
    """A line a cell: its name, and which phases are complete."""

    def state(spec: PhaseSpec, missing: tuple[PhaseSpec, ...]) -> str:
        return f"{spec.phase} {'to do' if spec in missing else 'complete'}"

    width = max(len(task.cell.name) for task in plan.tasks)
    return "\n".join(
        f"  {task.cell.name:{width}}  {', '.join(state(spec, task.missing) for spec in task.specs)}"
        for task in plan.tasks
    )
