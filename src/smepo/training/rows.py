"""Rows of a run: read, or made by the testbed; masked where the input is not; and counted.

Every row stays (law 10): one without usable guidance trains unguided.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smepo.data import Columns, Problem, choose_columns, find, iter_rows
from smepo.data.blanks import blanks_from_json, blanks_to_json
from smepo.errors import ConfigError, InputError
from smepo.evaluation import refuse_guidance
from smepo.evaluation.benchmarks import Benchmark, read_benchmark, recognise
from smepo.guidance import Example
from smepo.masking import REPAIRED
from smepo.pipeline.prepare import MaskOptions, prepare
from smepo.training.checks import (
    TESTBED,
    check_audit,
    check_benchmark,
    check_domain,
    check_origin,
)
from smepo.training.config import DataConfig, RunConfig
from smepo.training.events import Event, Listener
from smepo.types import Row, Status

DIFFICULTIES = ("level", "difficulty")  # columns that tell how hard a row is


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rows of a run, and what became of all rows of its input."""

    examples: tuple[Example, ...]
    problems: tuple[str, ...] = ()  # rows that cannot be used, in words
    too_long: tuple[str, ...] = ()  # rows whose question alone is over the budget, in words
    difficulty: Mapping[str, str] = field(default_factory=dict)  # row id to its class, by a column

    def summary(self) -> dict[str, Any]:
        """Counts: rows used, rows set aside, and rows of each guidance status."""
        statuses = Counter(example.status.value for example in self.examples)
        return {
            "used": len(self.examples),
            "unusable": len(self.problems),
            "question_over_budget": len(self.too_long),
            "first_problems": [*self.problems, *self.too_long][:5],
            "statuses": dict(sorted(statuses.items())),
        }


def training_rows(config: RunConfig, listener: Listener) -> Loaded:
    """The training rows with their guidance.

    Raises:
        ConfigError: guidance is on and no row has any.
        InputError: the input cannot be read or holds no usable row.
    """
    check_audit(config)
    check_domain(config.data.path, config.domain, config.judge)
    rows, problems = read(config.data, "data")
    check_origin(config, rows)
    options = MaskOptions(
        domain=config.domain,
        mode=mode if (mode := config.guidance.mode) in REPAIRED else "critical-path",
        level=config.guidance.level,
        placeholders=config.guidance.placeholders,
        seed=config.seed,
        verifier=config.verifier.name,
        audit=config.guidance.audit,
        timeout=config.verifier.options.get("timeout", 5.0),
        final_form=config.verifier.options.get("final_form", True),
    )
    examples = []
    for n, row in enumerate(rows, start=1):
        if config.baseline is not None:
            examples.append(_with_trace(row))
        else:
            examples.append(_example(row, options, masks=config.guidance.on))
        if n % 16 == 0 or n == len(rows):
            listener(Event("prepare", n, len(rows)))
    if config.guidance.on and not any(e.status.shown and e.trace for e in examples):
        statuses = ", ".join(sorted({example.status.value for example in examples}))
        raise ConfigError(
            f"guidance.transform: {config.guidance.transform!r} needs traces, and no row of "
            f"data.path has one that can be shown (status: {statuses}); name the column in "
            'data.trace, or set guidance.transform = "none"'
        )
    return Loaded(tuple(examples), tuple(problems), difficulty=_difficulty(config, rows))


def _difficulty(config: RunConfig, rows: Sequence[Row]) -> dict[str, str]:
    """The class of each row, by the column that the run names or one of the usual ones; empty if
    there is none. Raises ConfigError if the named column is not there."""
    named = config.monitors.difficulty
    for column in [named] if named else DIFFICULTIES:
        if all(row.columns.get(column) is not None for row in rows):
            return {row.id: str(row.columns[column]) for row in rows}
    if named:
        raise ConfigError(f"monitors.difficulty: not every row of data.path has a {named!r}")
    return {}


def evaluation_rows(config: RunConfig) -> list[Row]:
    """The held-out rows; empty without evaluation. Raises InputError if they carry guidance."""
    if config.evaluation is None:
        return []
    for path in paths_of(config.evaluation.data):
        benchmark = benchmark_of(config.evaluation.data, path)
        if benchmark is not None:
            check_benchmark(path, benchmark.name, benchmark.domain, config.judge)
    rows, problems = read(config.evaluation.data, "evaluation.data", traces=False)
    if problems:
        raise InputError(f"evaluation.data.path: {len(problems)} unusable rows; {problems[0]}")
    refuse_guidance(rows)
    return rows


def read(data: DataConfig, field: str, *, traces: bool = True) -> tuple[list[Row], list[str]]:
    """The rows of a data table and, in words, those that cannot be used."""
    if isinstance(data.path, str) and data.path.startswith(TESTBED):
        return _testbed(data, field), []
    if data.options:
        raise ConfigError(f"{field}.options: only the testbed has options")
    rows: list[Row] = []
    problems: list[str] = []
    for row in _stream(data, traces):
        if isinstance(row, Row):
            rows.append(row)
        elif data.strict:
            raise InputError(str(row))
        else:
            problems.append(str(row))
        if len(rows) == data.limit:  # what is behind it is not read
            break
    if not rows:
        why = f"; the first: {problems[0]}" if problems else ""
        raise InputError(f"{field}.path: {data.path} holds no usable row{why}")
    _refuse_twins(rows, field)
    return rows, problems


def _stream(data: DataConfig, traces: bool) -> Iterator[Row | Problem]:
    for path in paths_of(data):
        benchmark = None if traces else benchmark_of(data, path)
        if benchmark is not None:
            yield from read_benchmark(path, benchmark, data.id)
        else:
            yield from iter_rows(path, _columns(data, path, traces))


def paths_of(data: DataConfig) -> list[str]:
    """The files of a data table."""
    return [data.path] if isinstance(data.path, str) else data.path


def benchmark_of(data: DataConfig, path: str) -> Benchmark | None:
    """The known benchmark that a file for evaluation is; None where columns are named, or the file
    has another known schema. Raises InputError as `recognise` does."""
    named = (data.question, data.target, data.target_after, data.trace)
    if path.startswith(TESTBED) or any(name is not None for name in named):
        return None
    return recognise(path)


def _refuse_twins(rows: Sequence[Row], field: str) -> None:
    """Guidance is drawn by row id, so each may stand once."""
    seen: dict[str, Row] = {}
    for row in rows:
        if (first := seen.setdefault(row.id, row)) is not row:
            places = [f"{r.location.file} row {r.location.row}" for r in (first, row) if r.location]
            raise InputError(
                f"{field}.path: the id {row.id!r} stands twice: {' and '.join(places)}; make the "
                f"ids unique, or name their column in {field}.id"
            )


def _columns(data: DataConfig, path: str, traces: bool) -> Columns:
    named = [data.trace] if isinstance(data.trace, str) else data.trace or []
    return choose_columns(
        find(path),
        question=data.question,
        target=data.target,
        traces=tuple(named),
        part=data.part,
        id=data.id,
        target_after=data.target_after,
        need_traces=traces,
    )


def _testbed(data: DataConfig, field: str) -> list[Row]:
    from smepo.testbed import problems

    family = str(data.path).removeprefix(TESTBED)
    options = dict(data.options)
    if data.limit is not None:
        options.setdefault("n", data.limit)
    try:
        made = problems(family, **options)
    except TypeError as error:
        raise ConfigError(f"{field}.options: {error}") from error
    return [problem.row() for problem in made]


def _with_trace(row: Row) -> Example:
    """A row with its first trace, for what trains on traces; masks have no say there.

    Raises ConfigError for a trace that is a list of messages: a policy does not write tool answers.
    """
    trace = row.traces[0] if row.traces else None
    if trace is not None and not isinstance(trace, str):
        raise ConfigError("baseline: it trains on traces that are texts, not lists of messages")
    return Example(row.id, row.question, row.target, trace)


def _example(row: Row, options: MaskOptions, *, masks: bool) -> Example:
    """A row with its guidance: as `smepo mask` left it, or masked now."""
    if masks and "guidance_status" not in row.columns:
        return Example.from_prepared(prepare(row, options))
    return example_without_masking(row)


def example_without_masking(row: Row) -> Example:
    """A row with the guidance that `smepo mask` left in its columns, if it did."""
    if "guidance_status" not in row.columns:
        return Example(row.id, row.question, row.target)
    return Example.from_row(row)


def columns_of(example: Example) -> dict[str, Any]:
    """An example as columns of a training set; `example_of` is the inverse."""
    return {
        "id": example.id,
        "question": example.question,
        "target": example.target,
        "trace": None if example.trace is None else json.dumps(example.trace, ensure_ascii=False),
        "guidance": example.guidance,
        "guidance_blanks": blanks_to_json(example.blanks),
        "guidance_status": example.status.value,
    }


def example_of(row: Mapping[str, Any]) -> Example:
    """The example in a row of the training set."""
    return Example(
        row["id"],
        row["question"],
        row["target"],
        None if row["trace"] is None else json.loads(row["trace"]),
        row["guidance"],
        blanks_from_json(row["guidance_blanks"]),
        Status(row["guidance_status"]),
    )
