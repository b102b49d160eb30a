"""What the commands over data sets share: flags, a progress bar, the table at the end."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from smepo.errors import InputError
from smepo.pipeline.local import Progress as Report
from smepo.pipeline.tally import Tally
from smepo.prompting.thinking import Part
from smepo.terminal import Rate, quiet

COLUMNS = "Columns"
ARITHMETIC = (
    "The reward accepts unevaluated arithmetic such as 6*7 for 42: use --mode expressions, which "
    "hides such expressions whole, and without a look at the target."
)

_QUESTION = "Column of the question; dotted names reach into structs."
_TARGET = "Column of what the verifier compares with."
_AFTER = 'The target stands behind this marker, such as "####".'
_TRACE = "Column of the expert's trace; may be given several times."
_ID = "Column of a unique id; - for the row's position. Default: `id`, else the position."
_VERIFIER = "The reward of the run, module:function. Default: the domain's."

Question = Annotated[str | None, typer.Option(help=_QUESTION, rich_help_panel=COLUMNS)]
Target = Annotated[str | None, typer.Option(help=_TARGET, rich_help_panel=COLUMNS)]
TargetAfter = Annotated[str | None, typer.Option(help=_AFTER, rich_help_panel=COLUMNS)]
Traces = Annotated[list[str] | None, typer.Option("--trace", help=_TRACE, rich_help_panel=COLUMNS)]
Id = Annotated[str | None, typer.Option("--id", help=_ID, rich_help_panel=COLUMNS)]
TracePart = Annotated[
    Part | None,
    typer.Option(help="What of traces with <think> tags is shown.", rich_help_panel=COLUMNS),
]
VerifierPath = Annotated[str | None, typer.Option("--verifier", help=_VERIFIER)]
Passages = Annotated[
    Literal["whole", "inside"],
    typer.Option(help="Hide observations whole, or the values inside them (search)."),
]
Timeout = Annotated[float, typer.Option(help="Seconds for one check by math-verify.", min=0.1)]
FinalForm = Annotated[
    bool,
    typer.Option(help="Whether the reward rejects unevaluated arithmetic such as 6*7 (math)."),
]
Workers = Annotated[
    int | None, typer.Option(help="Processes. Default: all cores, fewer for a small input.", min=1)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a summary as JSON, and nothing else.")]
ReportFile = Annotated[
    Path | None, typer.Option("--report-json", help="Write all counts and metrics to this file.")
]


def find_own_modules(*specs: str | None) -> None:
    """Let `module:function` mean a module of the current folder, as `python -m` does."""
    if any(spec and ":" in spec for spec in specs) and os.getcwd() not in sys.path:  # noqa: PTH109
        sys.path.insert(0, os.getcwd())  # noqa: PTH109


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A bar a stage on stderr: how many of how many, the rate and the time left."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        console=console,
        disable=quiet(console),
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def report(stage: str, done: int, total: int | None) -> None:
        if stage not in tasks:
            tasks[stage] = bar.add_task(stage, total=total)
        bar.update(tasks[stage], completed=done)

    with bar:
        yield report


def check_writable(*paths: Path | None) -> None:
    """Refuse before the work what could not be written after it: InputError names the path."""
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise InputError(f"{path}: is a folder; give the name of a file")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path.parent):
                pass
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def write_report(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


def table(title: str) -> Table:
    """An empty table of names and values."""
    made = Table(
        title=Text(title), title_justify="left", show_header=False, box=None, pad_edge=False
    )
    made.add_column(no_wrap=True)
    made.add_column(justify="right", no_wrap=True)
    made.add_column(justify="right", no_wrap=True)
    made.add_column(overflow="fold")
    return made


def add_row(made: Table, name: str, count: int, whole: int, remark: str = "") -> None:
    """A count and its share of ``whole``. What comes from data is never read as markup."""
    made.add_row(Text(name), f"{count:,}", percent(count / whole) if whole else "", Text(remark))


def add_shares(made: Table, tally: Tally) -> None:
    """What guidance keeps of the structure, and what it hides."""
    kept = {name: share for name, share in tally.structure().items() if share is not None}
    names = {"words": "plan words", "balance": "LaTeX balance", "json": "JSON"}
    if kept:
        text = ", ".join(f"{names.get(name, name)} {percent(kept[name])}" for name in kept)
        made.add_row("structure kept", f"{tally.counts['compared']:,}", "", Text(text))
    hidden = {name: share for name, share in tally.hidden().items() if share is not None}
    if hidden:
        text = ", ".join(f"{percent(hidden[name])} of {name}" for name in hidden)
        made.add_row("hidden", "", "", Text(text))


def percent(share: float) -> str:
    """A share with enough digits that 99.99 % is not called 100 %."""
    for digits in (1, 2, 3, 4):
        text = f"{100 * share:.{digits}f}"
        if float(text) not in (0.0, 100.0) or share in (0.0, 1.0):
            return f"{text} %"
    return f"{text} %"


def worst_leaks(tally: Tally, count: int = 10) -> Table | None:
    """The rows that leak most."""
    if not tally.worst:
        return None
    made = Table(title=Text("worst rows"), title_justify="left", box=None, pad_edge=False)
    for name in ("id", "row", "leaks", "candidate", "found as", "why"):
        made.add_column(name, overflow="fold")
    for row in tally.worst[:count]:
        cells = (
            row["id"],
            row["row"],
            row["leaks"],
            row["candidate"],
            row["attack"],
            row["reason"],
        )
        made.add_row(*(Text(str(cell)) for cell in cells))
    return made
