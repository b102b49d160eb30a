"""The command line: thin. Each command parses, calls one function of a room, and prints.

Exit status: 0 done; 1 done but a gate failed; 2 bad usage or input.
"""

from __future__ import annotations

import importlib
import sys

import typer
from rich.console import Console
from rich.markup import escape

from smepo.errors import GateError, SmepoError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Expert-guided RL with verifiable rewards: hide what scores in a trace, keep the plan.",
)

# One module a command; each registers itself on `app` with `register(app)`.
COMMANDS = (
    "convert",
    "mask",
    "audit",
    "preview",
    "trace",
    "train",
    "eval",
    "compare",
    "index",
    "export",
    "report",
    "demo",
    "doctor",
)


def main() -> None:
    """Entry point: errors that a user can act on become one line and an exit status."""
    for name in COMMANDS:
        importlib.import_module(f"smepo.cli.{name}").register(app)
    try:
        app()
    except GateError as error:
        Console(stderr=True).print(
            f"[bold yellow]gate failed[/]: {escape(str(error))}", highlight=False
        )
        sys.exit(1)
    except SmepoError as error:
        Console(stderr=True).print(f"[bold red]error[/]: {escape(str(error))}", highlight=False)
        sys.exit(2)
