"""Small pictures on disk, and manifests of them, for the tests of this room."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from bias_exp.columns import FACE_BOX, LABEL, LANDMARKS, UNKNOWN
from bias_exp.data.manifest import Manifest
from bias_exp.data.splits import Balance


def noise(seed: int, height: int = 24, width: int = 20) -> np.ndarray:
    """A picture (height, width, 3) uint8 that is like no other: coarse blocks of random colour."""
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    return np.array(Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC))


def save(path: Path, image: np.ndarray, **options: object) -> Path:
    """Write `image` at `path`, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)
    return path


def frame_of(rows: list[dict[str, str]]) -> pd.DataFrame:
    """A manifest's frame from a few columns a row; every picture is a person and a near-duplicate group of its own."""
    attributes = sorted({LABEL + "gender"} | {name for row in rows for name in row if name.startswith(LABEL)})
    whole = []
    for number, row in enumerate(rows):
        image_id = row.get("id", f"{number:016x}")
        places = dict.fromkeys((*FACE_BOX, *LANDMARKS), float("nan"))
        facts = {"id": image_id, "path": f"{image_id}.png", "sha256": image_id * 4, "width": 20, "height": 24}
        texts = {"person": "", "near_duplicates": image_id, "split": "train", "source": "folder", "licence": ""}
        more = {"kin": "", "consent": "", "publishable": False, "regions": ""}
        whole.append({**facts, **texts, **more, **places, **dict.fromkeys(attributes, UNKNOWN), **row})
    frame = pd.DataFrame(whole)
    return frame.astype({name: "str" for name in frame if isinstance(frame[name].iloc[0], str)})


def cells(counts: dict[tuple[str, str], int], **columns: str) -> list[dict[str, str]]:
    """Rows for {(profession, gender): how many}, with ids that tell nothing of the order."""
    rng = np.random.default_rng(len(counts))
    return [
        {"id": rng.bytes(8).hex(), LABEL + "profession": profession, LABEL + "gender": gender, **columns}
        for (profession, gender), n in counts.items()
        for _ in range(n)
    ]


def manifest_of(frame: pd.DataFrame, folder: Path = Path("nowhere")) -> Manifest:
    """A manifest in memory around a frame."""
    classes = {
        name.removeprefix(LABEL): tuple(sorted(set(frame[name]) - {UNKNOWN}))
        for name in frame
        if name.startswith(LABEL)
    }
    balance = Balance("profession", "gender", ("female", "male"))
    return Manifest(folder, frame, folder, "0" * 64, classes, balance, {}, ())
