"""What a picture's answer and its page say of machines that collect pictures, and under which licence they stand.

An opt-out is a word of `OPT_OUTS` in the header `X-Robots-Tag` or in a page's `<meta name="robots">`, for everybody or
for us by name. https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

AGENT = "bias-exp"
"""Our name in robots.txt, in headers and in pages."""
OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})


def header_opt_outs(values: Iterable[str]) -> list[str]:
    """The opt-outs of X-Robots-Tag headers that are meant for us: `noai`, `otherbot: noindex, noai`, in lower case.

    A name before a colon is that of the program that the rest of this header is for.
    """
    found: list[str] = []
    for value in values:
        agent = ""
        for part in value.lower().split(","):
            name, colon, rest = (piece.strip() for piece in part.partition(":"))
            if colon and name not in _WITH_VALUE:
                agent, name = name, rest
            if name in OPT_OUTS and agent in ("", "*", AGENT):
                found.append(name)
    return list(dict.fromkeys(found))


@dataclass
class PageFacts:
    """What a page says: opt-outs that are meant for us, the licence's address, the author."""

    opt_outs: list[str] = field(default_factory=list)
    licence_url: str = ""
    author: str = ""


def page_facts(text: str, url: str) -> PageFacts:
    """The facts of an HTML page that was found at `url`."""
    reader = _Reader(url)
    reader.feed(text)
    return reader.facts


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.facts = PageFacts()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self._meta(given.get("name", "").strip().lower(), given.get("content", ""))
        elif tag in ("a", "link") and "href" in given:
            self._link(given["href"], given.get("rel", "").lower().split())

    def _meta(self, name: str, content: str) -> None:
        if name in ("robots", AGENT):
            self.facts.opt_outs += [word for word in header_opt_outs([content]) if word not in self.facts.opt_outs]
        elif name == "author" and not self.facts.author:
            self.facts.author = " ".join(content.split())

    def _link(self, href: str, rel: list[str]) -> None:
        # A page shows many licences in its text; the first that says that it is the page's own counts.
        if "license" in rel and not self.facts.licence_url:
            self.facts.licence_url = urljoin(self.url, href)
