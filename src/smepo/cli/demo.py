"""`smepo demo`: the whole way on bundled data, with a report at the end."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smepo.errors import ConfigError, GateError, MissingExtraError

if TYPE_CHECKING:
    from smepo.demo import Outcome


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report and the runs.")] = Path("demo"),
    steps: Annotated[int | None, typer.Option(min=1, help="Training steps an arm.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="As many steps as fit on two cores.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all arms.")] = 0,
    quick: Annotated[bool, typer.Option(help="Two steps: only shows that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Summary as JSON on stdout.")] = False,
) -> None:
    """Mask and audit sample traces, train three arms, judge them unguided, write report.html."""
    from rich.console import Console

    from smepo.demo import Options, run
    from smepo.demo.plan import NOTE, QUICK_STEPS, STEPS, steps_for

    if sum(value is not None for value in (steps, minutes, quick or None)) > 1:
        raise ConfigError("give one of --steps, --minutes and --quick")
    if find_spec("trl") is None:  # all arms would fail, after the masking
        raise MissingExtraError("the demo trains: pip install 'smepo[trl]'")
    chosen = QUICK_STEPS if quick else steps or (steps_for(minutes) if minutes else STEPS)
    console = Console(stderr=True, highlight=False)
    outcome = run(Options(out, chosen, seed, quick), console)
    console.print(f"[bold]3. {outcome.headline.statement}[/]")
    console.print(f"{outcome.headline.detail}\n{NOTE}")
    console.print(f"\nReport: [bold]{outcome.report}[/] ({outcome.seconds:.0f} s)", soft_wrap=True)
    if as_json:
        print(json.dumps(_summary(outcome)))
    if outcome.failed:
        raise GateError(f"these arms failed: {', '.join(outcome.failed)}")


def _summary(outcome: Outcome) -> dict[str, Any]:
    return {
        "report": str(outcome.report),
        "headline": outcome.headline.statement,
        "detail": outcome.headline.detail,
        "seconds": round(outcome.seconds, 1),
        "failed": list(outcome.failed),
        "arms": {
            arm.name: {
                "error": arm.error,
                "steps": arm.steps,
                "seconds": arm.seconds,
                "unguided": [[p.step, p.value, p.low, p.high] for p in arm.unguided],
            }
            for arm in outcome.arms
        },
        "masked": [
            {"name": s.name, "mode": s.mode, "rows": s.rows, "shown": s.shown, "leaking": s.leaking}
            | {"audited": s.audited, "metrics": dict(s.metrics)}
            for s in outcome.summaries
        ],
    }
