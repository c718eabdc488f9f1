"""Words and numbers for the terminal: aligned columns, wrapped lines, nothing wider than WIDTH."""

import textwrap
from collections.abc import Sequence

WIDTH = 120


def wrapped(text: str, indent: str = "  ") -> str:
    """`text` as one line, or as several of which all but the first are indented."""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def aligned(rows: Sequence[Sequence[str]], *, words: int) -> list[str]:
    """Rows as lines with their columns under each other, the first `words` to the left, the others to the right.

    The first row is the header. Columns that do not fit stand in further blocks, each with the words again.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines: list[str] = []
    for chosen in _blocks(widths, words):
        lines += [""] if lines else []
        for row in rows:
            cells = [row[place].ljust(widths[place]) for place in range(words)]
            cells += [row[place].rjust(widths[place]) for place in chosen]
            lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def _blocks(widths: Sequence[int], words: int) -> list[list[int]]:
    """The number columns of each block."""
    room = WIDTH - sum(width + 2 for width in widths[:words])
    blocks: list[list[int]] = [[]]
    for place in range(words, len(widths)):
        used = sum(widths[other] + 2 for other in blocks[-1])
        if blocks[-1] and used + widths[place] + 2 > room:
            blocks.append([])
        blocks[-1].append(place)
    return blocks


def without_repeats(rows: Sequence[Sequence[str]], words: int) -> list[list[str]]:
    """Rows whose leading words are blank where they repeat those above; the last of the `words` always stands."""
    shown: list[list[str]] = []
    above: Sequence[str] | None = None
    for row in rows:
        line = list(row)
        for place in range(words - 1):
            if above is None or list(above[: place + 1]) != list(row[: place + 1]):
                break
            line[place] = ""
        shown.append(line)
        above = row
    return shown


def several(count: int, noun: str) -> str:
    """`1 cell`, `2 cells`, `2 losses`."""
    endings = {"loss": "losses", "class": "classes", "list of heads": "lists of heads"}
    return f"{count} {noun if count == 1 else endings.get(noun, noun + 's')}"


def listed(words: Sequence[object]) -> str:
    """`a, b and c`."""
    texts = list(map(str, words))
    return " and ".join(([", ".join(texts[:-1])] if texts[1:] else []) + texts[-1:])


def in_bytes(count: float) -> str:
    """`13 MB`, `4.2 GB`; powers of 1000."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}" if count < 1000 * size else f"{count / size:.0f} {unit}"
    return f"{count:.0f} bytes"
