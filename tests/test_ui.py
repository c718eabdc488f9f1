"""The UI's command: a port that is free, a server that answers before it is called ready, and addresses to open."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bias_exp import ui
from bias_exp.errors import RequestError
from bias_exp.tracking.runs import StudyPlace, StudyRuns, study_places
from bias_exp.tracking.tags import ROLE

ANSWERING = """
import http.server, sys, time
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404); self.end_headers()
    def log_message(self, *words): pass
time.sleep(0.3)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Healthy).serve_forever()
"""


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as one:
        one.bind((ui.HOST, 0))
        one.listen()
        yield one.getsockname()[1]


@pytest.fixture(autouse=True)
def hangup() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_taken_port_is_passed_over(taken: int) -> None:
    assert ui.free_port(taken) > taken
    with pytest.raises(RequestError, match="expected a free port from 65536 on"):
        ui.free_port(65536)


def test_a_server_is_ready_when_it_answers_and_ends_with_the_block(tmp_path: Path) -> None:
    port = ui.free_port(25000)
    with ui.served((sys.executable, "-c", ANSWERING, str(port)), port, tmp_path / "logs" / "ui.log") as server:
        assert ui.answers(port)
        assert os.getpgid(server.pid) == server.pid, "Ctrl-C in a terminal reaches us alone"
    assert server.returncode == -signal.SIGTERM
    assert not ui.answers(port)


def test_a_server_that_ends_is_quoted(tmp_path: Path) -> None:
    log = tmp_path / "ui.log"
    words = "its last words in .*ui.log: no such store"
    with (
        pytest.raises(RequestError, match=f"it ended with exit code 1; {words}"),
        ui.served((sys.executable, "-S", "-c", "raise SystemExit('starting\\nno such store')"), 1, log),
    ):
        pass


def test_each_study_has_its_pages(uri: str) -> None:
    runs = StudyRuns.open("faces", uri)
    runs.client.create_experiment("of somebody else")
    assert study_places(runs.client) == [StudyPlace("faces", runs.experiment_id, runs.study_run)]
    assert runs.client.get_run(runs.study_run).data.tags[ROLE] == "study"
    said: list[str] = []
    place = f"http://h:1/#/experiments/{runs.experiment_id}/runs"
    text = ui.where_to_click("http://h:1", study_places(runs.client))
    assert f"  cells   {place}?workflowType=machine_learning&viewStateShareKey=cells" in text.splitlines()
    assert f"{place}/{runs.study_run}/artifacts/tables?workflowType=machine_learning" in text
    assert not said


def test_without_a_store_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"found none; run `bias-exp matrix` here first"):
        ui.show(f"sqlite:///{tmp_path}/mlflow.db", None, print)
    assert not list(tmp_path.iterdir())
