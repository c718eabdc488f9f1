"""What the quick study claims of its backbones: they learn the profession from the task's cues, and from these alone.

Trained by the study's own settings at 50 % women, and asked about personas that no set of it holds. The bounds of
chance are four standard errors of 400 pictures wide.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest
from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Cues, draw_factors
from bias_exp.data.personas.render import render
from bias_exp.keys import cells_of
from bias_exp.models.checkpoint import load_model
from bias_exp.models.precision import resolve_precision
from bias_exp.models.rows import BACKBONES
from bias_exp.progress import silent
from bias_exp.stages.bench import Bench
from bias_exp.stages.train import train
from bias_exp.studies import load_study
from bias_exp.train.predict import predict

pytestmark = pytest.mark.slow

QUICK = [row.name for row in BACKBONES if row.name.startswith("quick")]
STUDY = load_study("quick", settings=("matrix.female_ratios=[0.5]", "matrix.losses=['ce']"))
PEOPLE = [(profession, gender, number) for profession in PROFESSIONS for gender in GENDERS for number in range(20)]
TASK_GONE = Cues(task=0.0)
GENDER_GONE = Cues(hair=0.0, facial_hair=0.0, lips=0.0, neckline=0.0)

Accuracies = dict[str, float]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return make_data(STUDY.data, tmp_path_factory.mktemp("quick") / "data")


@pytest.fixture(scope="module", params=QUICK)
def asked(request: pytest.FixtureRequest, manifest: Manifest, tmp_path_factory) -> Callable[[Cues], Accuracies]:
    """Accuracy of each head of a trained backbone on new people with these cues."""
    (cell,) = (cell for cell in cells_of(STUDY, manifest.digest) if cell.backbone == request.param)
    folder: Path = tmp_path_factory.mktemp(request.param)
    bench = Bench(cell, manifest, manifest.folder.parent / "cache", resolve_precision(cell.precision))
    bench.set_up()
    train(bench, folder, silent)
    model, facts = load_model(folder)

    def accuracies(cues: Cues) -> Accuracies:
        people = [draw_factors(f"new-{p}-{g}-{n}", profession=p, gender=g, cues=cues) for p, g, n in PEOPLE]
        store = np.stack([render(factors, cell.image_size).picture for factors in people])
        logits = predict(model, store, precision=bench.precision)
        truth = {head: np.array([getattr(person, head) for person in people]) for head in cell.heads}
        return {
            head: float((np.array(facts.classes[head])[logits[head].argmax(axis=1)] == truth[head]).mean())
            for head in cell.heads
        }

    return accuracies


def test_all_cues_visible_nine_of_ten_professions_are_recognised(asked: Callable[[Cues], Accuracies]) -> None:
    found = asked(Cues())
    assert found["profession"] >= 0.9, found
    assert found["gender"] >= 0.8, found


def test_without_the_cues_of_the_task_the_profession_is_a_guess(asked: Callable[[Cues], Accuracies]) -> None:
    assert asked(TASK_GONE)["profession"] == pytest.approx(0.1, abs=0.06)


def test_without_the_cues_of_gender_gender_is_a_guess_and_the_profession_is_not(asked) -> None:
    found = asked(GENDER_GONE)
    assert found["gender"] == pytest.approx(0.5, abs=0.1)
    assert found["profession"] >= 0.85, found
