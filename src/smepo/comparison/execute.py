"""Do what is missing of a comparison, and say what is there."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import tomli_w
from rich.console import Console

from smepo.comparison.config import Cell, Plan
from smepo.comparison.records import DONE, RunRecord, from_json, read_run, to_json
from smepo.comparison.runner import Ended, Job, run_all
from smepo.errors import ConfigError, InputError
from smepo.training.folder import differing_field
from smepo.training.records import write_json, write_text

RECORD = "record.json"  # in the folder of a finished run


def execute(
    plan: Plan,
    cells: Sequence[Cell],
    console: Console,
    on_end: Callable[[Ended], None] = lambda ended: None,
) -> None:
    """Run every cell that is not done, in the plan's order; what was begun goes on.

    A run that fails leaves its last line in ``seed-N.error`` and does not stop the others; the
    next call tries it again.

    Raises:
        ConfigError: another process works on the same folder, or a run in it has another
            configuration than the plan.
        InputError: the rows of a family cannot be screened.
    """
    for cell in cells:
        refuse_another(cell)
    with _alone(plan.out):
        _find_hard_rows(plan, cells, console)
        waiting = [cell for cell in cells if not (cell.folder / "result.json").is_file()]
        by_name = {cell.name: cell for cell in waiting}
        jobs = [_prepare(cell) for cell in waiting]

        def note(ended: Ended) -> None:
            if ended.error:
                write_text(by_name[ended.job.name].beside(".error"), ended.error + "\n")
            on_end(ended)

        run_all(jobs, console, processes=plan.processes, on_end=note)


def _find_hard_rows(plan: Plan, cells: Sequence[Cell], console: Console) -> None:
    """Screen the rows of every family that has runs to do, once."""
    families = {cell.family for cell in cells}
    jobs = []
    for screen in plan.screens:
        if screen.family not in families or screen.done():
            continue
        file = screen.path.with_name("screen.toml")
        values = screen.config.model_dump(mode="json", exclude_none=True, exclude_unset=True)
        write_text(file, tomli_w.dumps(values))
        name = f"{screen.family}, screen"
        arguments = (str(screen.path), str(screen.k), str(screen.below))
        jobs.append(Job(name, name, file, 1, arguments))
    for ended in run_all(jobs, console, processes=plan.processes) if jobs else []:
        if ended.error:
            raise InputError(f"{ended.job.name}: {ended.error}")
    for screen in plan.screens:
        if said := screen.told():
            console.print(f"  {screen.family}: {said}")


def record_of(cell: Cell) -> RunRecord:
    """The record of a cell as it is now; that of a finished run is kept in its folder."""
    file = cell.folder / RECORD
    if file.is_file():
        return from_json(json.loads(file.read_text(encoding="utf-8")))
    error = cell.beside(".error")
    said = error.read_text(encoding="utf-8").strip() if error.is_file() else ""
    record = read_run(cell.folder, cell.family, cell.arm, cell.seed, said)
    if record.status == DONE:
        write_json(file, to_json(record))
    return record


def _prepare(cell: Cell) -> Job:
    """Write the configuration of a run, which `smepo train` takes as well."""
    text = f"# {cell.name} of a comparison. Alone: smepo train {cell.beside('.toml')}\n"
    write_text(cell.beside(".toml"), text + tomli_w.dumps(dict(cell.values)))
    cell.beside(".error").unlink(missing_ok=True)
    return Job(cell.name, cell.name, cell.beside(".toml"), cell.config.steps)


def refuse_another(cell: Cell) -> None:
    """Raise ConfigError if the cell's folder holds a run with another configuration."""
    if field := differing_field(cell.config, cell.folder):
        raise ConfigError(
            f"{cell.folder} holds a run with another {field} than the comparison now asks for; "
            "give another --out, or delete that folder"
        )


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the folder for this process."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"{out}: another `smepo compare` is at work in it") from error
        yield
