"""File names as text that survives CSV, JSON and a terminal, and back again without loss.

A file name on Linux is any bytes. Whatever is not printable UTF-8 (stray bytes, control characters, marks that turn the
direction of writing), and `%` itself, is percent-encoded byte by byte; everything else stays readable.
"""

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes

from bias_exp.errors import IntegrityError


def name_text(name: str) -> str:
    """One file name, as `os.listdir` gives it, as printable text."""
    if name.isprintable() and "%" not in name:
        return name

    def written(character: str) -> str:
        if character.isprintable() and character != "%":
            return character
        return "".join(f"%{byte:02X}" for byte in os.fsencode(character))

    return "".join(map(written, name))


def path_text(path: Path) -> str:
    """A path as printable text with `/` between its parts; `text_path` gives the same path back."""
    return name_text(path.as_posix())


def text_path(text: str) -> Path:
    """The path that `path_text` wrote."""
    return Path(os.fsdecode(unquote_to_bytes(text)))


def below(root: Path, text: str) -> Path:
    """The file below `root` that a manifest names by `text`.

    Raises:
        IntegrityError: the path is absolute or climbs out of the root, which no manifest of ours says.
    """
    path = text_path(text)
    if path.is_absolute() or ".." in path.parts:
        raise IntegrityError(f"expected a path below {root}, found {text!r}")
    return root / path
