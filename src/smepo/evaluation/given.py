"""Completions that are there already, judged like any other: those of another tool, or the
reference solutions of a benchmark, which tell whether its answers are judged right here."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from smepo.errors import InputError
from smepo.evaluation.benchmarks import Benchmark
from smepo.evaluation.evaluate import judge, refuse_guidance
from smepo.evaluation.generate import Completion
from smepo.evaluation.results import EvalResult
from smepo.types import Row, Verifier


def evaluate_given(
    rows: Sequence[Row],
    completions: Mapping[str, Sequence[str]],
    verifier: Verifier,
    *,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> EvalResult:
    """As `evaluate`, for the completions of each row's id: as many for every row.

    Raises InputError: no rows, rows that carry guidance, or rows without, or with another number
    of, completions.
    """
    began = time.perf_counter()
    if not rows:
        raise InputError("evaluation: there are no rows")
    refuse_guidance(rows)
    if missing := [row.id for row in rows if not completions.get(row.id)]:
        raise InputError(f"{len(missing)} rows have no completion; the first: {missing[0]}")
    k = len(completions[rows[0].id])
    if other := next((row.id for row in rows if len(completions[row.id]) != k), None):
        count = len(completions[other])
        raise InputError(f"row {other} has {count} completions, the first row {k}")
    return judge(
        rows,
        [[Completion(text, 0, False) for text in completions[row.id]] for row in rows],
        verifier,
        k=k,
        seed=seed,
        began=began,
        settings={**(settings or {}), "guided": False},
    )


def references(
    rows: Sequence[Row], benchmark: Benchmark | None
) -> tuple[list[Row], dict[str, list[str]]]:
    """The rows that hold a reference solution, and these as completions by id: those of the
    benchmark, or the first trace. Raises InputError where no row holds one."""
    found: dict[str, list[str]] = {}
    for row in rows:
        said = benchmark.solution(row.columns) if benchmark else next(iter(row.traces), None)
        if isinstance(said, str) and said.strip():
            found[row.id] = [said]
    if not found:
        raise InputError("reference: no row holds a reference solution")
    return [row for row in rows if row.id in found], found
