"""The data sources: one row each, with the file that lists its pictures and the options that this file takes.

A source is a function `(root, out, options) -> Scan`. `root` is the folder that it reads (None where `needs_root` is
False), `out` the folder in which it may write pictures of its own, `options` its row's defaults with what was asked
laid over. It decodes nothing and draws no split: it says which pictures there are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bias_exp.data.sources import guides
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

    With `own_splits` its pictures may be split already. With `reports` the function takes `report` too, by name, and
    says how far it is with what takes long.
    """

    own_splits: bool = False
    reports: bool = False
    version: int = 1


_REGIONS: Mapping[str, Any] = {"regions": [], "region_names": {}}
_REGIONS_MEAN = dict(zip(_REGIONS, (guides.OUTLINES, guides.OUTLINE_WORDS), strict=True))

SOURCES: Registry[SourceRow] = Registry(
    "data source",
    SourceRow(
        name="personas",
        address="bias_exp.data.sources.personas:scan",
        reports=True,
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
        reports=True,
        summary="your own pictures in <root>/<profession>/<gender>/* or <root>/<gender>/*",
        needs_root=True,
        options=dict(_REGIONS),
        meanings=_REGIONS_MEAN,
    ),
    SourceRow(
        name="ratio_folders",
        address="bias_exp.data.sources.ratio_folders:scan",
        reports=True,
        summary="dataset_<ratio>/{train,val}/<profession>/{0,1}_* (0 men, 1 women), one or several together",
        needs_root=True,
        own_splits=True,
        options=dict(_REGIONS),
        meanings=_REGIONS_MEAN,
    ),
    SourceRow(
        name="csv",
        address="bias_exp.data.sources.labels_csv:scan",
        reports=True,
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
            **_REGIONS,
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
            **_REGIONS_MEAN,
        },
    ),
    SourceRow(
        name="fairface",
        address="bias_exp.data.sources.fairface:scan",
        summary="FairFace: cut-out faces with perceived race, age and gender, two margins",
        needs_root=True,
        own_splits=True,
        options={"margin": 0.25, "attributes": [], "allow_missing": False},
        meanings={
            "margin": "around the face, in faces: 0.25 or 1.25",
            "attributes": "some of race, age, gender, service_test, the primary one first; [] for all",
            "allow_missing": "whether rows without a picture are left out; else they are an error",
        },
        guide=guides.FAIRFACE,
    ),
    SourceRow(
        name="celeba",
        address="bias_exp.data.sources.celeba:scan",
        summary="CelebA: famous people's faces with 40 attributes, identities, landmarks and a partition",
        needs_root=True,
        own_splits=True,
        options={"pictures": "aligned", "attributes": [], "allow_missing": False},
        meanings={
            "pictures": "aligned (with landmarks) or wild (with boxes too)",
            "attributes": "some of the 40 by CelebA's names, the primary one first; [] for all: Young, Male, others",
            "allow_missing": "whether rows without a picture are left out; else they are an error",
        },
        guide=guides.CELEBA,
    ),
    SourceRow(
        name="utkface",
        address="bias_exp.data.sources.utkface:scan",
        summary="UTKFace: faces whose names say age, gender and race",
        needs_root=True,
        options={"pictures": "aligned", "attributes": [], "ages": [3, 10, 20, 30, 40, 50, 60, 70]},
        meanings={
            "pictures": "aligned (UTKFace, crop_part1) or wild (part1 to part3)",
            "attributes": "some of race, age, gender, the primary one first; [] for all",
            "ages": "the years in which a group of ages begins, after the youngest; [] for single years",
        },
        guide=guides.UTKFACE,
    ),
    SourceRow(
        name="ieat",
        address="bias_exp.data.sources.ieat:scan",
        summary="iEAT: pictures by category for association tests, none of which trains",
        needs_root=True,
        options={"tests": []},
        meanings={"tests": "read what these tests need, such as ['Gender-Science']; [] for every category"},
        guide=guides.IEAT,
    ),
    SourceRow(
        name="openimages",
        address="bias_exp.data.sources.openimages:scan",
        reports=True,
        summary="Open Images with MIAP: people cut out of photographs, with perceived gender",
        needs_root=True,
        own_splits=True,
        options={"professions": "", "margin": 0.1, "least_side": 64, "alone": False, "young": False, "age": False},
        meanings={
            "professions": "table below <root> with the columns label (a class's name or MID) and profession",
            "margin": "around a person's box, in sides of the box",
            "least_side": "shorter side of a person's box in pixels",
            "alone": "whether pictures with several people are left out",
            "young": "whether young people are kept; their gender is unknown",
            "age": "whether perceived age (young, middle, older) is a label",
        },
        guide=guides.OPENIMAGES,
    ),
    SourceRow(
        name="assemble",
        address="bias_exp.collect.assemble:scan",
        reports=True,
        summary="data folders and collections (crawled, generated) in <root>, put together into one data set",
        needs_root=True,
        options={
            "parts": [],
            "classes": {},
            "only": [],
            "sources": [],
            "least_width": 0,
            "least_height": 0,
            "one_face": False,
            "least_confidence": 0.0,
        },
        meanings={
            "parts": "folders below <root>, or paths of folders elsewhere; [] for all in <root>",
            "classes": "what words of professions mean: {fireman = 'firefighter'}",
            "only": "the professions to take; [] for all",
            "sources": "the sources to take, such as ['crawl', 'generate']; [] for all",
            "least_width": "pixels",
            "least_height": "pixels",
            "one_face": "whether pictures with no face, or with several, are left out where somebody has counted",
            "least_confidence": "of who labelled the gender, 0 to 1, where it is known",
        },
        guide=(
            "A part is a folder with manifest.json (made by `bias-exp data`) or collection.csv (crawl, generate).\n"
            "Pictures are linked into <out>/pictures/<part>/, licence, author, consent come along, splits are new.\n"
            "What each part's licence permits, the whole data set permits at most."
        ),
    ),
    SourceRow(
        name="faces",
        address="bias_exp.faces.source:scan",
        reports=True,
        summary="the faces of the data set in <root>: aligned, cut out, blurred around, feathered, blacked out",
        needs_root=True,
        own_splits=True,
        options={
            "do": "align",
            "detector": "mtcnn",
            "convention": "arcface",
            "margin": 0.0,
            "size": 0,
            "choose": "largest",
            "keep": "head",
            "fill": "",
            "sigma": 0.0,
            "least_score": 0.0,
            "least_size": 20,
            "profiles": False,
            "seed": 0,
        },
        meanings={
            "do": "align, crop, blur, feather, blackout, random_boxes (the control of blackout)",
            "detector": "mtcnn (make faces) or haar; asked where the data set itself knows no face",
            "convention": "of align: arcface, fairface025, fairface125, celeba",
            "margin": "of align (arcface) and crop: part of the picture's side on each side of the face, below 0.5",
            "size": "of align and crop: width in pixels; 0 for the convention's own, 224 for crop",
            "choose": "which of several faces: largest, central, only (several are left out)",
            "keep": "of blur and feather: face, head (with hair), person (where the data set has regions)",
            "fill": "black, white, grey, mean (colour of what stays), blur, noise; '' for white (feather), else black",
            "sigma": "part of the shorter side, of the blur (0 for 0.04) or of the feather's edge (0 for 0.015)",
            "least_score": "of a face that was found; 0 for the detector's own, 0.8 of mtcnn",
            "least_size": "shorter side of a face in pixels",
            "profiles": "whether faces seen from the side are used where landmarks say what is done",
            "seed": "of random boxes and noise",
        },
        guide=guides.FACES,
    ),
)
