from collections.abc import Callable

import pytest

from bias_exp.collect.optout import header_opt_outs, page_facts
from bias_exp.collect.robots import ALLOWED, DISALLOWED, HELD_OFF, Robots, RobotsFile, SiteRules

URL = "http://x.org"


def verdict(text: str, path: str) -> str:
    return SiteRules(RobotsFile(200, text)).allows(URL + path)


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, ALLOWED), (401, ALLOWED), (403, ALLOWED), (410, ALLOWED), (429, HELD_OFF), (500, HELD_OFF), (0, HELD_OFF)],
)
def test_without_a_file_a_site_is_open_and_with_a_broken_server_it_is_left_alone(status: int, said: str) -> None:
    assert SiteRules(RobotsFile(status, "User-agent: *\nDisallow: /")).allows(URL + "/a.png") == said


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("", "/a", ALLOWED),
        ("User-agent: *\nDisallow:", "/a", ALLOWED),
        ("User-agent: *\nDisallow: /", "/a", DISALLOWED),
        ("User-agent: *\nDisallow: /", "", DISALLOWED),
        ("\ufeffUser-agent: *\nDisallow: /", "/a", DISALLOWED),
        ("User-agent: *\nDisallow: /p", "/private", DISALLOWED),
        ("User-agent: *\nDisallow: /p/", "/private", ALLOWED),
        ("User-agent: *\nDisallow: /\nAllow: /pictures", "/pictures/a.png", ALLOWED),
        ("User-agent: *\nAllow: /pictures\nDisallow: /pictures/own", "/pictures/own/a.png", DISALLOWED),
        ("User-agent: *\nAllow: /same\nDisallow: /same", "/same", ALLOWED),
        ("User-agent: *\nDisallow: /*.png$", "/deep/a.png", DISALLOWED),
        ("User-agent: *\nDisallow: /*.png$", "/deep/a.png?v=2", ALLOWED),
        ("User-agent: *\nDisallow: /*/own/", "/deep/own/a", DISALLOWED),
        ("User-agent: *\nDisallow: /search?q=", "/search?q=nurse", DISALLOWED),
        ("User-agent: *\nDisallow: /search?q=", "/search", ALLOWED),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/caf%c3%a9/a", DISALLOWED),
        ("User-agent: *\nDisallow: /café", "/caf%C3%A9/a", DISALLOWED),
        ("User-agent: *\nDisallow: /a.b", "/aXb", ALLOWED),
        ("User-agent: otherbot\nDisallow: /", "/a", ALLOWED),
        ("User-agent: bias-exp\nDisallow: /", "/a", DISALLOWED),
        ("User-agent: BIAS-EXP\nDisallow: /", "/a", DISALLOWED),
        ("User-agent: *\nDisallow: /\n\nUser-agent: bias-exp\nDisallow: /own", "/a", ALLOWED),
        ("User-agent: *\nAllow: /\n\nUser-agent: bias-exp\nDisallow: /own", "/own", DISALLOWED),
    ],
)
def test_the_longest_rule_for_us_counts(text: str, path: str, said: str) -> None:
    assert verdict(text, path) == said


def test_a_delay_is_read_and_one_that_is_none_is_not() -> None:
    assert SiteRules(RobotsFile(200, "User-agent: *\nCrawl-delay: 7")).delay == 7
    assert SiteRules(RobotsFile(200, "User-agent: *\nCrawl-delay: soon")).delay == 0


def test_each_site_is_asked_once() -> None:
    asked: list[str] = []

    def reading(text: str) -> Callable[[str], RobotsFile]:
        def read(url: str) -> RobotsFile:
            asked.append(url)
            return RobotsFile(200, text)

        return read

    robots = Robots(reading("User-agent: *\nDisallow: /own"))
    assert robots.rules("http://x.org/own").allows("http://x.org/own") == DISALLOWED
    assert robots.rules("http://x.org/a").allows("http://x.org/a") == ALLOWED
    robots.rules("http://x.org:81/a")
    robots.rules("https://x.org/a")
    assert asked == ["http://x.org/robots.txt", "http://x.org:81/robots.txt", "https://x.org/robots.txt"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], []),
        (["noai"], ["noai"]),
        (["NoAI, noimageai"], ["noai", "noimageai"]),
        (["nofollow", "noindex"], ["noindex"]),
        (["none"], ["none"]),
        (["nofollow, noarchive"], []),
        (["otherbot: noai"], []),
        (["otherbot: noai, noindex"], []),
        (["bias-exp: noai"], ["noai"]),
        (["otherbot: nofollow, bias-exp: noimageindex"], ["noimageindex"]),
        (["otherbot: noai", "noimageai"], ["noimageai"]),
        (["*: noai"], ["noai"]),
        (["unavailable_after: 25 Jun 2030 15:00:00 PST, noindex"], ["noindex"]),
        (["max-image-preview: none"], []),
    ],
)
def test_opt_outs_of_a_header_are_those_for_everybody_and_for_us(values: list[str], said: list[str]) -> None:
    assert header_opt_outs(values) == said


def test_a_page_says_opt_outs_licence_and_author() -> None:
    text = """<html><head><meta content="noindex,NOAI" name="ROBOTS"><meta name="bias-exp" content="noimageai">
      <meta name=otherbot content=noimageindex><meta name="author" content=" An  Author "></head>
      <body><a href="/other">x</a><a href="/licence?a=1&amp;b=2" rel="external license">y</a>
      <a rel=license href="/second">z</a>"""
    facts = page_facts(text, "http://x.org/page/")
    assert facts.opt_outs == ["noindex", "noai", "noimageai"]
    assert facts.licence_url == "http://x.org/licence?a=1&b=2"
    assert facts.author == "An Author"
    assert page_facts("<<< not &html <!", "http://x.org/").opt_outs == []
