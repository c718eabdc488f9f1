"""Prompts that are balanced exactly by gender, as `prompts.csv`: what is to be generated, before anything is.

One profession, template, scene and replicate is one pair: a prompt of each gender with the same seed and the same
words but the one for the gender. Every profession has as many prompts of each gender, every template is joined with
every scene, and that is proven of the file each time it is read. More replicates only add rows at the end, so pictures
that were made of fewer stay what they are.
"""

from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from bias_exp.collect.prompt_table import PROMPTS_FILE, prove_prompts, read_prompts, write_prompts
from bias_exp.collect.templates import OWN_FILE, UNSPECIFIED, Templates, read_templates
from bias_exp.columns import PROMPTS
from bias_exp.errors import RequestError
from bias_exp.places import writable_folder
from bias_exp.progress import Report
from bias_exp.seeds import seed_for

SEEDS = 2**32
"""Seeds are below this, which every tool that generates pictures can take."""


def replicates_of(templates: Templates, per_profession: int) -> int:
    """How many replicates of each template x scene x gender make `per_profession` prompts.

    Raises:
        RequestError: they cannot be so many and equally many of each; names the nearest numbers that can.
    """
    scenes = len(next(iter(templates.scenes.values())))
    unit = len(templates.genders) * len(templates.templates) * scenes
    if per_profession < 1 or per_profession % unit:
        below = per_profession // unit * unit
        nearest = f"the nearest are {below} and {below + unit}" if below > 0 else f"the least is {unit}"
        raise RequestError(
            f"expected options.per_profession to be a multiple of {unit} ({len(templates.genders)} genders x "
            f"{len(templates.templates)} templates x {scenes} scenes), so that all are equally many; found "
            f"{per_profession}; {nearest}"
        )
    return per_profession // unit


def draw_prompts(templates: Templates, options: dict[str, Any]) -> pd.DataFrame:
    """All prompts, columns.PROMPTS, a pair after the other and a replicate of everything after the other.

    Raises:
        RequestError: the number of a profession's prompts cannot be balanced, or a setting is out of range.
    """
    replicates = replicates_of(templates, options["per_profession"])
    genders = [*templates.genders, *([UNSPECIFIED] if options["unspecified"] else [])]
    most = len(next(iter(templates.scenes.values())))
    settings = {name: options[name] for name in ("width", "height", "steps", "guidance")}
    rows = []
    for replicate, template, number in product(range(replicates), templates.templates, range(most)):
        for profession in templates.professions:
            scene = list(templates.scenes[profession])[number]
            seed = seed_for(options["seed"], "picture", profession, template, scene, replicate) % SEEDS
            for gender in genders:
                rows.append({
                    "prompt_id": f"{profession}-{template}-{scene}-{replicate}-{gender}",
                    "profession": profession,
                    "gender": gender,
                    "template": template,
                    "scene": scene,
                    "replicate": replicate,
                    "prompt": templates.prompt(template, gender=gender, profession=profession, scene=scene),
                    "negative_prompt": templates.negative,
                    "seed": seed,
                    **settings,
                })  # fmt: skip
    frame = pd.DataFrame(rows).astype({"guidance": "float64"})
    return prove_prompts(PROMPTS.check(frame), PROMPTS_FILE)


def make_prompts(root: Path | None, out: Path, options: dict[str, Any], report: Report) -> str:
    """Write `prompts.csv` in `out`; the collector of the name prompts.

    Raises:
        RequestError: options that cannot be met, or other prompts are there already.
    """
    every = read_templates(Path(options["file"]) if options["file"] else OWN_FILE)
    chosen = {name: options[name] for name in ("professions", "templates", "scenes")}
    frame = draw_prompts(every.narrowed(**chosen), options)
    path = out / PROMPTS_FILE
    if path.is_file():
        _refuse_others(path, frame)
    write_prompts(writable_folder(out), frame)
    report(len(frame), len(frame), "prompts")
    return (
        f"{marginals_text(frame)}\n{path}\n"
        f"next: bias-exp data --source generate --out {out} --set options.model=<folder of an SDXL pipeline>"
    )


def _refuse_others(path: Path, frame: pd.DataFrame) -> None:
    """Prove that every prompt that is there already is among the new ones."""
    there = read_prompts(path)
    kept = there.merge(frame, on=PROMPTS.names)
    if len(kept) < len(there):
        raise RequestError(
            f"expected no {path}, or one whose prompts stay, found {len(there) - len(kept)} of {len(there)} that would "
            f"be lost; pictures may be made of them: choose another --out, or delete that file"
        )


def marginals_text(frame: pd.DataFrame) -> str:
    """How many prompts there are of what, in two lines."""
    genders = frame["gender"].drop_duplicates()
    counts = frame.groupby(["profession", "gender"]).size()
    each = ", ".join(f"{counts.xs(gender, level='gender').iloc[0]} {gender}" for gender in genders)
    pairs = frame.drop_duplicates(["template", "scene", "profession"])
    scenes = pairs.groupby(["profession", "template"]).size().iloc[0]
    return (
        f"{len(frame)} prompts: {frame['profession'].nunique()} professions, {each} in each\n"
        f"{frame['template'].nunique()} templates x {scenes} scenes x {frame['replicate'].nunique()} replicates; "
        f"one seed for all genders of each"
    )
