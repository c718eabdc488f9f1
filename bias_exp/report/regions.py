"""The table of region shares: what part of a map lies in each region, against the part of the picture that it takes.

Comes in: rows of the check `energy` in the columns of `columns.CHECKS` (value: the map's share in a region, baseline:
the region's share of the picture). Enrichment is the ratio of their means over pictures: 1 is what a map that says
nothing gets.
"""

from collections.abc import Container

import numpy as np
import pandas as pd

from bias_exp.columns import EVERYONE
from bias_exp.config import Study, TablesConfig
from bias_exp.data.regions import REGIONS
from bias_exp.data.splits import ALL
from bias_exp.explain.rows import CONTROL_MAPS
from bias_exp.figures.heat import Heat
from bias_exp.metrics.groups import count_flags
from bias_exp.metrics.resampling import Sums, bootstrap_sums, group_means, observed_sums, overall_means
from bias_exp.metrics.significance import percentiles
from bias_exp.report.axes import Axes
from bias_exp.report.cells import (
    PROVENANCE,
    Frames,
    complete,
    configurations,
    missing_note,
    seeds_note,
    single_seeds,
    study_of,
)
from bias_exp.report.drawing import Drawing
from bias_exp.report.estimates import Block, Floats, blocks, pool
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import LABELS_NOTE
from bias_exp.seeds import rng_for

ENERGY = "energy"
KEYS = ["head", "method", "region", "group"]
"""What one number is about."""

_MODEL = ["cell", "head", "method", "region"]
_NUMBERS = [
    "value", "lo", "hi", "share", "share_lo", "share_hi", "area", "n", "interval", "flag", "undefined", "reasons",
]  # fmt: skip
_FULL_COLOUR = 4.0
"""Enrichment, and one over it, at full colour."""

_READING = (
    "Enrichment: mean share of the map in a region over the region's mean share of the picture; 1 is what a map that "
    "says nothing gets. Regions may lie in each other, so shares need not add up to 1.",
    "Of the test pictures that were drawn for the checks. Percentile bootstrap of persons within each group.",
    f"{' and '.join(CONTROL_MAPS)}: maps that know nothing of the trained model. The other methods, the shares with "
    "their intervals, and pictures without a share, counted by their reason, stand in the CSV file.",
)


def region_shares(frames: Frames) -> Table | None:
    """Region shares of every method, head, group and configuration; None without any."""
    study, axes = study_of(frames), Axes.of(frames)
    rows = _energy(frames)
    if rows.empty:
        return None
    table, cells = configurations(frames, "explain"), complete(frames, "explain")
    shares = cell_shares(rows, study.tables, single_seeds(cells, rows["cell"]))
    frame = _shown(_pooled(shares, cells, study), table, axes)
    notes = (
        *_READING,
        *seeds_note(table, study.tables.confidence),
        *axes.notes,
        *missing_note(frames, "explain"),
        LABELS_NOTE,
    )
    return Table(
        "region_shares",
        f"Regions that maps point at, by {study.group}, against the {axes.against}",
        frame,
        notes,
        (_layout(axes),),
        Drawing(_spec(axes), _heat(frame, axes)),
    )


def _energy(frames: Frames) -> pd.DataFrame:
    """Rows of the check, a picture each: _MODEL, share, area, and what `report.estimates.blocks` asks for."""
    wanted = ["cell", "head", "method", "at", "id", "group", "value", "baseline", "reason"]
    rows = frames.checks.loc[frames.checks["check"] == ENERGY, wanted].rename(columns={"at": "region"})
    persons = frames.predictions[["cell", "id", "person"]].drop_duplicates(["cell", "id"])
    # Classes are put together: of few pictures each class and group has one or two, which cannot be resampled.
    numbers = {"share": rows["value"].astype(np.float64), "area": rows["baseline"].astype(np.float64), "class": ALL}
    rows = rows.assign(**numbers).drop(columns=["value", "baseline"])
    joined = rows.merge(persons, on=["cell", "id"], how="left", validate="many_to_one")
    return joined.fillna({"person": ""})


def cell_shares(rows: pd.DataFrame, settings: TablesConfig, bounded: Container[str] | None = None) -> pd.DataFrame:
    """Shares of every cell, by KEYS, all groups together among them; bounds of the cells in `bounded`, or of all.

    Returns:
        Columns cell, KEYS, value (the enrichment), lo, hi, share, share_lo, share_hi, area, n, flag, undefined,
        reasons.
    """
    names = rows.groupby(_MODEL, sort=False).ngroup().map("{:08d}".format)
    rows = rows.assign(model=names)
    models = rows.drop_duplicates("model").set_index("model")[_MODEL]
    groups = [EVERYONE, *sorted(rows["group"].unique())]
    index = pd.MultiIndex.from_product([models.index, groups], names=["model", "group"])
    known = rows.dropna(subset=["share", "area"])
    chosen = models["cell"] if bounded is None else models["cell"][[cell in bounded for cell in models["cell"]]]
    asked = set(chosen.index)
    parts = [_of_block(block, settings, asked) for block in blocks(known, "model", ["share", "area"])]
    nothing = pd.DataFrame(columns=["model", "group", *_NUMBERS[:8]]).astype(dict.fromkeys(_NUMBERS[:8], np.float64))
    found = pd.concat(parts or [nothing], ignore_index=True)
    table = found.set_index(["model", "group"]).reindex(index)
    table = table.join(_undefined(rows, known.index)).fillna({"n": 0, "undefined": 0, "reasons": ""})
    table = table.astype({"n": np.int64, "undefined": np.int64})
    why = np.where(table["undefined"] > 0, table.pop("reason"), "empty")
    table["flag"] = np.where(table["value"].isna(), why, count_flags(table["n"]))
    return table.reset_index().join(models, on="model").drop(columns="model")


def _undefined(rows: pd.DataFrame, known: pd.Index) -> pd.DataFrame:
    """By model and group: pictures without a share, why the first has none, and all reasons with their counts."""
    void = rows.drop(index=known)
    void = pd.concat([void, void.assign(group=EVERYONE)])
    void = void.assign(reason=void["reason"].where(void["reason"] != "", "undefined"))
    reasons = void.groupby(["model", "group"])["reason"]
    return pd.DataFrame({"undefined": reasons.size(), "reason": reasons.first(), "reasons": reasons.agg(_counted)})


def _counted(reasons: pd.Series) -> str:
    return "; ".join(f"{reason} ({count})" for reason, count in reasons.value_counts().items())


def _of_block(block: Block, settings: TablesConfig, bounded: set[str]) -> pd.DataFrame:
    values = [block.outcomes["share"], block.outcomes["area"]]
    observed = observed_sums(block.units, np.hstack(values))
    chosen = [place for place, name in enumerate(block.models) if name in bounded]
    drawn = None
    if chosen:
        rng, own = rng_for(0, "tables", "bootstrap"), np.hstack([value[:, chosen] for value in values])
        drawn = bootstrap_sums(block.units, own, resamples=settings.resamples, rng=rng)
    persons = np.bincount(block.units.stratum, minlength=len(block.units.groups))
    parts = []
    for group in (EVERYONE, *block.units.groups):
        inside = np.ones(len(persons), dtype=bool) if group == EVERYONE else block.units.groups == group
        share, area, enrichment = _means(observed, group)
        lo, hi, share_lo, share_hi = np.full((4, len(block.models)), np.nan)
        # One person resampled is that person again: no interval, rather than one of width 0.
        if drawn is not None and persons[inside].sum() > 1:
            drawn_share, _, drawn_ratio = _means(drawn, group)
            lo[chosen], hi[chosen] = percentiles(drawn_ratio, settings.confidence)
            share_lo[chosen], share_hi[chosen] = percentiles(drawn_share, settings.confidence)
        numbers = (enrichment, lo, hi, share, share_lo, share_hi, area)
        n = float(observed.pictures[inside].sum())
        facts = {"model": block.models, "group": group, "n": n}
        parts.append(pd.DataFrame(facts | dict(zip(_NUMBERS[:7], numbers, strict=True))))
    return pd.concat(parts, ignore_index=True)


def _means(sums: Sums, group: str) -> tuple[Floats, Floats, Floats]:
    """Mean share, mean area, and their ratio, NaN where there is no such area."""
    means = overall_means(sums) if group == EVERYONE else group_means(sums, group)
    share, area = np.split(means, 2, axis=-1)
    return share, area, np.divide(share, area, out=np.full_like(share, np.nan), where=area > 0)


def _pooled(per_cell: pd.DataFrame, cells: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Means over seeds, with intervals as `pool` gives them; counts are added up."""
    confidence = study.tables.confidence
    enrichment = pool(per_cell, cells, KEYS, confidence)
    renamed = per_cell.drop(columns=["value", "lo", "hi"]).rename(
        columns={"share": "value", "share_lo": "lo", "share_hi": "hi"}
    )
    share = pool(renamed, cells, KEYS, confidence)[["config", *KEYS, "value", "lo", "hi"]]
    share = share.rename(columns={"value": "share", "lo": "share_lo", "hi": "share_hi"})
    config = per_cell["cell"].map(cells.set_index("cell")["config"]).rename("config")
    grouped = per_cell.groupby([config, *(per_cell[key] for key in KEYS)], sort=False)
    counts = grouped.agg(area=("area", "mean"), undefined=("undefined", "sum"), reasons=("reasons", _joined))
    pooled = enrichment.merge(share, on=["config", *KEYS])
    return pooled.merge(counts.reset_index(), on=["config", *KEYS], validate="one_to_one")


def _joined(reasons: pd.Series) -> str:
    return " | ".join(reason for reason in reasons if reason)


def _shown(pooled: pd.DataFrame, table: pd.DataFrame, axes: Axes) -> pd.DataFrame:
    """In the order of a page: head, models that differ by their arm alone, region, arm; then groups, and controls last.

    `column` is where an estimate stands on the page, '' for those that only the file has.
    """
    joined = pooled.join(table, on="config")
    own = [method for method in dict.fromkeys(joined["method"]) if method not in CONTROL_MAPS]
    place = {config: index for index, config in enumerate(table.index)}
    alike = table.groupby(list(axes.block), sort=False, dropna=False).ngroup()
    control, everyone = joined["method"].isin(CONTROL_MAPS), joined["group"] == EVERYONE
    first = joined["method"] == (own[0] if own else "")
    on_page = [joined["group"].where(first, ""), joined["method"].where(control & everyone, "")]
    ordered = joined.assign(
        column=on_page[0] + on_page[1],
        by_head=pd.factorize(joined["head"])[0],
        by_model=joined["config"].map(alike),
        by_region=joined["region"].map(_region_place),
        by_arm=joined["config"].map(place),
        by_method=joined["method"].map({name: index for index, name in enumerate([*own, *CONTROL_MAPS])}),
        by_group=everyone,
    )
    keys = ["by_head", "by_model", "by_region", "region", "by_arm", "by_method", "by_group", "group"]
    ordered = ordered.sort_values(keys, kind="stable", ignore_index=True)
    ordered["on_page"] = ordered["column"] != ""
    return ordered[[*axes.columns, *KEYS, "column", "on_page", *_NUMBERS, *PROVENANCE]]


def _region_place(region: str) -> int:
    return REGIONS.index(region) if region in REGIONS else len(REGIONS)


def _layout(axes: Axes) -> Layout:
    return Layout(
        heading="enrichment [interval]",
        where=(("on_page", True),),
        block=("head", *axes.block),
        stub=(("region", "region"), ("arm", axes.arm), ("seeds", "seeds")),
        entries=(Entry("", lo="lo", hi="hi"),),
        spread="column",
        spread_header="group, or control map",
        n="n",
    )


def _heat(frame: pd.DataFrame, axes: Axes) -> pd.DataFrame:
    """The first method's enrichment as doublings, with what is printed of it."""
    chosen = frame[frame["on_page"] & (frame["group"] != EVERYONE)]
    # No share at all has no logarithm; it stands at the end of the scale.
    doublings = np.log2(chosen["value"].clip(lower=1 / 64))
    words = ["NA" if one != one else f"{one:.{2 if one < 1 else 1}f}" for one in chosen["value"]]
    return chosen.assign(value=doublings, words=words, fit=axes.fit(chosen))


def _spec(axes: Axes) -> Heat:
    return Heat(
        "region",
        "arm",
        words="words",
        panel=("head", "backbone", "fit", "group"),
        limit=float(np.log2(_FULL_COLOUR)),
        x_label=axes.against,
        below="less than its part of the picture",
        above="more (orange: 4 times)",
    )
