"""The command line: thin. Each command parses, calls one function of a room, and prints.

Exit status: 0 done; 1 done but a gate failed; 2 bad usage or input.
"""

from __future__ import annotations

import importlib
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from smepo import __version__
from smepo.errors import GateError, SmepoError

# One module a command; each registers itself with `register(app)`.
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
    "serve",
    "export",
    "report",
    "demo",
    "doctor",
)


def _version(asked: bool) -> None:
    if asked:
        print(f"smepo {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Expert-guided RL with verifiable rewards: hide what scores in a trace, keep the plan."""


def build() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
    app.callback()(_options)
    for name in COMMANDS:
        importlib.import_module(f"smepo.cli.{name}").register(app)
    return app


def main() -> None:
    """Entry point: errors that a user can act on become one line and an exit status."""
    try:
        build()()
    except GateError as error:
        _say("gate failed", "bold yellow", str(error))
        sys.exit(1)
    except SmepoError as error:
        _say("error", "bold red", str(error))
        sys.exit(2)
    except OSError as error:  # a full disk, a folder that may not be written
        if error.filename is None:
            raise
        _say("error", "bold red", f"{error.filename}: {error.strerror}")
        sys.exit(2)


def _say(what: str, style: str, message: str) -> None:
    """One line, not wrapped, so that paths in it can be copied and searched for."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(
        Text.assemble((what, style), f": {message}")
    )
