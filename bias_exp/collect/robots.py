"""robots.txt: what a site permits programs to fetch (RFC 9309), read once for each site.

The file is parsed by the standard library. Of its rules the longest that fits counts, `*` stands for anything and a `$`
at the end for the end of the path, which the standard library's own matching does not know.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit
from urllib.robotparser import RobotFileParser

from bias_exp.collect.address import origin_of
from bias_exp.collect.optout import AGENT

MOST_BYTES = 512 * 1024
ALLOWED, DISALLOWED, HELD_OFF = "allowed", "disallowed", "held off"


class RobotsFile(NamedTuple):
    """What a site answered to the request for its robots.txt; status 0 where it did not answer."""

    status: int
    text: str


@dataclass(frozen=True)
class _Rule:
    """One line of a robots.txt; `pattern` fits whole beginnings of paths."""

    pattern: re.Pattern[str]
    length: int
    allows: bool

    @classmethod
    def of(cls, path: str, *, allows: bool) -> "_Rule":
        text = unquote(path)
        end = "$" if text.endswith("$") else ""
        pieces = [re.escape(quote(piece, safe="/%=?&~:+,;!@()'")) for piece in text.removesuffix("$").split("*")]
        return cls(re.compile(".*".join(pieces) + end), len(text), allows)


class SiteRules:
    """What one site's robots.txt says to us."""

    def __init__(self, file: RobotsFile) -> None:
        self.verdict = ""
        self.delay = 0.0
        self._rules: list[_Rule] = []
        if file.status == 429 or file.status == 0 or file.status >= 500:
            self.verdict = HELD_OFF
        elif 200 <= file.status < 300:
            self._read(file.text)
        else:
            self.verdict = ALLOWED  # RFC 9309, 2.3.1.3: unavailable is permitted

    def _read(self, text: str) -> None:
        parser: Any = RobotFileParser()
        # The byte order mark would be a part of the first line's word.
        parser.parse(text.removeprefix("\ufeff").splitlines())
        delay = parser.crawl_delay(AGENT)
        self.delay = float(delay) if delay else 0.0
        named = [entry for entry in parser.entries if entry.applies_to(AGENT)]
        entries = named or ([parser.default_entry] if parser.default_entry else [])
        lines = [line for entry in entries for line in entry.rulelines]
        # An empty `Disallow:` is read as a rule that allows everything, of no length.
        rules = [_Rule.of(line.path, allows=bool(line.allowance)) for line in lines]
        self._rules = sorted(rules, key=lambda rule: (-rule.length, not rule.allows))

    def allows(self, url: str) -> str:
        """ALLOWED, DISALLOWED or HELD_OFF."""
        if self.verdict:
            return self.verdict
        parts = urlsplit(url)
        path = quote(unquote(parts.path or "/"), safe="/%=?&~:+,;!@()'") + (f"?{parts.query}" if parts.query else "")
        fits = (rule for rule in self._rules if rule.pattern.match(path))
        rule = next(fits, None)
        return ALLOWED if rule is None or rule.allows else DISALLOWED


class Robots:
    """The rules of every site that was met; `read` asks a site for its robots.txt."""

    def __init__(self, read: Callable[[str], RobotsFile]) -> None:
        self._read = read
        self._known: dict[str, SiteRules] = {}

    def rules(self, url: str) -> SiteRules:
        """The rules of the site of `url`, asked for once."""
        origin = origin_of(url)
        if origin not in self._known:
            self._known[origin] = SiteRules(self._read(f"{origin}/robots.txt"))
        return self._known[origin]
