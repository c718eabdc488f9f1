"""The class list of the older layout, `class_label.json`: `{"0": "baker", "1": "doctor", ...}` in the order of outputs.

Everything here goes by name; the file is for tools that go by number, and says which name each number is.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from bias_exp.data.images import UndecodableImage, read_file
from bias_exp.errors import RequestError

CLASS_LABEL = "class_label.json"


def class_label_text(classes: Sequence[str]) -> str:
    """What the file says of classes in the order of a model's outputs."""
    table = {str(number): name for number, name in enumerate(classes)}
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def read_class_label(path: Path) -> tuple[str, ...]:
    """The classes in the order of the outputs.

    Raises:
        RequestError: not a JSON table of the numbers from "0" on to different names.
    """
    expected = f'expected {{"0": "first class", "1": "second class", ...}} in {path}'
    try:
        pairs = json.loads(read_file(path).decode("utf-8-sig"), object_pairs_hook=list)
    except (UndecodableImage, ValueError) as error:
        raise RequestError(f"{expected}, found no JSON: {error}; mend the file") from None
    if not _is_table(pairs):
        raise RequestError(f"{expected}, found something else; give each output's number its class's name")
    numbers = sorted(int(number) for number, _ in pairs if number.isascii() and number.isdigit())
    if numbers != list(range(len(pairs))) or not pairs:
        found = ", ".join(repr(number) for number, _ in pairs[:6]) or "none"
        raise RequestError(f"{expected}, found the numbers {found}; number the classes from 0 without gaps")
    names = tuple(name for _, name in sorted(pairs, key=lambda pair: int(pair[0])))
    if len({name.strip().casefold() for name in names}) < len(names) or not all(map(_is_name, names)):
        raise RequestError(
            f"{expected}, found {', '.join(map(repr, names))}; name each class once, in printable text without spaces "
            f"around it"
        )
    return names


def _is_table(content: object) -> bool:
    return isinstance(content, list) and all(
        isinstance(pair, tuple) and isinstance(pair[0], str) and isinstance(pair[1], str) for pair in content
    )


def _is_name(name: str) -> bool:
    return bool(name) and name.isprintable() and name == name.strip()
