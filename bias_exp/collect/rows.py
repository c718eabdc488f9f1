"""The collectors: what `bias-exp data --source` does beside reading a data set, one row each.

A collector is a function `(root, out, options, report) -> str`. Unlike a source it works in `out` itself, over several
attempts: what it got is there at once and stays, and the same command goes on where it was. `root` is the folder that
it reads (None where `needs_root` is False); what it returns is said at the end.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bias_exp.collect.guides import GENERATE_GUIDE, PROMPTS_GUIDE
from bias_exp.collect.guides_crawl import (
    AUDIT_GUIDE,
    AUDIT_MEANINGS,
    AUDIT_OPTIONS,
    CRAWL_GUIDE,
    CRAWL_MEANINGS,
    CRAWL_OPTIONS,
    LABEL_GUIDE,
    LABEL_MEANINGS,
    LABEL_OPTIONS,
)
from bias_exp.data.sources.rows import AskedRow
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent
from bias_exp.registry import Registry, resolve


@dataclass(frozen=True)
class CollectorRow(AskedRow):
    """`address` is the collector's function."""


COLLECTORS: Registry[CollectorRow] = Registry(
    "collector",
    CollectorRow(
        name="prompts",
        address="bias_exp.collect.prompts:make_prompts",
        summary="prompts of pictures to generate, balanced exactly by gender: <out>/prompts.csv",
        needs_root=False,
        options={
            "per_profession": 500,
            "seed": 0,
            "professions": [],
            "templates": [],
            "scenes": 0,
            "unspecified": False,
            "width": 1024,
            "height": 1024,
            "steps": 50,
            "guidance": 7.5,
            "file": "",
        },
        meanings={
            "per_profession": "prompts of each profession, of all genders together",
            "seed": "of which the seeds of the pictures are derived",
            "professions": "some of the file's; [] for all",
            "templates": "some of the file's; [] for all",
            "scenes": "how many of each profession's scenes; 0 for all",
            "unspecified": "whether each pair gets a third prompt that says no gender, beyond per_profession",
            "width": "of the pictures in pixels, a multiple of 8; below 512 SDXL draws badly",
            "height": "of the pictures in pixels, a multiple of 8",
            "steps": "of denoising",
            "guidance": "how closely the prompt is followed; up to 1 the negative prompt is not read",
            "file": "a TOML file of templates, scenes and words; '' for the one that comes with the program",
        },
        guide=PROMPTS_GUIDE,
    ),
    CollectorRow(
        name="generate",
        address="bias_exp.collect.generate:generate",
        summary="the pictures that <out>/prompts.csv asks for, by Stable Diffusion XL: <out>/collection.csv",
        needs_root=False,
        options={
            "model": "",
            "batch": 1,
            "dtype": "",
            "device": "",
            "variant": "",
            "upcast_failed": False,
            "licence": "SDXL: CreativeML Open RAIL++-M",
            "licence_url": "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
        },
        meanings={
            "model": "folder of an SDXL pipeline (it holds model_index.json), or its id on the hub",
            "batch": "pictures at a time",
            "dtype": "float32, float16 or bfloat16; '' for float16 on a GPU, else float32",
            "device": "cpu, cuda:0 ...; '' for this process's GPU, else the CPU",
            "variant": "of the weights' files, such as fp16; '' for the plain ones",
            "upcast_failed": "whether a black picture is tried once more with the VAE at float32",
            "licence": "under which the model's pictures are",
            "licence_url": "where the licence stands",
        },
        guide=GENERATE_GUIDE,
    ),
    CollectorRow(
        name="crawl",
        address="bias_exp.collect.crawl:crawl",
        summary="pictures from the web by profession, each with where it is from: <out>/collection.csv",
        needs_root=False,
        options=CRAWL_OPTIONS,
        meanings=CRAWL_MEANINGS,
        guide=CRAWL_GUIDE,
    ),
    CollectorRow(
        name="label",
        address="bias_exp.collect.label:label",
        summary="the genders of a collection's pictures, by people's table or a labeller of yours",
        needs_root=True,
        options=LABEL_OPTIONS,
        meanings=LABEL_MEANINGS,
        guide=LABEL_GUIDE,
    ),
    CollectorRow(
        name="audit",
        address="bias_exp.collect.audit:audit",
        summary="a sample of the genders for two people to look at, and then what they found: <out>/audit.json",
        needs_root=True,
        options=AUDIT_OPTIONS,
        meanings=AUDIT_MEANINGS,
        guide=AUDIT_GUIDE,
    ),
    CollectorRow(
        name="export",
        address="bias_exp.collect.export:export",
        summary="the data set in <root> in the older layout: dataset_<ratio>/{train,val}/<profession>/{0,1}_*",
        needs_root=True,
        options={"ratios": [0.0, 0.25, 0.5, 0.75, 1.0], "size": 0, "seed": 0},
        meanings={
            "ratios": "shares of women of the training sets, 0 to 1",
            "size": "pictures of each training set; 0 for the most that all ratios can have",
            "seed": "of the draw of the training sets",
        },
    ),
)


def collect(name: str, root: str | None, *, out: str, options: dict[str, Any], report: Report = silent) -> str:
    """Run a collector; what it says at the end.

    Raises:
        RequestError: it, an option or a folder is not what it needs to be.
    """
    row = COLLECTORS[name]
    if row.needs_root != (root is not None):
        what = "a folder to read in --root" if row.needs_root else "no --root"
        raise RequestError(f"the source {name} expects {what}, found {root or 'none'}")
    work = resolve(row.address)
    said: str = work(None if root is None else Path(root), Path(out), row.settings(options), report)
    return said
