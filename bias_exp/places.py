"""Where things lie on this machine. No place is part of any key: moving a folder invents no new cell."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bias_exp.errors import RequestError

HOME_VARIABLE = "BIAS_EXP_HOME"


@dataclass(frozen=True)
class Places:
    """The working folders below `home`."""

    home: Path

    @classmethod
    def here(cls) -> "Places":
        """$BIAS_EXP_HOME, else the current folder."""
        return cls(Path(os.environ.get(HOME_VARIABLE) or ".").resolve())

    @property
    def runs(self) -> Path:
        """Phases' files while they are worked on, and a local copy of what the server has."""
        return self.home / "runs"

    @property
    def data(self) -> Path:
        """Data sets that studies make for themselves."""
        return self.home / "data"

    @property
    def cache(self) -> Path:
        """Decoded pictures; may be deleted at any time."""
        return self.home / "cache"

    @property
    def results(self) -> Path:
        """Tables and figures."""
        return self.home / "results"

    @property
    def logs(self) -> Path:
        """What cells print."""
        return self.home / "runs" / "logs"


def shown(path: Path) -> str:
    """A path as a person wants to read it: from the current folder where it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path)


def writable_folder(folder: Path) -> Path:
    """Make `folder` if need be, and prove that a file can be written in it.

    Raises:
        RequestError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # named by chance: threads and machines may try at the same time
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise RequestError(
            f"expected a folder that can be written at {folder}, found: {reason}; choose another place or mend it"
        ) from None
    return folder
