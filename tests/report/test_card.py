"""Model cards: one an arm, with the numbers of the tables and nothing else."""

from functools import cache

import pandas as pd

from bias_exp.report.card import cards
from bias_exp.report.layout import Entry, Table
from bias_exp.report.numbers import About, Numbers
from bias_exp.report.tables import make_tables
from bias_exp.report.wording import estimate
from tests.report.synthetic import SyntheticFrames, seed_frames, small_frames, small_tables, without

PARTS = (
    "Models", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data", "Results by group",
    "Results by class and group", "Gaps", "Compute", "Ethics", "Caveats",
)  # fmt: skip


def numbers(frames: SyntheticFrames, **run: object) -> Numbers:
    facts = {
        row.run_id: {"shares": row.shares, "cell": row.cell, "data": row.data} | run
        for row in frames.cells.itertuples()
    }
    tables = small_tables() if frames is small_frames() else tuple(make_tables(frames))
    return Numbers(About(frames.study, "digest", facts), tables)


@cache
def made() -> dict[str, str]:
    run = {"seconds": {"train": 10.0, "explain": 2.5}, "machine": "Linux x86_64", "commit": "abc", "changed": True}
    found = cards(numbers(small_frames(), **run))
    return {name: text.decode() for name, text in found.items()}


def table(name: str) -> Table:
    return next(one for one in small_tables() if one.name == name)


def test_every_arm_has_a_card_with_every_part() -> None:
    assert set(made()) == {"cards/f0.md", "cards/f50.md", "cards/f100.md"}
    for text in made().values():
        assert [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")] == list(PARTS)


def test_numbers_are_those_of_the_tables() -> None:
    frame = table("accuracy_by_gender").frame
    rows = frame[frame["shares"] == "f50"]
    for row in rows.to_dict("records"):
        style = "signed" if row["measure"] == "gap" else "rate"
        words = estimate({str(key): value for key, value in row.items()}, Entry("", lo="lo", hi="hi"), style)
        assert f"| {row['group']} | {words} | {row['n']} |" in made()["cards/f50.md"]
    assert made()["cards/f50.md"].count("| nurse |") == 2


def test_undefined_numbers_say_why() -> None:
    assert "NA: every class and group has too few pictures" in made()["cards/f0.md"]
    assert "nan" not in made()["cards/f0.md"]


def test_compute_is_that_of_the_arms_runs() -> None:
    assert "| train | 1 | 10 | 10.0 |" in made()["cards/f0.md"]
    assert "| explain | 1 | 2 | 2.5 |" in made()["cards/f0.md"]
    assert "On Linux x86_64" in made()["cards/f0.md"]
    assert "abc, changed since that commit" in made()["cards/f0.md"]
    silent = cards(numbers(small_frames()))["cards/f0.md"].decode()
    assert "Not known: these runs say nothing of their time." in silent


def test_training_data_are_in_words_and_caveats_say_perceived_and_binary() -> None:
    text = made()["cards/f0.md"]
    assert "0% female, 100% male" in text
    assert "binary and perceived" in text


def test_missing_seeds_are_said() -> None:
    frames = seed_frames()
    text = cards(numbers(without(frames, [frames.cells["name"].iloc[0]])))["cards/f50.md"].decode()
    assert "net ce: 2 of 3 seeds are complete" in text
    assert "| net | ce | 2 of 3 |" in text


def test_nothing_known_gives_no_card() -> None:
    assert cards(Numbers(About(), ())) == {}
    assert cards(Numbers(About(small_frames().study), (Table("x", "X", pd.DataFrame(), (), ()),))) == {}
