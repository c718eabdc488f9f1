"""Prompts are balanced exactly: by count, by words and by seed; whatever is not is refused before anything is drawn."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.cli import cli
from bias_exp.collect.prompt_table import PAIR, PROMPTS_FILE, SAME, prove_prompts, read_prompts, write_prompts
from bias_exp.collect.prompts import draw_prompts, make_prompts, marginals_text, replicates_of
from bias_exp.collect.rows import COLLECTORS
from bias_exp.collect.templates import ADULT, UNSPECIFIED, Templates, read_templates
from bias_exp.data.personas.factors import PROFESSIONS
from bias_exp.errors import RequestError
from bias_exp.progress import silent

OWN = read_templates()
ROW = COLLECTORS["prompts"]


def options(**asked: Any) -> dict[str, Any]:
    return ROW.settings(asked)


def few(**asked: Any) -> dict[str, Any]:
    """Two professions, two templates, two scenes: 8 prompts of each a replicate."""
    small = {"professions": ["doctor", "engineer"], "templates": ["portrait", "at_work"], "scenes": 2}
    return options(**{"per_profession": 8, **small, **asked})


def drawn(asked: dict[str, Any]) -> pd.DataFrame:
    return draw_prompts(OWN.narrowed(**{name: asked[name] for name in ("professions", "templates", "scenes")}), asked)


@pytest.fixture(scope="module")
def everything() -> pd.DataFrame:
    return drawn(options())


def test_500_of_each_profession_by_default_half_of_each_gender(everything: pd.DataFrame) -> None:
    counts = everything.groupby(["profession", "gender"]).size()
    assert set(everything["profession"]) == set(PROFESSIONS)
    assert len(everything) == 5000
    assert set(counts) == {250}


def test_every_cell_of_profession_gender_template_and_scene_has_as_many(everything: pd.DataFrame) -> None:
    counts = everything.groupby(["profession", "gender", "template", "scene"]).size()
    assert len(counts) == 10 * 2 * 10 * 5
    assert set(counts) == {5}
    assert everything["prompt_id"].is_unique


def test_the_genders_of_a_pair_differ_in_the_word_alone(everything: pd.DataFrame) -> None:
    pairs = everything.pivot(index=PAIR, columns="gender", values="prompt")
    assert (pairs["female"] != pairs["male"]).all()
    assert (pairs["female"].str.replace("a female ", "a male ", regex=False) == pairs["male"]).all()
    assert set(everything.groupby(PAIR)[SAME].nunique().to_numpy().ravel()) == {1}


def test_pairs_have_seeds_of_their_own(everything: pd.DataFrame) -> None:
    assert everything["seed"].nunique() == 2500
    assert everything["seed"].between(0, 2**32 - 1).all()


def test_an_unspecified_prompt_stands_beside_each_pair() -> None:
    table = drawn(few(unspecified=True))
    assert table["gender"].value_counts().to_dict() == {"female": 8, "male": 8, UNSPECIFIED: 8}
    prompts = table.set_index("prompt_id")["prompt"]
    assert prompts["engineer-portrait-site-0-unspecified"].startswith("head and shoulders photograph of an engineer, ")
    assert prompts["doctor-portrait-ward-0-unspecified"].startswith("head and shoulders photograph of a doctor, ")
    assert set(table.groupby(PAIR)["seed"].nunique()) == {1}


def test_every_prompt_of_ours_says_an_adult_age_and_is_short_enough() -> None:
    for text in drawn(options(per_profession=100))["prompt"]:
        (age,) = re.findall(r"(\d+) years old", text)
        assert int(age) >= ADULT
        # The text encoders read 75 tokens; ours are common words, which are one token each, as is a comma.
        assert len(re.findall(r"\w+|[,.-]", text)) <= 60
    assert len(re.findall(r"\w+|[,.-]", OWN.negative)) <= 70
    assert {"child", "teenager", "minor"} <= set(OWN.negative.split(", "))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (501, r"a multiple of 100 \(2 genders x 10 templates x 5 scenes\).*found 501; the nearest are 500 and 600"),
        (450, "the nearest are 400 and 500"),
        (50, "found 50; the least is 100"),
        (0, "the least is 100"),
        (-100, "the least is 100"),
    ],
)
def test_a_number_that_cannot_be_balanced_is_refused_with_the_nearest(asked: int, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        drawn(options(per_profession=asked))


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3000))
def test_the_nearest_numbers_are_balanced_and_no_number_lies_between(n: int, scenes: int, asked: int) -> None:
    kept = OWN.narrowed(professions=[], templates=list(OWN.templates)[:n], scenes=scenes)
    unit = 2 * n * scenes
    try:
        assert replicates_of(kept, asked) * unit == asked
    except RequestError as error:
        named = [int(number) for number in re.findall(r"\d+", str(error).split("; the ")[-1])]
        assert all(replicates_of(kept, number) * unit == number for number in named)
        assert named == [number for number in (asked // unit * unit, asked // unit * unit + unit) if number]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"professions": ["pirate"]}, "options.professions among baker, .*; found 'pirate'"),
        ({"templates": ["selfie"]}, "options.templates among portrait, .*; found 'selfie'"),
        ({"scenes": 6}, r"options.scenes between 0 \(all\) and 5, found 6"),
        ({"width": 100}, "a width or height that is not a multiple of 8"),
        ({"height": 0}, "a width or height"),
        ({"steps": 0}, "steps outside 1 to 1000"),
        ({"guidance": -1.0}, "guidance that is no number from 0"),
        ({"guidance": float("nan")}, "guidance that is no number from 0"),
    ],
)
def test_settings_out_of_range_are_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        drawn(few(**asked))


# ---- the file


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    table = drawn(few(unspecified=True))
    write_prompts(tmp_path, table)
    pd.testing.assert_frame_equal(read_prompts(tmp_path / PROMPTS_FILE), table)


def _swap_gender(table: pd.DataFrame) -> None:
    table.loc[0, "gender"] = "male"


def _other_seed(table: pd.DataFrame) -> None:
    table.loc[1, "seed"] += 1


def _two_words(table: pd.DataFrame) -> None:
    table.loc[1, "prompt"] = table.loc[1, "prompt"].replace("photograph", "painting")


def _no_word(table: pd.DataFrame) -> None:
    table.loc[1, "prompt"] = table.loc[0, "prompt"]


def _child(table: pd.DataFrame) -> None:
    table["prompt"] = table["prompt"].str.replace("35 years", "12 years")


def _twice(table: pd.DataFrame) -> None:
    table.loc[1, "prompt_id"] = table.loc[0, "prompt_id"].upper()


def _path(table: pd.DataFrame) -> None:
    table.loc[0, "prompt_id"] = "../doctor"


def _empty(table: pd.DataFrame) -> None:
    table["prompt"] = " "


def _one_gender(table: pd.DataFrame) -> None:
    table[["gender", "replicate"]] = [["female", number] for number in range(len(table))]


def _third_gender_once(table: pd.DataFrame) -> None:
    table.loc[1, "gender"] = "nonbinary"


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_swap_gender, "the genders male, male in the pair doctor-portrait-ward-0"),
        (_other_seed, "more than one seed in the pair doctor-portrait-ward-0"),
        (_two_words, "differ in more or less than one word in the pair doctor-portrait-ward-0"),
        (_no_word, "differ in more or less than one word"),
        (_child, "found '12 years old'"),
        (_twice, "the prompt_id 'DOCTOR-.*' twice"),
        (_path, "'../doctor' as prompt_id"),
        (_empty, r"an empty prompt \(doctor"),
        (_one_gender, "the genders female alone"),
        (_third_gender_once, "the genders female, nonbinary in the pair doctor-portrait-ward-0"),
    ],
)
def test_a_table_that_is_not_balanced_or_harms_is_refused(harm: Callable[[pd.DataFrame], None], said: str) -> None:
    table = drawn(few())
    prove_prompts(table, "before")
    harm(table)
    with pytest.raises(RequestError, match=said):
        prove_prompts(table, "after")


def test_a_pair_without_its_other_half_is_refused_and_without_both_halves_is_none() -> None:
    table = drawn(few())
    with pytest.raises(RequestError, match="the genders female in the pair engineer-at_work-hall-0"):
        prove_prompts(table[:-1], "here")
    assert prove_prompts(table[:-2], "here")["gender"].value_counts().to_dict() == {"female": 7, "male": 7}


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "found no such file; make them with"), ("a,b\n1,2\n", "found: prompts.csv must have the columns")],
)
def test_a_file_that_is_none_is_refused(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / PROMPTS_FILE
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(RequestError, match=said):
        read_prompts(path)


def test_more_prompts_leave_those_that_are_there_as_they_are(tmp_path: Path) -> None:
    make_prompts(None, tmp_path, few(), silent)
    first = (tmp_path / PROMPTS_FILE).read_text(encoding="utf-8")
    make_prompts(None, tmp_path, few(), silent)
    assert (tmp_path / PROMPTS_FILE).read_text(encoding="utf-8") == first
    make_prompts(None, tmp_path, few(per_profession=24), silent)
    more = (tmp_path / PROMPTS_FILE).read_text(encoding="utf-8")
    assert more.startswith(first)
    make_prompts(None, tmp_path, few(per_profession=24, unspecified=True), silent)
    with pytest.raises(RequestError, match="found 48 of 72 that would be lost"):
        make_prompts(None, tmp_path, few(unspecified=True), silent)


def test_seeds_depend_on_the_pair_alone(everything: pd.DataFrame) -> None:
    kept = drawn(few()).merge(everything, on=["prompt_id", "seed"])
    assert len(kept) == 16
    assert not set(drawn(few(seed=1))["seed"]) & set(everything["seed"])


def test_the_marginals_are_said() -> None:
    assert marginals_text(drawn(few(unspecified=True))) == (
        "24 prompts: 2 professions, 4 female, 4 male, 4 unspecified in each\n"
        "2 templates x 2 scenes x 1 replicates; one seed for all genders of each"
    )


def test_the_command_writes_the_file(tmp_path: Path) -> None:
    asked = ["options.professions=['nurse']", "options.per_profession=100"]
    arguments = ["data", "--source", "prompts", "--out", str(tmp_path / "new")]
    done = CliRunner().invoke(cli, [*arguments, *(word for one in asked for word in ("--set", one))])
    assert done.exit_code == 0, done.output
    assert "100 prompts: 1 professions, 50 female, 50 male in each" in done.output
    assert len(read_prompts(tmp_path / "new" / PROMPTS_FILE)) == 100


def test_a_word_that_wants_another_article_changes_it_too() -> None:
    """The one word may begin with a vowel: the article goes with it, and the pair still counts as one."""
    own = Templates(
        negative="",
        genders={"female": "female", "nonbinary": "androgynous"},
        templates={"one": "photo of {a} {gender} {profession}, {scene}"},
        professions={"doctor": "doctor"},
        scenes={"doctor": {"ward": "on a ward"}},
    )
    table = draw_prompts(own, options(per_profession=2))
    assert list(table["prompt"]) == ["photo of a female doctor, on a ward", "photo of an androgynous doctor, on a ward"]
