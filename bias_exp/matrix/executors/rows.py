"""The executors by name."""

from dataclasses import dataclass

from bias_exp.registry import Registry


@dataclass(frozen=True)
class ExecutorRow:
    """An executor: its name, the address of what makes it from a number of slots, and what it is."""

    name: str
    address: str
    summary: str


EXECUTORS: Registry[ExecutorRow] = Registry(
    "executor",
    ExecutorRow("local", "bias_exp.matrix.executors.local:LocalExecutor", "processes on this machine"),
)
