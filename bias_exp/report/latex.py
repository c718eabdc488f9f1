"""A page as LaTeX with booktabs: a `table` for a short section, a `longtable` for a long one.

A section too wide for a page stands across it. Needs `\\usepackage{booktabs,longtable,pdflscape}` and UTF-8 input; the
first line of the file says so.
"""

import re

from bias_exp.report.page import Block, Page, Text

_MOST_ROWS = 36
"""Rows that a floating table may have on one page."""

_MOST_CHARACTERS = 112
"""Characters across an upright page in the smallest type that is used."""

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "−": "$-$",
    "–": "--",
    "†": r"$\dagger$",
}
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))


def escape(text: str) -> str:
    """`text` as it is, in LaTeX text."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return _SIGN.sub(lambda found: _SIGNS[found.group()], plain)


def _cell(text: Text) -> str:
    body = escape(text.body)
    # A bracket that starts a row would be read as the optional argument of the rule or line end before it.
    body = f"{{}}{body}" if body.startswith("[") else body
    return f"{body}\\textsuperscript{{{escape(text.mark)}}}" if text.mark else body


def _row(cells: tuple[Text, ...]) -> str:
    return " & ".join(_cell(text) for text in cells) + r" \\"


def _width(blocks: tuple[Block, ...]) -> int:
    """Characters across."""
    columns = len(blocks[0].header)
    texts = [row for block in blocks for row in (block.header, *block.rows)]
    return sum(max(len(row[place].body) for row in texts) + 2 for place in range(columns))


def _size(width: int) -> str:
    if width > _MOST_CHARACTERS:  # across the page, which holds half as much again
        return r"\footnotesize" if width <= 140 else r"\scriptsize"
    return r"\small" if width <= 80 else r"\footnotesize" if width <= 94 else r"\scriptsize"


def _head(block: Block) -> list[str]:
    columns = len(block.header)
    lines = [r"\toprule"]
    if block.span:
        over = f"\\multicolumn{{{columns - block.spanned}}}{{c}}{{{escape(block.span)}}}"
        lines += [" & " * block.spanned + over + r" \\", f"\\cmidrule(l){{{block.spanned + 1}-{columns}}}"]
    return [*lines, _row(block.header), r"\midrule"]


def _body(blocks: tuple[Block, ...]) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        lines += [r"\addlinespace"] if lines else []
        if block.heading:
            lines += [f"\\multicolumn{{{len(block.header)}}}{{l}}{{\\textit{{{escape(block.heading)}}}}} \\\\*"]
        for place, row in enumerate(block.rows):
            # A little air where the first column names something new keeps long blocks legible.
            fresh = place and block.stub > 1 and row[0].body
            lines += [r"\addlinespace[2pt]"] if fresh else []
            lines.append(_row(row))
    return lines


def _notes(page: Page) -> str:
    footnotes = [f"\\textsuperscript{{{escape(mark)}}} {escape(sentence)}." for mark, sentence in page.footnotes]
    return " ".join([*footnotes, *(escape(note) for note in page.notes)])


def _tabular(caption: str, blocks: tuple[Block, ...], notes: str) -> list[str]:
    """One float or longtable; all blocks have one header."""
    first = blocks[0]
    spec = "l" * first.stub + "r" * (len(first.header) - first.stub)
    wide = _width(blocks) > _MOST_CHARACTERS
    size = _size(_width(blocks))
    body = _body(blocks)
    if sum(len(block.rows) + 1 for block in blocks) <= _MOST_ROWS and not wide:
        return [
            r"\begin{table}", r"\centering", size, r"\setlength{\tabcolsep}{4pt}", caption,
            f"\\begin{{tabular}}{{@{{}}{spec}@{{}}}}", *_head(first), *body, r"\bottomrule", r"\end{tabular}",
            f"\\par\\medskip\\parbox{{\\linewidth}}{{\\footnotesize {notes}}}", r"\end{table}",
        ]  # fmt: skip
    return [
        r"\begin{landscape}" if wide else r"\begingroup", size, r"\setlength{\tabcolsep}{4pt}",
        f"\\begin{{longtable}}{{@{{}}{spec}@{{}}}}",
        caption + r" \\", *_head(first), r"\endfirsthead", *_head(first), r"\endhead", r"\bottomrule", r"\endfoot",
        *body, r"\end{longtable}", f"\\noindent\\parbox{{\\linewidth}}{{\\footnotesize {notes}}}\\par",
        r"\end{landscape}" if wide else r"\endgroup",
    ]  # fmt: skip


def to_latex(page: Page) -> str:
    """The page as a file to be `\\input`."""
    lines = [r"% needs \usepackage{booktabs,longtable,pdflscape}; made by bias-exp, do not edit"]
    label = page.name.replace("_", "-")
    runs = [(section, run) for section in page.sections for run in section.runs]
    for place, (section, run) in enumerate(runs):
        title = f"{page.title}: {section.heading}" if section.heading else page.title
        suffix = f"-{place + 1}" if place else ""
        caption = f"\\caption{{{escape(title)}.}}\\label{{tab:{label}{suffix}}}"
        last = place == len(runs) - 1
        lines += _tabular(caption, run, _notes(page) if last else f"Notes: see Table~\\ref{{tab:{label}-{len(runs)}}}.")
    return "\n".join(lines) + "\n"
