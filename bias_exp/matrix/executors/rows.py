"""The executors by name."""

from dataclasses import dataclass

from bias_exp.registry import Registry


@dataclass(frozen=True)
class ExecutorRow:
    """An executor: its name, the address of what makes it of a number of slots and a `job.Say`, and what it is."""

    name: str
    address: str
    summary: str


EXECUTORS: Registry[ExecutorRow] = Registry(
    "executor",
    ExecutorRow(
        "local",
        "bias_exp.matrix.executors.local:local_executor",
        "processes here, forked from one that has the imports",
    ),
    ExecutorRow("spawn", "bias_exp.matrix.executors.spawn:spawn_executor", "processes here, each with its own imports"),
)
