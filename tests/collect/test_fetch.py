"""Fetching through answers that are given: what is asked, what is waited, what is said of it."""

import http.client
import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.collect.address import AddressRefused, check_public, is_public, origin_of, web_address
from bias_exp.collect.fetch import Fetched, Fetcher, Manners, fetch_page
from bias_exp.collect.politeness import retry_after
from bias_exp.collect.transport import HttpTransport
from tests.collect.site import Reply, Site, StillClock, serving

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class Given:
    """A transport of given answers; an exception is raised. `asked` has the seconds of each request too."""

    replies: dict[str, Reply | Exception | list[Reply]]
    clock: StillClock = field(default_factory=StillClock)
    asked: list[tuple[str, float]] = field(default_factory=list)
    pieces: int = 1 << 20
    seconds_a_piece: float = 0.0

    def check(self, url: str) -> None:
        if "private" in url:
            raise AddressRefused("private address: here")

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str], timeout: float) -> Iterator["GivenAnswer"]:
        self.asked.append((url, self.clock.at))
        found = self.replies.get(url, Reply(status=404))
        if isinstance(found, list):
            found = found.pop(0)
        if isinstance(found, Exception):
            raise found
        yield GivenAnswer(found, self)

    @property
    def urls(self) -> list[str]:
        return [url for url, _ in self.asked if not url.endswith("/robots.txt")]


class GivenAnswer:
    def __init__(self, reply: Reply, transport: Given) -> None:
        self.reply, self.transport, self.at = reply, transport, 0
        self.status = reply.status

    def header(self, name: str) -> list[str]:
        headers = {"Content-Type": self.reply.kind, **self.reply.headers}
        return [headers[name]] if name in headers else []

    def read(self, most: int) -> bytes:
        self.transport.clock.at += self.transport.seconds_a_piece
        piece = self.reply.body[self.at : self.at + min(most, self.transport.pieces)]
        self.at += len(piece)
        return piece


def fetcher(replies: Mapping[str, Reply | Exception | list[Reply]], **manners: float) -> tuple[Fetcher, Given]:
    transport = Given(dict(replies))
    return Fetcher(transport, Manners("me@example.org", **manners), transport.clock.clock()), transport


def test_what_comes_is_given_with_what_is_known_of_it() -> None:
    ours, _ = fetcher({"http://x.org/a": Reply(b"abc", "image/PNG; q=1")})
    assert ours.fetch("http://x.org/a#part") == Fetched("http://x.org/a", 200, "image/png", b"abc", "allowed")


@pytest.mark.parametrize(
    ("reply", "reason", "later"),
    [
        (Reply(status=404), "status 404", False),
        (Reply(status=410), "status 410", False),
        (Reply(status=204), "status 204", False),
        (Reply(status=500), "status 500", True),
        (Reply(status=408), "status 408", True),
        (Reply(status=302), "redirect to nowhere", False),
        (Reply(b"x" * 11), "more than 10 bytes", False),
        (Reply(b"x", headers={"Content-Length": "11"}), "more than 10 bytes", False),
        (Reply(b"xx", headers={"Content-Length": "3"}), "cut off: 2 of 3 bytes", True),
        (Reply(b"x", headers={"Content-Encoding": "gzip"}), "packed by gzip, which was not asked", False),
        (Reply(b"x", headers={"X-Robots-Tag": "noimageai"}), "opted out by X-Robots-Tag: noimageai", False),
        (ConnectionResetError("gone"), "no answer: ConnectionResetError: gone", True),
        (TimeoutError("slow"), "no answer: TimeoutError: slow", True),
        (http.client.IncompleteRead(b""), "no answer: IncompleteRead", True),
    ],
)
def test_every_ending_has_its_reason(reply: Reply | Exception, reason: str, later: bool) -> None:
    ours, _ = fetcher({"http://x.org/a": reply}, most_bytes=10)
    got = ours.fetch("http://x.org/a")
    assert got.reason.startswith(reason)
    assert got.later == later
    assert got.body == b""


def test_a_body_is_not_read_on_beyond_its_cap() -> None:
    ours, transport = fetcher({"http://x.org/a": Reply(bytes(1_000_000))}, most_bytes=10_000)
    transport.pieces, transport.seconds_a_piece = 1000, 1.0
    assert ours.fetch("http://x.org/a").reason == "more than 10000 bytes"
    assert transport.clock.at < 15


def test_an_answer_that_trickles_is_given_up() -> None:
    ours, transport = fetcher({"http://x.org/a": Reply(bytes(100))}, most_seconds=20.0)
    transport.pieces, transport.seconds_a_piece = 1, 3.0
    got = ours.fetch("http://x.org/a")
    assert (got.reason, got.later) == ("not whole after 20 s", True)


def test_requests_to_one_site_are_apart_and_to_another_are_not() -> None:
    ours, transport = fetcher({}, delay=2.0)
    for url in ("http://x.org/a", "http://x.org/b", "http://y.org/a"):
        ours.fetch(url)
    at = dict(transport.asked)
    assert at["http://x.org/robots.txt"] == 0
    assert at["http://x.org/a"] == 2
    assert at["http://x.org/b"] == 4
    assert at["http://y.org/robots.txt"] == 4
    assert at["http://y.org/a"] == 6


def test_the_site_s_own_delay_is_kept_and_one_that_is_too_long_puts_it_off() -> None:
    def replies(seconds: int) -> dict[str, Reply]:
        return {"http://x.org/robots.txt": Reply(f"User-agent: *\nCrawl-delay: {seconds}".encode())}

    ours, transport = fetcher(replies(9), delay=2.0, longest=30.0)
    ours.fetch("http://x.org/a")
    ours.fetch("http://x.org/b")
    at = dict(transport.asked)
    assert at["http://x.org/b"] - at["http://x.org/a"] == 9
    ours, transport = fetcher(replies(31), delay=2.0, longest=30.0)
    got = ours.fetch("http://x.org/a")
    assert (got.later, got.reason) == (True, "site held off: robots.txt asks for 31 s between requests")
    assert ours.held("http://x.org/b") == "robots.txt asks for 31 s between requests"
    assert ours.held("http://y.org/b") == ""
    assert transport.urls == []


def test_a_busy_site_is_asked_again_when_it_says() -> None:
    busy = Reply(status=429, headers={"Retry-After": "50"})
    date = Reply(status=503, headers={"Retry-After": format_datetime(NOW + timedelta(seconds=100))})
    ours, transport = fetcher({"http://x.org/a": [busy, date, Reply(b"abc")]}, delay=2.0)
    assert ours.fetch("http://x.org/a").body == b"abc"
    at = [seconds for url, seconds in transport.asked if url.endswith("/a")]
    assert at == [2, 52, 100]


def test_a_site_that_stays_busy_is_left_alone() -> None:
    ours, transport = fetcher({"http://x.org/a": Reply(status=429)}, delay=2.0)
    got = ours.fetch("http://x.org/a")
    assert (got.reason, got.later) == ("status 429: the site wants to be left alone", True)
    assert [seconds for url, seconds in transport.asked if url.endswith("/a")] == [2, 12, 42]
    assert ours.held("http://x.org/b") == "answered 429 3 times"


@pytest.mark.parametrize("robots", [Reply(status=500), Reply(status=429), OSError("no such host")])
def test_a_site_whose_robots_cannot_be_had_is_left_alone(robots: Reply | Exception) -> None:
    ours, transport = fetcher({"http://x.org/robots.txt": robots, "http://x.org/a": Reply(b"abc")})
    got = ours.fetch("http://x.org/a")
    assert (got.robots, got.later, got.body) == ("held off", True, b"")
    assert transport.urls == []


def test_robots_are_followed_to_where_they_are_and_their_own_headers_do_not_matter() -> None:
    rules = Reply(b"User-agent: *\nDisallow: /a", headers={"X-Robots-Tag": "noindex"})
    replies = {
        "http://x.org/robots.txt": Reply(status=301, headers={"Location": "https://www.x.org/robots.txt"}),
        "https://www.x.org/robots.txt": rules,
    }
    ours, transport = fetcher(replies)
    assert ours.fetch("http://x.org/a").reason == "robots.txt does not permit it"
    assert transport.urls == []


def test_every_hop_of_a_redirect_is_asked_for_by_itself() -> None:
    def to(place: str) -> Reply:
        return Reply(status=302, headers={"Location": place})

    replies = {
        "http://x.org/a": to("//y.org/b"),
        "http://y.org/b": to("c?d=e f"),
        "http://y.org/c?d=e%20f": Reply(b"abc"),
        "http://x.org/in": to("http://private.org/"),
        "http://x.org/ftp": to("ftp://y.org/"),
        "http://x.org/no": to("http://z.org/no"),
        "http://z.org/robots.txt": Reply(b"User-agent: *\nDisallow: /"),
        "http://x.org/round": to("/round"),
    }
    ours, transport = fetcher(replies)
    assert ours.fetch("http://x.org/a") == Fetched("http://y.org/c?d=e%20f", 200, "image/png", b"abc", "allowed")
    assert ours.fetch("http://x.org/in").reason == "private address: here"
    assert ours.fetch("http://x.org/ftp").reason == "not an http or https URL: 'ftp://y.org/'"
    assert ours.fetch("http://x.org/no").reason == "robots.txt does not permit it"
    assert ours.fetch("http://x.org/round").reason == "more than 5 redirects"
    assert transport.urls.count("http://x.org/round") == 6
    assert "http://z.org/no" not in transport.urls


def test_a_page_is_text_and_its_opt_out_is_noted_when_links_are_read() -> None:
    page = Reply(b"<p>", "text/html", headers={"X-Robots-Tag": "noindex"})
    ours, _ = fetcher({"http://x.org/a": page, "http://x.org/b": Reply(b"x")})
    got = fetch_page(ours, "http://x.org/a", heeds=False)
    assert (got.body, got.opt_outs) == (b"<p>", ("noindex",))
    assert fetch_page(ours, "http://x.org/a").reason == "opted out by X-Robots-Tag: noindex"
    assert fetch_page(ours, "http://x.org/b").reason == "not a page: image/png"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        (format_datetime(NOW + timedelta(seconds=90)), 90.0),
        ("Tue, 01 Jan 2030 00:01:00 -0000", 60.0),
        (format_datetime(NOW - timedelta(seconds=90)), 0.0),
        ("soon", 5.0),
        ("-3", 5.0),
        ("٣", 5.0),
    ],
)
def test_a_wait_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert retry_after([value], NOW, 5.0) == seconds
    assert retry_after([], NOW, 5.0) == 5.0


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://X.org", "http://x.org/"),
        (" https://x.org/a b?c=d e#f ", "https://x.org/a%20b?c=d%20e"),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
        ("http://x.org/a%20b", "http://x.org/a%20b"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://x.org:8080/a", "http://x.org:8080/a"),
    ],
)
def test_an_address_is_sent_in_ascii(url: str, sent: str) -> None:
    assert web_address(url) == sent
    assert web_address(sent) == sent


@pytest.mark.parametrize(
    "url",
    ["", "x.org", "ftp://x.org/", "file:///etc/passwd", "data:image/png;base64,AA", "http://", "http://x.org:port/",
     "http://me:secret@x.org/", "http://[::1/", "http://x.org/" + "a" * 5000, "http://a..b/", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        web_address(url)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40).map(lambda text: "http://" + text))
def test_any_text_is_an_ascii_address_or_refused(url: str) -> None:
    try:
        sent = web_address(url)
    except AddressRefused:
        return
    assert sent.isascii()
    assert " " not in sent
    assert origin_of(sent).startswith("http://")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "::", "ff02::1", "x"],
)  # fmt: skip
def test_addresses_that_are_not_on_the_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_on_the_internet(address: str) -> None:
    assert is_public(address)
    assert ipaddress.ip_address(address)


def test_a_name_of_this_machine_is_refused() -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        with pytest.raises(AddressRefused, match="private address"):
            check_public(host, 80)


def test_a_name_that_leads_home_only_when_it_is_connected_to_is_refused_before_anything_is_sent() -> None:
    with serving(Site({"/a": Reply(b"abc")})) as site:
        transport = HttpTransport()
        with pytest.raises(AddressRefused, match="private address: 127.0.0.1"), transport.get(site.url("/a"), {}, 5.0):
            pass
        assert site.asked == []
        with HttpTransport(allow_local=True).get(site.url("/a"), {"User-Agent": "me"}, 5.0) as answer:
            assert (answer.status, answer.header("content-type"), answer.header("none")) == (200, ["image/png"], [])
            assert answer.read(2) + answer.read(9) == b"abc"
        assert site.agents == {"me"}
