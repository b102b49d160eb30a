"""`smepo index CORPUS... OUT`: an index of passages for the search tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from smepo.cli import dataset
from smepo.errors import ConfigError, GateError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("index")(index)


def index(
    paths: Annotated[
        list[str], typer.Argument(metavar="CORPUS... OUT", help="Files of passages, then a folder.")
    ],
    threads: Annotated[int, typer.Option(min=1, help="Threads of the writer.")] = 2,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail if a record gives no passage.")
    ] = False,
    as_json: dataset.AsJson = False,
) -> None:
    """Index passages: title and text, HotpotQA and 2Wiki contexts, MuSiQue paragraphs.

    A build that was cut off goes on; passages that occur again count once.
    """
    if len(paths) < 2:
        raise ConfigError("index: give at least one CORPUS and the folder OUT")
    from smepo.search import build

    out = Path(paths[-1])
    console = Console(stderr=True)
    with dataset.progress_bar() as bar:
        counts = build(
            paths[:-1], out, threads=threads, progress=lambda n: bar("passages", n, None)
        )
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    if as_json:
        print(json.dumps({**counts.as_json(), "bytes": size, "output": str(out)}))
    else:
        made = dataset.table(f"{counts.passages:,} passages")
        made.add_row("duplicates", f"{counts.duplicates:,}", "", "")
        for reason, count in counts.broken.most_common():
            made.add_row("broken", f"{count:,}", "", Text(reason))
        made.add_row("size", f"{size / 1e6:,.1f} MB", "", "")
        made.add_row("time", f"{counts.seconds:,.1f} s", "", "")
        made.add_row("output", "", "", Text(str(out)))
        Console().print(made)
        for example in counts.examples:
            console.print(Text(f"  {example}"))
    if strict and counts.broken:
        raise GateError(f"--strict: {counts.broken.total():,} records gave no passage")
