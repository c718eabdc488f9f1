import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bias_exp.collect import crawl, crawled
from bias_exp.collect.collection import read_collection, write_collection
from bias_exp.collect.journal import Journal
from bias_exp.collect.rows import COLLECTORS
from bias_exp.collect.transport import HttpTransport
from bias_exp.data.duplicates import perceptual_hash
from bias_exp.data.forgotten import REASON, add_forgotten
from bias_exp.errors import RequestError
from bias_exp.progress import silent
from tests.collect.site import Reply, Site, StillClock, body_of, serving
from tests.data.pictures import noise

SIDE = 160


def picture(seed: int) -> np.ndarray:
    return noise(seed, SIDE, SIDE)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as found:
        yield found


@pytest.fixture
def keywords(tmp_path: Path) -> Path:
    path = tmp_path / "keywords.csv"
    path.write_text("profession,query,language\nnurse,nurse,en\n")
    return path


def run(site: Site, out: Path, keywords: Path, clock: StillClock | None = None, **options: Any) -> str:
    asked = {
        "engine": "template",
        "template": site.url("/search?q={query}&page={page}"),
        "contact": "tests@example.org",
        "keywords": str(keywords),
        "allow_local": True,
        **options,
    }
    settings = COLLECTORS["crawl"].settings(asked)
    clock = (clock or StillClock()).clock()
    return crawl.crawl_with(out, settings, silent, transport=HttpTransport(allow_local=True), clock=clock)


def attempts(out: Path) -> dict[str, dict[str, Any]]:
    """The last attempt of each path."""
    entries = Journal(out / "crawl/attempts.jsonl").entries()
    return {"/" + entry["url"].split("/", 3)[3]: entry for entry in entries}


def whole_web(site: Site) -> None:
    """Pictures of every kind that a crawler meets."""
    one = picture(1)
    page = b'<html><head><meta name="author" content="A. Body"></head><body>' + (
        b'<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">licence</a></body></html>'
    )
    site.replies |= {
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /private/\n", "text/plain"),
        "/good.png": Reply(body_of(one)),
        "/same.png": Reply(body_of(one)),
        "/near.jpg": Reply(body_of(np.array(Image.fromarray(one).resize((140, 140))), "JPEG"), "image/jpeg"),
        "/mirrored.png": Reply(body_of(np.ascontiguousarray(one[:, ::-1]))),
        "/other.webp": Reply(body_of(picture(2), "WEBP"), "image/webp"),
        "/private/secret.png": Reply(body_of(picture(3))),
        "/opted.png": Reply(body_of(picture(4)), headers={"X-Robots-Tag": "noai"}),
        "/theirs.png": Reply(body_of(picture(5)), headers={"X-Robots-Tag": "otherbot: noai, noindex"}),
        "/page.html": Reply(page, "text/html; charset=utf-8"),
        "/opted.html": Reply(b'<meta name="robots" content="noimageai">', "text/html"),
        "/on_opted_page.png": Reply(body_of(picture(6))),
        "/huge.png": Reply(b"\x89PNG" + bytes(90_000)),
        "/huge_unsaid.png": Reply(b"\x89PNG" + bytes(90_000), headers={"Content-Length": ""}),
        "/words.png": Reply(b"<html>no picture</html>", "text/html"),
        "/lying.png": Reply(b"<html>no picture</html>"),
        "/small.png": Reply(body_of(picture(7)[:40])),
        "/moved.png": Reply(status=302, headers={"Location": "/deeper/moved.png"}),
        "/deeper/moved.png": Reply(status=301, headers={"Location": "/final.png"}),
        "/final.png": Reply(body_of(picture(8))),
        "/round.png": Reply(status=302, headers={"Location": "/round.png"}),
        "/into_private.png": Reply(status=302, headers={"Location": "/private/secret.png"}),
        "/busy.png": lambda asked: Reply(status=429, headers={"Retry-After": "7"}) if asked == 1 else _busy_no_more(),
    }
    items = [
        {"url": path} for path in site.replies if path.endswith((".png", ".jpg", ".webp")) and "/final" not in path
    ]
    items = [item for item in items if not item["url"].startswith("/deeper")]
    about = {"license": "by", "license_version": "4.0", "creator": "C. Reator"}
    items[0] |= {"foreign_landing_url": "/page.html"}
    items[4] |= about | {"license_url": "https://creativecommons.org/licenses/by-sa/2.0/"}
    for item in items:
        if item["url"] == "/on_opted_page.png":
            item["foreign_landing_url"] = "/opted.html"
    items += [{"url": "/gone.png"}, {"url": "ftp://example.org/x.png"}, {"url": "/good.png"}]
    site.search("nurse", items)


def _busy_no_more() -> Reply:
    return Reply(body_of(picture(9)))


WANTED = {
    "/good.png": "",
    "/same.png": "duplicate of pictures/nurse/",
    "/near.jpg": "near-duplicate of pictures/nurse/",
    "/mirrored.png": "near-duplicate of pictures/nurse/",
    "/other.webp": "",
    "/private/secret.png": "robots.txt does not permit it",
    "/opted.png": "opted out by X-Robots-Tag: noai",
    "/theirs.png": "",
    "/on_opted_page.png": "page opted out: noimageai",
    "/huge.png": "more than 80000 bytes",
    "/huge_unsaid.png": "more than 80000 bytes",
    "/words.png": "not a picture: text/html",
    "/lying.png": "cannot be decoded: not one of",
    "/small.png": "smaller than 128 pixels: 160 x 40",
    "/moved.png": "",
    "/round.png": "more than 5 redirects",
    "/into_private.png": "robots.txt does not permit it",
    "/busy.png": "",
    "/gone.png": "status 404",
    "/example.org/x.png": "",
}


def test_of_a_whole_web_what_may_be_kept_is_kept_and_all_else_has_a_reason(
    site: Site, tmp_path: Path, keywords: Path
) -> None:
    whole_web(site)
    clock = StillClock()
    out = tmp_path / "out"
    said = run(site, out, keywords, clock, max_bytes=80_000)
    found = attempts(out)
    for path, reason in WANTED.items():
        if path == "/example.org/x.png":
            continue
        entry = found[path]
        assert entry["reason"].startswith(reason), path
        assert (entry["outcome"] == "kept") == (reason == ""), path
    odd = next(entry for path, entry in found.items() if path == "/x.png")
    assert odd["reason"] == "not an http or https URL: 'ftp://example.org/x.png'"
    good, other = found["/good.png"], found["/other.webp"]
    assert (good["licence"], good["licence_url"], good["author"]) == (
        "CC BY 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
        "A. Body",
    )
    assert (good["rank"], good["profession"], good["query"], good["engine"]) == (1, "nurse", "nurse", "template")
    assert (good["status"], good["content_type"], good["robots"]) == (200, "image/png", "allowed")
    assert (good["width"], good["height"], good["format"], good["phash"]) == (
        *(SIDE, SIDE, "PNG"),
        f"{perceptual_hash(picture(1)):016x}",
    )
    assert (other["licence"], other["author"]) == ("CC BY-SA 2.0", "C. Reator")
    assert found["/mirrored.png"]["duplicate_of"] == good["path"]
    assert found["/moved.png"]["final_url"] == site.url("/final.png")
    assert good["time"].endswith("+00:00")
    assert site.agents == {"bias-exp/0.1 (research crawler; tests@example.org)"}
    assert "/private/secret.png" not in site.counts
    assert "/on_opted_page.png" not in site.counts
    assert 7.0 in clock.slept
    assert max(clock.slept) <= 7.0
    table = read_collection(out)
    assert list(table["url"]) == [entry["url"] for entry in found.values() if entry["outcome"] == "kept"]
    assert set(table["label/gender"]) == {"unknown"}
    assert set(table["label/profession"]) == {"nurse"}
    assert table["kin"][0] == site.url("/page.html")
    for row in table.itertuples():
        assert row.path == f"pictures/nurse/{row.sha256[:16]}.{row.path.rpartition('.')[2]}"
        assert (out / row.path).read_bytes()
    assert said.startswith(f"{len(table)} pictures in {out}: nurse {len(table)} of 500")
    assert not list((out / "crawl/.arrived").iterdir())


def test_the_same_command_again_asks_for_nothing(site: Site, tmp_path: Path, keywords: Path) -> None:
    whole_web(site)
    run(site, tmp_path / "out", keywords, max_bytes=80_000)
    files = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    site.asked.clear()
    run(site, tmp_path / "out", keywords, max_bytes=80_000)
    assert site.asked == []
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == files


def small_web(site: Site) -> None:
    site.replies |= {
        "/robots.txt": Reply(b"", "text/plain", 404),
        "/a.png": Reply(body_of(picture(1))),
        "/b.png": Reply(body_of(picture(2))),
        "/again.png": Reply(body_of(picture(1))),
        "/page.html": Reply(b"<p>nothing against it</p>", "text/html"),
    }
    items = [{"url": path} for path in ("/a.png", "/again.png", "/gone.png", "/b.png")]
    items[0]["foreign_landing_url"] = "/page.html"
    site.search("nurse", items)


class Killed(Exception):
    """What a kill does to whatever is going on."""


def stop_at(patch: pytest.MonkeyPatch, step: int) -> list[int]:
    """Have the process end at its `step`-th moment before or after it touches the disk; gives how many there were."""
    count = [0]

    def touching(what: str, real: Any) -> Any:
        def moment(when: str) -> None:
            count[0] += 1
            if count[0] == step:
                raise Killed(f"{when} {what}")

        def touch(*given: Any, **named: Any) -> Any:
            moment("before")
            done = real(*given, **named)
            moment("after")
            return done

        return touch

    patch.setattr(crawled, "write_whole", touching("arrival", crawled.write_whole))
    patch.setattr(crawl, "write_whole", touching("picture", crawl.write_whole))
    patch.setattr(Journal, "add", touching("line", Journal.add))
    patch.setattr(Path, "unlink", touching("unlink", Path.unlink))
    patch.setattr(crawl, "write_collection", touching("collection", crawl.write_collection))
    return count


def test_killed_at_any_step_it_goes_on_and_fetches_nothing_twice(
    site: Site, tmp_path: Path, keywords: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_web(site)
    run(site, tmp_path / "whole", keywords)
    whole = read_collection(tmp_path / "whole")
    assert len(whole) == 2
    for step in range(1, 200):
        site.asked.clear()
        out, killed = tmp_path / f"at {step}", ""
        with monkeypatch.context() as patch:
            count = stop_at(patch, step)
            try:
                run(site, out, keywords)
            except Killed as kill:
                killed = str(kill)
        if not killed:
            assert count[0] < step
            break
        run(site, out, keywords)
        assert list(read_collection(out)["path"]) == list(whole["path"]), killed
        lines = [entry["url"] for entry in Journal(out / "crawl/attempts.jsonl").entries()]
        assert lines == [site.url(path) for path in ("/a.png", "/again.png", "/gone.png", "/b.png")], killed
        twice = [path for path in ("/a.png", "/again.png", "/b.png") if site.counts[path] != 1]
        # What came and was not yet on the disk when the process died is the one thing that nobody can keep.
        assert len(twice) == (killed == "before arrival"), killed
        assert not list((out / "crawl/.arrived").iterdir()), killed
    assert step > 25


def test_what_was_given_by_hand_stays_when_more_is_crawled(site: Site, tmp_path: Path, keywords: Path) -> None:
    small_web(site)
    out = tmp_path / "out"
    run(site, out, keywords, per_profession=1)
    first = read_collection(out)
    assert list(first["url"]) == [site.url("/a.png")]
    given = first.assign(**{"label/gender": "female", "gender_from": "hand", "faces": 1.0})
    write_collection(out, given)
    run(site, out, keywords)
    table = read_collection(out)
    assert list(table["label/gender"]) == ["female", "unknown"]
    assert list(table["gender_from"]) == ["hand", ""]
    assert table["faces"].tolist()[0] == 1.0
    assert np.isnan(table["faces"].tolist()[1])


def test_a_forgotten_picture_is_not_kept_again(site: Site, tmp_path: Path, keywords: Path) -> None:
    small_web(site)
    out = tmp_path / "out"
    run(site, out, keywords)
    sha256 = attempts(out)["/a.png"]["sha256"]
    add_forgotten(out, [sha256])
    run(site, out, keywords)
    assert list(read_collection(out)["url"]) == [site.url("/b.png")]
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    add_forgotten(fresh, [sha256])
    run(site, fresh, keywords)
    entry = attempts(fresh)["/a.png"]
    assert (entry["reason"], entry["page_url"], entry["author"]) == (REASON, "", "")
    assert attempts(out)["/a.png"]["page_url"] == site.url("/page.html")
    assert sha256 not in "".join(str(path) for path in fresh.rglob("*"))


def test_a_site_that_wants_to_be_left_alone_is_asked_in_the_next_run_and_given_up_in_the_end(
    site: Site, tmp_path: Path, keywords: Path
) -> None:
    small_web(site)
    busy = Reply(status=429, headers={"Retry-After": "3600"})
    site.replies |= dict.fromkeys(("/a.png", "/again.png", "/gone.png", "/b.png"), busy)
    out = tmp_path / "out"
    for _ in range(3):
        site.asked.clear()
        said = run(site, out, keywords)
        assert site.counts["/a.png"] == 1
        assert site.counts["/b.png"] == 0
        assert "3 put off: asks for a pause of 3600 s" in said
    assert attempts(out)["/a.png"]["outcome"] == "later"
    site.replies["/b.png"] = Reply(body_of(picture(2)))
    site.replies["/again.png"] = site.replies["/gone.png"] = Reply(status=404)
    run(site, out, keywords)
    assert site.counts["/a.png"] == 1
    assert list(read_collection(out)["url"]) == [site.url("/b.png")]


def test_robots_of_the_search_page_are_heeded_unless_somebody_has_permission(
    site: Site, tmp_path: Path, keywords: Path
) -> None:
    small_web(site)
    site.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /search", "text/plain")
    said = run(site, tmp_path / "out", keywords)
    assert "nurse: the search page cannot be had: robots.txt does not permit it" in said
    assert "/search?q=nurse&page=1" not in site.asked
    assert said.startswith("0 pictures")
    assert len(read_collection(tmp_path / "out")) == 0
    assert run(site, tmp_path / "out", keywords, search_robots=False).startswith("2 pictures")


def test_a_list_of_links_is_an_engine(site: Site, tmp_path: Path) -> None:
    small_web(site)
    path = tmp_path / "urls.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["url", "profession", "licence"])
        writer.writerow([site.url("/a.png"), "nurse", "CC0"])
        writer.writerow([site.url("/b.png"), "doctor", ""])
    said = run(site, tmp_path / "out", path, engine="urls", urls=str(path))
    assert "doctor 1 of 500, nurse 1 of 500" in said
    table = read_collection(tmp_path / "out").set_index("label/profession")
    assert table["licence"].to_dict() == {"nurse": "CC0", "doctor": ""}


def test_a_private_address_is_not_asked_for(site: Site, tmp_path: Path, keywords: Path) -> None:
    small_web(site)
    path = tmp_path / "urls.csv"
    path.write_text(f"url,profession\n{site.url('/a.png')},nurse\nhttp://localhost:1/b.png,nurse\n")
    options = {"engine": "urls", "urls": str(path), "contact": "x@example.org"}
    crawl.crawl_with(
        tmp_path / "out",
        COLLECTORS["crawl"].settings(options),
        silent,
        transport=HttpTransport(),
        clock=StillClock().clock(),
    )
    assert site.asked == []
    for entry in Journal(tmp_path / "out/crawl/attempts.jsonl").entries():
        assert entry["outcome"] == "left out"
        assert entry["reason"].startswith("private address: ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"contact": ""}, "expected options.contact"),
        ({"contact": "two\nlines"}, "expected options.contact"),
        ({"engine": ""}, "expected options.engine, one of google, bing, baidu, flickr, template, urls, found none"),
        ({"engine": "altavista"}, "unknown search engine 'altavista'"),
        ({"template": "http://x/search"}, "expected options.template"),
        ({"engine": "urls"}, "expected options.urls"),
        ({"professions": ["pilot"]}, r"expected options.professions of .* \(nurse\), found 'pilot'"),
        ({"per_profession": 0}, "of at least 1"),
        ({"delay": -1.0}, "expected options.delay of at least 0, found -1.0"),
        ({"timeout": 0.0}, "expected options.timeout above 0"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_is_asked(
    site: Site, tmp_path: Path, keywords: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        run(site, tmp_path / "out", keywords, **options)
    assert site.asked == []
    assert not (tmp_path / "out").exists()


def test_a_folder_of_another_collection_is_refused(site: Site, tmp_path: Path, keywords: Path) -> None:
    small_web(site)
    run(site, tmp_path / "mine", keywords)
    other = tmp_path / "other"
    write_collection(other, read_collection(tmp_path / "mine"))
    with pytest.raises(RequestError, match="found another collection"):
        run(site, other, keywords)


def test_a_search_is_asked_again_for_more_links_or_when_it_gave_none(
    site: Site, tmp_path: Path, keywords: Path
) -> None:
    small_web(site)
    empty = site.replies.pop("/search?q=nurse&page=1")
    out = tmp_path / "out"
    assert "nurse: no links found" not in run(site, out, keywords, per_query=2)
    site.replies["/search?q=nurse&page=1"] = Reply(b"{}", "application/json")
    assert "nurse: no links found" in run(site, out, keywords, per_query=2)
    site.replies["/search?q=nurse&page=1"] = empty
    run(site, out, keywords, per_query=2)
    assert sorted(attempts(out)) == ["/a.png", "/again.png"]
    site.asked.clear()
    run(site, out, keywords, per_query=2)
    assert site.asked == []
    run(site, out, keywords)
    assert sorted(attempts(out)) == ["/a.png", "/again.png", "/b.png", "/gone.png"]
    assert site.counts["/a.png"] == 0
