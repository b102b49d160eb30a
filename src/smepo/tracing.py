"""Traces from an expert behind an endpoint: asked, verified, and the best kept.

Every row stays. One whose samples are all wrong has no trace and trains unguided.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from smepo.asking import Asked, Plan, Question, ask_all
from smepo.endpoint import Answer, Endpoint
from smepo.errors import InputError
from smepo.types import Row, Verdict, VerdictStatus
from smepo.verifiers.rewards import many

Keep = Literal["shortest", "first", "all"]

# What the expert is told. The end is what the domain's verifier reads.
SYSTEMS: Mapping[str, str] = {
    "math": "Solve the problem step by step. Say in words what each step does before you compute "
    "it. Put the final answer into \\boxed{}.",
    "code": "Solve the task in Python. Explain the plan in words first, step by step, then give "
    "the whole program in one ```python block.",
    "search": "Answer the question step by step. Say what you look for and why before each step. "
    "End with a line of its own: Answer: ...",
}


@dataclass(slots=True)
class Traced:
    """What came of it. ``statuses`` counts verdicts of all samples."""

    output: str
    rows: int = 0
    solved: int = 0
    samples: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    failures: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**values, "statuses": dict(self.statuses), "asked": dict(self.asked)}


@dataclass(frozen=True, slots=True)
class Prices:
    """Money for a million tokens, in whatever currency."""

    prompt: float = 0.0
    completion: float = 0.0

    def of(self, asked: Asked) -> float:
        """What the answers cost."""
        return (asked.prompt_tokens * self.prompt + asked.completion_tokens * self.completion) / 1e6


def trace(
    rows: Sequence[Row],
    output: str | Path,
    endpoint: Endpoint,
    verifier: Any,
    plan: Plan,
    *,
    system: str,
    keep: Keep = "shortest",
    until_solved: bool = False,
    prices: Prices | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Traced:
    """Ask for traces of every row and write the rows with them to ``output``.

    Adds the columns ``trace`` (text, a list of texts for ``keep="all"``, or None), ``trace_status``
    (solved, wrong, or not_asked), ``trace_samples`` and ``trace_correct``. Beside the output,
    OUT.journal.jsonl holds every answer and OUT.expert.json model, prompt, settings and counts.

    ``until_solved`` asks a row no further once a sample is right.

    Raises InputError if ``output`` names no known format; ConfigError as `smepo.asking.ask_all`.
    """
    path = Path(output)
    if path.suffix not in (".jsonl", ".parquet"):
        raise InputError(f"{path}: write traces to a name that ends in .jsonl or .parquet")
    judged: dict[str, list[Verdict]] = {}
    targets = {row.id: row.target for row in rows}

    def wanted(id: str, asked: Asked) -> bool:
        if not until_solved:
            return True
        _judge(id, targets[id], asked.of(id, plan.samples), verifier, judged)
        return not any(v.status is VerdictStatus.CORRECT for v in judged[id])

    asked = ask_all(
        endpoint,
        [Question(row.id, _messages(system, row.question)) for row in rows],
        plan,
        path.with_name(path.name + ".journal.jsonl"),
        wanted=wanted,
        progress=progress,
    )
    result = Traced(
        str(path),
        rows=len(rows),
        asked=asked.counts,
        prompt_tokens=asked.prompt_tokens,
        completion_tokens=asked.completion_tokens,
        cost=prices.of(asked) if prices is not None else None,
        failures=asked.failures,
    )
    made = [
        _row(row, asked.of(row.id, plan.samples), verifier, keep, judged, result) for row in rows
    ]
    _write(path, made)
    note = {
        "model": endpoint.model,
        "url": endpoint.url,
        "system": system,
        "samples": plan.samples,
        "settings": dict(plan.settings),
        "seed": plan.seed,
        "keep": keep,
        "until_solved": until_solved,
        **result.as_json(),
    }
    _put(path.with_name(path.name + ".expert.json"), json.dumps(note, indent=1) + "\n")
    return result


def _messages(system: str, question: str) -> list[dict[str, str]]:
    said = [{"role": "system", "content": system}] if system else []
    return [*said, {"role": "user", "content": question}]


def _judge(
    id: str,
    target: Any,
    answers: Sequence[Answer],
    verifier: Any,
    judged: dict[str, list[Verdict]],
) -> None:
    """Judge the answers of a row that were not judged yet."""
    known = judged.setdefault(id, [])
    new = answers[len(known) :]
    known += many(verifier, [(answer.text, target) for answer in new])


def _row(
    row: Row,
    answers: Sequence[Answer],
    verifier: Any,
    keep: Keep,
    judged: dict[str, list[Verdict]],
    result: Traced,
) -> dict[str, Any]:
    """The columns of a row with its traces; counted."""
    _judge(row.id, row.target, answers, verifier, judged)
    verdicts = judged[row.id]
    right = [
        answer.text
        for answer, verdict in zip(answers, verdicts, strict=True)
        if verdict.status is VerdictStatus.CORRECT and not answer.truncated
    ]
    result.samples += len(answers)
    result.statuses.update(verdict.status.value for verdict in verdicts)
    result.solved += bool(right)
    best: Any = None
    if right:
        best = {"shortest": min(right, key=len), "first": right[0], "all": right}[keep]
    status = "solved" if right else "wrong" if answers else "not_asked"
    added = {
        "trace": best,
        "trace_status": status,
        "trace_samples": len(answers),
        "trace_correct": len(right),
    }
    return {**row.columns, **added}


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows at once, into place whole."""
    temporary = path.with_name(f".{path.name}.part")
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), temporary)
    else:
        _put(path, "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows))
        return
    temporary.replace(path)


def _put(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
