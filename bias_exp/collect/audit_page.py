"""The page on which a person looks at pictures and says what they see: one file, which asks nothing of any server."""

import base64
import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from PIL import Image

_QUALITY = 85
TAKEN_OUT = 'taken out: somebody asked for it (answer "unclear")'


class Item(NamedTuple):
    """A picture by its number, as a JPEG file."""

    number: int
    jpeg: bytes


def thumbnail(pixels: np.ndarray, side: int) -> bytes:
    """A picture (h, w, 3) uint8 as a JPEG whose longer side is at most `side` pixels; nothing of its file is kept."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def page_of(items: Sequence[Item], words: Sequence[str]) -> str:
    """The page; `words` are the answers that can be chosen."""
    figures = "\n".join(_figure(item, words) for item in items)
    return _PAGE.replace("COUNT", str(len(items))).replace("FIGURES", figures)


def _figure(item: Item, words: Sequence[str]) -> str:
    data = base64.b64encode(item.jpeg).decode()
    name = f"item-{item.number}"
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{escape(word, quote=True)}"> {escape(word)}</label>'
        for word in words
    )
    image = f'<img loading="lazy" alt="picture {item.number}" src="data:image/jpeg;base64,{data}">'
    return f'<fieldset data-item="{item.number}"><legend>{item.number}</legend>{image}<div>{choices}</div></fieldset>'


def taken_out(page: str, items: Iterable[int]) -> str:
    """The page with a word in place of the pictures of `items`; what can be answered stays as it was."""
    for item in items:
        page = re.sub(rf'<img [^>]*alt="picture {item}"[^>]*>', f"<p>{TAKEN_OUT}</p>", page)
    return page


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex, noai, noimageai">
<title>Audit of labels</title>
<style>
body { font: 16px/1.4 sans-serif; margin: 1rem auto; max-width: 76rem; padding: 0 1rem; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; }
fieldset { border: 1px solid #999; border-radius: .3rem; }
img { display: block; margin: 0 auto .5rem; max-width: 100%; }
label { display: block; padding: .15rem; }
footer { background: #fff; border-top: 1px solid #999; bottom: 0; padding: .7rem 0; position: sticky; }
</style></head><body>
<h1>How do these people look to you?</h1>
<p>Say for each picture how the person's gender looks to you, and "unclear" where you cannot tell or where there is not
one person. Nobody's own gender can be seen in a picture: only what you perceive is asked. Work alone, do not search for
the people, and close the page when you would rather not go on. Answers stay in this browser until you save them.</p>
<main>
FIGURES
</main>
<footer><label>Your name or a sign: <input id="who" maxlength="40"></label>
<button id="save" type="button">Save the answers</button> <output id="done">0 of COUNT</output></footer>
<script>
"use strict";
const sets = [...document.querySelectorAll("fieldset")];
const chosen = set => (set.querySelector("input:checked") || { value: "" }).value;
const store = "audit-" + location.pathname;
let kept = {};
try { kept = JSON.parse(localStorage.getItem(store)) || {}; } catch (error) { kept = {}; }
for (const set of sets)
  for (const input of set.querySelectorAll("input"))
    if (kept[set.dataset.item] === input.value) input.checked = true;
const count = () => {
  document.getElementById("done").value = sets.filter(chosen).length + " of " + sets.length;
  const now = Object.fromEntries(sets.map(set => [set.dataset.item, chosen(set)]));
  try { localStorage.setItem(store, JSON.stringify(now)); } catch (error) { /* a private window keeps nothing */ }
};
document.querySelector("main").addEventListener("change", count);
document.getElementById("save").addEventListener("click", () => {
  const lines = ["item,answer", ...sets.map(set => set.dataset.item + "," + chosen(set))];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\\n") + "\\n"], { type: "text/csv" }));
  const who = document.getElementById("who").value.replace(/[^A-Za-z0-9_-]/g, "");
  link.download = "answers-" + (who || "somebody") + ".csv";
  link.click();
});
count();
</script></body></html>
"""
