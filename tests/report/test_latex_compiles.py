"""Every table's LaTeX compiles, where a TeX is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bias_exp.report.latex import to_latex
from bias_exp.report.page import make_page
from tests.report.synthetic import small_tables

PACKAGES = ("booktabs.sty", "longtable.sty", "pdflscape.sty")


def has_tex() -> bool:
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return False
    found = subprocess.run(["kpsewhich", *PACKAGES], capture_output=True, text=True, check=False)
    return len(found.stdout.split()) == len(PACKAGES)


@pytest.mark.skipif(not has_tex(), reason="needs pdflatex with booktabs, longtable and pdflscape")
def test_all_tables_compile_in_one_document(tmp_path: Path) -> None:
    lines = [r"\documentclass{article}", r"\usepackage[utf8]{inputenc}", r"\usepackage{booktabs,longtable,pdflscape}"]
    lines += [r"\usepackage{textcomp}", r"\begin{document}"]
    for table in small_tables():
        (tmp_path / f"{table.name}.tex").write_text(to_latex(make_page(table)), encoding="utf-8")
        lines += [rf"\input{{{table.name}.tex}}", r"\clearpage"]
    (tmp_path / "all.tex").write_text("\n".join([*lines, r"\end{document}"]), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 10_000
