"""Artifacts by the address that their run gives: files of this machine are read where they lie, others are fetched.

MLflow asks its store twice for a run before it hands out a file (24 ms on SQLite). Who has read a thousand runs knows
where their artifacts are.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import mlflow


def local_folder(address: str) -> Path | None:
    """The folder of artifacts that lie on this machine, None for any other address."""
    place = urlsplit(address)
    if place.scheme not in ("", "file"):
        return None
    return Path(unquote(place.path) if place.scheme else address)


def content_at(address: str, path: str, tracking_uri: str) -> bytes:
    """The content of an artifact.

    Args:
        address: of the run's artifacts (`run.info.artifact_uri`).
        path: below it.
        tracking_uri: of the server, which may be what hands out its files.

    Raises:
        OSError: there is no such file here.
        mlflow.exceptions.MlflowException: the server has none.
    """
    folder = local_folder(address)
    if folder is not None:
        return (folder / path).read_bytes()
    with TemporaryDirectory() as copy:
        found = mlflow.artifacts.download_artifacts(
            artifact_uri=f"{address}/{path}", dst_path=copy, tracking_uri=tracking_uri
        )
        return Path(found).read_bytes()
