"""Which arithmetic a study is worked in."""

from pathlib import Path

import pytest

from bias_exp.errors import RequestError
from bias_exp.models.precision import resolve_precision


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f amx_bf16 amx_tile\n", "bfloat16"),
        ("flags : avx512f avx512_bf16\n", "bfloat16"),
        ("flags : avx512f avx2\nvmx flags : amx_bf16\n", "float32"),
        ("Features : asimd bf16\n", "float32"),
        ("", "float32"),
    ],
)
def test_auto_goes_by_processor_flags(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert resolve_precision("auto", tmp_path / "cpuinfo") == expected


def test_a_system_without_the_list_gets_float32(tmp_path: Path) -> None:
    assert resolve_precision("auto", tmp_path / "none") == "float32"


def test_what_is_asked_for_is_kept(tmp_path: Path) -> None:
    assert resolve_precision("bfloat16", tmp_path / "none") == "bfloat16"
    assert resolve_precision("float32") == "float32"
    with pytest.raises(RequestError, match="auto, float32 or bfloat16, got 'half'"):
        resolve_precision("half")
