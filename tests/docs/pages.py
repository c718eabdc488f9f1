"""The pages of the documentation taken apart: blocks, commands, headings, tables, links.

In a page, a `console` block holds commands to be run, `text` what was printed: ```text printed, by the block before it.
A block with a path after its language (```toml mine.toml) is that file; `python` without a path is a program to be run.
Paths of the project itself, such as bias_exp/models/rows.py, stand before a row that is to be added to the registry in
that file.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ORDER = ("README", "tour", "pictures", "checkpoints", "commands", "studies", "personas", "extending")
"""Pages in the order in which a reader, and the runner, goes through them; the others follow by name."""

LANGUAGES = {"console", "text", "toml", "python", "json", "csv", "bibtex"}
PRINTED = "text printed"
PROGRAMS = ("make", "bias-exp", "mlflow")
"""Programs whose commands are looked for in running text too."""

_FENCE = re.compile(r"^(```+)\s*(.*)$")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_ENDS = re.compile(r"# ends with (\d+)$")
_VARIABLE = re.compile(r"^([A-Z_]+)=\$\((.*)\)$")


@dataclass(frozen=True)
class Command:
    """One command of a console block: as it stands, in words, the variable that takes what it prints, and the exit code
    that its remark `# ends with 2` speaks of."""

    text: str
    words: tuple[str, ...]
    variable: str = ""
    code: int = 0


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its fence, from 1, `path` the file that it is, '' for none.

    `printed`: the block of commands or the program before it prints this, lines of ... standing for any others.
    """

    page: str
    line: int
    language: str
    path: str
    text: str
    printed: bool = False

    @property
    def name(self) -> str:
        """`tour:12`."""
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands of a console block."""
        lines = self.text.replace("\\\n", " ").splitlines() if self.language == "console" else []
        return tuple(command_of(line) for line in lines if line.strip() and not line.lstrip().startswith("#"))


def command_of(line: str) -> Command:
    """A command from its line; what follows a # is a remark."""
    text = " ".join(line.split())
    found = _VARIABLE.match(text)
    variable, inner = found.groups() if found else ("", text)
    words = shlex.split(inner, comments=True)
    ends = _ENDS.search(text)
    return Command(shlex.join(words), tuple(words), variable, int(ends[1]) if ends else 0)


@dataclass(frozen=True)
class Page:
    """A page by its name (README, tour ...), with its text outside of fences as `prose`, line by line."""

    name: str
    path: Path
    blocks: tuple[Block, ...]
    prose: tuple[str, ...]

    @property
    def anchors(self) -> set[str]:
        """What links can point at: the page's headings as GitHub names them."""
        return {anchor(line.lstrip("#").strip()) for line in self.prose if re.match(r"#+ ", line)}

    @property
    def links(self) -> list[str]:
        """The targets of links and pictures."""
        return [target for line in self.prose for target in _LINK.findall(_CODE.sub("", line))]

    @property
    def spans(self) -> list[str]:
        """Code within running text."""
        return [code for line in self.prose for code in _CODE.findall(line)]

    def table(self, heading: str) -> list[list[str]]:
        """The cells of the first table under a heading, without its head; code marks stay."""
        start = next(number for number, line in enumerate(self.prose) if re.match(rf"#+ {re.escape(heading)}$", line))
        rows: list[list[str]] = []
        for line in self.prose[start + 1 :]:
            if line.startswith("|"):
                rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
            elif rows or line.startswith("#"):
                break
        return rows[2:]


def anchor(heading: str) -> str:
    """A heading as GitHub names it in links."""
    plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return plain.replace(" ", "-")


def read_page(path: Path) -> Page:
    """A page taken apart; a fence that is not closed raises ValueError."""
    blocks: list[Block] = []
    prose: list[str] = []
    fence, opened, info, held = "", 0, "", []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        found = _FENCE.match(line)
        if not fence and found:
            (fence, info), opened, held = found.groups(), number, []
        elif fence and line.strip() == fence:
            language, _, place = info.partition(" ")
            printed = info == PRINTED
            place = "" if printed else place.strip()
            blocks.append(Block(path.stem, opened, language, place, "\n".join(held) + "\n", printed))
            fence = ""
        else:
            (held if fence else prose).append(line)
    if fence:
        raise ValueError(f"expected an end of the block in line {opened} of {path}, found none")
    return Page(path.stem, path, tuple(blocks), tuple(prose))


def all_pages(root: Path = ROOT) -> list[Page]:
    """README.md and docs/*.md, in the order in which they are run."""
    paths = [root / "README.md", *(root / "docs").glob("*.md")]
    rank = {name: number for number, name in enumerate(ORDER)}
    return [read_page(path) for path in sorted(paths, key=lambda path: (rank.get(path.stem, len(rank)), path.stem))]


PAGES = {page.name: page for page in all_pages()}
BLOCKS = [block for page in PAGES.values() for block in page.blocks]
COMMANDS = [(block, command) for block in BLOCKS for command in block.commands]
