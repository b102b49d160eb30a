"""`smepo report`: one HTML page for runs, a masked data set, evaluations, or transcripts."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smepo.cli import dataset
from smepo.errors import GateError, InputError

if TYPE_CHECKING:
    from smepo.report import ReportData


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(report)


def report(
    path: Annotated[
        Path,
        typer.Argument(
            help="A run folder, a folder of runs, a masked file, a result of smepo eval, or "
            "transcripts."
        ),
    ],
    other: Annotated[
        Path | None, typer.Argument(help="A second result of smepo eval: what changed.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The page; default: report.html in or beside PATH.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Traces and transcripts to carry.")] = 10_000,
    audit: Annotated[bool, typer.Option(help="Audit the guidance again.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Summary as JSON on stdout.")] = False,
) -> None:
    """Build one self-contained HTML page."""
    from rich.console import Console

    from smepo.report import build
    from smepo.report.headline import headline

    console = Console(stderr=True, highlight=False)
    for one in (path, other):
        if one is not None and not one.exists():
            raise InputError(f"{one}: no such file or folder")
    default = path / "report.html" if path.is_dir() else path.with_name(f"{path.name}.html")
    dataset.check_writable(out or default)
    data = _collect(path, other, limit, audit)
    page = build(data, out or default)
    first = headline(data)
    console.print(first.statement)
    console.print(f"Report: [bold]{page}[/]", soft_wrap=True)
    if as_json:
        summary = {"report": str(page), "headline": first.statement, "detail": first.detail}
        print(json.dumps(summary))
    if first.failed:
        raise GateError("the report shows runs that failed")


def _collect(path: Path, other: Path | None, limit: int, audit: bool) -> ReportData:
    from smepo.data import find
    from smepo.data.readers import count_rows
    from smepo.pipeline.local import counting
    from smepo.report.episodes import is_transcripts
    from smepo.report.evaluations import is_evaluation
    from smepo.report.load import (
        data_report,
        evaluations_report,
        noted_options,
        run_folders,
        runs_report,
        transcripts_report,
    )

    command = shlex.join(["smepo", *sys.argv[1:]])
    folders = run_folders(path)
    if other is not None or (not folders and is_evaluation(path)):
        paths = [path] if other is None else [path, other]
        title = " and ".join(one.name for one in paths)
        return evaluations_report(paths, title=title, command=command, limit=limit)
    if folders:
        return runs_report(folders, title=path.resolve().name, command=command, limit=limit)
    if is_transcripts(path):
        return transcripts_report(path, title=path.name, command=command, limit=limit)
    options = noted_options(path)
    dataset.find_own_modules(str(options.domain), options.verifier)
    with dataset.progress_bar() as bar:
        add = counting(bar, "reading", count_rows(find(path)))
        return data_report(
            path,
            title=path.name,
            command=command,
            limit=limit,
            audit=audit,
            advance=lambda: add(1),
        )
