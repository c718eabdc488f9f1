"""MLflow's UI on a study's store: started on a free port, waited for, and said where to click.

MLflow 3.17 opens an experiment on pages for language models; the addresses that are printed here open the runs.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bias_exp.errors import RequestError
from bias_exp.places import Places
from bias_exp.tracking.client import connect, sqlite_file, tracking_uri
from bias_exp.tracking.runs import StudyPlace, study_places
from bias_exp.tracking.views import CELLS, CHARTS, artifact_link, view_link

HOST, PORT = "127.0.0.1", 5000
READY_SECONDS = 180.0
CLOSING_SECONDS = 10.0

_POLL_SECONDS = 0.2
_MOST_PORTS = 100
_MOST_STUDIES = 6
_FASTER = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
"""No consumers of jobs, which evaluate language models: seven processes that nothing here needs."""


def show(uri: str | None, port: int | None, say: Callable[[str], None]) -> None:
    """Serve the UI of the store at `uri` until a signal comes; of a server that runs already, say the addresses.

    Raises:
        RequestError: there is no store, no free port, or the UI does not start.
    """
    address = tracking_uri(uri)
    database = sqlite_file(address)
    if database is not None and not database.is_file():
        raise RequestError(f"expected a tracking store at {database}, found none; run `bias-exp matrix` here first")
    places = study_places(connect(address))
    if address.startswith("http"):
        say(where_to_click(address.rstrip("/"), places))
        return
    chosen = free_port(port or PORT)
    if chosen != (port or PORT):
        say(f"port {port or PORT} is taken; this uses {chosen}")
    here = f"http://{HOST}:{chosen}"
    say(f"starting MLflow's UI at {here}, which takes up to half a minute")
    words = ("-m", "mlflow", "ui", "--backend-store-uri", address, "--host", HOST, "--port", str(chosen))
    with served((sys.executable, *words, "--workers", "1"), chosen, Places.here().logs / "ui.log") as server:
        say(f"{where_to_click(here, places)}\nready; Ctrl-C ends it")
        server.wait()
        raise RequestError(f"expected the UI to run until Ctrl-C, found that it ended; see {Places.here().logs}/ui.log")


def free_port(first: int) -> int:
    """The first port from `first` on that nobody listens on."""
    for port in range(first, min(first + _MOST_PORTS, 65536)):
        with socket.socket() as trial, suppress(OSError):
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was closed just now is free
            trial.bind((HOST, port))
            return port
    raise RequestError(f"expected a free port from {first} on, found none; choose another one with --port")


@contextmanager
def served(argv: Sequence[str], port: int, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A server that has been started and answers; it and all that it started end with the block.

    Raises:
        RequestError: it ended, or was silent for too long.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # a closed terminal ends the server too
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
    with log.open("wb") as file:
        server = subprocess.Popen(  # noqa: S603 - the command is our own
            argv, env=os.environ | _FASTER, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait(server, port, log)
        yield server
    finally:
        _end(server)


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not answers(port):
        over = server.poll() is not None
        if over or time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            how = f"ended with exit code {server.returncode}" if over else f"was silent for {READY_SECONDS:.0f} s"
            raise RequestError(
                f"expected MLflow's UI to answer on port {port}, found that it {how}; its last words in {log}: "
                f"{said[-1] if said else 'none'}"
            )
        time.sleep(_POLL_SECONDS)


def answers(port: int) -> bool:
    """Whether a healthy MLflow server listens on a port of this machine."""
    link = http.client.HTTPConnection(HOST, port, timeout=2.0)  # unlike urllib it asks no proxy
    try:
        link.request("GET", "/health")
        return link.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def _end(server: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(CLOSING_SECONDS)


def where_to_click(here: str, places: Sequence[StudyPlace]) -> str:
    """The addresses of each study's pages, and what to do there."""
    lines = []
    for place in places[:_MOST_STUDIES]:
        lines += [
            f"study {place.name}",
            f"  cells   {here}/{view_link(place.experiment_id, CELLS)}",
            f"  charts  {here}/{view_link(place.experiment_id, CHARTS)}",
            f"  tables  {here}/{artifact_link(place.experiment_id, place.study_run, 'tables')}",
        ]
    every = f"{here}/#/experiments?workflowType=machine_learning"
    rest = f"{len(places)} studies in all" if len(places) > _MOST_STUDIES else "all studies"
    return "\n".join(
        (
            *lines,
            f"{rest}: {every}",
            "A cell's name opens it: its Description says what it is and links to its panels and curves.",
            "Tick several cells, press Compare: parallel coordinates. The menu Views (top right) brings a page back.",
            "On pages about traces and prompts: press `Model training` at the top left.",
        )
    )
