"""Crawling pictures by profession: searches become links, links become pictures, kept or left out with a reason.

Every step is written down before the next, so the same command goes on after a stop and asks nothing twice. What is
left in the folder is a collection: `pictures/<profession>/<id>.<ext>`, `collection.csv`, and the journals in `crawl/`.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bias_exp import signals
from bias_exp.collect.collection import COLLECTION_FILE, write_collection
from bias_exp.collect.crawled import (
    KEPT,
    LATER,
    LEFT_OUT,
    PICTURES,
    Crawled,
    Entry,
    attempt_of,
)
from bias_exp.collect.engines import URLS, Engine, engine_of
from bias_exp.collect.fetch import Fetched, Fetcher, Manners, fetch_page
from bias_exp.collect.judge import Judge, Kept, suffix_of, unwanted_type
from bias_exp.collect.keywords import Keyword, Link, read_keywords, read_urls
from bias_exp.collect.optout import page_facts
from bias_exp.collect.politeness import Clock
from bias_exp.collect.searching import Searching
from bias_exp.collect.transport import HttpTransport, Transport
from bias_exp.data.forgotten import REASON, forgotten_at
from bias_exp.data.licence import licence_name
from bias_exp.errors import RequestError
from bias_exp.places import writable_folder
from bias_exp.progress import Report
from bias_exp.whole_file import write_whole

ID_LENGTH = 16


def crawl(root: Path | None, out: Path, options: dict[str, Any], report: Report) -> str:
    """Crawl into `out`; the collector of that name.

    Raises:
        RequestError: an option is wrong or missing, or another process crawls there.
    """
    return crawl_with(out, options, report, transport=HttpTransport(allow_local=options["allow_local"]))


def crawl_with(
    out: Path, options: dict[str, Any], report: Report, *, transport: Transport, clock: Clock | None = None
) -> str:
    """`crawl` through a given transport and clock."""
    manners = Manners(
        options["contact"],
        delay=options["delay"],
        longest=options["max_wait"],
        timeout=options["timeout"],
        most_bytes=options["max_bytes"],
    ).check()
    fetcher = Fetcher(transport, manners, clock or Clock())
    searches = _searches(options)
    engine = None if options["engine"] == URLS else engine_of(options["engine"], options, fetcher)
    try:
        with FileLock(writable_folder(out) / ".crawl.lock", timeout=0):
            work = _Work.begin(out, fetcher, engine, options)
            work.finish_arrived()
            for keyword, links in searches.items():
                work.search(keyword, links, report)
            write_collection(out, work.crawled.collection())
    except Timeout:
        raise RequestError(f"expected nobody else to crawl into {out}, found another process at it; wait") from None
    return work.text()


def _searches(options: dict[str, Any]) -> dict[Keyword, list[Link] | None]:
    """Every search, with its links where these are given."""
    if options["per_profession"] < 1 or options["per_query"] < 1 or options["per_page"] < 1:
        raise RequestError("expected options.per_profession, per_query and per_page of at least 1; give them so")
    if options["engine"] == URLS:
        if not options["urls"]:
            raise RequestError("expected options.urls, a CSV file of url and profession, found none; give one")
        return dict(read_urls(Path(options["urls"])))
    keywords = Path(options["keywords"]) if options["keywords"] else None
    return dict.fromkeys(read_keywords(keywords, options["professions"]))


@dataclass
class _Work:
    """A crawl at work; `counts` are reasons of this run, `have` the pictures of each profession."""

    crawled: Crawled
    fetcher: Fetcher
    searching: Searching | None
    judge: Judge
    options: dict[str, Any]
    counts: Counter[str]
    have: Counter[str]

    @classmethod
    def begin(cls, out: Path, fetcher: Fetcher, engine: Engine | None, options: dict[str, Any]) -> "_Work":
        """Read what was crawled before."""
        crawled, kept = Crawled.read(out), Kept(out)
        have: Counter[str] = Counter()
        for entry in crawled.kept():
            kept.add(entry["sha256"], entry["path"], entry["phash"])
            have[entry["profession"]] += 1
        judge = Judge(kept, forgotten_at(out), options["least_side"], options["near_duplicates"])
        searching = Searching(crawled, fetcher, engine, options) if engine else None
        return cls(crawled, fetcher, searching, judge, options, Counter(), have)

    def finish_arrived(self) -> None:
        """Enter the bodies that had come when the run before was stopped."""
        for path, entry, body in self.crawled.arrived():
            self._enter(entry, body, path)

    def search(self, keyword: Keyword, links: list[Link] | None, report: Report) -> None:
        """Try the links of one search until its profession has enough pictures."""
        most = self.options["per_profession"]
        if self.have[keyword.profession] >= most:
            return
        if links is None:
            links = self.searching.links(keyword) if self.searching else []
        for rank, link in enumerate(links, 1):
            report(min(self.have[keyword.profession], most), most, f"{keyword.profession}: {link.url[:80]}")
            if not self.crawled.is_done(link.url) and not self._is_held(link.url):
                self._attempt(attempt_of(keyword, self.options["engine"], rank, link))
            if self.have[keyword.profession] >= most:
                return

    def _is_held(self, url: str) -> bool:
        """Whether a link's site is left alone in this run: then the link waits for the next one."""
        why = self.fetcher.held(url)
        if why:
            self.counts[f"put off: {why}"] += 1
        return bool(why)

    def _attempt(self, entry: Entry) -> None:
        """Fetch one link, if its page permits it, and enter what came."""
        entry |= {"time": self._now(), "agent": self.fetcher.manners.user_agent}
        if entry["page_url"] and self.options["pages"]:
            entry, why = self._with_page(entry)
            if why:
                self._leave(entry, Fetched(entry["url"], reason=why))
                return
        got = self.fetcher.fetch(entry["url"], unwanted_type)
        with signals.deferred():
            if got.reason:
                self._leave(entry, got)
                return
            entry |= _facts(got)
            self._enter(entry, got.body, self.crawled.put_by(entry, got.body))

    def _with_page(self, entry: Entry) -> tuple[Entry, str]:
        """The entry with what its page says, and why the page forbids it ('': it does not)."""
        page = self.crawled.pages.get(entry["page_url"]) or self._read_page(entry["page_url"])
        more = {name: entry[name] or page[name] for name in ("licence", "licence_url", "author")}
        why = f"page opted out: {', '.join(page['opt_outs'])}" if page["opt_outs"] else ""
        return entry | more | {"page": page["reason"] or "read"}, why

    def _read_page(self, url: str) -> Entry:
        """What a page says; a page that cannot be had says nothing, and is asked for again in another run."""
        got = fetch_page(self.fetcher, url, heeds=False)
        facts = page_facts("" if got.reason else got.body.decode("utf-8", "replace"), got.url)
        opt_outs = list(dict.fromkeys([*got.opt_outs, *facts.opt_outs]))
        entry = {
            "page_url": url,
            "time": self._now(),
            "status": got.status,
            "robots": got.robots,
            "reason": got.reason,
            "opt_outs": opt_outs,
            "licence": licence_name(facts.licence_url),
            "licence_url": facts.licence_url,
            "author": facts.author,
        }
        if not got.later:
            self.crawled.add_page(entry)
        return entry

    def _enter(self, entry: Entry, body: bytes, arrived: Path) -> None:
        """Judge a body that has come; keep it or leave it out, and write that down."""
        verdict = self.judge.look(body)
        entry = {**entry, **verdict.facts, "duplicate_of": verdict.duplicate_of}
        if verdict.reason == REASON:
            entry |= {"page_url": "", "author": ""}  # no more is remembered than keeps it from coming back
        if verdict.reason:
            self._note(entry | {"outcome": LEFT_OUT, "reason": verdict.reason})
        else:
            name = f"{entry['sha256'][:ID_LENGTH]}.{suffix_of(entry['format'])}"
            entry["path"] = Path(PICTURES, entry["profession"], name).as_posix()
            write_whole(self.crawled.out / entry["path"], body)
            self._note(entry | {"outcome": KEPT, "reason": ""})
            self.judge.kept.add(entry["sha256"], entry["path"], entry["phash"])
            self.have[entry["profession"]] += 1
        arrived.unlink()

    def _leave(self, entry: Entry, got: Fetched) -> None:
        self._note({**entry, **_facts(got), "outcome": LATER if got.later else LEFT_OUT, "reason": got.reason})

    def _note(self, entry: Entry) -> None:
        self.crawled.add_attempt(entry)
        self.counts["kept" if entry["outcome"] == KEPT else f"{entry['outcome']}: {_kind(entry['reason'])}"] += 1

    def _now(self) -> str:
        return self.fetcher.clock.now().isoformat(timespec="seconds")

    def text(self) -> str:
        """What this run did and what there is, for people."""
        total = sum(self.have.values())
        wanted = self.options["per_profession"]
        each = ", ".join(f"{name} {count} of {wanted}" for name, count in sorted(self.have.items())) or "none"
        out = self.crawled.out
        return "\n".join([
            f"{total} pictures in {out}: {each}",
            *(f"  {count} {what}" for what, count in self.counts.most_common()),
            *(f"  {line}" for line in (self.searching.said if self.searching else [])),
            f"{out / COLLECTION_FILE}: gender is unknown until somebody gives it (`--source label`)",
        ])  # fmt: skip


def _facts(got: Fetched) -> Entry:
    return {
        "final_url": got.url,
        "status": got.status,
        "content_type": got.content_type,
        "robots": got.robots,
        "x_robots_tag": ", ".join(got.opt_outs),
    }


def _kind(reason: str) -> str:
    """A reason without what is about one picture alone."""
    return reason.partition(":")[0].partition(" of pictures/")[0]
