"""Panels `picture | gender map | primary head's map` of a few test pictures, the same pictures for every cell."""

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from bias_exp.columns import PROBE_HEAD, SHEET_FILE
from bias_exp.explain.files import Maps
from bias_exp.explain.maps import degenerate, to_input
from bias_exp.figures.panel import draw_panel, prediction_caption
from bias_exp.figures.sheet import Tile, draw_sheet
from bias_exp.pixels.overlay import overlay
from bias_exp.seeds import hash_order
from bias_exp.stages.bench import Bench


@dataclass(frozen=True)
class Shown:
    """What the explain phase has of the test pictures: row i of each is of picture i of `frame`.

    `logits` and `classes` are by head; `not_available` gives the reason of heads whose maps mean nothing.
    """

    frame: pd.DataFrame
    maps: Maps
    logits: dict[str, np.ndarray]
    classes: dict[str, tuple[str, ...]]
    method: str
    not_available: dict[str, str]


def choose_gallery(frame: pd.DataFrame, count: int) -> list[int]:
    """Places of `count` rows, groups in turn and classes in turn within them; it depends on the pictures alone."""
    place = {image_id: number for number, image_id in enumerate(frame["id"])}
    lanes = []
    for number, (_, rows) in enumerate(sorted(frame.groupby("group"))):
        ids = hash_order(0, rows["id"].tolist(), "gallery")
        by_class: dict[str, list[str]] = {}
        for image_id in ids:
            by_class.setdefault(rows["class"].iloc[rows["id"].tolist().index(image_id)], []).append(image_id)
        # Each group starts at another class, so that a small gallery shows more professions.
        names = sorted(by_class)
        turned = names[number * count // 2 % len(names) :] + names[: number * count // 2 % len(names)]
        rounds = zip_longest(*(by_class[name] for name in turned))
        lanes.append([image_id for one in rounds for image_id in one if image_id is not None])
    ordered = [image_id for one in zip_longest(*lanes) for image_id in one if image_id is not None]
    return [place[image_id] for image_id in ordered[:count]]


def write_panels(bench: Bench, shown: Shown, count: int, folder: Path) -> None:
    """`panels/<id>.png` for each picture of the gallery, and all of them in `sheet.png`."""
    places = choose_gallery(shown.frame, count)
    if not places:
        return
    rows = [panel_tiles(bench, shown, place) for place in places]
    (folder / "panels").mkdir()
    for place, tiles in zip(places, rows, strict=True):
        (folder / "panels" / f"{shown.frame['id'].iloc[place]}.png").write_bytes(draw_panel(tiles))
    (folder / SHEET_FILE).write_bytes(draw_sheet(rows))


def panel_tiles(bench: Bench, shown: Shown, place: int) -> list[Tile]:
    """The tiles of one picture: itself, the reference gender probe's map, and the primary head's."""
    row = shown.frame.iloc[place]
    picture = np.asarray(bench.store.images[bench.store.rows([row["id"]])[0]])
    heads = (PROBE_HEAD, bench.cell.heads[0])
    labels = [str(bench.labels(shown.frame.iloc[[place]], head)[0]) for head in bench.cell.heads]
    title = Tile(picture, "picture", ", ".join(labels))
    return [title, *(_map_tile(shown, place, head, picture, bench) for head in heads)]


def _map_tile(shown: Shown, place: int, head: str, picture: np.ndarray, bench: Bench) -> Tile:
    raw = shown.maps[shown.method, head][place : place + 1]
    probabilities = softmax(shown.logits[head][place].astype(np.float64))
    guess = int(probabilities.argmax())
    label = str(bench.labels(shown.frame.iloc[[place]], head)[0])
    name = head.replace("_", " ")
    caption = prediction_caption(name, shown.classes[head][guess], float(probabilities[guess]), label)
    reason = shown.not_available.get(head) or degenerate(raw)[0]
    if reason:
        grey = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
        return Tile(grey, f"no {name} map", f"{caption}\n{reason}")
    heat = to_input(raw, picture.shape[:2])[0].numpy()
    return Tile(overlay(picture, heat), f"{name} map ({shown.method})", caption)
