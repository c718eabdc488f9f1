"""Fetching by a crawler that sites can put up with: who it is, what it may ask, how often, how much.

`Fetcher.fetch` gives for every URL what came or why nothing did; nothing that a site answers makes it raise. Each hop
of a redirect is asked for as if it stood in the list: its address, its robots.txt, its pause.
"""

import http.client
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin

from bias_exp.collect.address import AddressRefused, origin_of, web_address
from bias_exp.collect.optout import AGENT, header_opt_outs
from bias_exp.collect.politeness import Clock, Pauses, retry_after
from bias_exp.collect.robots import ALLOWED, HELD_OFF, MOST_BYTES, Robots, RobotsFile
from bias_exp.collect.transport import Answer, Transport
from bias_exp.errors import RequestError

VERSION = "0.1"
MOST_HOPS = 5
TRIES = 3
_PIECE = 64 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 503)
_FIRST_PAUSE = 10.0
_PAGE_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Manners:
    """How a crawler behaves.

    contact: where its keeper can be reached. delay: seconds between two requests to a site. longest: the longest pause
    that is waited for. timeout: of each wait within a request. most_bytes, most_seconds: of one answer.
    """

    contact: str
    delay: float = 2.0
    longest: float = 120.0
    timeout: float = 30.0
    most_bytes: int = 20_000_000
    most_seconds: float = 300.0

    @property
    def user_agent(self) -> str:
        """What is sent as User-Agent."""
        return f"{AGENT}/{VERSION} (research crawler; {self.contact})"

    def check(self) -> "Manners":
        """Itself, when it makes sense.

        Raises:
            RequestError: nobody to contact, or a number out of its range.
        """
        if not self.contact.strip() or not self.contact.isprintable() or not self.contact.isascii():
            raise RequestError(
                f"expected options.contact, a mail address or page by which sites can reach you, found "
                f"{self.contact!r}; give it in ASCII letters"
            )
        for name in ("timeout", "most_bytes", "most_seconds"):
            if not getattr(self, name) > 0:
                raise RequestError(f"expected options.{name} above 0, found {getattr(self, name)}")
        for name in ("delay", "longest"):
            if not getattr(self, name) >= 0:
                raise RequestError(f"expected options.{name} of at least 0, found {getattr(self, name)}")
        return self


@dataclass(frozen=True)
class Fetched:
    """What came of a URL. `reason` is '' when its body came whole; `later` when another run may get it.

    robots: verdict of robots.txt ('' when it was not asked). opt_outs: words of X-Robots-Tag that are meant for us.
    """

    url: str
    status: int = 0
    content_type: str = ""
    body: bytes = b""
    robots: str = ""
    opt_outs: tuple[str, ...] = ()
    reason: str = ""
    later: bool = False


Accepts = Callable[[str], str]
"""Given a content type, why a body of that type is not wanted; '' when it is."""


def anything(content_type: str) -> str:
    """Every type is wanted."""
    return ""


@dataclass
class Fetcher:
    """Asks sites through `transport`, with `manners`, by `clock`; one thread uses it."""

    transport: Transport
    manners: Manners
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.pauses = Pauses(self.clock, self.manners.delay, self.manners.longest)
        self.robots = Robots(self._robots_file)

    def held(self, url: str) -> str:
        """Why the site of a URL is left alone in this run; '' when it is not."""
        try:
            return self.pauses.held.get(origin_of(web_address(url)), "")
        except AddressRefused:
            return ""

    def fetch(
        self, url: str, accepts: Accepts = anything, *, robots: bool = True, heeds: bool = True, most: int = 0
    ) -> Fetched:
        """The body of `url` if it may and can be had; `most` bytes, or as many as the manners permit.

        With `robots` false robots.txt is not asked, for an interface that its owner offers to programs; with `heeds`
        false an opt-out is noted and the body read: on a page of links it is about the page.
        """
        here = url
        asked = _Asked(accepts, robots, heeds, most or self.manners.most_bytes)
        for _ in range(MOST_HOPS + 1):
            got = self._hop(here, asked)
            if got.status not in _REDIRECTS or got.reason:
                return got
            here = urljoin(got.url, got.body.decode("latin-1"))
        return Fetched(here, robots=got.robots, status=got.status, reason=f"more than {MOST_HOPS} redirects")

    def _hop(self, url: str, asked: "_Asked") -> Fetched:
        """One URL, without following where it sends us: then the body is the place."""
        try:
            address = web_address(url)
            self.transport.check(address)
        except AddressRefused as refused:
            return Fetched(url, reason=str(refused))
        origin = origin_of(address)
        verdict, delay = "", 0.0
        if asked.robots:
            rules = self.robots.rules(address)
            verdict, delay = rules.allows(address), rules.delay
            if delay > self.manners.longest:
                self.pauses.held[origin] = f"robots.txt asks for {delay:.0f} s between requests"
            if verdict == HELD_OFF:
                self.pauses.held[origin] = "robots.txt cannot be had"
        if why := self.pauses.held.get(origin):
            return Fetched(address, robots=verdict, reason=f"site held off: {why}", later=True)
        if verdict not in ("", ALLOWED):
            return Fetched(address, robots=verdict, reason="robots.txt does not permit it")
        return replace(self._patiently(address, delay, asked), robots=verdict)

    def _patiently(self, url: str, delay: float, asked: "_Asked") -> Fetched:
        """Ask a few times, with the pauses that the site wants."""
        pause = _FIRST_PAUSE
        for attempt in range(1, TRIES + 1):
            got, wanted = self._once(url, delay, asked)
            if got.status not in _BUSY:
                return got
            seconds = retry_after([wanted] if wanted else [], self.clock.now(), pause)
            if not self.pauses.back_off(origin_of(url), seconds):
                break
            if attempt == TRIES:
                self.pauses.held[origin_of(url)] = f"answered {got.status} {TRIES} times"
            pause *= 3
        return replace(got, reason=f"status {got.status}: the site wants to be left alone", later=True)

    def _once(self, url: str, delay: float, asked: "_Asked") -> tuple[Fetched, str]:
        """What one request gave, and its Retry-After."""
        origin = origin_of(url)
        self.pauses.wait(origin)
        try:
            with self._get(url) as answer:
                return self._read(url, answer, asked), next(iter(answer.header("Retry-After")), "")
        except AddressRefused as refused:
            return Fetched(url, reason=str(refused)), ""
        except (OSError, http.client.HTTPException) as error:
            return Fetched(url, reason=f"no answer: {type(error).__name__}: {error}"[:300], later=True), ""
        finally:
            self.pauses.asked(origin, delay)

    def _get(self, url: str) -> AbstractContextManager[Answer]:
        headers = {"User-Agent": self.manners.user_agent, "Accept-Encoding": "identity", "Accept": "*/*"}
        answer: Any = self.transport.get(url, headers, self.manners.timeout)
        return answer

    def _read(self, url: str, answer: Answer, asked: "_Asked") -> Fetched:
        kind = next(iter(answer.header("Content-Type")), "").partition(";")[0].strip().lower()
        opt_outs = tuple(header_opt_outs(answer.header("X-Robots-Tag")))
        got = Fetched(url, answer.status, kind, opt_outs=opt_outs)
        if answer.status in _REDIRECTS:
            place = next(iter(answer.header("Location")), "")
            return replace(got, body=place.encode("latin-1", "replace"), reason="" if place else "redirect to nowhere")
        if answer.status in _BUSY:
            return got
        if answer.status != 200:
            return replace(got, reason=f"status {answer.status}", later=answer.status >= 500 or answer.status == 408)
        if opt_outs and asked.heeds:
            return replace(got, reason=f"opted out by X-Robots-Tag: {', '.join(opt_outs)}")
        coding = next(iter(answer.header("Content-Encoding")), "identity").strip().lower()
        if why := asked.accepts(kind) or ("" if coding == "identity" else f"packed by {coding}, which was not asked"):
            return replace(got, reason=why)
        return self._body(got, answer, asked.most)

    def _body(self, got: Fetched, answer: Answer, most: int) -> Fetched:
        announced = next(iter(answer.header("Content-Length")), "").strip()
        length = int(announced) if announced.isascii() and announced.isdigit() else -1
        too_long = f"more than {most} bytes"
        if length > most:
            return replace(got, reason=too_long)
        body, end = bytearray(), self.clock.seconds() + self.manners.most_seconds
        while piece := answer.read(_PIECE):
            body += piece
            if len(body) > most:
                return replace(got, reason=too_long)
            if self.clock.seconds() > end:
                return replace(got, reason=f"not whole after {self.manners.most_seconds:.0f} s", later=True)
        if length > len(body):
            return replace(got, reason=f"cut off: {len(body)} of {length} bytes", later=True)
        return replace(got, body=bytes(body))

    def _robots_file(self, url: str) -> RobotsFile:
        """A site's robots.txt, for which no other is asked; redirects are followed."""
        got = self.fetch(url, robots=False, heeds=False, most=MOST_BYTES)
        if got.status == 200 and got.reason:
            return RobotsFile(0, "")
        if got.status in _REDIRECTS:
            return RobotsFile(404, "")  # RFC 9309, 2.3.1.2: too many redirects may be taken for unavailable
        return RobotsFile(0 if got.status == 0 else got.status, got.body.decode("utf-8", "replace"))


@dataclass(frozen=True)
class _Asked:
    accepts: Accepts
    robots: bool
    heeds: bool
    most: int


def fetch_page(fetcher: Fetcher, url: str, *, robots: bool = True, heeds: bool = True) -> Fetched:
    """A page: HTML, JSON or plain text of at most 4 MiB."""
    return fetcher.fetch(url, _is_text, robots=robots, heeds=heeds, most=_PAGE_BYTES)


def _is_text(content_type: str) -> str:
    known = content_type.startswith("text/") or content_type.endswith(("json", "xml", "javascript"))
    return "" if known or not content_type else f"not a page: {content_type}"
