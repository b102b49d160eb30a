"""`smepo convert FORMAT IN OUT`: expert search trajectories out of a public data set."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from smepo.cli import dataset
from smepo.data.convert import FORMATS, Summary
from smepo.data.convert import convert as run
from smepo.errors import GateError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("convert")(convert)


def convert(
    format: Annotated[str, typer.Argument(metavar="FORMAT", help=", ".join(FORMATS))],
    source: Annotated[str, typer.Argument(metavar="IN", help="File, folder or glob of records.")],
    output: Annotated[str, typer.Argument(metavar="OUT", help=".parquet, .jsonl or .jsonl.gz")],
    style: Annotated[
        Literal["react", "messages"], typer.Option(help="One ReAct text, or a conversation.")
    ] = "react",
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail if a record gives no row.")
    ] = False,
    as_json: dataset.AsJson = False,
) -> None:
    """Build expert trajectories (thought, search, observation, answer) out of a data set.

    OUT has the columns id, question, target, aliases, trace, type and titles, which `smepo mask OUT
    --domain search` reads without flags. Records that give no row go to OUT.quarantine.jsonl.
    """
    summary = run(format, source, output, style)
    if as_json:
        print(json.dumps(summary.as_json()))
    else:
        _show(summary)
    if strict and summary.converted < summary.rows:
        missing = summary.rows - summary.converted
        raise GateError(f"--strict: {missing:,} records gave no row; {summary.output} stands")


def _show(summary: Summary) -> None:
    made = dataset.table(f"{summary.rows:,} records")
    dataset.add_row(made, "trajectories", summary.converted, summary.rows)
    for kind, count in summary.types.most_common():
        dataset.add_row(made, f"  {kind or 'no type'}", count, summary.rows)
    for reason, count in summary.reasons.most_common():
        dataset.add_row(made, "quarantined", count, summary.rows, reason)
    for note, count in summary.notes.most_common():
        dataset.add_row(made, "note", count, summary.rows, note)
    made.add_row("output", "", "", Text(summary.output))
    if summary.quarantine:
        made.add_row("quarantine", "", "", Text(summary.quarantine))
    Console().print(made)
