"""The stages of the demo, one after the other, and the report at the end."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from smepo.demo.arms import Finished, train_all
from smepo.demo.masked import jobs, mask_samples
from smepo.demo.plan import ARMS, BASELINE, NOTE, STEPS
from smepo.errors import InputError
from smepo.report import Arm, Comparison, MaskSummary, ReportData, TraceCard, build
from smepo.report.answers import problems as answered
from smepo.report.headline import Headline, headline
from smepo.report.load import now
from smepo.report.runs import environment, is_run, read_arm, settings
from smepo.report.text import percent

KEPT = ("hidden", "words")
MARKER = ".smepo-demo"  # a folder with this file is ours to empty


@dataclass(frozen=True, slots=True)
class Options:
    """``quick`` trains on few problems: it shows that everything works and nothing else."""

    out: Path
    steps: int = STEPS
    seed: int = 0
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo came to. ``failed`` names the arms that failed."""

    report: Path
    headline: Headline
    arms: tuple[Arm, ...]
    summaries: tuple[MaskSummary, ...]
    failed: tuple[str, ...]
    seconds: float


def run(options: Options, console: Console) -> Outcome:
    """Mask, train, evaluate, report. Raises InputError if ``out`` holds something else."""
    began = time.monotonic()
    runs = _clear(options.out)
    console.print("[bold]1. Masking and auditing the bundled traces[/]")
    summaries, cards = _mask(console)
    console.print(_table(summaries))
    console.print(
        f"[bold]2. Training from the tiny base policy[/], {options.steps} steps, same rows and seed"
    )
    finished = train_all(
        ARMS, runs, console, steps=options.steps, seed=options.seed, quick=options.quick
    )
    data = ReportData(
        title="smepo demo",
        created=now(),
        command=_command(options),
        summaries=tuple(summaries),
        traces=tuple(cards),
        traces_total=len(cards),
        comparison=_comparison(finished),
        environment=_environment(finished),
        notes=("The arms ran at the same time, each with one thread.",),
    )
    seconds = time.monotonic() - began
    path = build(replace(data, seconds=seconds), options.out / "report.html")
    assert data.comparison is not None
    arms = data.comparison.arms
    failed = tuple(arm.name for arm in arms if arm.error)
    return Outcome(path, headline(data), arms, tuple(summaries), failed, seconds)


def _clear(out: Path) -> Path:
    """An empty folder for the runs. An earlier demo's is emptied, anything else is refused."""
    runs = out / "runs"
    if runs.exists():
        if not (runs / MARKER).is_file():
            raise InputError(f"{runs}: exists and is not from a demo; give another --out")
        shutil.rmtree(runs)
    runs.mkdir(parents=True)
    (runs / MARKER).touch()
    return runs


def _mask(console: Console) -> tuple[list[MaskSummary], list[TraceCard]]:
    from smepo import samples

    summaries: list[MaskSummary] = []
    cards: list[TraceCard] = []
    columns = (
        TextColumn("  {task.description:<24}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        for job in jobs():
            task = bars.add_task(f"{job.domain}, {job.mode}", total=len(samples.load(job.domain)))
            summary, new = mask_samples(job, lambda task=task: bars.advance(task))  # type: ignore[misc]
            summaries.append(summary)
            cards += new
    return summaries, cards


def _table(summaries: Sequence[MaskSummary]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 2), header_style="dim")
    table.add_column("samples", no_wrap=True)
    table.add_column("mode", no_wrap=True)
    for name in ("shown", "leaking", "hidden", "words kept"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in summaries:
        leaking = str(one.leaking) if one.audited else "not audited"
        table.add_row(
            one.name,
            f"{one.mode}{' [dim](control)[/]' if one.control else ''}",
            f"{one.shown} of {one.rows}",
            f"[red]{leaking}[/]" if one.leaking and not one.control else leaking,
            *(percent(v) if (v := one.metrics.get(n)) is not None else "" for n in KEPT),
        )
    return table


def _command(options: Options) -> str:
    extra = " --quick" if options.quick else ""
    seed = f" --seed {options.seed}" if options.seed else ""
    steps = "" if options.quick else f" --steps {options.steps}"
    return f"smepo demo --out {options.out}{steps}{seed}{extra}"


def _comparison(finished: Sequence[Finished]) -> Comparison:
    arms = tuple(_arm(one) for one in finished)
    counts = next((s for one in finished if (s := settings(one.folder))), {})
    start = next((p for arm in arms for p in arm.unguided if p.step == 0), None)
    return Comparison(
        arms=arms,
        problems=counts.get("problems", 0),
        samples=counts.get("samples", 0),
        baseline=BASELINE,
        subject="held-out hard problems",
        base=start,
        note=NOTE,
        problems_shown=answered({one.plan.title: one.folder for one in finished}),
    )


def _arm(one: Finished) -> Arm:
    if is_run(one.folder):
        return replace(read_arm(one.folder, one.error), title=one.plan.title)
    return Arm(one.plan.name, one.plan.title, error=one.error or "it left no records")


def _environment(finished: Sequence[Finished]) -> dict[str, str]:
    return next((e for one in finished if (e := environment(one.folder))), {})
