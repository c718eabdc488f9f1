"""When a site may be asked again: a pause between two requests, and longer ones when the site asks for them.

The clock is given, so that tests never wait.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Clock:
    """The time: `now` in UTC, `seconds` that never go back, and `sleep`."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Pauses:
    """How long each site is left alone: `delay` seconds, or as long as it asks, at most `longest`."""

    clock: Clock
    delay: float
    longest: float
    held: dict[str, str] = field(default_factory=dict)
    _free_at: dict[str, float] = field(default_factory=dict)

    def wait(self, origin: str) -> None:
        """Sleep until the site may be asked."""
        left = self._free_at.get(origin, 0.0) - self.clock.seconds()
        if left > 0:
            self.clock.sleep(left)

    def asked(self, origin: str, delay: float = 0.0) -> None:
        """A request has been answered; `delay` is what the site's robots.txt asks for."""
        self._free_at[origin] = self.clock.seconds() + max(self.delay, delay)

    def back_off(self, origin: str, seconds: float) -> bool:
        """Leave a site alone for some seconds; False where that is too long, and it is left alone in this run."""
        if seconds > self.longest:
            self.held[origin] = f"asks for a pause of {seconds:.0f} s"
            return False
        self._free_at[origin] = self.clock.seconds() + max(self.delay, seconds)
        return True


def retry_after(values: Sequence[str], now: datetime, otherwise: float) -> float:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; `otherwise` where it says nothing."""
    text = values[0].strip() if values else ""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return otherwise
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
