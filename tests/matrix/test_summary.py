"""What a dry run prints: every number can be counted again, and nothing is wider than a terminal."""

from pathlib import Path
from typing import Any

import pytest

from bias_exp.columns import LABEL
from bias_exp.data.manifest import Manifest
from bias_exp.matrix.counts import arms_text
from bias_exp.matrix.listing import WIDTH
from bias_exp.matrix.plan import make_plan
from bias_exp.matrix.prepare import Prepared
from bias_exp.matrix.summary import cells_text, dry_run_text, plan_text
from bias_exp.studies import build_study
from tests.data.pictures import cells, frame_of, manifest_of
from tests.matrix.test_plan import state

JOBS = ("baker", "doctor", "nurse")


def manifest(jobs: tuple[str, ...] = JOBS, *, n: int = 20, nurses: int = 20, **columns: str) -> Manifest:
    strata = {
        (job, sex): nurses if (job, sex) == ("nurse", "male") else n for job in jobs for sex in ("female", "male")
    }
    return manifest_of(frame_of(cells(strata, **columns)), Path("/data"))


def prepared(data: Manifest, states: tuple[Any, ...] = (), **axes: Any) -> Prepared:
    matrix = {"backbones": ["quick_resnet"], "female_ratios": [0.5], "size": 24} | axes
    study = build_study({"name": "s", "data": {"path": "x"}, "matrix": matrix}, "test")
    return Prepared(data, make_plan(study, data.digest, states), "float32", None)


def arms(data: Manifest, **axes: Any) -> list[str]:
    return arms_text(prepared(data, **axes).plan.study, data).splitlines()


SKEWED = {"name": "stereo", "female_ratio": 0.5, "female_by_class": {"nurse": 0.75}}


def test_the_counts_of_a_small_study_stand_in_full() -> None:
    lines = arms(manifest(nurses=7), female_ratios=[0.25, 0.5], shares=[SKEWED])
    most = "At most: the data can give all of them 24 pictures, in steps of 12; f25 has the least room, with 7 pictures"
    assert " ".join(" ".join(lines[7:9]).split()) == f"{most} of class 'nurse', group 'male'."
    assert lines[:7] + lines[9:] == [
        "arms of 24 pictures by profession: need of each class and group; have: what there is to train on",
        "  class          group   f25  f50  stereo  have",
        "  baker, doctor  female    2    4       4    20",
        "                 male      6    4       4    20",
        "  nurse          female    2    4       6    20",
        "                 male      6    4       2     7",
        "  largest arm             24   42      72",
        "",
        "  stereo: nurse: 75% female, 25% male; other classes: 50% female, 50% male",
    ]


def test_an_arm_asks_nothing_of_the_groups_of_another_attribute() -> None:
    frame = frame_of(cells({("nurse", "female"): 20, ("nurse", "male"): 20}, **{LABEL + "age": "old"}))
    frame.loc[::2, LABEL + "age"] = "female"  # the same word in two attributes is two groups
    data = manifest_of(frame, Path("/data"))
    young = {"name": "aged", "attribute": "age", "shares": {"old": 0.75, "female": 0.25}}
    lines = arms(data, size=8, shares=[young])
    assert lines[1:7] == [
        "  class        group          f50  aged  have",
        "  nurse        age female     any     2    20",
        "               age old        any     6    20",
        "               gender female    4   any    20",
        "               gender male      4   any    20",
        "  largest arm                  40    24",
    ]


def test_the_counts_of_many_classes_stand_by_group() -> None:
    jobs = (*(f"job{place:02d}" for place in range(24)), "nurse")
    lines = arms(manifest(jobs, nurses=5), size=200, shares=[SKEWED])
    table = [line.split("  ") for line in lines[1:6]]
    rows = [[word.strip() for word in line if word.strip()] for line in table]
    assert rows == [
        ["arm", "group", "need", "of a class", "have of a class", "scarcest class", "largest arm"],
        ["f50", "female", "100", "4", "20", "job00: 4 of 20", "250"],
        ["male", "100", "4", "5 to 20", "nurse: 4 of 5", "250"],
        ["stereo", "female", "102", "4 to 6", "20", "nurse: 6 of 20", "500"],
        ["male", "98", "2 to 4", "5 to 20", "nurse: 2 of 5", "500"],
    ]


def test_sizes_are_told_once_and_other_first_heads_have_their_own_table() -> None:
    lines = arms(manifest(), sizes=[12, 24, 48], heads=[["profession"], ["gender"]])
    assert lines[0].startswith("arms of 48 pictures by profession")
    assert "  Arms of 12 and 24 are the first pictures of these, in the same parts." in lines
    assert any(line.startswith("arms of 48 pictures by gender") for line in lines)
    assert "have arms of their own: they are not trained on the same pictures" in " ".join(" ".join(lines).split())


def test_labels_that_are_not_known_are_counted() -> None:
    data = manifest(**{LABEL + "age": "old"})
    data.frame.loc[:14, LABEL + "age"] = "unknown"
    lines = arms(data, heads=[["profession", "age"], ["profession"]])
    assert "age is known of 105 of 120 training pictures; the others teach that head nothing" in lines


def test_a_dry_run_says_all_that_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BIAS_EXP_HOME", str(tmp_path))
    made = prepared(manifest(), backbones=["quick_resnet", "resnet50"], losses=["ce", "focal"])
    text = dry_run_text(made)
    words = " ".join(text.split())
    assert "  losses       2  ce, focal" in text
    assert "pictures decoded at 64 px: 1.47 MB" in words
    assert "(made by the first run)" in words
    assert "weights of 4 cells to train: about 396 MB" in words
    assert "complete: train 0 of 4, explain 0 of 4, ablate 0 of 4" in text
    assert text.count(" to do") == 12
    assert "how long is known once each backbone has a finished cell" in plan_text(made, 2)


def test_what_is_timed_in_part_is_told_in_part() -> None:
    made = prepared(manifest(), backbones=["a", "b"], size=400)
    seen = state(0, 0, seconds={"train": 40.0, "explain": 2.0, "ablate": 8.0})
    known = Prepared(made.manifest, make_plan(made.plan.study, "d", [seen]), "float32", None)
    said = plan_text(known, 2)
    assert "in 2 slots: about 25 s for what was timed before; not known yet for b" in " ".join(said.split())


@pytest.mark.parametrize("many", [False, True])
def test_hundreds_of_cells_have_a_line_a_configuration(many: bool, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BIAS_EXP_HOME", str(tmp_path))
    ratios = [n / 24 for n in range(25)] if many else [0, 0.5, 1]
    made = prepared(
        manifest(n=60, nurses=60),
        backbones=["quick_resnet", "resnet50"],
        female_ratios=ratios,
        shares=[SKEWED],
        losses=["ce", "focal"],
        sizes=[72, 144],
        heads=[["profession", "gender"], ["profession"]],
        seeds=[0, 1, 2],
    )
    text = dry_run_text(made)
    assert max(map(len, f"{plan_text(made, 2)}\n{text}".splitlines())) <= WIDTH
    cells = cells_text(made.plan)
    assert cells.count("0/3") == len(made.plan.tasks) / 3
    assert many or len(cells.splitlines()) == 2 + 2 * 2 * 2 * 2
    arms = "26" if many else "4"
    assert f"= 2 backbones x {arms} arms x 2 sizes x 2 lists of heads x 2 losses x 3 seeds" in plan_text(made, 2)
