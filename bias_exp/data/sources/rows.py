"""The data sources: one row each, with the file that lists its pictures and the options that this file takes.

A source is a function `(root, out, options) -> Scan`. `root` is the folder that it reads (None where `needs_root` is
False), `out` the folder in which it may write pictures of its own, `options` its row's defaults with what was asked
laid over. It decodes nothing and draws no split: it says which pictures there are.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from bias_exp.errors import RequestError
from bias_exp.registry import Registry


@dataclass(frozen=True)
class AskedRow:
    """Something that `bias-exp data` does by name, with the options that it takes.

    `options` are the defaults, and `meanings` a few words on each. `guide` says to a person what the files are, where
    they come from, where they go and what their licence permits; one line of text a line.
    """

    name: str
    address: str
    summary: str
    needs_root: bool
    options: dict[str, Any] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    guide: str = ""

    def about(self) -> str:
        """The row in a line, and a line for each of its options with its default."""
        options = (f"    {name}={json.dumps(value)}  {self.meanings[name]}" for name, value in self.options.items())
        return "\n".join([f"  {self.name}: {self.summary}", *options])

    def whole(self) -> str:
        """`about` and the guide."""
        return self.about() + "".join(f"\n  {line}".rstrip() for line in ("", *self.guide.splitlines()) if self.guide)

    def settings(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The defaults with `asked` laid over; whole numbers are taken for numbers.

        Raises:
            RequestError: an option is unknown, or of another kind than its default.
        """
        if unknown := sorted(set(asked) - set(self.options)):
            known = ", ".join(self.options) or "none"
            raise RequestError(f"unknown option {unknown[0]!r} of the source {self.name}; known options: {known}")
        for name, value in asked.items():
            kind = type(self.options[name])
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise RequestError(f"option {name} of the source {self.name} must be a {kind.__name__}, got {value!r}")
        return self.options | asked


@dataclass(frozen=True)
class SourceRow(AskedRow):
    """`address` is the scan function; `version` is raised by hand when equal options give other pictures.

    With `own_splits` its pictures may be split already.
    """

    own_splits: bool = False
    version: int = 1


SOURCES: Registry[SourceRow] = Registry(
    "data source",
    SourceRow(
        name="personas",
        address="bias_exp.data.sources.personas:scan",
        summary="drawn people at work: ten professions, two genders, persons and regions known",
        needs_root=False,
        options={
            "per_cell": 53,
            "size": 64,
            "seed": 0,
            "professions": [],
            "cues": {},
            "planting": {},
            "faces": False,
            "twins": False,
        },
        meanings={
            "per_cell": "personas of each profession and gender",
            "size": "side of the pictures in pixels",
            "seed": "of the draw of all that is neither profession nor gender",
            "professions": "some of the ten; [] for all",
            "cues": "visibility, 0 to 1, of task, hair, facial_hair, lips, neckline: {task = 0.5}; 1 where absent",
            "planting": "strength, 0 to 1, of proxy_gender, proxy_profession (a badge), decoy (light): {decoy = 0.8}",
            "faces": "whether faces alone are drawn, aligned by the eyes",
            "twins": "whether each picture gets a gender twin and a control twin beside it, in twins.csv (0.3 s each)",
        },
        version=2,
    ),
    SourceRow(
        name="folder",
        address="bias_exp.data.sources.folder:scan",
        summary="your own pictures in <root>/<profession>/<gender>/* or <root>/<gender>/*",
        needs_root=True,
    ),
    SourceRow(
        name="ratio_folders",
        address="bias_exp.data.sources.ratio_folders:scan",
        summary="dataset_<ratio>/{train,val}/<profession>/{0,1}_* (0 men, 1 women), one or several together",
        needs_root=True,
        own_splits=True,
    ),
    SourceRow(
        name="csv",
        address="bias_exp.data.sources.labels_csv:scan",
        summary="any folders with a table of labels in <root>, a row a file",
        needs_root=True,
        own_splits=True,
        options={
            "labels": "labels.csv",
            "path": "file",
            "attributes": [],
            "values": {},
            "words": {},
            **dict.fromkeys(("person", "licence", "consent", "source", "split", "publishable"), ""),
            "delimiter": ",",
            "empty_is_unknown": False,
            "allow_missing": False,
        },
        meanings={
            "labels": "the table, below <root>",
            "path": "column of the files' paths below <root>",
            "attributes": "columns that are labels, such as ['profession', 'gender=sex']; [] for all others",
            "values": "the labels that an attribute may have, in the order of a model's outputs: {race = ['a', 'b']}",
            "words": "what words mean: {gender = {F = 'female', M = 'male'}}",
            "person": "column; '' for the column person, where there is one",
            "licence": "column; '' for licence or license",
            "consent": "column; '' for consent",
            "source": "column; '' for source",
            "split": "column of the table's own splits (train, val, test); '' for split",
            "publishable": "column of yes or no: may the face be shown in print; '' for publishable",
            "delimiter": "between fields",
            "empty_is_unknown": "whether an empty label means unknown; else it is an error",
            "allow_missing": "whether rows without a file, files without a row and undeclared labels are left out",
        },
    ),
)
