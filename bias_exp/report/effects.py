"""Effects of ablations with their uncertainty, for each cell and for each configuration.

The arithmetic of one picture stands in `ablate.effects`; here are bootstrap bounds and tests over persons within one
model, and means, intervals and tests over seeds where there are several.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bias_exp.ablate.effects import BY_CONTROL, NO_CONTROL, NO_GAP, map_validity, net_effects, per_picture
from bias_exp.config import Study
from bias_exp.metrics.crossed import picture_variances
from bias_exp.metrics.resampling import bootstrap_sums, mean_gaps, observed_sums, overall_means
from bias_exp.metrics.significance import percentiles, sign_flips
from bias_exp.report.cells import Frames, complete, one_class_seen, pair_of
from bias_exp.report.estimates import PICTURES, blocks, over_seeds, pool
from bias_exp.seeds import rng_for

Floats = NDArray[np.float64]

_DRAWS = 9999
_PAIR_MISSING = "the study has more than two groups, so there is no signed gap to close"
_CELL = ["cell"]
_TESTED = ["p", "p_flag", "draws", "smallest_p"]
_ANSWERS = ["net_loss", "correct_intact", "correct_removed"]
_CLOSURE = ["closure", "closure_lo", "closure_hi", "gap_intact", "gap_removed"]
_MEANS = [
    "map_effect", "control_effect", "removed_share", "overlap", "map_drop", "control_drop", "gap_intact", "gap_removed",
]  # fmt: skip


def _pictures(ablations: pd.DataFrame) -> pd.DataFrame:
    """`per_picture` of every cell, with `model`: the cell and the setting that a mean is about."""
    pictures = per_picture(ablations, _CELL)
    settings = pictures.groupby([*_CELL, *BY_CONTROL], sort=False).ngroup()
    return pictures.assign(model=settings.map("{:08d}".format))


def _points(pictures: pd.DataFrame, ablations: pd.DataFrame) -> pd.DataFrame:
    """Point estimates of every cell and setting, indexed by model."""
    validity = map_validity(pictures, apart=_CELL).drop(columns=["n", "accuracy_intact"])
    validity = validity.rename(columns={"reason": "validity", "drop": "map_drop"})
    points = net_effects(pictures, _CELL).merge(validity, on=[*_CELL, *(key for key in BY_CONTROL if key != "head")])
    models = pictures[["model", *_CELL, *BY_CONTROL]].drop_duplicates("model")
    points = points.merge(models, on=[*_CELL, *BY_CONTROL], validate="one_to_one")
    own = ablations[ablations["control"] == ""]
    keys = [*_CELL, *(key for key in BY_CONTROL if key != "control")]
    points = points.merge(own.groupby(keys, sort=False)["removed_share"].mean().reset_index(), on=keys)
    return points.rename(columns={"effect": "map_effect", "draws": "control_draws"}).set_index("model")


def _effects(pictures: pd.DataFrame, study: Study, bounded: set[str]) -> pd.DataFrame:
    """Of the net effect, by model: percentile bootstrap bounds and a sign flip over persons, of models in `bounded`."""
    columns = ["net_lo", "net_hi", *_TESTED]
    parts = [pd.DataFrame(columns=columns, dtype=np.float64).astype({"p_flag": "str"})]
    settings = study.tables
    rows = pictures[pictures["model"].isin(bounded)].dropna(subset=["net_effect"])
    for block in blocks(rows, "model", ["net_effect"]):
        effects = block.outcomes["net_effect"]
        rng = rng_for(0, "tables", "bootstrap")
        sums = bootstrap_sums(block.units, effects, resamples=settings.resamples, rng=rng)
        lo, hi = percentiles(overall_means(sums), settings.confidence)
        flips = sign_flips(list(block.units.sums(effects).T), rng=rng_for(0, "tables", "sign flip"), draws=_DRAWS)
        tests = [(one.p, one.reason, one.draws, one.smallest_p) for one in flips]
        found = pd.DataFrame(tests, columns=_TESTED, index=block.models)
        parts.append(found.assign(net_lo=lo, net_hi=hi)[columns])
    return pd.concat(parts[1:] or parts)


def _closures(pictures: pd.DataFrame, pair: tuple[str, str] | None, study: Study, bounded: set[str]) -> pd.DataFrame:
    """Gaps, net closure and its percentile bootstrap bounds, by model; `ablate.effects.gap_closure` for many at once.

    The intact gap's sign is taken anew in each resample, so that an uncertain direction widens the interval; a resample
    without a gap closes nothing.
    """
    parts = [pd.DataFrame(columns=_CLOSURE, dtype=np.float64)]
    settings, pair = study.tables, pair or ("", "")
    for block in blocks(pictures.dropna(subset=["net_loss"]), "model", _ANSWERS):
        net, intact, removed = (
            mean_gaps(observed_sums(block.units, values), pair) for values in block.outcomes.values()
        )
        # Equal accuracies may differ by rounding; such a gap is none.
        sign = np.where(np.abs(intact) > 1e-12, np.sign(intact), np.nan)
        lo, hi = np.full((2, len(net)), np.nan)
        chosen = [place for place, name in enumerate(block.models) if name in bounded]
        if chosen:
            drawn = [block.outcomes[name][:, chosen] for name in _ANSWERS[:2]]
            rng = rng_for(0, "tables", "bootstrap")
            sums = bootstrap_sums(block.units, np.hstack(drawn), resamples=settings.resamples, rng=rng)
            drawn_net, drawn_intact = np.split(mean_gaps(sums, pair), 2, axis=1)
            lo[chosen], hi[chosen] = percentiles(np.sign(drawn_intact) * drawn_net, settings.confidence)
        numbers = (sign * net, lo + 0 * sign, hi + 0 * sign, intact, removed)
        parts.append(pd.DataFrame(dict(zip(_CLOSURE, numbers, strict=True)), index=block.models))
    return pd.concat(parts)


def _closure_flags(table: pd.DataFrame, pair: tuple[str, str] | None) -> NDArray[np.object_]:
    """Why a closure is not defined; ''."""
    if pair is None:
        return np.full(len(table), _PAIR_MISSING, dtype=object)
    causes = [table["closure"].notna(), table["control"] == "", table["gap_intact"].abs() <= 1e-12]
    return np.select(causes, ["", NO_CONTROL, NO_GAP], "single_group").astype(object)


def _unavailable(frames: Frames) -> pd.Series:
    """How many maps of each (cell, head, method) were not available."""
    maps = frames.explanations
    return (~maps["valid"].astype(bool)).groupby([maps["cell"], maps["head"], maps["method"]]).sum()


def _per_cell(frames: Frames, study: Study) -> pd.DataFrame:
    """All estimates of every cell and setting."""
    ablations = frames.ablations
    pair = pair_of(sorted(ablations["group"].unique()))
    pictures = _pictures(ablations)
    table = _points(pictures, ablations)
    cells = complete(frames, "ablate")
    config = table["cell"].map(cells.set_index("cell")["config"])
    # A control that one seed of several has is tested within that seed.
    alone = table.groupby([config, *(table[key] for key in BY_CONTROL)], sort=False)["cell"].transform("size") == 1
    bounded = set(table.index[alone])
    table = table.join(_effects(pictures, study, bounded))
    table = table.join(_closures(pictures if pair else pictures.iloc[:0], pair, study, bounded))
    unavailable = _unavailable(frames)
    keys = zip(table["cell"], table["map_head"], table["map_method"], strict=True)
    table["maps_na"] = [unavailable.get(key, np.nan) for key in keys]
    table["flag"] = np.where(table["net_effect"].notna(), "", np.where(table["control"] == "", NO_CONTROL, "undefined"))
    table["p_flag"] = table["p_flag"].fillna("undefined")
    table["closure_flag"] = _closure_flags(table, pair)
    table = _with_pictures(table, pictures, cells)
    return _without_one_class(table, frames)


def _with_pictures(table: pd.DataFrame, pictures: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """`table` with what the pictures have in the variance of seeds' net effects (`metrics.crossed`)."""
    config = cells.set_index("cell")["config"]
    several = config.duplicated(keep=False)
    rows = pictures[pictures["cell"].map(several)].dropna(subset=["net_effect"])
    if rows.empty:
        return table.assign(**dict.fromkeys(PICTURES, np.nan))
    by = ["config", *BY_CONTROL]
    found = picture_variances(rows.assign(config=rows["cell"].map(config)), by, value="net_effect")
    named = table.assign(config=table["cell"].map(config))
    return named.join(found, on=by).drop(columns="config")


def _without_one_class(table: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """NA for the scores of a head that saw one class: it always says that one."""
    cells = complete(frames, "ablate")
    effects = ["map_effect", "control_effect", "net_effect", "net_lo", "net_hi"]
    for head in table["head"].unique():
        flags = one_class_seen(cells, head)
        void = table["cell"].isin(flags) & (table["head"] == head)
        table.loc[void, [*effects, "p", "draws", "smallest_p", *_CLOSURE]] = np.nan
        for name in ("flag", "p_flag", "closure_flag"):
            table.loc[void, name] = table.loc[void, "cell"].map(flags)
    return table


def _pooled(table: pd.DataFrame, cells: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Means over seeds of everything; intervals of the net effect and the closure as `pool` gives them.

    A closure takes the sign of its own gap, which no covariance follows: its interval is over seeds, of these pictures.
    """
    effect = table.rename(columns={"net_effect": "value", "net_lo": "lo", "net_hi": "hi"})
    pooled = pool(effect, cells, BY_CONTROL, confidence)
    pooled = pooled.rename(columns={"value": "net_effect", "lo": "net_lo", "hi": "net_hi"})
    closure = table.drop(columns=["flag", *PICTURES]).rename(
        columns={"closure": "value", "closure_lo": "lo", "closure_hi": "hi", "closure_flag": "flag"}
    )
    closed = pool(closure, cells, BY_CONTROL, confidence).drop(columns=["n", "interval"])
    names = {"value": "closure", "lo": "closure_lo", "hi": "closure_hi", "flag": "closure_flag"}
    closed = closed.rename(columns=names)
    config = table["cell"].map(cells.set_index("cell")["config"]).rename("config")
    grouped = table.groupby([config, *(table[key] for key in BY_CONTROL)], sort=False)
    plain = grouped.agg(
        **{name: (name, "mean") for name in _MEANS},
        control_draws=("control_draws", "min"),
        maps_na=("maps_na", "sum"),
        map_valid=("valid", _verdict),
    )
    return pooled.merge(closed, on=["config", *BY_CONTROL]).merge(plain.reset_index(), on=["config", *BY_CONTROL])


def _verdict(valid: pd.Series) -> str:
    """`yes` or `no` for one seed, `2 of 3` for several."""
    if len(valid) == 1:
        return "yes" if valid.iloc[0] else "no"
    return f"{int(valid.sum())} of {len(valid)}"


def _with_tests(pooled: pd.DataFrame, table: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """One seed keeps its test over pictures; several are tested over seeds and pictures."""
    table = table.assign(config=table["cell"].map(cells.set_index("cell")["config"]))
    by = ["config", *BY_CONTROL]
    alone = table.groupby(by, sort=False)["cell"].transform("size") == 1
    of_one = table.loc[alone, [*by, *_TESTED]].assign(test="sign flip over persons")
    of_several = [
        dict(zip(by, keys, strict=True)) | _over_seeds(found) for keys, found in table[~alone].groupby(by, sort=False)
    ]
    tests = pd.concat([of_one, pd.DataFrame(of_several, columns=of_one.columns)]) if of_several else of_one
    return pooled.merge(tests, on=by, validate="one_to_one")


def _over_seeds(found: pd.DataFrame) -> dict[str, object]:
    defined = found["net_effect"].dropna()
    test, name, _ = over_seeds(defined, found[PICTURES].iloc[0])
    # Where no seed has an effect, the cells' own reason says more than that there is none.
    reason = found["p_flag"].iloc[0] if defined.empty else test.reason
    return {"p": test.p, "p_flag": reason, "draws": np.nan, "smallest_p": np.nan, "test": name}


def configuration_effects(frames: Frames, study: Study) -> pd.DataFrame:
    """Every estimate of each configuration and setting: `config`, BY_CONTROL, and the numbers of the ablation table."""
    cells = complete(frames, "ablate")
    per_cell = _per_cell(frames, study)
    return _with_tests(_pooled(per_cell, cells, study.tables.confidence), per_cell, cells)
