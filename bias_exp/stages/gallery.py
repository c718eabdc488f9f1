"""Panels `picture | gender map | primary head's map` of a few test pictures, the same pictures for every cell."""

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from bias_exp.columns import PROBE_HEAD, SHEET_FILE, UNKNOWN
from bias_exp.explain.files import Maps
from bias_exp.explain.gallery import ABSENT, GALLERY_NAME, Exhibit, Gallery, Said, map_tile
from bias_exp.explain.maps import degenerate, to_input
from bias_exp.figures.panel import draw_panel
from bias_exp.figures.sheet import Tile, draw_sheet
from bias_exp.pixels.overlay import overlay_legend
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
    """`panels/<id>.png` for each picture of the gallery, all of them in `sheet.png`, and what sheets of several cells
    are made of in `gallery.npz`."""
    places = choose_gallery(shown.frame, count)
    if not places:
        return
    rows = [panel_tiles(bench, shown, place) for place in places]
    legends = (overlay_legend(),)
    (folder / "panels").mkdir()
    for place, tiles in zip(places, rows, strict=True):
        name = f"{shown.frame['id'].iloc[place]}.png"
        (folder / "panels" / name).write_bytes(draw_panel(tiles, legends=legends))
    (folder / SHEET_FILE).write_bytes(draw_sheet(rows, legends=legends))
    (folder / GALLERY_NAME).write_bytes(gallery_of(bench, shown, places).to_bytes())


def gallery_of(bench: Bench, shown: Shown, places: list[int]) -> Gallery:
    """The pictures at `places` with the maps of the reference gender probe and of the primary head."""
    heads = (PROBE_HEAD, bench.cell.heads[0])
    exhibits = []
    for place in places:
        row = shown.frame.iloc[place]
        said = {head: said_of(bench, shown, place, head) for head in heads}
        exhibits.append(Exhibit(str(row["id"]), _labels(bench, shown, place), bool(row["publishable"]), said))
    pictures = np.stack([_picture(bench, shown, place) for place in places])
    pictures[[not one.publishable for one in exhibits]] = ABSENT
    maps = {head: _maps(shown, head, places, pictures.shape[1:3]) for head in heads}
    for head, drawn in maps.items():
        drawn[[one.said[head].reason != "" for one in exhibits]] = 0
    return Gallery(shown.method, tuple(exhibits), pictures, maps)


def _maps(shown: Shown, head: str, places: list[int], size: tuple[int, ...]) -> np.ndarray:
    raw = shown.maps[shown.method, head][places]
    heat = to_input(torch.where(raw.isfinite(), raw, 0), (size[0], size[1]))
    return np.rint(heat.numpy().astype(np.float64) * 255).astype(np.uint8)


def _picture(bench: Bench, shown: Shown, place: int) -> np.ndarray:
    return np.asarray(bench.store.images[bench.store.rows([shown.frame["id"].iloc[place]])[0]])


def _labels(bench: Bench, shown: Shown, place: int) -> str:
    return ", ".join(str(bench.labels(shown.frame.iloc[[place]], head)[0]) for head in bench.cell.heads)


def said_of(bench: Bench, shown: Shown, place: int, head: str) -> Said:
    """What a head says of one test picture, and why its map there is none, if so."""
    label = str(bench.labels(shown.frame.iloc[[place]], head)[0])
    return head_said(shown, place, head, "" if label == UNKNOWN else label)


def head_said(shown: Shown, place: int, head: str, label: str = "") -> Said:
    """The same of any picture; `label` is its true class, '' where it is not known."""
    probabilities = softmax(shown.logits[head][place].astype(np.float64))
    guess = int(probabilities.argmax())
    reason = shown.not_available.get(head) or degenerate(shown.maps[shown.method, head][place : place + 1])[0]
    return Said(shown.classes[head][guess], float(probabilities[guess]), label, reason)


def panel_tiles(bench: Bench, shown: Shown, place: int) -> list[Tile]:
    """The tiles of one picture: itself, the reference gender probe's map, and the primary head's."""
    picture = _picture(bench, shown, place)
    said = {head: said_of(bench, shown, place, head) for head in (PROBE_HEAD, bench.cell.heads[0])}
    title = Tile(picture, "picture", _labels(bench, shown, place))
    return [title, *(shown_tile(shown, place, head, picture, one) for head, one in said.items())]


def shown_tile(shown: Shown, place: int, head: str, picture: np.ndarray, said: Said) -> Tile:
    """A head's map of one picture, which is given as (h, w, 3) uint8."""
    heat = to_input(shown.maps[shown.method, head][place : place + 1], picture.shape[:2])[0].numpy()
    return map_tile(head, said, picture=picture, heat=heat, method=shown.method)
