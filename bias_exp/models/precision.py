"""Which arithmetic a study is worked in; free of torch, because a plan asks it."""

from pathlib import Path
from typing import Literal, get_args

from bias_exp.errors import RequestError

Precision = Literal["float32", "bfloat16"]

FAST_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})
CPUINFO = Path("/proc/cpuinfo")


def _processor_flags(cpuinfo: Path) -> frozenset[str]:
    """Flags of the first processor; none where the system does not list them."""
    if not cpuinfo.is_file():
        return frozenset()
    for line in cpuinfo.read_text(encoding="ascii", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return frozenset(value.split())
    return frozenset()


def resolve_precision(asked: str, cpuinfo: Path = CPUINFO) -> Precision:
    """`auto` is bfloat16 where the processor multiplies it natively, else float32; anything else must be one of them.

    Resolved once, when a study is first planned, and stored: the bits of a cell are promised at equal precision only.
    """
    if asked == "auto":
        return "bfloat16" if FAST_FLAGS & _processor_flags(cpuinfo) else "float32"
    for known in get_args(Precision):
        if asked == known:
            return known
    raise RequestError(f"precision must be auto, float32 or bfloat16, got {asked!r}")
