"""Searches by an engine: result pages are fetched politely, their links gathered, and whole searches written down."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bias_exp.collect.crawled import Crawled
from bias_exp.collect.engines import ENGINES, Engine, EngineFailed
from bias_exp.collect.fetch import Fetcher, fetch_page
from bias_exp.collect.icrawling import without_key
from bias_exp.collect.keywords import Keyword, Link


@dataclass
class Searching:
    """An engine at work; `said` is what people are told of searches that gave nothing, or not all."""

    crawled: Crawled
    fetcher: Fetcher
    engine: Engine
    options: dict[str, Any]
    said: list[str] = field(default_factory=list)

    def links(self, keyword: Keyword) -> list[Link]:
        """At most `per_query` links of a search, found now or in a run before.

        A search that failed on the way, or found nothing, is not written down: the next run asks again. So it does for
        one that was cut at fewer links than are wanted now.
        """
        name, most = self.options["engine"], self.options["per_query"]
        known = self.crawled.searches.get((name, keyword))
        if known is not None and (known.whole or len(known.links) >= most):
            return known.links[:most]
        found: dict[str, Link] = {}
        page, whole, failed = "", True, False
        try:
            for page, links in self._pages(keyword, most):  # noqa: B007 - the last page is written down
                fresh = [link for link in links if link.url not in found]
                found |= {link.url: link for link in fresh}
                whole = len(found) < most
                if not fresh or not whole:
                    break
        except EngineFailed as reason:
            self.said.append(f"{keyword.query}: {reason}")
            failed = True
        links = list(found.values())[:most]
        if not found and not failed:
            self.said.append(f"{keyword.query}: no links found")
        if found and not failed:
            now = self.fetcher.clock.now().isoformat(timespec="seconds")
            self.crawled.add_search(name, keyword, links, whole=whole, time=now, page=without_key(page))
        return links

    def _pages(self, keyword: Keyword, most: int) -> Iterator[tuple[str, list[Link]]]:
        """Result pages, each with its links."""
        asks_robots = ENGINES[self.options["engine"]].robots and self.options["search_robots"]
        for url in self.engine.pages(keyword, most):
            got = fetch_page(self.fetcher, url, robots=asks_robots, heeds=False)
            if got.reason:
                hint = "; options.search_robots=false is for who has the site's permission" if got.robots else ""
                raise EngineFailed(f"the search page cannot be had: {got.reason}{hint}")
            yield url, self.engine.links(got.body.decode("utf-8", "replace"), got.url)
