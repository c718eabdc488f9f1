"""Run docs/notebook.py as a notebook and keep it, with what it shows, as docs/notebook.ipynb.

python analysis/make_notebook.py                                    # needs the extra `notebook`; see `make notebook`
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
MOST_BYTES = 200_000


def cells_of(source: str) -> Iterator[tuple[bool, str]]:
    """The cells of a script with `# %%` before each: whether it is code, and its text."""
    for part in source.split("\n# %%")[1:]:
        kind, _, text = part.partition("\n")
        if "[markdown]" in kind:
            yield False, "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.strip().splitlines())
        else:
            yield True, text.strip()


def main() -> None:
    """Run every cell, from this folder, so that it finds `mlflow.db`."""
    import nbformat
    from nbclient import NotebookClient

    os.environ["PYTHONWARNINGS"] = "ignore:IProgress not found"  # tqdm's, about a widget that nothing here needs
    made = nbformat.v4.new_notebook()
    new = {True: nbformat.v4.new_code_cell, False: nbformat.v4.new_markdown_cell}
    source = (DOCS / "notebook.py").read_text(encoding="utf-8")
    made.cells = [new[code](text, id=f"cell-{place}") for place, (code, text) in enumerate(cells_of(source))]
    NotebookClient(made, timeout=300, record_timing=False, resources={"metadata": {"path": "."}}).execute()
    made.metadata["language_info"] = {"name": "python"}
    text = nbformat.writes(made)
    if len(text) > MOST_BYTES:
        sys.exit(f"expected a notebook of at most {MOST_BYTES} bytes, found {len(text)}: show less, or smaller figures")
    (DOCS / "notebook.ipynb").write_text(text + "\n", encoding="utf-8")
    print(f"{DOCS / 'notebook.ipynb'}: {len(made.cells)} cells, {len(text)} bytes")


if __name__ == "__main__":
    main()
