"""What a person sees of a long job: a progress bar on a terminal, plain lines in a file or a pipe."""

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column

SILENCE_SECONDS = 20.0
"""Without a bar to look at, a job says how far it is after so long a silence, then after twice as long, and so on."""

LONGEST_SILENCE = 300.0


class Terminal:
    """A listener (`progress.Listener`) that prints; use as a context manager around the job.

    quiet: nothing but results and errors. verbose: details too. aside: all but results goes to stderr, because the
    command prints what other programs read. `clock` gives seconds.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        verbose: bool = False,
        aside: bool = False,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        stream = sys.stderr if aside else sys.stdout
        # rich would take FORCE_COLOR for a terminal, and move the cursor in a pipe.
        moves = None if stream.isatty() else False
        self._console = console or Console(highlight=False, soft_wrap=True, stderr=aside, force_terminal=moves)
        self._quiet, self._verbose = quiet, verbose
        # A bar moves the cursor, which a dumb terminal cannot do.
        self._shown = self._console.is_terminal and not self._console.is_dumb_terminal and not quiet
        note = Column(no_wrap=True, overflow="ellipsis")
        columns = (
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}", table_column=note, markup=False),
        )
        self._progress = Progress(*columns, console=self._console, transient=True)
        self._task = self._progress.add_task("", total=None, visible=False)
        self._clock, self._note, self._spoke, self._patience = clock, "", clock(), SILENCE_SECONDS

    def __enter__(self) -> "Terminal":
        if self._shown:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._shown:  # stopping what was not started prints an empty line
            self._progress.stop()

    def say(self, line: str) -> None:
        """A line worth keeping."""
        if not self._quiet:
            self._print(line)

    def detail(self, line: str) -> None:
        """A line for who wants to know everything."""
        if self._verbose and not self._quiet:
            self._print(line)

    def result(self, line: str) -> None:
        """What was asked for; printed however quiet the rest is."""
        self._print(line)

    def update(self, done: int, total: int, note: str = "") -> None:
        """How far the job is; without a bar a line whenever nothing was said for a while."""
        task = self._progress.tasks[0]
        task.total, task.finished_time = total or None, None  # Progress.update takes None for `as it was`
        self._progress.update(self._task, completed=done, description=note, visible=True)
        new, self._note = note != self._note and bool(note), note
        silent = self._clock() - self._spoke >= self._patience
        if self._shown or self._quiet or not (silent or (self._verbose and new)):
            return
        patience = min(2 * self._patience, LONGEST_SILENCE) if silent else self._patience
        self._print(": ".join(part for part in (note, f"{done} of {total}" if total else "") if part) or "working")
        self._patience = patience

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False)
        self._spoke, self._patience = self._clock(), SILENCE_SECONDS
