"""The same few people laid out on disk as each source with a root reads them: personas, or tiny pictures of noise."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bias_exp.collect.collection import write_collection
from bias_exp.columns import COLLECTION, LABEL
from bias_exp.config import SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.layouts.openimages import IMAGES, LABELS, MIAP
from bias_exp.data.names import path_text
from bias_exp.data.personas.factors import draw_factors
from bias_exp.data.personas.render import render
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.data.sources.celeba import ATTRIBUTES
from bias_exp.data.sources.tree import PERSONS_UNKNOWN
from bias_exp.faces.align import template
from tests.data.pictures import noise, save


@dataclass(frozen=True)
class Shot:
    """One picture (h, w, 3) uint8 of somebody."""

    number: int
    profession: str
    gender: str
    pixels: np.ndarray


Namer = Callable[[int], str]
"""The name of a file, without its ending, by the shot's number."""

PLACES = [(profession, gender) for profession in ("nurse", "waiter") for gender in ("female", "male")]


def tiny_shots(n: int = 4) -> list[Shot]:
    """`n` pictures of noise of each of two professions and genders."""
    return [Shot(k, *PLACES[k % len(PLACES)], noise(k)) for k in range(n * len(PLACES))]


def persona_shots(n: int = 4, size: int = 32) -> list[Shot]:
    """`n` personas of each of two professions and genders."""
    shots = []
    for k in range(n * len(PLACES)):
        profession, gender = PLACES[k % len(PLACES)]
        drawn = render(draw_factors(f"{profession}-{gender}-{k:04d}", profession=profession, gender=gender), size)
        shots.append(Shot(k, profession, gender, drawn.picture))
    return shots


def plain(number: int) -> str:
    """Names as most programs give them."""
    return f"{number:08d}"


def lay_folder(root: Path, shots: list[Shot], name: Namer = plain) -> list[Path]:
    """<root>/<profession>/<gender>/*.png; gives the files."""
    return [
        save(root / shot.profession / shot.gender / f"{name(shot.number)}.png", shot.pixels, format="PNG")
        for shot in shots
    ]


def lay_ratio_folders(
    root: Path, shots: list[Shot], name: Namer = plain, datasets: tuple[str, ...] = ("dataset_0", "dataset_100")
) -> list[Path]:
    """<root>/dataset_<ratio>/{train,val}/<profession>/{0,1}_*.png: a fourth in val, dataset_0 trains men."""
    files = []
    for dataset in datasets:
        for shot in shots:
            side = "val" if shot.number // len(PLACES) % 4 == 0 else "train"
            if dataset == "dataset_0" and side == "train" and shot.gender == "female":
                continue
            place = root / dataset / side / shot.profession
            digit = {"male": 0, "female": 1}[shot.gender]
            files.append(save(place / f"{digit}_{name(shot.number)}.png", shot.pixels, format="PNG"))
    return files


def lay_csv(root: Path, shots: list[Shot], name: Namer = plain, header: str = "file,profession,gender") -> list[Path]:
    """<root>/pictures/*.png and <root>/labels.csv, whose rows stand in the order of the names."""
    files = [save(root / "pictures" / f"{name(shot.number)}.png", shot.pixels, format="PNG") for shot in shots]
    rows = [
        f"{file.relative_to(root)},{shot.profession},{shot.gender}" for file, shot in zip(files, shots, strict=True)
    ]
    (root / "labels.csv").write_text("\n".join([header, *sorted(rows)]) + "\n", encoding="utf-8")
    return files


def lay_collection(folder: Path, shots: list[Shot], name: Namer = plain, **columns: object) -> list[Path]:
    """<folder>/pictures/*.png and <folder>/collection.csv; `columns` are its values in every row."""
    files = [save(folder / "pictures" / f"{name(shot.number)}.png", shot.pixels, format="PNG") for shot in shots]
    rows = COLLECTION.empty().reindex(range(len(shots)))
    rows = rows.astype(dict.fromkeys(COLLECTION.text, "str")).fillna(dict.fromkeys(COLLECTION.text, ""))
    rows = rows.assign(
        path=[path_text(file.relative_to(folder)) for file in files],
        sha256=[hashlib.sha256(file.read_bytes()).hexdigest() for file in files],
        width=[shot.pixels.shape[1] for shot in shots],
        height=[shot.pixels.shape[0] for shot in shots],
        **{
            LABEL + "profession": [shot.profession for shot in shots],
            LABEL + "gender": [shot.gender for shot in shots],
        },
    )
    write_collection(folder, rows.assign(**columns))
    return files


def lay_assemble(root: Path, shots: list[Shot], name: Namer = plain) -> list[Path]:
    """<root>/{crawled,generated}: every second four in each."""
    sides = [[shot for shot in shots if shot.number // len(PLACES) % 2 == side] for side in (0, 1)]
    crawled = lay_collection(root / "crawled", sides[0], name, source="crawl")
    return crawled + lay_collection(root / "generated", sides[1], name, source="generate")


def lay_faces(root: Path, shots: list[Shot], name: Namer = plain) -> list[Path]:
    """A data folder with a manifest: pictures whose five landmarks are known, as the source `faces` reads it."""
    files = lay_folder(root / "pictures", shots, name)
    pictures = [
        SourceImage(
            path=file.relative_to(root),
            labels={"profession": shot.profession, "gender": shot.gender},
            source="folder",
            landmarks=(template(1) * (shot.pixels.shape[1], shot.pixels.shape[0])).tolist(),
        )
        for file, shot in zip(files, shots, strict=True)
    ]
    split = SplitConfig(test=1, validation=1, probe=1)
    scan = Scan(root, pictures, notes=[PERSONS_UNKNOWN])
    build_manifest(scan, root, split=split, recipe={"source": "folder"})
    return files


def lay_fairface(root: Path, shots: list[Shot], name: Namer = plain) -> list[Path]:
    """FairFace's files of margin 0.25: nurses White, waiters Black; a fourth in val."""
    files, rows = [], {"train": [], "val": []}
    for shot in shots:
        side = "val" if shot.number // len(PLACES) % 4 == 0 else "train"
        place = root / "fairface-img-margin025-trainval" / side
        files.append(save(place / f"{name(shot.number)}.jpg", shot.pixels, format="PNG"))
        race = {"nurse": "White", "waiter": "Black"}[shot.profession]
        rows[side].append(f"{side}/{files[-1].name},20-29,{shot.gender.title()},{race},True")
    for side, lines in rows.items():
        text = "\n".join(["file,age,gender,race,service_test", *sorted(lines)]) + "\n"
        (root / f"fairface_label_{side}.csv").write_text(text, encoding="utf-8")
    return files


def lay_celeba(root: Path, shots: list[Shot], name: Namer = plain) -> list[Path]:
    """CelebA's release with attributes and identities alone: waiters young, everybody somebody else."""
    folder = root / "Img" / "img_align_celeba"
    files = [save(folder / f"{name(shot.number)}.jpg", shot.pixels, format="PNG") for shot in shots]
    rows = []
    for shot, file in sorted(zip(shots, files, strict=True), key=lambda pair: pair[1].name):
        shown = {"Male": shot.gender == "male", "Young": shot.profession == "waiter"}
        rows.append(f"{file.name} " + " ".join("1" if shown.get(each) else "-1" for each in ATTRIBUTES))
    (root / "Anno").mkdir()
    text = "\n".join([str(len(rows)), " ".join(ATTRIBUTES) + " ", *rows]) + "\n"
    (root / "Anno" / "list_attr_celeba.txt").write_text(text, encoding="utf-8")
    people = "".join(f"{file.name} {shot.number + 1}\n" for shot, file in zip(shots, files, strict=True))
    (root / "Anno" / "identity_CelebA.txt").write_text(people, encoding="utf-8")
    return files


def lay_utkface(root: Path, shots: list[Shot], name: Namer) -> list[Path]:
    """UTKFace's aligned faces at the times that `name` gives: nurses White, waiters Black, all aged 25."""
    files = []
    for shot in shots:
        numbers = f"25_{int(shot.gender == 'female')}_{['nurse', 'waiter'].index(shot.profession)}"
        place = root / "UTKFace" / f"{numbers}_{name(shot.number)}.jpg.chip.jpg"
        files.append(save(place, shot.pixels, format="PNG"))
    return files


def lay_ieat(root: Path, shots: list[Shot], name: Namer = plain) -> list[Path]:
    """iEAT's folders: nurses in gender/<gender>, waiters in intersectional/<gender>."""
    tests = {"nurse": "gender", "waiter": "intersectional"}
    return [
        save(root / tests[shot.profession] / shot.gender / f"{name(shot.number)}.jpg", shot.pixels, format="PNG")
        for shot in shots
    ]


def lay_openimages(root: Path, shots: list[Shot], name: Namer = plain) -> list[Path]:
    """Open Images' train with MIAP's boxes around whole pictures, a verified class each, and professions.csv."""
    files = [save(root / "train" / f"{name(shot.number)}.jpg", shot.pixels, format="PNG") for shot in shots]
    tables: dict[str, list[str]] = {
        "open_images_extended_miap_boxes_train.csv": [",".join(MIAP)],
        "oidv7-train-annotations-human-imagelabels.csv": [",".join(LABELS)],
        "train-images-boxable-with-rotation.csv": [",".join(IMAGES)],
        "oidv7-class-descriptions.csv": ["LabelName,DisplayName", "/m/1,Nurse", "/m/2,Waiter"],
        "professions.csv": ["label,profession", "Nurse,nurse", "/m/2,waiter"],
    }
    boxes, labels, images, *_ = tables.values()
    for shot, file in sorted(zip(shots, files, strict=True), key=lambda pair: pair[1].name):
        looks = {"female": "Predominantly Feminine", "male": "Predominantly Masculine"}[shot.gender]
        boxes.append(f"{file.stem},/m/01g317,1,0,1,0,1,0,0,0,0,0,{looks},Middle")
        labels.append(f"{file.stem},verification,/m/{['nurse', 'waiter'].index(shot.profession) + 1},1")
        images.append(f"{file.stem},train,,https://example.org/1,,,Ada,,1,,,0.0")
    for table, lines in tables.items():
        (root / table).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return files


@dataclass(frozen=True)
class Facts:
    """What is particular to a source: classes and splits of its sixteen tiny pictures, and two ways to name them."""

    classes: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {"profession": ("nurse", "waiter"), "gender": ("female", "male")}
    )
    splits: frozenset[str] = frozenset({"train", "test", "validation", "probe"})
    name: Namer = plain
    other: Namer = lambda number: f"{number * 7919 % 9973} of (them)"


_GENDERS = {"gender": ("female", "male")}
FACTS = {
    "fairface": Facts(
        {"race": ("White", "Black"), "age": ("20-29",), **_GENDERS, "service_test": ("True",)},
    ),
    "celeba": Facts(
        {name: ("no", "yes") if name == "Young" else ("no",) for name in ATTRIBUTES if name != "Male"} | _GENDERS,
        other=lambda number: f"{number * 7919 % 9973}-of-(them)",  # its lists are set apart by spaces
    ),
    "utkface": Facts(
        {"race": ("White", "Black"), "age": ("20-29",), **_GENDERS},
        name=lambda number: f"20170116{number:09d}",
        other=lambda number: f"20180131{number * 7919 % 9973:09d}",
    ),
    "ieat": Facts(
        {"category": tuple(f"{test}/{who}" for test in ("gender", "intersectional") for who in ("female", "male"))}
        | _GENDERS,
        splits=frozenset({"spare"}),
    ),
}
"""Of the sources whose labels or names cannot be any; of all others `Facts()` holds."""

LAYOUTS: dict[str, Callable[..., list[Path]]] = {
    "folder": lay_folder,
    "ratio_folders": lay_ratio_folders,
    "csv": lay_csv,
    "assemble": lay_assemble,
    "faces": lay_faces,
    "fairface": lay_fairface,
    "celeba": lay_celeba,
    "utkface": lay_utkface,
    "ieat": lay_ieat,
    "openimages": lay_openimages,
}
"""How each source with a root lays people out; the contract tests ask for one of every source that is registered."""
