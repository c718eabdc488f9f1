"""A client of the tracking server that is safe to make: the store is initialised once, by one process.

Two processes that first open one SQLite file at the same time can leave it unusable for good, so opening is done under
a file lock beside it. Uncommon stores are refused here, before anything runs.
"""

import logging
import os
import urllib.parse
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

from bias_exp.errors import RequestError, TrackingGone
from bias_exp.places import Places, writable_folder

URI_VARIABLE = "MLFLOW_TRACKING_URI"
RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
SQLITE = "sqlite:///"


@contextmanager
def answered() -> Iterator[None]:
    """Work that needs the tracking server; also a decorator of it.

    Raises:
        TrackingGone: it did not answer in all the time that MLflow tries, or refused what should have been possible.
    """
    try:
        yield
    except (MlflowException, RequestException, SQLAlchemyError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise TrackingGone(
            f"expected an answer of the tracking server at {os.environ.get(URI_VARIABLE) or 'an unknown address'}, "
            f"found: {reason}; mend it and run the same command again: what is complete stays so"
        ) from error


def tracking_uri(given: str | None = None) -> str:
    """The server's address: as given, else $MLFLOW_TRACKING_URI, else `mlflow.db` at home; SQLite paths absolute.

    Raises:
        RequestError: a kind of store that cannot hold a matrix.
    """
    uri = given or os.environ.get(URI_VARIABLE) or f"{SQLITE}{Places.here().home / 'mlflow.db'}"
    if uri.startswith(SQLITE):
        path = str(Path(uri.removeprefix(SQLITE)).resolve())
        if "%" in path:
            raise RequestError(f"expected a place without % for a SQLite store, found {path}; choose another folder")
        return SQLITE + path
    if urllib.parse.urlsplit(uri).scheme in ("http", "https", "postgresql", "mysql", "mssql", "databricks"):
        return uri
    raise RequestError(
        f"expected a tracking URI like sqlite:///mlflow.db or http://host:5000, found {uri!r}: MLflow 3.17 keeps no "
        "runs in plain folders; use --tracking-uri sqlite:///mlflow.db"
    )


def sqlite_file(uri: str) -> Path | None:
    """The database file of a SQLite address, None for any other server."""
    return Path(uri.removeprefix(SQLITE)) if uri.startswith(SQLITE) else None


def _quiet() -> None:
    """MLflow logs its migrations, warns of its own internals and draws a bar a file; none is news to the user."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    for name in ("alembic", "mlflow.store.db.utils", "mlflow.tracking.fluent"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=FutureWarning, module="mlflow")


def connect(uri: str | None = None) -> MlflowClient:
    """A client of the server at `uri` (see `tracking_uri`), with its store ready for use by many processes.

    Raises:
        RequestError: the server does not answer, or its store cannot be written.
    """
    address = tracking_uri(uri)
    _quiet()
    os.environ[URI_VARIABLE] = address  # artifact downloads and children ask the environment, not the client
    database = sqlite_file(address)
    if database is not None:
        writable_folder(database.parent)
    try:
        with _lock(address), _impatient():
            client = MlflowClient(address)  # with SQLite, this is what makes the tables
            client.search_experiments(max_results=1)
            return client
    except (MlflowException, ImportError, SQLAlchemyError) as error:
        reason = str(error).splitlines()[0]
        raise RequestError(f"expected a tracking server at {address}, found: {reason}; start it or mend it") from None


def _lock(address: str) -> AbstractContextManager[Any]:
    database = sqlite_file(address)
    return nullcontext() if database is None else FileLock(f"{database}.lock")


def making(client: MlflowClient) -> AbstractContextManager[Any]:
    """Around making what must be there once: with SQLite, one process at a time looks and makes."""
    return _lock(client.tracking_uri)


@contextmanager
def _impatient() -> Iterator[None]:
    """On first contact a server that is not there is said at once, not after MLflow's four minutes of trying."""
    if RETRIES in os.environ:
        yield
        return
    os.environ[RETRIES] = "1"
    try:
        yield
    finally:
        del os.environ[RETRIES]


def experiment(client: MlflowClient, name: str) -> Experiment:
    """The experiment of a study, made with an explicit place for its artifacts if it is not there.

    Raises:
        RequestError: an experiment of that name was deleted.
    """
    found = client.get_experiment_by_name(name)
    if found is None:
        database = sqlite_file(client.tracking_uri)
        place = str(database.parent / "mlartifacts" / name) if database else None
        try:
            made = client.create_experiment(name, artifact_location=place)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return experiment(client, name)  # another process was faster
        return client.get_experiment(made)
    if found.lifecycle_stage == "deleted":
        raise RequestError(
            f"expected experiment {name!r} to be in use, found it deleted; bring it back with "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}` or rename the study"
        )
    return found
