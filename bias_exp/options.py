"""The options that several commands share, and what an empty one means."""

from collections.abc import Callable
from typing import Any

import click


class EmptyIsUnset(click.Option):
    """An option whose empty value is no value: `mlflow run` passes every parameter, the ones left out as ''."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Drop empty values before any type looks at them."""
        if isinstance(value, tuple | list):
            value = tuple(part for part in value if part != "")
        return super().type_cast_value(ctx, None if value == "" else value)


def option(*names: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`click.option` whose empty value is unset."""
    return click.option(*names, cls=EmptyIsUnset, **attributes)


study_option = option("--study", metavar="NAME|TOML", help="A study in experiments/, or the path of a TOML file.")
uri_option = option("--tracking-uri", help="MLflow server; default: $MLFLOW_TRACKING_URI, else mlflow.db here.")
set_option = option(
    "--set", "settings", multiple=True, metavar="A.B=C", help="Any setting of the study, such as train.epochs=2."
)
run_option = option("--run-id", required=True, help="A cell's run, from the UI, from `train` or from the tables.")
moved_option = option("--data", "data_folder", help="Where the cell's data lies now, if it was moved.")


def verbosity(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how much is printed."""
    quiet = click.option("--quiet", is_flag=True, help="Print results and errors only.")
    return quiet(click.option("--verbose", is_flag=True, help="Print details: phases, epochs, logs.")(command))


def split_settings(settings: tuple[str, ...] | None) -> tuple[str, ...]:
    """Settings one by one; a single `--set` may hold several, a line each."""
    return tuple(line for setting in settings or () for line in setting.splitlines() if line.strip())
