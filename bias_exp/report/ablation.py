"""The table of ablations: what removing a map's pixels does, net of the controls, and whether that closes the gap.

Beside every effect stand its control's own effect, the control's draws and its overlap with the map, and the maps that
were not available. Every control has its own block; the other settings and the figure are of the first alone.
"""

from dataclasses import replace

import pandas as pd

from bias_exp.ablate.effects import BY_CONTROL
from bias_exp.ablate.rows import CONTROLS
from bias_exp.config import Study
from bias_exp.figures.curves import Curves
from bias_exp.report.axes import Axes
from bias_exp.report.cells import PROVENANCE, Frames, configurations, missing_note, seeds_note, study_of
from bias_exp.report.claims import ABLATION_NET, GAP_CLOSURE, Claims
from bias_exp.report.drawing import Drawing
from bias_exp.report.effects import configuration_effects
from bias_exp.report.estimates import SEEDS_TEST
from bias_exp.report.family import COLUMNS, families_note, with_q
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import LABELS_NOTE

Chosen = tuple[tuple[str, object], ...]

_NUMBERS = [
    "map_effect", "control_effect", "net_effect", "net_lo", "net_hi", "interval", "flag", "test", "p", "p_flag",
    "draws", "smallest_p", *COLUMNS, "n", "control_draws", "removed_share", "overlap", "maps_na", "gap_intact",
    "gap_removed",
    "claim", "claim_said", "closure_claim",
    "closure", "closure_lo", "closure_hi", "closure_flag", "map_valid", "map_drop", "control_drop",
]  # fmt: skip
_SPEC = Curves(
    "net effect on log-odds",
    y="net_effect",
    lo="net_lo",
    hi="net_hi",
    line="line",
    across="backbone",
    down="down",
    scale="down",
    name="arm",
    baselines=((0.0, "no more than the control"),),
)


def ablation(frames: Frames) -> Table | None:
    """Effects of removing what a map points at, net of each control, and gap closure; None without ablations."""
    study, axes = study_of(frames), Axes.of(frames)
    if frames.ablations.empty:
        return None
    table = configurations(frames, "ablate")
    pooled = configuration_effects(frames, study)
    claims = Claims.of(study)
    named = claims.mark(pooled.join(table, on="config"), "net_effect", endpoint=ABLATION_NET)
    joined = with_q(named, ["head", "control"], study)
    # A closure has an interval and no p: what is claimed of it is read off the interval.
    joined["closure_claim"] = claims.mark(joined, "closure", endpoint=GAP_CLOSURE)["claim_said"]
    place = {config: index for index, config in enumerate(table.index)}
    order = joined.assign(place=joined["config"].map(place)).sort_values("place", kind="stable", ignore_index=True)
    order["setting"] = [f"{one * 100:g} %, {fill}" for one, fill in zip(order["fraction"], order["fill"], strict=True)]
    frame = order[[*axes.columns, *BY_CONTROL, "setting", *_NUMBERS, *PROVENANCE]]
    shown, control = _primary(study), _first_control(frame, study)
    return Table(
        "ablation",
        f"Removing what the {study.ablate.map_head} map ({study.ablate.map_method}) points at",
        frame,
        (*_notes(frames, study, table, frame), *claims.note([*frame["claim"], *_closures_named(frame, claims)])),
        (_layout(shown, axes, claims), _by_setting(axes, control)),
        Drawing(replace(_SPEC, x_label=axes.against), _curves(frame, (*shown, ("control", control)), axes)),
    )


def _primary(study: Study) -> Chosen:
    """The setting that the page and the figure show in full: the middle fraction, the first fill."""
    fraction, fill = study.ablate.primary
    return (("fraction", fraction), ("fill", fill))


def _first_control(frame: pd.DataFrame, study: Study) -> str:
    """The first of the study's controls that any picture has; '' where there is none."""
    there = set(frame["control"])
    return next((name for name in study.ablate.controls if name in there), "")


def _curves(frame: pd.DataFrame, where: Chosen, axes: Axes) -> pd.DataFrame:
    for column, value in where:
        frame = frame[frame[column] == value]
    return frame.assign(line=axes.fit(frame), down="score of " + frame["head"])


def _closures_named(frame: pd.DataFrame, claims: Claims) -> list[str]:
    """Claims about closures that some row has."""
    said = set(frame["closure_claim"].str.partition(" (")[0])
    return [name for name in claims.by_name if name in said]


def _layout(shown: Chosen, axes: Axes, claims: Claims) -> Layout:
    (_, fraction), (_, fill) = shown
    return Layout(
        heading=f"{float(fraction) * 100:g} % removed, fill {fill}",  # type: ignore[arg-type]
        where=shown,
        block=("head", "control"),
        stub=axes.stub,
        entries=(
            Entry("n", "n", style="count"),
            Entry("map", "map_effect", style="signed"),
            Entry("control", "control_effect", style="signed"),
            Entry("overlap", "overlap"),
            Entry("net [interval]", "net_effect", "net_lo", "net_hi", style="signed"),
            Entry("p", "p", flag="p_flag", style="p"),
            Entry("q", "q", flag="q_flag", style="p"),
            *claims.entries,
            Entry("closure [interval]", "closure", "closure_lo", "closure_hi", "closure_flag", "signed"),
            *((Entry("claim", "closure_claim", style="text"),) if claims else ()),
            Entry("valid", "map_valid", style="text"),
            Entry("NA maps", "maps_na", style="count"),
        ),
    )


def _by_setting(axes: Axes, control: str) -> Layout:
    return Layout(
        heading="net effect [interval] by what is removed",
        where=(("control", control),),
        block=("head", "control"),
        stub=axes.stub,
        entries=(Entry("", "net_effect", "net_lo", "net_hi", style="signed"),),
        spread="setting",
        spread_header="part removed, fill",
    )


def _tests_note(frame: pd.DataFrame) -> list[str]:
    """Which tests the p values are of; of sign flips, how many patterns were tried and what they can give."""
    draws, floors = (sorted(set(frame[name].dropna())) for name in ("draws", "smallest_p"))
    said = []
    if draws:
        tried, least = ", ".join(f"{one:g}" for one in draws), ", ".join(f"{one:.2g}" for one in floors)
        said.append(
            f"p of one seed: paired sign flip of net effects over persons; sign patterns tried: {tried}; smallest "
            f"reachable p: {least}."
        )
    if SEEDS_TEST in set(frame["test"]):
        said.append("p of several seeds: Student's t with the error over seeds and over images together.")
    return said


def _notes(frames: Frames, study: Study, table: pd.DataFrame, frame: pd.DataFrame) -> tuple[str, ...]:
    controls = sorted(set(frame["control_draws"].dropna()))
    return (
        "Effect: log-odds of the class predicted intact, intact minus removed; positive where the pixels spoke for it. "
        "Net: minus the mean of the control's draws for the same picture "
        f"(draws K: {', '.join(f'{one:g}' for one in controls)}). Percentile bootstrap of persons.",
        "Closure: sign of the intact accuracy gap times (intact gap - gap with the pixels removed), net of the "
        "control; positive closes the gap; its interval over several seeds is of these images.",
        *_controls_note(frame, study),
        "Valid: removing what the map points at lowers the reference probe's accuracy more than the control does. "
        "NA maps: pictures without a valid map.",
        *_tests_note(frame),
        families_note(frame),
        *seeds_note(table, study.tables.confidence),
        *Axes.of(frames).notes,
        *missing_note(frames, "ablate"),
        LABELS_NOTE,
    )


def _controls_note(frame: pd.DataFrame, study: Study) -> list[str]:
    """What the controls are; none where there are none."""
    there = [name for name in study.ablate.controls if name in set(frame["control"])]
    if not there:
        return []
    said = "; ".join(f"{name}: {CONTROLS[name].summary}" if name in CONTROLS else name for name in there)
    absent = [name for name in study.ablate.controls if name not in there]
    lacking = f" No picture had {', '.join(absent)}." if absent else ""
    first = f" The figure and the last part are net of {there[0]}." if len(there) > 1 else ""
    return [
        f"Controls remove as many pixels: {said}. Overlap: part of the control's pixels that the map removes too. "
        f"Each control's numbers are of the pictures that have it.{lacking}{first}"
    ]
