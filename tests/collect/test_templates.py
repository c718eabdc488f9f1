"""Templates of prompts: words are joined as they are spoken, and no file asks for a child."""

from pathlib import Path

import pytest

from bias_exp.collect.templates import OWN_FILE, article, read_templates, refuse_children
from bias_exp.errors import RequestError


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("baker", "a"),
        ("engineer", "an"),
        ("university", "a"),
        ("unionised", "a"),
        ("uninvited", "an"),
        ("unimpressed", "an"),
        ("European", "a"),
        ("user", "a"),
        ("one-armed", "a"),
        ("hour", "an"),
        ("honest", "an"),
        ("house", "a"),
        ("x-ray", "an"),
        ("18-year-old", "an"),
        ("11-year-old", "an"),
        ("80-year-old", "an"),
        ("30-year-old", "a"),
        ("110-year-old", "a"),
    ],
)
def test_articles_go_by_the_sound(word: str, expected: str) -> None:
    assert article(word) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a child",
        "two Boys",
        "a teenage nurse",
        "a girl's coat",
        "12 years old",
        "a 17-year-old baker",
        "aged 9",
        "16yo",
    ],
)
def test_children_are_refused(text: str) -> None:
    with pytest.raises(RequestError, match="expected prompts that ask for adults of 18 and more"):
        refuse_children(text, "here")


@pytest.mark.parametrize(
    "text", ["18 years old", "a 118-year-old house", "a tenant, aged 40", "12 windows", "minority"]
)
def test_adults_are_not(text: str) -> None:
    refuse_children(text, "here")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{scene}, soft", "soft", r"templates.portrait: expected \{gender\}, \{profession\}, \{scene\} once each"),
        ("{a} {gender}", "{gender} {gender}", "templates.portrait: expected"),
        ("{a} {gender}", "{age} {gender}", "templates.portrait: expected"),
        ('word = "baker"\n', "", "professions.baker: expected its `word`"),
        ('oven = "beside the oven of a bakery"\n', "", "professions: expected as many scenes for each"),
        ('male = "male"', 'male = "female"', "genders: expected another word for each, found 'female' twice"),
        ('male = "male"', 'unspecified = "male"', "genders: unspecified is the gender of prompts that say none"),
        ('male = "male"', 'male = "male adult"', "genders.male: "),
        ('portrait = "', '"a b" = "', "templates.a b"),
        ("at a desk with files", "at a desk with a child", "found 'child'"),
        ("[genders]", "[genders", "found: "),
        ("[templates]", "[templtes]", "templates: Field required"),
    ],
)
def test_a_file_of_templates_that_cannot_be_joined_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = OWN_FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RequestError, match=said):
        read_templates(path)


def test_no_file_of_templates_is_said(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="found: .*No such file"):
        read_templates(tmp_path / "none.toml")
