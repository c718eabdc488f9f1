"""The command `data`."""

from typing import Any

import click
from click.core import ParameterSource

from bias_exp.collect.rows import COLLECTORS, collect
from bias_exp.data.layouts.rows import layouts_text
from bias_exp.data.sources.rows import SOURCES
from bias_exp.options import option, split_settings, verbosity
from bias_exp.terminal import Terminal


class _DataCommand(click.Command):
    """Its help tells of all sources in short, or of the one that was named before `--help` at length."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        named = [row for row in (*SOURCES, *COLLECTORS) if row.name == ctx.params.get("source")]
        asked = ctx.get_parameter_source("source") is not ParameterSource.DEFAULT
        formatter.write("\n" + (named[0].whole() if named and asked else data_text()) + "\n")


def data_text() -> str:
    """Every source, collector and layout with its options."""
    rows = "\n".join(row.about() for row in (*SOURCES, *COLLECTORS))
    return (
        f"Sources and their options (--set options.NAME=VALUE; more of one: --source NAME --help):\n{rows}\n\n"
        f"Layouts of personas (--source personas --layout NAME):\n{layouts_text()}"
    )


@click.command(cls=_DataCommand)
@option(
    "--source",
    default="folder",
    show_default=True,
    is_eager=True,
    help=f"How they lie: {', '.join(SOURCES.names())}; or what is to be done: {', '.join(COLLECTORS.names())}.",
)
@option("--root", type=click.Path(), help="The folder to read; nothing is written in it.")
@option("--out", type=click.Path(), required=True, help="Folder for what is made.")
@option("--keep-split", type=bool, is_flag=False, flag_value="true", default=False, help="Keep the source's test set.")
@option("--layout", help="Write personas as another data set has its files, in place of a manifest.")
@option("--set", "settings", multiple=True, metavar="A.B=C", help="split.test=0.2, options.size=64 ...")
@verbosity
def data(source: str, root: str | None, out: str, **rest: Any) -> None:
    """Turn pictures into a manifest: what there is, who is in which split, and what was left out and why."""
    from bias_exp.data.layouts.write import write_layout
    from bias_exp.data.make import make_from_settings
    from bias_exp.data.report import data_report
    from bias_exp.data.report_text import terminal_text
    from bias_exp.studies import data_settings

    settings = (*split_settings(rest["settings"]), *(("split.keep=true",) if rest["keep_split"] else ()))
    asked: Any = {"root": root, "out": out, "settings": settings}
    with Terminal(quiet=rest["quiet"], verbose=rest["verbose"]) as terminal:
        if source in COLLECTORS:
            options = data_settings(settings, source).options
            text = collect(source, root, out=out, options=options, report=terminal.update)
        elif rest["layout"]:
            text = write_layout(rest["layout"], source=source, **asked, report=terminal.update)
        else:
            manifest = make_from_settings(source, **asked, report=terminal.update)
            text = terminal_text(data_report(manifest), str(manifest.folder))
    click.echo(text)
