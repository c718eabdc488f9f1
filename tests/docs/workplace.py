"""A copy of the project in which the pages are run: its own studies, store, data and results; the programs of this one.

Nothing in it leads back: the copy has its own `.venv` of links, `bias_exp` is imported from the copy, and the tracking
store, the cache and all else that commands leave lie below it.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.declared import CHANGES, ELSEWHERE, INSTEAD, LONGEST, SERVERS
from tests.docs.extensions import with_row
from tests.docs.pages import ROOT, Block, Command

NOT_COPIED = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "mlflow.db*")
MADE = ("mlruns", "mlartifacts", "runs", "data", "cache", "results", "build")
PATIENCE = 120.0


@dataclass
class Workplace:
    """The copy at `folder`, with the servers that the page at hand has begun."""

    folder: Path
    page: str = ""
    servers: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    exported: dict[str, str] = field(default_factory=dict)
    said: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """As in a fresh shell of a reader who has activated the environment."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "USER") if name in os.environ}
        return {
            **kept,
            "PATH": f"{self.folder / '.venv/bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "MPLBACKEND": "Agg",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            **self.exported,
        }

    def turn_to(self, page: str) -> None:
        """Begin a page: servers and variables of the one before are gone."""
        if page != self.page:
            self.close()
            self.page, self.exported = page, {}

    def close(self) -> None:
        """End the servers."""
        for server in self.servers:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)
        self.servers.clear()

    def run(self, block: Block) -> None:
        """Do what a block says; a command that fails raises AssertionError with all that it printed."""
        self.turn_to(block.page)
        if block.printed:
            missing = [line for line in block.text.splitlines() if line != "..." and line not in self.said.splitlines()]
            assert not missing, f"{block.name} says what was not printed: {missing}\n{self.said}"
            return
        self.said = ""
        if block.path:
            self._put(block)
        elif block.language == "python":
            self._call((str(self.folder / ".venv/bin/python"), "-c", block.text), block.name)
        variables: dict[str, str] = {}
        for command in block.commands:
            if command.text not in ELSEWHERE:
                self._do(command, variables)

    def _put(self, block: Block) -> None:
        path = self.folder / block.path
        if path.exists() and block.language == "python":
            path.write_text(with_row(path.read_text(encoding="utf-8"), block.text), encoding="utf-8")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")

    def _do(self, command: Command, variables: dict[str, str]) -> None:
        text = INSTEAD[command.text].runs if command.text in INSTEAD else command.text
        words = shlex.split(text)
        words = [variables[word[1:]] if word[:1] == "$" and word[1:] in variables else word for word in words]
        if words[0] == "export":
            self.exported.update(dict(word.split("=", 1) for word in words[1:]))
        elif words[0] == "unset":
            for name in words[1:]:
                self.exported.pop(name, None)
        elif command.text in SERVERS:
            self._serve(words, SERVERS[command.text])
        elif words[0] != ".":
            printed = self._call(words, text, LONGEST.get(command.text, 300.0), command.code)
            if command.variable:
                variables[command.variable] = printed.strip()
                assert len(printed.split()) == 1, f"expected one word to keep in {command.variable}, found: {printed}"

    def _call(self, words: "list[str] | tuple[str, ...]", name: str, seconds: float = 300.0, code: int = 0) -> str:
        done = subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=seconds
        )
        assert done.returncode == code, f"{name} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, f"{name} printed\n{done.stderr}"
        print(done.stdout)
        self.said += done.stdout + done.stderr
        return done.stdout

    def _serve(self, words: list[str], address: str) -> None:
        with (self.folder / "server.log").open("wb") as log:
            self.servers.append(
                subprocess.Popen(
                    words, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
                )
            )
        deadline = time.monotonic() + PATIENCE
        while not answers(address or printed_address(self.folder / "server.log")):
            said = (self.folder / "server.log").read_text()
            assert self.servers[-1].poll() is None, said
            assert time.monotonic() < deadline, f"no answer at {address or 'an address that it prints'}\n{said}"
            time.sleep(0.3)


def printed_address(log: Path) -> str:
    """The first address of this machine in what a server has printed; '' while there is none."""
    found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
    return found[0] if found else ""


def answers(address: str) -> bool:
    """Whether a page is there."""
    if not address:
        return False
    try:
        with urllib.request.urlopen(address, timeout=5) as page:
            return bool(page.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def make_copy(folder: Path) -> Workplace:
    """Copy the project to `folder`, with its studies made short and an environment of links."""
    shutil.copytree(ROOT, folder, ignore=_ignored)
    for change in CHANGES:
        path = folder / change.file
        path.write_text(changed(path.read_text(encoding="utf-8"), change.pattern, change.becomes), encoding="utf-8")
    environment = folder / ".venv"
    environment.mkdir()
    for entry in Path(sys.prefix).iterdir():
        (environment / entry.name).symlink_to(entry)
    for stamp in ("made", "runtime", "dev"):
        (environment / stamp).unlink(missing_ok=True)
        (environment / stamp).touch()
    return Workplace(folder)


def changed(text: str, pattern: str, becomes: str) -> str:
    """`text` with the one place that `pattern` finds replaced; none or several raise ValueError."""
    made, count = re.subn(pattern, lambda _: becomes, text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"expected {pattern} once, found it {count} times")
    return made


def _ignored(folder: str, names: list[str]) -> set[str]:
    ignored = shutil.ignore_patterns(*NOT_COPIED)(folder, names)
    return ignored | (set(MADE) & set(names) if Path(folder) == ROOT else set())
