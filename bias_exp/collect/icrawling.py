"""icrawler's search engines, of which only the addresses of result pages and the reading of them are used.

Its crawler fetches without asking robots.txt and without pauses, as a browser of another name; its threads end on
timeouts; a page that its parser does not understand ends the thread, or makes it give None. So none of its threads is
started: `feed` fills a queue of ours, which has no end, and `parse` is called for a page that was fetched politely.
"""

import os
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

from bias_exp.collect.engines import EngineFailed
from bias_exp.collect.fetch import Fetcher, fetch_page
from bias_exp.collect.keywords import Keyword, Link
from bias_exp.errors import RequestError

_STRANGE = (ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What icrawler's parsers raise on pages that they do not know."""
_MOST_LINKS = 1000
_FLICKR_SIZES = ["large", "large 1600", "medium 800", "medium 640", "medium", "original"]
_FLICKR_LICENCES = {
    "0": ("all rights reserved", ""),
    "1": ("CC BY-NC-SA 2.0", "https://creativecommons.org/licenses/by-nc-sa/2.0/"),
    "2": ("CC BY-NC 2.0", "https://creativecommons.org/licenses/by-nc/2.0/"),
    "3": ("CC BY-NC-ND 2.0", "https://creativecommons.org/licenses/by-nc-nd/2.0/"),
    "4": ("CC BY 2.0", "https://creativecommons.org/licenses/by/2.0/"),
    "5": ("CC BY-SA 2.0", "https://creativecommons.org/licenses/by-sa/2.0/"),
    "6": ("CC BY-ND 2.0", "https://creativecommons.org/licenses/by-nd/2.0/"),
    "7": ("no known copyright restrictions", "https://www.flickr.com/commons/usage/"),
    "8": ("United States government work", "https://www.usa.gov/government-works"),
    "9": ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "10": ("Public Domain Mark 1.0", "https://creativecommons.org/publicdomain/mark/1.0/"),
}

Words = Callable[[Keyword, int], dict[str, Any]]


class _Page:
    """An answer as icrawler's parsers read it."""

    def __init__(self, text: str, url: str) -> None:
        self.content = text.encode()
        self.text = text
        self.url = url
        self.status_code = 200


@dataclass(frozen=True)
class _Session:
    """What icrawler's parsers may ask for further pages: our fetcher."""

    fetcher: Fetcher

    def get(self, url: str, **unused: Any) -> _Page:
        got = fetch_page(self.fetcher, url, robots=False, heeds=False)
        if got.reason:
            raise EngineFailed(got.reason)
        return _Page(got.body.decode("utf-8", "replace"), url)


class _Signals:
    """icrawler's own flags: nothing is over before we stop asking."""

    def get(self, name: str) -> bool:
        return False


@dataclass(frozen=True)
class Lent:
    """An engine of icrawler's feeder and parser; `words` says what the feeder is to be told of a search."""

    name: str
    feeder: Any
    parser: Any
    words: Words
    parsing: dict[str, Any] = field(default_factory=dict)

    def pages(self, keyword: Keyword, most: int) -> Iterator[str]:
        """The addresses that icrawler's feeder gives."""
        pages: queue.Queue[str] = queue.Queue()
        self.feeder.out_queue = pages
        self.feeder.feed(**self.words(keyword, min(most, _MOST_LINKS)))
        while not pages.empty():
            yield pages.get_nowait()

    def links(self, text: str, url: str) -> list[Link]:
        """The links that icrawler's parser finds."""
        try:
            found = list(self.parser.parse(_Page(text, url), **self.parsing) or [])
        except _STRANGE as error:
            raise EngineFailed(
                f"the answer of {self.name} is not what icrawler knows ({type(error).__name__}: {error})"
            ) from None
        return [_link(task) for task in found if isinstance(task, dict) and task.get("file_url")]


def _link(task: dict[str, Any]) -> Link:
    url, photo = str(task["file_url"]), task.get("meta")
    if not isinstance(photo, dict):
        return Link(url)
    licence, licence_url = _FLICKR_LICENCES.get(str(photo.get("license", "")), ("", ""))
    page = f"https://www.flickr.com/photos/{photo.get('owner')}/{photo.get('id')}"
    return Link(url, page, licence, licence_url, str(photo.get("ownername", "")))


def without_key(url: str) -> str:
    """`url` without a key of an interface, to be written down."""
    parts = urlsplit(url)
    pairs = [(name, "..." if "key" in name else value) for name, value in parse_qsl(parts.query, True)]
    return urlunsplit(parts._replace(query=urlencode(pairs))) if "key" in parts.query else url


def _lent(name: str, fetcher: Fetcher, words: Words, **parsing: Any) -> Lent:
    try:
        module = import_module(f"icrawler.builtin.{name}")
    except ImportError as error:
        raise RequestError(
            f"expected icrawler for options.engine={name}, found it missing ({error}); install it with "
            f"`pip install --constraint constraints.txt --editable '.[collect]'`, or choose the engine template or urls"
        ) from None
    kind = name.capitalize()
    session = _Session(fetcher)
    feeder, parser = (getattr(module, kind + part)(1, _Signals(), session) for part in ("Feeder", "Parser"))
    return Lent(name, feeder, parser, words, parsing)


def _checked(lent: Lent, options: dict[str, Any]) -> Lent:
    """The engine, when it can filter by the licence that is asked for.

    Raises:
        RequestError: it cannot; says by which it can.
    """
    try:
        lent.feeder.get_filter().apply(_filters(options))
    except ValueError as error:
        raise RequestError(
            f"expected options.licence that {lent.name} knows, found {options['licence']!r}; {error}"
        ) from None
    return lent


def _filters(options: dict[str, Any]) -> dict[str, str] | None:
    return {"license": options["licence"]} if options["licence"] else None


def google(options: dict[str, Any], fetcher: Fetcher) -> Lent:
    """Google's picture search."""

    def words(keyword: Keyword, most: int) -> dict[str, Any]:
        more = {"language": keyword.language or None, "filters": _filters(options)}
        return {"keyword": keyword.query, "offset": 0, "max_num": most, **more}

    return _checked(_lent("google", fetcher, words), options)


def bing(options: dict[str, Any], fetcher: Fetcher) -> Lent:
    """Bing's picture search."""
    return _checked(_lent("bing", fetcher, _quoted(options)), options)


def baidu(options: dict[str, Any], fetcher: Fetcher) -> Lent:
    """Baidu's picture search, which knows no licences."""
    if options["licence"]:
        raise RequestError("expected no options.licence with the engine baidu, which knows none; leave it out")
    return _lent("baidu", fetcher, _quoted(options))


def _quoted(options: dict[str, Any]) -> Words:
    """For feeders that put the words into a URL as they are."""

    def words(keyword: Keyword, most: int) -> dict[str, Any]:
        return {"keyword": quote_plus(keyword.query), "offset": 0, "max_num": most, "filters": _filters(options)}

    return words


def flickr(options: dict[str, Any], fetcher: Fetcher) -> Lent:
    """Flickr's interface, with the key of the environment variable FLICKR_APIKEY.

    Raises:
        RequestError: there is no key.
    """
    key = os.environ.get("FLICKR_APIKEY", "")
    if not key:
        raise RequestError(
            "expected a key of Flickr's interface in the environment variable FLICKR_APIKEY, found none; ask Flickr "
            "for one, or choose another engine"
        )

    def words(keyword: Keyword, most: int) -> dict[str, Any]:
        asked = {"license": options["licence"]} if options["licence"] else {}
        told = {"text": keyword.query, "extras": "license,owner_name", "content_type": 1, "per_page": 100}
        return {"apikey": key, "max_num": most, **told, **asked}

    return _lent("flickr", fetcher, words, apikey=key, size_preference=_FLICKR_SIZES)
