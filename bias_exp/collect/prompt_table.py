"""`prompts.csv`: read, written, and proven to be balanced, whoever wrote it."""

import math
import re
from pathlib import Path

import pandas as pd

from bias_exp.collect.templates import UNSPECIFIED, refuse_children
from bias_exp.columns import PROMPTS
from bias_exp.data.csvfile import csv_bytes, read_csv
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.whole_file import write_whole

PROMPTS_FILE = PROMPTS.name
PAIR = ["profession", "template", "scene", "replicate"]
"""What the prompts of one pair have in common."""
SAME = ["seed", "negative_prompt", "width", "height", "steps", "guidance"]
"""What must be equal within a pair, so that gender alone differs."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_MOST_STEPS = 1000
_SIDES = (8, 4096)
_SEEDS = 2**63


def read_prompts(path: Path) -> pd.DataFrame:
    """The prompts at `path`, columns.PROMPTS.

    Raises:
        RequestError: no such file, other columns, or not what `prove_prompts` asks for.
    """
    if not path.is_file():
        raise RequestError(
            f"expected prompts at {path}, found no such file; make them with "
            f"`bias-exp data --source prompts --out {path.parent}`"
        )
    try:
        frame = read_csv(path, PROMPTS)
    except (IntegrityError, ValueError) as error:
        raise RequestError(f"expected a table of prompts at {path}, found: {error}; make it again") from None
    return prove_prompts(frame, str(path))


def write_prompts(folder: Path, frame: pd.DataFrame) -> None:
    """Write the prompts whole: what is there before is replaced at once."""
    write_whole(folder / PROMPTS_FILE, csv_bytes(PROMPTS.check(frame)))


def prove_prompts(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return `frame` when it is balanced exactly by gender and nothing in it harms.

    Where every pair is whole, every profession, template and scene has as many prompts of each gender.

    Raises:
        RequestError: ids or names that are no file names or stand twice, settings out of range, a prompt that asks for
            a child, or a pair that is not whole or differs in more than its gender.
    """
    if frame.empty:
        raise RequestError(f"expected prompts in {where}, found none; make it again")
    for check in (_names, _settings, _whole_pairs, _one_word):
        if said := check(frame):
            raise RequestError(f"expected balanced prompts in {where}, found {said}; mend the file, or make it again")
    for text in frame["prompt"].unique():
        refuse_children(text, where)
    return frame


def _names(frame: pd.DataFrame) -> str:
    for name in ("prompt_id", "profession", "gender", "template", "scene"):
        odd = [value for value in frame[name].unique() if not _NAME.fullmatch(value)]
        if odd:
            return f"{odd[0]!r} as {name}, which must be a plain file name"
    # Two ids that differ in case alone are one file on some disks.
    twice = frame["prompt_id"][frame["prompt_id"].str.casefold().duplicated()]
    return f"the prompt_id {twice.iloc[0]!r} twice" if len(twice) else ""


def _settings(frame: pd.DataFrame) -> str:
    """What of size, steps, guidance and seed cannot be generated."""
    low, high = _SIDES
    bad = {
        f"a width or height that is not a multiple of 8 from {low} to {high}": ~(
            frame[["width", "height"]].apply(lambda side: side.between(low, high) & (side % 8 == 0)).all(axis=1)
        ),
        f"steps outside 1 to {_MOST_STEPS}": ~frame["steps"].between(1, _MOST_STEPS),
        "guidance that is no number from 0": ~frame["guidance"].between(0, math.inf, inclusive="left"),
        "a seed outside 0 to 2**63 - 1": ~frame["seed"].between(0, _SEEDS - 1),
        "an empty prompt": frame["prompt"].str.strip() == "",
    }
    return next((f"{what} ({frame['prompt_id'][rows].iloc[0]})" for what, rows in bad.items() if rows.any()), "")


def _whole_pairs(frame: pd.DataFrame) -> str:
    genders = set(frame["gender"])
    if len(genders - {UNSPECIFIED}) < 2:
        return f"the genders {', '.join(sorted(genders))} alone"
    pairs = frame.groupby(PAIR, sort=False)
    counts = pairs["gender"].agg(["size", "nunique"])
    if len(broken := counts[(counts != len(genders)).any(axis=1)]):
        name = broken.index[0]
        return f"the genders {', '.join(pairs.get_group(name)['gender'])} in the pair {_pair_text(name)}"
    values = pairs[SAME].nunique()
    if len(uneven := values[(values > 1).any(axis=1)]):
        column = next(name for name in SAME if uneven[name].iloc[0] > 1)
        return f"more than one {column} in the pair {_pair_text(uneven.index[0])}"
    return ""


def _one_word(frame: pd.DataFrame) -> str:
    """A pair whose prompts differ in more, or less, than a word for the gender and its article."""
    first: dict[tuple[str | int, ...], list[str]] = {}
    for *pair, prompt in frame[[*PAIR, "prompt"]].itertuples(index=False):
        words = prompt.split()
        other = first.setdefault(tuple(pair), words)
        if other is not words and not _differs_in_a_word(other, words):
            return f"prompts that differ in more or less than one word in the pair {_pair_text(tuple(pair))}"
    return ""


def _differs_in_a_word(one: list[str], other: list[str]) -> bool:
    if one == other:
        return False
    shorter = min(len(one), len(other))
    start = next((k for k in range(shorter) if one[k] != other[k]), shorter)
    end = next((k for k in range(shorter - start) if one[-1 - k] != other[-1 - k]), shorter - start)
    middles = (one[start : len(one) - end], other[start : len(other) - end])
    return all(len(words) <= 1 or (len(words) == 2 and words[0] in ("a", "an")) for words in middles)


def _pair_text(name: object) -> str:
    return "-".join(map(str, name)) if isinstance(name, tuple) else str(name)
