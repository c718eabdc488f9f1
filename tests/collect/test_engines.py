"""icrawler's engines on pages as their sites give them, and any other page; nothing leaves this machine."""

import builtins
import json
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bias_exp.collect import icrawling
from bias_exp.collect.engines import ENGINES, EngineFailed, Template, engine_of
from bias_exp.collect.icrawling import without_key
from bias_exp.collect.keywords import KEYWORDS, Keyword, Link, read_keywords, read_urls
from bias_exp.collect.page_links import links_of
from bias_exp.collect.rows import COLLECTORS
from bias_exp.errors import RequestError
from bias_exp.registry import resolve
from tests.collect.site import Reply
from tests.collect.test_fetch import fetcher

NURSE = Keyword("nurse", "nurse at work & more", "de")
OPTIONS = COLLECTORS["crawl"].settings({})


def engine(name: str, replies: dict[str, Reply] | None = None, **options: Any) -> Any:
    return engine_of(name, {**OPTIONS, **options}, fetcher(replies or {})[0])


@pytest.fixture(autouse=True)
def _needs_icrawler(request: pytest.FixtureRequest) -> None:
    if "icrawler" in request.node.name:
        pytest.importorskip("icrawler", reason="the extra `collect` is not installed")


def test_icrawler_bing() -> None:
    ours = engine("bing", licence="creativecommons")
    pages = list(ours.pages(NURSE, 45))
    assert len(pages) == 3
    assert all(page.startswith("https://www.bing.com/images/async?q=nurse+at+work+%26+more&first=") for page in pages)
    assert "licenseType-Any" in pages[0]
    item = '<div class="imgpt"><a m="{&quot;murl&quot;:&quot;http://x.org/a.jpg&quot;}"></a></div>'
    assert ours.links(item, pages[0]) == [Link("http://x.org/a.jpg")]
    assert ours.links("<p>nothing</p>", pages[0]) == []


def test_icrawler_google_and_its_parser_that_gives_none() -> None:
    ours = engine("google")
    pages = list(ours.pages(NURSE, 150))
    asked = [parse_qs(urlsplit(page).query) for page in pages]
    assert [query["start"] for query in asked] == [["0"], ["100"]]
    assert {query["q"][0] for query in asked} == {NURSE.query}
    assert {query["lr"][0] for query in asked} == {"lang_de"}
    assert ours.links('<script>["http://x.org/a.jpg",1,2]</script>', pages[0]) == [Link("http://x.org/a.jpg")]
    assert ours.links("<p>before you continue</p>", pages[0]) == []


def test_icrawler_baidu_and_an_answer_that_is_not_its_own() -> None:
    ours = engine("baidu")
    pages = list(ours.pages(NURSE, 60))
    assert len(pages) == 2
    assert ours.links(json.dumps({"data": [{"hoverURL": "http://x.org/a.jpg"}, {}]}), pages[0]) == [
        Link("http://x.org/a.jpg")
    ]
    with pytest.raises(EngineFailed, match="not what icrawler knows"):
        ours.links('{"antiFlag": 1}', pages[0])
    with pytest.raises(RequestError, match="knows none"):
        engine("baidu", licence="creativecommons")


def test_icrawler_flickr_says_licence_and_author_and_never_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLICKR_APIKEY", raising=False)
    with pytest.raises(RequestError, match="FLICKR_APIKEY"):
        engine("flickr")
    monkeypatch.setenv("FLICKR_APIKEY", "secret")
    sizes = "https://api.flickr.com/services/rest/?method=flickr.photos.getSizes&api_key=secret&photo_id=7"
    source = {"label": "Large", "source": "https://live.staticflickr.com/7_b.jpg"}
    content = json.dumps({"stat": "ok", "sizes": {"size": [source]}}).encode()
    ours = engine("flickr", {sizes + "&format=json&nojsoncallback=1": Reply(content, "application/json")})
    page = next(ours.pages(NURSE, 100))
    asked = parse_qs(urlsplit(page).query)
    assert (asked["text"], asked["extras"]) == ([NURSE.query], ["license,owner_name"])
    assert "secret" in page
    assert "secret" not in without_key(page)
    photo = {"id": "7", "owner": "me@N00", "ownername": "M. E.", "license": "5"}
    text = json.dumps({"stat": "ok", "photos": {"photo": [photo]}})
    assert ours.links(text, page) == [
        Link(
            "https://live.staticflickr.com/7_b.jpg",
            "https://www.flickr.com/photos/me@N00/7",
            "CC BY-SA 2.0",
            "https://creativecommons.org/licenses/by-sa/2.0/",
            "M. E.",
        )
    ]
    with pytest.raises(EngineFailed, match="not what icrawler knows"):
        ours.links("<html>", page)


def test_icrawler_starts_no_thread_and_takes_no_logger() -> None:
    import logging
    import threading

    before, handlers = threading.active_count(), list(logging.getLogger().handlers)
    for name in ("bing", "google", "baidu"):
        ours = engine(name)
        assert list(ours.pages(NURSE, 1000))
        ours.links("{}" if name != "baidu" else '{"data": []}', "http://x.org/")
    assert threading.active_count() == before
    assert logging.getLogger().handlers == handlers


def test_icrawler_knows_the_licences_that_it_can_filter_by() -> None:
    with pytest.raises(RequestError, match=r"expected options.licence that bing knows"):
        engine("bing", licence="mine")


def test_without_icrawler_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__
    for name in [name for name in sys.modules if name.split(".")[0] == "icrawler"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "icrawler", None)
    assert builtins.__import__ is real
    for name in ("google", "bing", "baidu"):
        with pytest.raises(RequestError, match=r"expected icrawler .* install it with .*\[collect\]"):
            engine(name)
    assert isinstance(engine("template", template="http://x.org/?q={query}"), Template)


def test_every_engine_is_where_its_row_says() -> None:
    assert all(callable(resolve(row.address)) for row in ENGINES)
    assert icrawling.__name__ in {row.address.partition(":")[0] for row in ENGINES}


@pytest.mark.parametrize(
    ("text", "most", "pages"),
    [
        ("http://x.org/?q={query}", 100, ["http://x.org/?q=nurse+at+work+%26+more"]),
        ("http://x.org/?o={offset}&q={query}", 21, [f"http://x.org/?o={n}&q=nurse+at+work+%26+more" for n in (0, 20)]),
        ("http://x.org/{page}?q={query}", 21, [f"http://x.org/{n}?q=nurse+at+work+%26+more" for n in (1, 2)]),
        ("http://x.org/?q={query}&x={other}", 1, ["http://x.org/?q=nurse+at+work+%26+more&x={other}"]),
    ],
)  # fmt: skip
def test_a_template_is_filled(text: str, most: int, pages: list[str]) -> None:
    assert list(Template(text).pages(NURSE, most)) == pages


def test_links_of_an_interface_come_with_what_it_says() -> None:
    item = {
        "url": "/a.jpg",
        "foreign_landing_url": "http://y.org/page",
        "license": "by-nc",
        "license_version": "4.0",
        "license_url": "https://creativecommons.org/licenses/by-nc/4.0/",
        "creator": "C.",
    }
    text = json.dumps({"results": [item, {"title": "no url"}, "odd", {**item, "creator": "later"}, {"src": "b.png"}]})
    assert links_of(text, "http://x.org/deep/?q=1") == [
        Link("http://x.org/a.jpg", "http://y.org/page", "CC BY-NC 4.0", item["license_url"], "C."),
        Link("http://x.org/deep/b.png"),
    ]
    assert links_of('[{"url": "http://x.org/a", "license": "mine"}]', "http://x.org")[0].licence == "mine"
    for text in ("{}", "[]", "3", '{"results": 3}', "null", '"text"', ""):
        assert links_of(text, "http://x.org") == []


def test_links_of_a_page_are_its_pictures_and_what_they_lead_to() -> None:
    text = """<a href="/great.JPG?x=1"><img src="small.jpg"></a><img src="//y.org/b.png"><a href="/page">x</a>
      <img src="data:image/gif;base64,AA"><a href="/page"><img src="rel/c"></a><img alt="none">"""
    page = "http://x.org/deep/page"
    assert [link.url for link in links_of(text, page)] == [
        "http://x.org/great.JPG?x=1",
        "http://y.org/b.png",
        "http://x.org/deep/rel/c",
    ]
    assert {link.page_url for link in links_of(text, page)} == {page}


def test_the_keywords_that_come_along_name_no_gender() -> None:
    found = read_keywords()
    assert len({keyword.profession for keyword in found}) == 10
    words = {word for keyword in found for word in keyword.query.casefold().split()}
    assert not words & {"man", "men", "male", "woman", "women", "female", "boy", "girl", "lady", "he", "she"}
    assert KEYWORDS.is_file()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profession,query\nnurse,\n", "found otherwise in line 2"),
        ("profession,query\nnurse,a\nnurse,a\n", "found otherwise in line 3"),
        ("profession,query\n", "found otherwise in no line"),
        ("profession\nnurse\n", "expected a column 'query'"),
        ("profession,query\n../up,a\n", "names of folders"),
        ("profession,query\n.hidden,a\n", "names of folders"),
    ],
)
def test_keywords_that_cannot_be_used_are_refused(tmp_path: Any, text: str, said: str) -> None:
    path = tmp_path / "keywords.csv"
    path.write_text(text)
    with pytest.raises(RequestError, match=said):
        read_keywords(path)


def test_a_list_of_links_without_a_profession_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "urls.csv"
    path.write_text("url,profession\nhttp://x.org/a,\n")
    with pytest.raises(RequestError, match="found otherwise in line 2"):
        read_urls(path)
