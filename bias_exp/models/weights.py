"""Files of trained weights as a plan meets them: by content, and without torch."""

from dataclasses import dataclass
from pathlib import Path

from bias_exp.config import Study
from bias_exp.errors import RequestError
from bias_exp.models.backbone import BackboneRow
from bias_exp.rundir import file_sha256


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights, and the sha256 that its content had when it was planned with."""

    path: Path
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "WeightsFile":
        """A file as it is now.

        Raises:
            RequestError: it is not there, or cannot be read.
        """
        try:
            return cls(path.resolve(), file_sha256(path))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise RequestError(f"expected a file of weights at {path}, found: {reason}; give its path") from None

    def check(self) -> Path:
        """The path of the file, whose content is proved to be what it was.

        Raises:
            RequestError: it is not there, or it was changed.
        """
        found = self.of(self.path).sha256
        if found != self.sha256:
            raise RequestError(
                f"expected weights with sha256 {self.sha256[:16]}... at {self.path}, found {found[:16]}...: the file "
                "was changed since it was planned with; put the old one back or plan the study anew"
            )
        return self.path


def no_weights(row: BackboneRow) -> RequestError:
    """That nobody has published trained weights of a backbone."""
    return RequestError(f"backbone {row.name!r} has no published weights; set pretrained = false or name a file")


def pinned(study: Study) -> Study:
    """The study with the sha256 of every file of weights that its backbones start from.

    Raises:
        RequestError: a file is not there.
    """
    if not isinstance(study.pretrained, dict):
        return study.model_copy(update={"weights": {}})
    files = {name: study.pretrained[name] for name in study.matrix.backbones}
    return study.model_copy(
        update={"weights": {name: WeightsFile.of(Path(path)).sha256 for name, path in files.items()}}
    )
