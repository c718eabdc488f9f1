"""What an ablation says: effects net of their controls, gap closure, and whether a gender map shows gender at all.

Comes in: a frame in the columns of `columns.ABLATIONS`. Goes out: numbers for each picture, for the statistics above
this floor to work on, and point estimates. Free of torch. An estimate that is not defined is NaN and its `reason` says
why; a sum over pictures never mixes fractions, fills, heads or controls.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bias_exp.columns import PROBE_HEAD, UNKNOWN
from bias_exp.metrics.ablation import closure

SETTING = ["map_head", "map_method", "fraction", "fill", "head"]
"""What one removal is about, apart from who chose the pixels."""

BY_CONTROL = [*SETTING, "control"]
"""What one net estimate is about."""

EVERY = ""
"""In the frame of the null, the id of the row that is about the mean over all pictures."""

NO_GAP = "the intact gap is 0, so there is none to close"
NO_CONTROL = "there is no control to compare with"
NO_PROBE = f"{PROBE_HEAD} was not scored on pictures whose label is known"
NOT_LOWER = "removing what it points at lowers the probe's accuracy no more than its controls do"

_OF_PICTURE = ("class", "group", "person", "label", "correct_intact", "correct_removed")
_GAPS = ("correct_intact", "correct_removed", "loss", "control_loss", "net_loss")
_CLOSURE = ("gap_intact", "gap_removed", "closure", "control_closure", "net_closure")


def per_picture(ablations: pd.DataFrame, apart: Sequence[str] = ()) -> pd.DataFrame:
    """One row for each picture, setting and control: what the map's removal did, its control's draws did, and the net.

    `effect` is log_odds_intact - log_odds_removed of the class predicted intact: positive where the pixels spoke for
    it. `loss` is correct_intact - correct_removed (1, 0 or -1; NaN where the true class is unknown). `control_effect`
    and `control_loss` are means over the control's draws, `net_effect` and `net_loss` the differences. `draws` and
    `overlap` (mean) are the control's. A picture has no row of a control that it does not have. Where a setting has no
    control at all there is one row, its `control` is '' and its nets are NaN.

    apart: columns that tell models apart, where there are several.
    """
    frame = ablations.assign(
        effect=ablations["log_odds_intact"] - ablations["log_odds_removed"],
        correct_intact=_correct(ablations, "predicted_intact"),
        correct_removed=_correct(ablations, "predicted_removed"),
    )
    frame["loss"] = frame["correct_intact"] - frame["correct_removed"]
    # Numbers for what a row is about: names would be looked up once more for each of the steps below.
    frame["setting"] = frame.groupby([*apart, *SETTING], sort=False).ngroup()
    frame["picture"] = frame.groupby(["setting", "id"], sort=False).ngroup()
    is_map = frame["control"] == ""
    own = frame.loc[is_map, [*apart, *SETTING, "id", *_OF_PICTURE, "effect", "loss", "setting", "picture"]]
    controls = (
        frame.loc[~is_map, ["picture", "control", "effect", "loss", "draw", "overlap"]]
        .groupby(["picture", "control"], sort=False)
        .agg(
            control_effect=("effect", "mean"),
            control_loss=("loss", "mean"),
            draws=("draw", "size"),
            overlap=("overlap", "mean"),
        )
        .reset_index()
    )
    pictures = own.merge(controls, on="picture", how="left", validate="one_to_many")
    controlled = pictures.groupby("setting", sort=False)["control"].transform("count") > 0
    pictures = pictures[pictures["control"].notna() | ~controlled].reset_index(drop=True)
    pictures = pictures.drop(columns=["setting", "picture"]).fillna({"control": "", "draws": 0})
    pictures["net_effect"] = pictures["effect"] - pictures["control_effect"]
    pictures["net_loss"] = pictures["loss"] - pictures["control_loss"]
    return pictures


def _correct(ablations: pd.DataFrame, predicted: str) -> pd.Series:
    """1.0 where right, 0.0 where wrong, NaN where the true class is not known."""
    known = ~ablations["label"].isin(["", UNKNOWN])
    return (ablations[predicted] == ablations["label"]).astype(float).where(known)


def net_effects(pictures: pd.DataFrame, apart: Sequence[str] = ()) -> pd.DataFrame:
    """Means over pictures of `per_picture`, one row for each of `apart` and BY_CONTROL: net_effect, effect,
    control_effect, n, draws, overlap."""
    return (
        pictures.groupby([*apart, *BY_CONTROL], sort=False)
        .agg(
            net_effect=("net_effect", "mean"),
            effect=("effect", "mean"),
            control_effect=("control_effect", "mean"),
            n=("net_effect", "count"),
            draws=("draws", "min"),
            overlap=("overlap", "mean"),
        )
        .reset_index()
    )


def gap_closure(pictures: pd.DataFrame, groups: tuple[str, str] = ("female", "male")) -> pd.DataFrame:
    """How far removing the map's pixels closes the accuracy gap between `groups`, net of its controls.

    gap = accuracy of groups[0] - accuracy of groups[1]; closure = sign(gap_intact) x (gap_intact - gap_removed), net of
    the mean of the same over the control's draws; positive closes. As accuracies are means, the net closure is also
    sign(gap_intact) x the difference between the groups' means of `net_loss`.

    Returns:
        One row for each of BY_CONTROL: gap_intact, gap_removed, closure, control_closure, net_closure, n_first,
        n_second, reason. Closures are NaN, with the reason, where a group has no picture or there is no gap.
    """
    rows = []
    for keys, found in pictures.groupby(BY_CONTROL, sort=False):
        known = found[found["loss"].notna()]
        first, second = (known[known["group"] == group] for group in groups)
        rows.append(dict(zip(BY_CONTROL, keys, strict=True)) | _closure(first, second, groups))
    return pd.DataFrame(rows, columns=[*BY_CONTROL, *_CLOSURE, "n_first", "n_second", "reason"])


def _closure(first: pd.DataFrame, second: pd.DataFrame, groups: tuple[str, str]) -> dict[str, float | int | str]:
    counts = {"n_first": len(first), "n_second": len(second)}
    missing = [group for group, n in zip(groups, counts.values(), strict=True) if not n]
    if missing:
        undefined = dict.fromkeys(_CLOSURE, np.nan)
        return undefined | counts | {"reason": f"no picture of group {', '.join(missing)}"}
    gaps = {name: first[name].mean() - second[name].mean() for name in _GAPS}
    numbers = {"gap_intact": gaps["correct_intact"], "gap_removed": gaps["correct_removed"]}
    # The gap of losses, which are differences of 1 and 0, is the narrowing of the gap of accuracies.
    closures = closure(gaps["correct_intact"], [gaps["loss"], gaps["control_loss"], gaps["net_loss"]])
    reason = NO_GAP if gaps["correct_intact"] == 0 else NO_CONTROL if np.isnan(gaps["net_loss"]) else ""
    named = ("closure", "control_closure", "net_closure")
    return numbers | dict(zip(named, closures.tolist(), strict=True)) | counts | {"reason": reason}


def map_validity(pictures: pd.DataFrame, probe: str = PROBE_HEAD, apart: Sequence[str] = ()) -> pd.DataFrame:
    """Whether removing what a map points at lowers the probe's accuracy more than its controls do.

    Returns:
        One row for each of `apart`, map_head, map_method, fraction, fill, control: accuracy_intact, drop,
        control_drop, n, valid (flag) and reason (why a map is not valid; '').
    """
    keys = [*apart, *(key for key in BY_CONTROL if key != "head")]
    asked = pictures[keys].drop_duplicates()
    scored = pictures[pictures["head"] == probe]
    found = (
        scored.groupby(keys, sort=False)
        .agg(
            accuracy_intact=("correct_intact", "mean"),
            drop=("loss", "mean"),
            control_drop=("control_loss", "mean"),
            n=("loss", "count"),
        )
        .reset_index()
    )
    table = asked.merge(found, on=keys, how="left")
    table["n"] = table["n"].fillna(0).astype(int)
    table["valid"] = table["drop"] > table["control_drop"]
    causes = [table["valid"], table["n"] == 0, table["control_drop"].isna()]
    table["reason"] = np.select(causes, ["", NO_PROBE, NO_CONTROL], NOT_LOWER)
    return table
