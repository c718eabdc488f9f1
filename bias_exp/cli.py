"""The command line: every command is a module of `commands`; here are their group, their errors and exit codes.

0 all complete, 1 some of it failed (listed), 2 the request is wrong, 130 and 143 on signals.
"""

import sys
from typing import NoReturn

import click

from bias_exp import signals
from bias_exp.commands.ask import ask
from bias_exp.commands.compare import compare
from bias_exp.commands.coverage import coverage
from bias_exp.commands.data import data
from bias_exp.commands.forget import forget
from bias_exp.commands.import_model import import_model
from bias_exp.commands.later_phases import ablate, explain
from bias_exp.commands.matrix import matrix
from bias_exp.commands.paper import paper
from bias_exp.commands.power import power
from bias_exp.commands.tables import tables
from bias_exp.commands.train import train
from bias_exp.commands.ui import ui
from bias_exp.commands.weights import weights
from bias_exp.commands.work import work
from bias_exp.errors import BiasExpError, RequestError, Stopped

HELP = """Ask whether a vision model's decision about one thing leans on another, and where in the picture.

A study trains a matrix of cells (backbone x female ratio x loss x seed), explains each with saliency maps, removes
what the maps point at, and makes tables from what the tracking server holds.

\b
Start here:
  bias-exp matrix                      the quick study on drawn people: minutes on two processors
  bias-exp matrix --dry-run            what it would do
  bias-exp ui                          compare the runs in a browser

\b
Your own pictures, in folders <root>/<profession>/<gender>/ or <root>/<gender>/ (or a table: bias-exp data --help):
  bias-exp data --root PICTURES --out data/mine
  bias-exp matrix --study portraits --set data.path=data/mine
"""


STOPPED = "stopped; the same command goes on where it was"


@click.group(help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="bias_exp")
def cli() -> None:
    """See HELP."""


_COMMANDS = (
    data, matrix, train, explain, ablate, tables, coverage, ask, compare, paper, power, ui, weights, import_model,
    forget, work,
)  # fmt: skip
for _command in _COMMANDS:
    cli.add_command(_command)


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    signals.install()
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else HELP)
    except click.UsageError as error:
        click.echo(f"error: {error.format_message()} (see `bias-exp --help`)", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo(STOPPED, err=True)
        sys.exit(130)
    except Stopped:
        click.echo(STOPPED, err=True)
        sys.exit(143)
    except RequestError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except BiasExpError as error:
        click.echo(f"failed: {error}", err=True)
        sys.exit(1)
    sys.exit(0)
