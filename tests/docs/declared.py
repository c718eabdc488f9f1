"""What `make test-docs` does differently from a page's reader, in the open: every difference, and why.

It works in a copy of the project. There the studies are made short by CHANGES; all other commands run as they stand,
except those of INSTEAD (run with other words), ELSEWHERE (run by another target or test) and SERVERS (begun, asked
once, and ended with their page).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """In the copy, `pattern` (a regular expression, of whole lines, found once) in `file` becomes `becomes`."""

    file: str
    pattern: str
    becomes: str
    reason: str


CHANGES = (
    Change(
        "experiments/quick.toml",
        r"^epochs = \d+$",
        "epochs = 1",
        "pages are about what commands do, not about what models learn",
    ),
    Change(
        "experiments/quick.toml",
        r"^controls = \[.*\]$",
        'fractions = [0.2]\nfills = ["mean"]\ncontrols = ["rolled"]',
        "one removal in place of six, one control in place of six",
    ),
    Change("experiments/quick.toml", r"^null_draws = \d+$", "null_draws = 2", "as few draws as say anything"),
    Change("experiments/quick.toml", r"^pictures = \d+ .*$", "pictures = 2", "checks of two pictures in each cell"),
    Change("experiments/portraits.toml", r"^epochs = \d+$", "epochs = 1", "as in the quick study"),
    Change("experiments/portraits.toml", r"^size = \d+$", "size = 40", "the pages' own pictures are few"),
    Change(
        "experiments/profession.toml",
        r"^matrix = \{ seeds = \[0\], size = 200 \}",
        'matrix = { seeds = [0], size = 80, losses = ["ce"], female_ratios = [0.5] }',
        "two cells of the drawn preset in place of thirty: resnet50 and swin_tiny take a minute each",
    ),
)


@dataclass(frozen=True)
class Instead:
    """`runs` is run where a page says something longer."""

    runs: str
    reason: str


INSTEAD = {
    "bias-exp matrix --study quick --set 'matrix.seeds=[0, 1, 2]'": Instead(
        "bias-exp matrix --study quick --set 'matrix.seeds=[0, 1, 2]' --set 'matrix.female_ratios=[0.5]'",
        "eight new cells in place of forty",
    ),
}
"""Commands of the pages, as they stand, that are run with other words."""

ELSEWHERE = {
    "make test": "every change to the project runs it; it holds the fast half of these checks",
    "make test-docs": "this is it",
    "make test-large": "a target of its own, which needs 4 GB",
    "make test-sources": "a target of its own, some minutes",
    "make test-calibration": "a target of its own, an hour",
    "make test-faults": "a target of its own, which takes half an hour",
    "make bench": "a target of its own, which wants a quiet machine",
    "make check": "a target of its own: it looks at the whole project, not at a copy",
    "make notebook": "it installs an extra from a network; tests/test_notebook.py runs the notebook's cells",
    "make faces": "it installs an extra from a network; tests/data/personas/test_detector.py uses what it installs",
    "make clean": "it would remove what later pages read; tests/docs/test_pages.py checks what it names",
    "bias-exp data --source generate --out data/sdxl --set options.variant=fp16 "
    "--set options.model=stabilityai/stable-diffusion-xl-base-1.0": (
        "needs 7 GB of weights; tests/collect/test_sdxl.py runs it on tiny random ones"
    ),
    "bias-exp data --source crawl --out data/crawled --set options.contact=you@example.org "
    "--set options.engine=template "
    "--set 'options.template=https://api.openverse.org/v1/images/?q={query}&page={page}&page_size=20'": (
        "needs a network; tests/collect/test_crawl.py runs it on a server of its own"
    ),
    "bias-exp data --source label --root data/crawled --out data/crawled --set options.file=by_hand.csv": (
        "needs what the line above it crawls; tests/collect/test_label.py runs it"
    ),
    "bias-exp weights --study profession --out weights": "needs a network; tests/models/test_hub.py runs it on a fake",
}
"""Commands that are not run here, and where they are."""

SERVERS = {
    "make ui": "",
    "mlflow server --backend-store-uri sqlite:///server.db --artifacts-destination server-files "
    "--host 127.0.0.1 --port 5001": "http://127.0.0.1:5001",
}
"""Commands that run until they are stopped, and the address that must answer; '' for one that they print."""

LONGEST = {"make matrix": 900.0, "bias-exp matrix --study profession --preset drawn": 900.0}
"""Seconds that a command may take, where that is more than 300."""
