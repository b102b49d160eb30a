"""The first held-out problems with what each policy answered, out of the records of evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from smepo.report.collect import target_text
from smepo.report.data import Answer, Problem
from smepo.report.runs import parse_lines

SHOWN = 12
BEFORE = "Before training"

Records = dict[str, Mapping[str, Any]]


def problems(folders: Mapping[str, Path], count: int = SHOWN) -> tuple[Problem, ...]:
    """The first ``count`` problems; ``folders`` maps the title of an arm to its run folder.

    One answer a policy, the first; the policy before training stands for itself once.
    """
    files = {title: sorted((f / "eval").glob("step-*.jsonl")) for title, f in folders.items()}
    first = next((found[0] for found in files.values() if found), None)
    policies = {BEFORE: _read(first, count)} if first and first.stem.endswith("-000000") else {}
    policies |= {title: _read(found[-1], count) for title, found in files.items() if found}
    order = next(iter(policies.values()), {})
    return tuple(_problem(key, policies) for key in order)


def _read(path: Path, count: int) -> Records:
    with path.open(encoding="utf-8") as lines:
        return {record["id"]: record for record in parse_lines(path, list(islice(lines, count)))}


def _problem(key: str, policies: Mapping[str, Records]) -> Problem:
    held: Sequence[tuple[str, Mapping[str, Any]]] = [
        (title, records[key]) for title, records in policies.items() if key in records
    ]
    record = held[0][1]
    return Problem(
        question=record["question"],
        target=target_text(record["target"]),
        answers=tuple(
            Answer(title, one["completions"][0], one["statuses"][0] == "correct")
            for title, one in held
        ),
    )
