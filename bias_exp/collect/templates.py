"""What generated pictures are asked for: templates, the professions' scenes, the words for genders; from a TOML file.

A template holds {gender}, {profession} and {scene} once each; {a} stands for the article of the word behind it. All
that is asked for are adults whom nobody knows: words and ages of children are refused wherever a prompt comes from.
Whether a name is somebody's cannot be seen by a program: name nobody.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from bias_exp.errors import RequestError
from bias_exp.frozen import Frozen

OWN_FILE = Path(__file__).with_name("templates.toml")
UNSPECIFIED = "unspecified"
"""The gender of a prompt that says none: what the generating model then shows is its own prior."""
ADULT = 18

_Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
_Word = Annotated[str, Field(pattern=r"^\S+$", max_length=40)]
_Words = Annotated[str, Field(pattern=r"^\S+( \S+)*$", max_length=400)]
_ONCE = ("{gender}", "{profession}", "{scene}")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|[{}]")
_CHILDREN = re.compile(
    r"\b(child(ren)?|childhood|kids?|boys?|girls?|schoolboys?|schoolgirls?|teen(s|age|aged|ager|agers)?|minors?|babies|"
    r"baby|toddlers?|infants?|adolescents?|juveniles?|underage|preteens?|pupils?|newborns?)\b",
    re.IGNORECASE,
)
_AGE = re.compile(r"\b(?:aged?|age of) (\d+)\b|\b(\d+)[ -]*(?:years?[ -]old|yo\b|y/o)", re.IGNORECASE)
# Written with a vowel but spoken with none, and the other way round; numbers as they are spoken.
_A = re.compile(r"(?:uni(?!n|m)|eu|us[eu]|uti|one|once)", re.IGNORECASE)
_AN = re.compile(r"(?:[aeiou]|hour|honest|hono|heir|8|11\b|18\b|11-|18-|[fhlmnrsx]-)", re.IGNORECASE)


class _File(Frozen):
    """The file as it is written; `professions` hold their own `word`, every other key is a scene."""

    negative: str
    genders: dict[_Key, _Word] = Field(min_length=2)
    templates: dict[_Key, _Words] = Field(min_length=1)
    professions: dict[_Key, dict[_Key, _Words]] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_joined(self) -> "_File":
        for name, text in self.templates.items():
            found = _PLACEHOLDER.findall(text)
            if sorted(one for one in found if one != "{a}") != sorted(_ONCE):
                raise ValueError(f"templates.{name}: expected {', '.join(_ONCE)} once each, and {{a}}; found {found}")
        if UNSPECIFIED in self.genders:
            raise ValueError(f"genders: {UNSPECIFIED} is the gender of prompts that say none; choose another name")
        if twice := {word for word in self.genders.values() if list(self.genders.values()).count(word) > 1}:
            raise ValueError(f"genders: expected another word for each, found {min(twice)!r} twice")
        for name, scenes in self.professions.items():
            if "word" not in scenes or len(scenes) < 2:
                raise ValueError(f"professions.{name}: expected its `word` and at least one scene")
        counts = {name: len(scenes) - 1 for name, scenes in self.professions.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(f"professions: expected as many scenes for each, found {counts}")
        return self


@dataclass(frozen=True)
class Templates:
    """`professions` and `genders` are words by name, `scenes` texts by profession and name; in the file's order."""

    negative: str
    genders: dict[str, str]
    templates: dict[str, str]
    professions: dict[str, str]
    scenes: dict[str, dict[str, str]]

    def narrowed(self, *, professions: Sequence[str], templates: Sequence[str], scenes: int) -> "Templates":
        """Some of it: [] and 0 stand for all, `scenes` for the first so many of each profession.

        Raises:
            RequestError: a name is unknown, or there are fewer scenes.
        """
        most = len(next(iter(self.scenes.values())))
        if not 0 <= scenes <= most:
            raise RequestError(f"expected options.scenes between 0 (all) and {most}, found {scenes}")
        kept = _chosen("professions", self.professions, professions)
        return Templates(
            negative=self.negative,
            genders=self.genders,
            templates=_chosen("templates", self.templates, templates),
            professions=kept,
            scenes={name: dict(list(self.scenes[name].items())[: scenes or most]) for name in kept},
        )

    def prompt(self, template: str, *, gender: str, profession: str, scene: str) -> str:
        """The words of one prompt; `gender` UNSPECIFIED leaves the word out."""
        words = {
            "{gender}": self.genders.get(gender, ""),
            "{profession}": self.professions[profession],
            "{scene}": self.scenes[profession][scene],
        }
        text = self.templates[template]
        for placeholder, word in words.items():
            text = text.replace(placeholder, word)
        return re.sub(r"\{a\} (\S+)", lambda found: f"{article(found[1])} {found[1]}", " ".join(text.split()))


def article(word: str) -> str:
    """`a` or `an`, by the sound of `word`: an engineer, a university, an hour, an 18-year-old, an x-ray."""
    return "an" if _AN.match(word) and not _A.match(word) else "a"


def _chosen(what: str, known: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    if unknown := [name for name in names if name not in known]:
        raise RequestError(f"expected options.{what} among {', '.join(known)}; found {unknown[0]!r}")
    return {name: known[name] for name in known if not names or name in names}


def read_templates(path: Path = OWN_FILE) -> Templates:
    """The templates in a file.

    Raises:
        RequestError: no such file, no TOML, something is missing or unknown, or a text asks for a child.
    """
    try:
        file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RequestError(f"expected templates of prompts in a TOML file at {path}, found: {error}") from None
    except ValidationError as error:
        raise RequestError(f"expected templates of prompts at {path}; {_said(error)}; mend it") from None
    words = {name: scenes["word"] for name, scenes in file.professions.items()}
    scenes = {
        name: {scene: text for scene, text in scenes.items() if scene != "word"}
        for name, scenes in file.professions.items()
    }
    said = [*file.templates.values(), *file.genders.values(), *words.values()]
    for text in (*said, *(text for one in scenes.values() for text in one.values())):
        refuse_children(text, str(path))
    return Templates(file.negative, file.genders, file.templates, words, scenes)


def _said(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "[key]")
    return f"{place}: {first['msg']}" if place else first["msg"].removeprefix("Value error, ")


def refuse_children(text: str, where: str) -> None:
    """Prove that a text speaks of no child and of no age below ADULT.

    Raises:
        RequestError: it does.
    """
    young = [found[0] for found in _AGE.finditer(text) if int(found[1] or found[2]) < ADULT]
    word = _CHILDREN.search(text)
    if young or word:
        found = young[0] if young else word[0] if word else ""
        raise RequestError(
            f"expected prompts that ask for adults of {ADULT} and more, found {found!r} in {text!r} ({where}); "
            f"pictures of children are not generated"
        )
