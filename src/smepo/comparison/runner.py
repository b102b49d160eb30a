"""Runs as processes, one thread each, a few at a time, with a progress bar for each at work."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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

from smepo.terminal import Rate, quiet

# One thread a process: on two cores, processes with two torch threads each all but stop. Runs that
# work at the same time share the cores evenly, so their times compare.
THREADS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
STAGES = {
    "prepare": "masking",
    "load": "loading",
    "evaluate": "evaluating",
    "train": "training",
    "probe": "probing",
    "screen": "screening",
}
PATIENCE = 10.0  # seconds that a process has to end when it is asked to


@dataclass(frozen=True, slots=True)
class Job:
    """A run to do: its configuration file, and what its bar says. The log is beside the file;
    ``arguments`` go to the worker."""

    name: str
    title: str
    file: Path
    steps: int
    arguments: tuple[str, ...] = ()

    @property
    def log(self) -> Path:
        """What the run wrote to stderr."""
        return self.file.with_suffix(".log")


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that ended; ``error`` is empty if all went well."""

    job: Job
    error: str


@dataclass(slots=True)
class _Pool:
    """What the threads share. ``all``: the bar over all jobs; ``stopping`` is set when no further
    job may start."""

    jobs: queue.SimpleQueue[Job]
    ended: queue.SimpleQueue[Ended | BaseException | None]
    bars: Progress
    all: TaskID
    environment: dict[str, str]
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)


def run_all(
    jobs: Sequence[Job],
    console: Console,
    *,
    processes: int,
    on_end: Callable[[Ended], None] = lambda ended: None,
    environment: dict[str, str] | None = None,
) -> list[Ended]:
    """Do all jobs, ``processes`` at a time, and say how each ended, in the order of ``jobs``.

    ``on_end`` is called in this thread as each ends. A job that fails does not stop the others. An
    interrupt ends all processes at work and is raised again.
    """
    found: dict[str, Ended] = {}
    with _bars(console) as bars:
        whole = bars.add_task(
            "all", total=sum(job.steps for job in jobs), stage="", reward="", visible=len(jobs) > 1
        )
        pool = _Pool(
            queue.SimpleQueue(),
            queue.SimpleQueue(),
            bars,
            whole,
            {**THREADS, **(environment or {})},
        )
        for job in jobs:
            pool.jobs.put(job)
        count = min(processes, len(jobs))
        threads = [threading.Thread(target=_work, args=(pool,), daemon=True) for _ in range(count)]
        try:
            for thread in threads:
                thread.start()
            while count:
                match pool.ended.get():
                    case None:
                        count -= 1
                    case Ended() as ended:
                        found[ended.job.name] = ended
                        on_end(ended)
                    case BaseException() as error:
                        raise error
        except BaseException:  # an interrupt must not leave trainers behind
            _stop(pool)
            raise
    return [found[job.name] for job in jobs]


def _work(pool: _Pool) -> None:
    """One of the threads: jobs, one after the other, while there are any."""
    try:
        while not pool.stopping.is_set():
            try:
                job = pool.jobs.get_nowait()
            except queue.Empty:
                break
            pool.ended.put(_run(pool, job))
        pool.ended.put(None)
    except BaseException as error:
        pool.ended.put(error)


def _run(pool: _Pool, job: Job) -> Ended:
    task = pool.bars.add_task(job.title, total=job.steps, stage="starting", reward="")
    with pool.lock:
        if pool.stopping.is_set():
            return Ended(job, "interrupted")
        process = _start(job, pool.environment)
        pool.processes.append(process)
    done = _follow(process, pool, task, job.name)
    pool.bars.advance(pool.all, job.steps - done)  # also of a run that failed or was done before
    error = _error(process.wait(), job.log)
    failed = "stopped" if pool.stopping.is_set() else "[red]failed[/]"
    pool.bars.update(task, stage=failed if error else "done", reward="")
    pool.bars.stop_task(task)
    with pool.lock:
        pool.processes.remove(process)
    if not pool.jobs.empty():
        pool.bars.remove_task(task)  # many runs: bars are for those at work
    return Ended(job, error)


def _start(job: Job, environment: dict[str, str]) -> subprocess.Popen[str]:
    with job.log.open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "smepo.comparison.worker", str(job.file), *job.arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **environment},
            start_new_session=True,  # Ctrl-C reaches us alone; we end the processes ourselves
        )


def _stop(pool: _Pool) -> None:
    """End the processes at work, by force those that do not listen."""
    with pool.lock:
        pool.stopping.set()
        running = list(pool.processes)
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("  {task.description:<10}"),
        BarColumn(bar_width=18),
        TextColumn("{task.completed:>3.0f}/{task.total:.0f}"),
        Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[stage]}{task.fields[reward]}"),
        console=console,
        disable=quiet(console),
    )


def _follow(process: subprocess.Popen[str], pool: _Pool, task: TaskID, name: str) -> int:
    """Show what a run says of itself until it ends; the steps that it did."""
    assert process.stdout is not None
    bars, done = pool.bars, 0
    for line in process.stdout:
        event = json.loads(line)
        if event["stage"] == "alarm":
            bars.console.print(f"  [yellow]{name}[/]: {event['text']}", soft_wrap=True)
            continue
        stage = STAGES.get(event["stage"], event["stage"])
        if event["stage"] == "train":
            bars.update(task, completed=event["done"], stage=stage)
            bars.advance(pool.all, event["done"] - done)
            done = event["done"]
        else:
            total = f"/{event['total']}" if event["total"] else ""
            bars.update(task, stage=f"{stage} {event['done']}{total}")
        if "reward" in event:
            bars.update(task, reward=f", reward {event['reward']:.2f}")
    return done


def _error(code: int, log: Path) -> str:
    """Why a run failed: the signal that ended it, or its exit status and the last line it wrote;
    empty if it did not fail."""
    if code == 0:
        return ""
    if code < 0:
        return f"ended by {signal.Signals(-code).name} (see {log})"
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").split("\n")]
    last = next((line for line in reversed(lines) if line), "no output")
    return f"exit status {code}, {last} (see {log})"
