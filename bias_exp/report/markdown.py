"""A page as Markdown that is readable unrendered: columns stand under each other."""

import re

from bias_exp.report.page import Block, Page, Text

# A "<" starts HTML only before a letter, "/", "!" or "?"; "<0.001" stays as it is.
_LIVE = re.compile(r"[\\|*`]|<(?=[A-Za-z/!?])")
_RAISED = dict(zip("abcdefghijklmnopqrstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖ𐞥ʳˢᵗᵘᵛʷˣʸᶻ", strict=True))


def escape(text: str) -> str:
    """`text` as it is, in a cell of a Markdown table."""
    plain = " ".join(text.split())
    return _LIVE.sub(lambda found: "\\" + found.group(), plain)


def _mark(mark: str) -> str:
    return "".join(_RAISED.get(sign, sign) for sign in mark)


def _cell(text: Text) -> str:
    return escape(text.body) + (f" {_mark(text.mark)}" if text.mark else "")


def _block(block: Block) -> list[str]:
    table = [[_cell(text) for text in row] for row in (block.header, *block.rows)]
    widths = [max(3, *(len(row[place]) for row in table)) for place in range(len(block.header))]
    rules = ["-" * w if place < block.stub else "-" * (w - 1) + ":" for place, w in enumerate(widths)]
    lines = []
    for row in (table[0], rules, *table[1:]):
        cells = [
            text.ljust(width) if place < block.stub else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def to_markdown(page: Page) -> str:
    """The page as a Markdown document."""
    lines = [f"# {escape(page.title)}", ""]
    for section in page.sections:
        lines += [f"## {escape(section.heading)}", ""] if section.heading else []
        for block in section.blocks:
            lines += [f"### {escape(block.heading)}", ""] if block.heading else []
            lines += [f"Columns: {escape(block.span)}.", ""] if block.span else []
            lines += [*_block(block), ""]
    lines += [f"- {_mark(mark)} {escape(sentence)}." for mark, sentence in page.footnotes]
    lines += [f"- {escape(note)}" for note in page.notes]
    return "\n".join(lines) + "\n"
