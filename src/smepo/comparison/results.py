"""The records of a whole comparison, from its runs or from a folder that can be committed.

comparison.json   arms, baseline, the file that was compared, command, commit, machine, versions
runs.jsonl        one run a line, see `smepo.comparison.records`
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from smepo.comparison.config import ArmPlan, Cell, Plan
from smepo.comparison.execute import record_of, refuse_another
from smepo.comparison.records import DONE, RunRecord, from_json, to_json
from smepo.errors import InputError
from smepo.training.records import read_lines, write_json, write_text

NOTE, RUNS = "comparison.json", "runs.jsonl"


@dataclass(frozen=True, slots=True)
class Results:
    """``source`` is the text of compare.toml; ``command`` what repeats the comparison."""

    name: str
    against: str
    arms: tuple[ArmPlan, ...]
    records: tuple[RunRecord, ...]
    source: str
    command: str
    screens: Mapping[str, str] = field(default_factory=dict)  # family: what its screen found

    @property
    def environment(self) -> dict[str, Any]:
        """Machine, commit, python and versions of the runs that are done; where they differ, the
        values with their numbers of runs."""
        starts = [r.environment for r in self.records if r.status == DONE and r.environment]
        flat = [
            {"machine": s.get("machine"), "commit": s.get("commit"), "python": s.get("python")}
            | {"threads": s.get("threads")}
            | dict(s.get("versions", {}))
            for s in starts
        ]
        found: dict[str, Any] = {}
        for name in dict.fromkeys(name for one in flat for name in one):
            counts = Counter(str(one[name]) for one in flat if one.get(name))
            if len(counts) == 1:
                found[name] = next(iter(counts))
            elif counts:
                found[name] = ", ".join(f"{value} ({n} runs)" for value, n in counts.items())
        return found


def collect(plan: Plan, cells: Sequence[Cell], *, source: str, command: str) -> Results:
    """The records of ``cells`` as they are now.

    Raises ConfigError if a run in a cell's folder has another configuration than the plan.
    """
    for cell in cells:
        refuse_another(cell)
    records = tuple(record_of(cell) for cell in cells)
    screens = {screen.family: said for screen in plan.screens if (said := screen.told())}
    return Results(plan.name, plan.against, plan.arms, records, source, command, screens)


def export(results: Results, folder: Path) -> None:
    """Write what `read` needs to rebuild table, page and plots without the runs."""
    note = {
        "name": results.name,
        "against": results.against,
        "arms": [asdict(arm) for arm in results.arms],
        "command": results.command,
        "environment": results.environment,
        "screens": dict(results.screens),
        "source": results.source,
    }
    write_json(folder / NOTE, note)
    lines = [json.dumps(_slim(to_json(record)), ensure_ascii=False) for record in results.records]
    write_text(folder / RUNS, "\n".join(lines) + "\n")


def _slim(values: dict[str, Any]) -> dict[str, Any]:
    """Without the command line of the worker, which names folders of the machine."""
    environment = {k: v for k, v in values["environment"].items() if k != "command"}
    return {**values, "environment": environment}


def read(folder: Path) -> Results:
    """The inverse of `export`. Raises InputError if the folder holds no comparison."""
    file = folder / NOTE
    if not file.is_file():
        raise InputError(f"{folder}: no {NOTE}; give a folder that `smepo compare --export` wrote")
    note: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    try:
        return Results(
            name=note["name"],
            against=note["against"],
            arms=tuple(ArmPlan(**arm) for arm in note["arms"]),
            records=tuple(from_json(line) for line in read_lines(folder / RUNS)),
            source=note["source"],
            command=note["command"],
            screens=note.get("screens", {}),
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"{file}: not written by `smepo compare --export`: {error}") from error
