"""What a person sees of a long job: a progress bar on a terminal, plain lines in a file or a pipe."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Terminal:
    """A listener (`progress.Listener`) that prints; use as a context manager around the job."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._quiet = quiet
        self._shown = self._console.is_terminal and not quiet
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self._progress = Progress(*columns, console=self._console, transient=True)
        self._task = self._progress.add_task("", total=None, visible=False)

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
            self._console.print(line, markup=False)

    def update(self, done: int, total: int, note: str = "") -> None:
        """How far the job is; shown on a terminal only."""
        self._progress.update(self._task, completed=done, total=total or None, description=note, visible=True)
