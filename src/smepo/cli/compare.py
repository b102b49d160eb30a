"""`smepo compare COMPARE.toml`: arms x seeds, resumable, then one table and one page."""

from __future__ import annotations

import json
import shlex
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from smepo.cli import dataset
from smepo.errors import ConfigError, GateError, MissingExtraError

if TYPE_CHECKING:
    from smepo.comparison import FamilySummary, Results
    from smepo.comparison.config import ArmPlan
    from smepo.comparison.runner import Ended


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare)


def compare(
    file: Annotated[
        Path | None, typer.Argument(metavar="COMPARE.toml", help="Arms, seeds and families.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only these runs: family/arm/seed, * for any; may be repeated."),
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Runs at the same time.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the runs.")] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Run nothing: say what is done and show its table.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option(help="Write compact records here, to be committed.")
    ] = None,
    records: Annotated[
        Path | None, typer.Option("--from", help="Rebuild from exported records; runs nothing.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="The arm that others are compared with, not the file's.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="The HTML page; default: report.html in the runs' folder.")
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option(help="Write figures (PDF, SVG, PNG) here; needs `plots`."),
    ] = None,
    as_json: dataset.AsJson = False,
) -> None:
    """Run every arm with every seed, then compare them on unguided accuracy.

    The same command goes on after an interrupt: runs that are done are not run again, and one that
    was cut off continues from its checkpoint. A failed run is shown as failed and tried again next
    time.
    """
    from smepo import comparison

    if (file is None) == (records is None):
        raise ConfigError("give a COMPARE.toml, or --from a folder of exported records")
    dataset.check_writable(page)
    console = Console(stderr=True, highlight=False)
    if records is not None:
        results = comparison.read(records)
        _check(against, results.arms)
    else:
        assert file is not None
        results, place = _run(file, only or [], processes, out, status, against, console)
        page = page or (None if only else place / "report.html")  # that one shows all runs
    families = comparison.summarize(results.records, results.arms, against or results.against)
    if export is not None:
        comparison.export(results, export)
    if page is not None:
        comparison.build(results, families, page)
        console.print(f"Page: [bold]{page}[/]", soft_wrap=True)
    if plots is not None:
        from smepo.comparison.plots import plot

        plot(families, plots)
    counts = Counter(record.status for record in results.records)
    if as_json:
        print(json.dumps(_summary(results, families, counts)))
    else:
        for family in families:
            _show(family, Console(highlight=False))
        Console(highlight=False).print(", ".join(f"{n} {name}" for name, n in counts.items()))
    if counts["failed"]:
        raise GateError(f"{counts['failed']} runs failed; the same command tries them again")


def _run(
    file: Path,
    only: list[str],
    processes: int | None,
    out: Path | None,
    status: bool,
    against: str | None,
    console: Console,
) -> tuple[Results, Path]:
    """The records of the chosen runs, done now or before, and the folder of the runs."""
    from importlib.util import find_spec

    from smepo import comparison

    plan = comparison.load(file, out=out, processes=processes)
    _check(against, plan.arms)
    cells = plan.only(only)
    if not status:
        if find_spec("trl") is None:
            raise MissingExtraError("a comparison trains: pip install 'smepo[trl]'")
        console.print(f"{len(cells)} runs in {plan.out}, {plan.processes} at a time")
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            comparison.execute(plan, cells, console, lambda ended: _tell(ended, console))
        except KeyboardInterrupt:
            console.print("\nInterrupted. The same command goes on.")
            raise typer.Exit(130) from None
    results = comparison.collect(
        plan,
        cells,
        source=file.read_text(encoding="utf-8"),
        command=f"smepo compare {shlex.quote(str(file))}",
    )
    return results, plan.out


def _check(against: str | None, arms: Sequence[ArmPlan]) -> None:
    names = [arm.name for arm in arms]
    if against is not None and against not in names:
        raise ConfigError(f"--against: {against!r} is no arm; there are {names}")


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _tell(ended: Ended, console: Console) -> None:
    said = f"[red]failed[/]: {ended.error}" if ended.error else "done"
    console.print(f"  {ended.job.name} {said}", soft_wrap=True)


def _show(family: FamilySummary, console: Console) -> None:
    """The table in two halves, so that it fits a terminal."""
    from smepo.comparison.table import HALF, header, notes, rows

    names, lines = header(family), rows(family)
    for title, columns in (
        (family.name, range(HALF)),
        (None, [0, *range(HALF, len(names))]),
    ):
        table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
        for i in columns:
            table.add_column(names[i], justify="right" if i else "left", overflow="fold")
        for row in lines:
            table.add_row(*(row.cells[i] for i in columns))
        console.print(table)
        console.print()
    for row in lines:
        if row.error:
            console.print(f"[red]{row.cells[0]}[/], {row.error}", soft_wrap=True)
    for note in notes(family):
        console.print(note, soft_wrap=True)
    console.print()


def _summary(
    results: Results, families: tuple[FamilySummary, ...], counts: Counter[str]
) -> dict[str, Any]:
    from smepo.comparison.headline import headline
    from smepo.comparison.summary import as_json

    return {
        "name": results.name,
        "against": families[0].against if families else results.against,
        "runs": dict(counts),
        "failed": {r.name: r.error for r in results.records if r.status == "failed"},
        "environment": results.environment,
        "headline": headline(families),
        "families": as_json(families),
    }
