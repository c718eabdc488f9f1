"""What somebody made elsewhere and brings here: a file, its content, and what a model's outputs mean. Free of torch."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from bias_exp.columns import PROBE_HEAD
from bias_exp.errors import RequestError
from bias_exp.frozen import Frozen, Name

Kind = Literal["weights", "predictions"]

_HEADS = TypeAdapter(dict[Name, tuple[str, ...]])


class Imported(Frozen):
    """A file from elsewhere: weights, with the labels of every head in output order as `classes`, or predictions."""

    file: str
    sha256: str
    classes: dict[Name, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """What is in the file."""
        return "weights" if self.classes else "predictions"

    @property
    def digest(self) -> str:
        """A name for all that the import depends on: the file's content and the meaning of its outputs."""
        content = [self.sha256, [[head, list(labels)] for head, labels in self.classes.items()]]
        return sha256(json.dumps(content).encode()).hexdigest()


def read_classes(path: Path) -> dict[str, tuple[str, ...]]:
    """A heads.json, `{head: [labels in output order]}`, in the order of the file.

    Raises:
        RequestError: no such file, another shape, or labels that stand twice.
    """
    example = '{"gender": ["female", "male"]}'
    try:
        found = _HEADS.validate_json(path.read_bytes())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RequestError(f"expected the labels of every head in {path}, like {example}, found: {reason}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise RequestError(
            f"expected the labels of every head in {path}, like {example}, found: {place} {first['msg']}".strip()
        ) from None
    for head, labels in found.items():
        if len(labels) < 2 or len(set(labels)) < len(labels) or not all(labels):
            raise RequestError(f"head {head!r} of {path} needs two labels at least, each once, got {list(labels)}")
    if not found or PROBE_HEAD in found:
        raise RequestError(
            f"expected heads in {path}, like {example}, found {', '.join(found) or 'none'}; "
            f"{PROBE_HEAD} is fitted here and is none of them"
        )
    return found


def ordered_heads(
    classes: Mapping[str, tuple[str, ...]], preferred: Sequence[str], known: Mapping[str, object]
) -> list[str]:
    """The heads, the primary one first: those that the data has labels for in the preferred order, then the others.

    Raises:
        RequestError: the data has labels of no head.
    """
    labelled = [head for head in classes if head in known]
    if not labelled:
        raise RequestError(
            f"expected a head that the data has labels for ({', '.join(known)}), found: {', '.join(classes)}; "
            "name heads as the data does"
        )
    place = {head: number for number, head in enumerate(preferred)}
    return sorted(classes, key=lambda head: (head not in known, place.get(head, len(place))))


def label_notes(classes: Mapping[str, tuple[str, ...]], known: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What an import's labels and the data's have not in common; labels are matched by name alone.

    Raises:
        RequestError: a head and the data's attribute of its name have no label in common.
    """
    notes = []
    for head, labels in classes.items():
        if head not in known:
            notes.append(f"the data has no labels of {head}: its predictions and maps stand without truth")
            continue
        if not set(labels) & set(known[head]):
            raise RequestError(
                f"expected labels of {head!r} that the data has ({', '.join(known[head])}), found: "
                f"{', '.join(labels)}; name labels as the data does: they are matched by name"
            )
        if more := [label for label in labels if label not in known[head]]:
            notes.append(f"labels of {head} that the data lacks: {', '.join(more)}")
        if less := [label for label in known[head] if label not in labels]:
            notes.append(f"labels of {head} that the model cannot give, and so always errs on: {', '.join(less)}")
    return notes
