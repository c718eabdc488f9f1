"""What a crawl looks for: professions and the words that search engines are asked for them, from a CSV file.

The words name no gender: a search for `female nurse` would give the pictures that somebody tagged so, and what a search
engine thinks of the profession is a part of what a study may want to see.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bias_exp.data.names import name_text
from bias_exp.data.sources.table import Table, read_table, said_lines
from bias_exp.errors import RequestError

KEYWORDS = Path(__file__).with_name("keywords.csv")
"""The file that comes with the program."""
_COLUMNS = ("profession", "query")


class Keyword(NamedTuple):
    """One search: what is asked, in which language ('' for any), and the label of what comes."""

    profession: str
    query: str
    language: str


class Link(NamedTuple):
    """Where a picture is, and what the engine says of it; '' where it says nothing."""

    url: str
    page_url: str = ""
    licence: str = ""
    licence_url: str = ""
    author: str = ""


def read_keywords(path: Path | None = None, professions: Sequence[object] = ()) -> list[Keyword]:
    """The searches of a file, of some of its professions where these are named.

    Raises:
        RequestError: no such file, no such column or profession, an empty or doubled search, or a profession that
            cannot be a folder's name.
    """
    table = read_table(path or KEYWORDS)
    found = [Keyword(*(value.strip() for value in row)) for row in zip(*_values(table), strict=True)]
    _check(table, found)
    known = list(dict.fromkeys(keyword.profession for keyword in found))
    if strange := [name for name in map(str, professions) if name not in known]:
        raise RequestError(
            f"expected options.professions of {table.path} ({', '.join(known)}), found {strange[0]!r}; name these, "
            f"or give a file of your own in options.keywords"
        )
    return [keyword for keyword in found if not professions or keyword.profession in professions]


def _values(table: Table) -> list[list[str]]:
    columns = [table.column(name) for name in _COLUMNS]
    languages = table.column("language") if "language" in table.columns else [""] * len(table.rows)
    return [*columns, languages]


def _check(table: Table, found: list[Keyword]) -> None:
    bad = [
        line
        for line, keyword, row in zip(table.lines, found, range(len(found)), strict=True)
        if not keyword.profession or not keyword.query or keyword in found[:row]
    ]
    if bad or not found:
        where = said_lines(bad) if bad else "no line"
        raise RequestError(
            f"expected a profession and a query in every line of {table.path}, each pair once, found otherwise in "
            f"{where}; mend the file"
        )
    refuse_odd_names([keyword.profession for keyword in found], str(table.path))


def refuse_odd_names(professions: Sequence[str], where: str) -> None:
    """Prove that professions can be names of folders.

    Raises:
        RequestError: one cannot.
    """
    odd = [name for name in professions if name != name_text(name) or "/" in name or "\\" in name or name[:1] == "."]
    if odd:
        raise RequestError(f"expected professions that can be names of folders in {where}, found {odd[0]!r}; rename it")


def read_urls(path: Path) -> dict[Keyword, list[Link]]:
    """The links of a CSV file of url and profession, and of query, page_url, licence, licence_url and author if known.

    Raises:
        RequestError: no such file or column, or a line without a URL or a profession.
    """
    table = read_table(path)
    columns = {
        name: [value.strip() for value in table.column(name)] if name in table.columns else [""] * len(table.rows)
        for name in ("query", *Link._fields[1:])
    }
    urls, professions = ([value.strip() for value in table.column(name)] for name in ("url", "profession"))
    bad = [line for line, *pair in zip(table.lines, urls, professions, strict=True) if not all(pair)]
    if bad or not urls:
        raise RequestError(
            f"expected a url and a profession in every line of {path}, found otherwise in "
            f"{said_lines(bad) if bad else 'no line'}; mend the file"
        )
    refuse_odd_names(professions, str(path))
    found: dict[Keyword, list[Link]] = {}
    for row, (url, profession) in enumerate(zip(urls, professions, strict=True)):
        given = {name: values[row] for name, values in columns.items()}
        keyword = Keyword(profession, given.pop("query"), "")
        found.setdefault(keyword, []).append(Link(url, **given))
    return found
