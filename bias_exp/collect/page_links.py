"""The pictures that a page leads to: JSON as picture interfaces give it, or any HTML page."""

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from bias_exp.collect.keywords import Link
from bias_exp.data.licence import licence_name

_LISTS = ("results", "items", "images", "hits", "data")
_NAMES = {
    "url": ("url", "image_url", "file_url", "src"),
    "page_url": ("foreign_landing_url", "page_url", "source_url", "pageURL"),
    "licence_url": ("license_url", "licence_url"),
    "author": ("creator", "author", "owner"),
}
"""The names under which interfaces give what we want; Openverse's come first."""
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")


def links_of(text: str, url: str) -> list[Link]:
    """The links of the page at `url`, each once, in order; none where there are none."""
    try:
        content = json.loads(text)
    except ValueError:
        found = _of_html(text, url)
    else:
        found = _of_json(content, url)
    first: dict[str, Link] = {}
    for link in found:
        first.setdefault(link.url, link)
    return list(first.values())


def _of_json(content: Any, url: str) -> list[Link]:
    if isinstance(content, dict):
        content = next((content[name] for name in _LISTS if isinstance(content.get(name), list)), [])
    items = content if isinstance(content, list) else []
    return [_item(item, url) for item in items if isinstance(item, dict) and _first(item, "url")]


def _first(item: dict[str, Any], name: str) -> str:
    return next((item[key] for key in _NAMES[name] if isinstance(item.get(key), str) and item[key]), "")


def _item(item: dict[str, Any], url: str) -> Link:
    page, licence_url = _first(item, "page_url"), _first(item, "licence_url")
    return Link(
        urljoin(url, _first(item, "url")),
        urljoin(url, page) if page else "",
        licence_name(licence_url) or _licence(item),
        licence_url,
        _first(item, "author"),
    )


def _licence(item: dict[str, Any]) -> str:
    """The licence as an interface names it: Openverse says `by-sa` and `4.0`."""
    name, version = (str(item.get(key) or "") for key in ("license", "license_version"))
    return f"{name} {version}".strip()


def _of_html(text: str, url: str) -> list[Link]:
    reader = _Pictures(url)
    reader.feed(text)
    return reader.found


class _Pictures(HTMLParser):
    """Links to picture files, else the pictures that are shown: a link around a picture leads to the greater one."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.found: list[Link] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            place = given.get("href", "")
            self._inside = place.partition("?")[0].lower().endswith(_SUFFIXES)
            if self._inside:
                self._add(place)
        elif tag == "img" and not self._inside and given.get("src"):
            self._add(given["src"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._inside = False

    def _add(self, place: str) -> None:
        if not place.startswith("data:"):
            self.found.append(Link(urljoin(self.url, place), self.url))
