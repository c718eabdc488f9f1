"""Search engines, which find links and fetch nothing: one row each.

An engine gives the addresses of result pages one after another, and reads the links on each. Those of icrawler lend
their knowledge of addresses and pages alone (bias_exp.collect.icrawling): its threads, its queues and its downloads are
not used. A template is any other search page or interface: a URL with {query}, and {offset} or {page}.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote_plus

from bias_exp.collect.fetch import Fetcher
from bias_exp.collect.keywords import Keyword, Link
from bias_exp.collect.page_links import links_of
from bias_exp.errors import RequestError
from bias_exp.registry import Registry, resolve

MOST_PAGES = 50


class EngineFailed(Exception):
    """A result page that cannot be had or read; the message says why."""


class Engine(Protocol):
    """What finds links: result pages of a search, in order, and the links of each."""

    def pages(self, keyword: Keyword, most: int) -> Iterator[str]:
        """Addresses of result pages, for about `most` links in all."""

    def links(self, text: str, url: str) -> list[Link]:
        """The links of the result page at `url`.

        Raises:
            EngineFailed: the page is not what this engine's pages are.
        """


@dataclass(frozen=True)
class EngineRow:
    """`address` makes the engine: a function `(options, fetcher) -> Engine`. `robots`: whether its pages are for
    people, so that robots.txt is asked; an interface with a key is made for programs."""

    name: str
    address: str
    summary: str
    robots: bool = True


ENGINES: Registry[EngineRow] = Registry(
    "search engine",
    EngineRow("google", "bias_exp.collect.icrawling:google", "Google's picture search, by icrawler"),
    EngineRow("bing", "bias_exp.collect.icrawling:bing", "Bing's picture search, by icrawler"),
    EngineRow("baidu", "bias_exp.collect.icrawling:baidu", "Baidu's picture search, by icrawler"),
    EngineRow("flickr", "bias_exp.collect.icrawling:flickr", "Flickr's interface, by icrawler: licences", robots=False),
    EngineRow("template", "bias_exp.collect.engines:template", "any search page: options.template"),
)

URLS = "urls"
"""The engine that searches nothing: a list of links."""


def engine_of(name: str, options: dict[str, Any], fetcher: Fetcher) -> Engine:
    """The engine of that name.

    Raises:
        RequestError: no such engine, or something that it needs is missing.
    """
    if not name:
        known = ", ".join((*ENGINES.names(), URLS))
        raise RequestError(f"expected options.engine, one of {known}, found none; choose one")
    make: Callable[[dict[str, Any], Fetcher], Engine] = resolve(ENGINES[name].address)
    return make(options, fetcher)


@dataclass(frozen=True)
class Template:
    """A search page by a URL with places for the words, and the offset or the page."""

    text: str
    per_page: int = 20
    first_page: int = field(default=1)

    def pages(self, keyword: Keyword, most: int) -> Iterator[str]:
        """As many pages as `most` links need at `per_page` links each; one where the template counts nothing."""
        counts = "{offset}" in self.text or "{page}" in self.text
        for number in range(-(-most // self.per_page) if counts else 1):
            places = {"{offset}": number * self.per_page, "{page}": number + self.first_page}
            url = self.text.replace("{query}", quote_plus(keyword.query))
            for place, value in places.items():
                url = url.replace(place, str(value))
            yield url

    def links(self, text: str, url: str) -> list[Link]:
        """JSON as Openverse gives it, or the pictures of an HTML page."""
        return links_of(text, url)


def template(options: dict[str, Any], fetcher: Fetcher) -> Template:
    """The engine of options.template.

    Raises:
        RequestError: the template has no place for the words.
    """
    text = options["template"]
    if "{query}" not in text:
        raise RequestError(
            f"expected options.template of the engine template, a URL with {{query}} and with {{offset}} or {{page}}, "
            f"found {text!r}; give one"
        )
    return Template(text, options["per_page"])
