"""Run the benchmarks, all or those named: `python -m tests.benchmarks training slots`."""

import os
import platform
import sys
from importlib import import_module

ALL = ("training", "slots", "frozen", "overhead", "personas", "explaining", "paths", "reading", "tables")


def main(names: list[str]) -> int:
    """Print each finding as it is made; the number of those that fall short."""
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} processors; ratios within this run\n", flush=True)
    short = 0
    for name in names or ALL:
        for finding in import_module(f"tests.benchmarks.{name}").findings():
            print(finding.line(), flush=True)
            short += finding.verdict == "FALLS SHORT"
    print(f"\n{short} fall short" if short else "\nnothing falls short")
    return short


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
