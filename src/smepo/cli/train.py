"""`smepo train RUN.toml`: one training run, from the first row to the last evaluation."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from smepo.cli import dataset

if TYPE_CHECKING:
    from smepo.pipeline.local import Progress as Report
    from smepo.training import Event, RunResult


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train")(train)


def train(
    run: Annotated[Path, typer.Argument(metavar="RUN.toml", help="The run's configuration.")],
    resume: Annotated[
        bool, typer.Option(help="Go on with an interrupted run; --no-resume refuses its folder.")
    ] = True,
    check: Annotated[
        bool, typer.Option("--check", help="Only check configuration, model and data.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Summary as JSON on stdout.")] = False,
) -> None:
    """Train with TRL as RUN.toml says: guided prompts, stock reward and objective.

    Evaluates unguided before, during and after. Everything is written to `output_dir`:
    metrics.jsonl, evaluations.jsonl, eval/, checkpoints/, final/ and result.json.
    """
    from smepo import training

    config = training.load(run)
    dataset.find_own_modules(config.domain, config.verifier.name)
    with contextlib.redirect_stdout(sys.stderr):  # --json owns stdout, and libraries print
        if check:
            summary: dict[str, Any] = training.check(config)
        else:
            _quiet()
            result = _train(config, run.read_text(encoding="utf-8"), resume)
            summary = result.as_json()
    if as_json:
        print(json.dumps(summary, default=str))
    elif check:
        Console().print(f"{run} is fine:", json.dumps(summary), soft_wrap=True)
    else:
        _show(result)


def _train(config: Any, source: str, resume: bool) -> RunResult:
    from smepo import training

    with dataset.progress_bar() as bar:
        return training.train(
            config,
            source=source,
            resume=resume,
            listener=lambda event: _hear(event, bar),
        )


def _hear(event: Event, bar: Report) -> None:
    """Progress goes to the bar; an alarm is in the log that the run writes to stderr."""
    if event.stage != "alarm":
        bar(event.stage, event.done, event.total)


def _quiet() -> None:
    from smepo.training.quiet import quiet

    quiet()


def _show(result: RunResult) -> None:
    console = Console()
    rows = result.rows
    statuses = ", ".join(f"{n} {name}" for name, n in rows["statuses"].items())
    aside = f"{rows['unusable']} unusable, {rows['question_over_budget']} over the budget"
    console.print(f"{rows['used']} rows ({statuses}); set aside: {aside}", highlight=False)
    table = Table(title="Accuracy without guidance", title_justify="left", box=None)
    for name in ("step", "avg@k", "95 % interval", "pass@k", "problems", "undecided"):
        table.add_column(name, justify="right")
    for line in result.evaluations:
        average, best = line["avg_at_k"], line["pass_at"][str(line["k"])]
        undecided = str(line["undecided_problems"])
        if average["value"] is None or best["value"] is None:
            table.add_row(str(line["step"]), "-", "-", "-", str(line["problems"]), undecided)
            continue
        table.add_row(
            str(line["step"]),
            dataset.percent(average["value"]),
            f"{100 * average['low']:.1f} to {100 * average['high']:.1f}",
            dataset.percent(best["value"]),
            str(line["problems"]),
            undecided,
        )
    if result.evaluations:
        console.print(table)
    console.print(f"model: {result.model} ({result.steps} steps, {result.seconds:.0f} s)")
