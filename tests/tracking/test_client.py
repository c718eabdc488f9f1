"""Connecting: one address from many, stores that cannot hold a matrix refused, a fresh store made by one process."""

import subprocess
import sys
from pathlib import Path

import pytest

from bias_exp.errors import RequestError
from bias_exp.tracking.client import connect, experiment, tracking_uri


def test_the_address_is_absolute_and_given_beats_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:1")
    assert tracking_uri("sqlite:///a.db") == f"sqlite:///{tmp_path}/a.db"
    assert tracking_uri() == "http://localhost:1"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.setenv("BIAS_EXP_HOME", str(tmp_path / "home"))
    assert tracking_uri() == f"sqlite:///{tmp_path}/home/mlflow.db"


@pytest.mark.parametrize("uri", ["./mlruns", "file:///tmp/mlruns", "ftp://x"])
def test_a_plain_folder_is_refused(uri: str) -> None:
    with pytest.raises(RequestError, match="expected a tracking URI like sqlite"):
        tracking_uri(uri)


def test_a_store_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RequestError, match="expected a folder that can be written"):
        connect(f"sqlite:///{blocked}/mlflow.db")


def test_processes_that_first_open_one_store_together_all_succeed(tmp_path: Path) -> None:
    code = (
        f"from bias_exp.tracking.client import connect; connect('sqlite:///{tmp_path}/mlflow.db').search_experiments()"
    )
    many = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate()[1].decode() for process in many]
    assert [process.returncode for process in many] == [0, 0], said


def test_an_experiment_is_made_once_with_a_place_of_its_own(uri: str, tmp_path: Path) -> None:
    client = connect(uri)
    made = experiment(client, "quick")
    assert experiment(client, "quick").experiment_id == made.experiment_id
    assert made.artifact_location == str(tmp_path / "mlartifacts" / "quick")


def test_a_deleted_experiment_is_said_with_the_way_back(uri: str) -> None:
    client = connect(uri)
    client.delete_experiment(experiment(client, "quick").experiment_id)
    with pytest.raises(RequestError, match="found it deleted; bring it back with `mlflow experiments restore"):
        experiment(client, "quick")
