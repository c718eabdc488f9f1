"""Words and numbers as readers see them: the one place where a number is rounded, and every reason spelled out."""

import math

from bias_exp.report.layout import Entry, Style

NA = "NA"
MINUS = "−"
SMALL_MARK = "†"

REASONS = {
    "empty": "there is no picture in this cell of the table",
    "single_group": "one of the two groups has no picture, so there is no gap",
    "single_class": "the gender head saw one gender only in training (female ratio 0 or 1)",
    "one_class": "this head saw one class only in training",
    "no_head": "these models do not have this head",
    "undefined": "not defined for these pictures",
    "no_variance": "all values are equal, so nothing can be said of their spread",
    "one_value": "one value only, so nothing can be said of its spread",
    "unsigned": "max - min of more than two groups; no interval is given, as noise only moves it up",
    "label_error_singular": "the audit says too little, or the labels are too often wrong, for the groups to be told",
    "label_error_not_audited": "pictures with this label were not audited",
    "incomplete_curve": "a ratio of the curve has no complete cell",
    "not_resampled": "the test draws nothing",
    "all_small": "every class and group has too few pictures",
    "never_predicted": "no picture was taken for this class",
    "one_seed": "one seed: nothing can be said of how it varies",
    "unequal_pictures": "the models were not tested on the same pictures",
    "partly_undefined": "undefined for some seeds; mean over the others",
}
"""What a flag's code means; a flag that is no code is itself the sentence."""


def reason(code: str) -> str:
    """The sentence of a footnote."""
    return REASONS.get(code, code)


def _fixed(value: float, digits: int, *, signed: bool) -> str:
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def number(value: object, style: Style) -> str:
    """A number in the table's rounding; NA when it is not defined."""
    if style == "text":
        return str(value) if value == value and value != "" else NA
    found = float(value)  # type: ignore[arg-type]
    if math.isnan(found):
        return NA
    if style == "count":
        return f"{found:g}"
    if style == "p":
        return "<0.001" if found < 0.0005 else f"{found:.3f}"
    if style == "floor":
        return f"{found:.2g}"
    return _fixed(found, 2, signed=style == "signed")


def estimate(row: dict[str, object], entry: Entry, style: Style | None = None) -> str:
    """`0.83 [0.76, 0.88]`; the value alone where its bounds are not defined."""
    kind = style or entry.style
    value = number(row[entry.value], kind)
    if value == NA or not entry.lo:
        return value
    lo, hi = number(row[entry.lo], kind), number(row[entry.hi], kind)
    return value if NA in (lo, hi) else f"{value} [{lo}, {hi}]"
