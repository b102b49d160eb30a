"""Train the arms of the demo at the same time, each from a configuration file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from smepo.comparison.runner import Job, run_all
from smepo.demo.plan import ArmPlan, config_text

# Everything that the demo needs is in the package, and its page is made on the CPU.
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}


@dataclass(frozen=True, slots=True)
class Finished:
    """An arm that ended; ``error`` is empty if all went well."""

    plan: ArmPlan
    folder: Path
    error: str


def train_all(
    plans: Sequence[ArmPlan], folder: Path, console: Console, *, steps: int, seed: int, quick: bool
) -> list[Finished]:
    """Train every arm, each into ``folder/NAME``, and say how each ended, in the same order."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = []
    for plan in plans:
        path = folder / f"{plan.name}.toml"
        path.write_text(
            config_text(plan, path, steps=steps, seed=seed, quick=quick), encoding="utf-8"
        )
        jobs.append(Job(plan.name, plan.title, path, steps))
    ended = run_all(jobs, console, processes=len(jobs), environment=ENVIRONMENT)
    return [
        Finished(plan, folder / plan.name, one.error)
        for plan, one in zip(plans, ended, strict=True)
    ]
