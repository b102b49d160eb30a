"""Run the arms at the same time, one process and one thread each, with a progress bar an arm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from smepo.demo.plan import ArmPlan, config_text

# One thread a process: on two cores, processes with two torch threads each all but stop. The arms
# share the cores evenly, so their times compare.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "CUDA_VISIBLE_DEVICES": "",
}
STAGES = {"prepare": "masking", "load": "loading", "evaluate": "evaluating", "train": "training"}


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
    processes: list[subprocess.Popen[str]] = []
    readers: list[threading.Thread] = []
    with _bars(console) as bars:
        try:
            for plan in plans:
                path = folder / f"{plan.name}.toml"
                text = config_text(plan, path, steps=steps, seed=seed, quick=quick)
                path.write_text(text, encoding="utf-8")
                processes.append(_start(path))
                task = bars.add_task(plan.title, total=steps, stage="starting", reward="")
                arguments = (processes[-1], bars, task)
                readers.append(threading.Thread(target=_follow, args=arguments, daemon=True))
                readers[-1].start()
            for reader in readers:
                reader.join()
        except BaseException:  # an interrupt must not leave trainers behind
            for process in processes:
                process.terminate()
            raise
    return [
        Finished(plan, folder / plan.name, _error(process.wait(), folder / f"{plan.name}.log"))
        for plan, process in zip(plans, processes, strict=True)
    ]


def _start(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "smepo.demo.worker", str(path)]
    with path.with_suffix(".log").open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **ENVIRONMENT},
        )


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("  {task.description:<10}"),
        BarColumn(bar_width=18),
        TextColumn("{task.completed:>3.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[stage]}{task.fields[reward]}"),
        console=console,
    )


def _follow(process: subprocess.Popen[str], bars: Progress, task: TaskID) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        stage = STAGES.get(event["stage"], event["stage"])
        if event["stage"] == "train":
            bars.update(task, completed=event["done"], stage=stage)
        else:
            bars.update(task, stage=f"{stage} {event['done']}/{event['total']}")
        if "reward" in event:
            bars.update(task, reward=f", reward {event['reward']:.2f}")
    process.wait()
    bars.update(task, stage="done" if process.returncode == 0 else "[red]failed[/]")


def _error(code: int, log: Path) -> str:
    """Why an arm failed: the signal that ended it, or its exit status and the last line it wrote;
    empty if it did not fail."""
    if code == 0:
        return ""
    if code < 0:
        return f"ended by {signal.Signals(-code).name} (see {log})"
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").split("\n")]
    last = next((line for line in reversed(lines) if line), "no output")
    return f"exit status {code}, {last} (see {log})"
