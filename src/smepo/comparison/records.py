"""What a comparison keeps of a run: small enough to commit, enough to rebuild every number.

A record holds the unguided evaluations with the number of right answers to every problem, and the
means of the training metrics between two evaluations. No completion, no question.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from smepo.errors import InputError
from smepo.training.records import EVALUATIONS, METRICS, read_lines

# Training metrics that a record keeps, by the names that the run logs.
KEPT = (
    "reward",
    "reward/guided",
    "reward/unguided",
    "guidance/share",
    "live_groups/guided",
    "live_groups/unguided",
    "frac_reward_zero_std",
    "copy_rate",
    "copy_rate/beyond_question",
    "entropy",
    "completions/mean_length",
)
DIFFICULTY = "reward/difficulty/"  # and a class, where there are several
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

DONE, FAILED, UNFINISHED, WAITING = "done", "failed", "unfinished", "waiting"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One unguided evaluation. ``correct`` and ``judged`` count the completions of each problem, in
    the same order in all evaluations of a family. Times are those spent in training steps so far,
    tokens those of prompts and completions."""

    step: int
    k: int
    correct: tuple[int, ...]
    judged: tuple[int, ...]
    seconds: float = 0.0
    cpu_seconds: float | None = None
    tokens: float | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run. ``status`` is DONE, FAILED, UNFINISHED or WAITING; ``problems`` is a hash of the ids
    of the held-out problems in their order. ``training`` has the means of `KEPT` up to each step
    of an evaluation, since the one before."""

    family: str
    arm: str
    seed: int
    status: str
    error: str = ""
    steps: int = 0
    problems: str = ""
    evaluations: tuple[Evaluation, ...] = ()
    training: tuple[Mapping[str, float], ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    resumed: int = 0  # starts after the first
    probes: tuple[Mapping[str, float | None], ...] = ()  # step, guided, unguided (means)
    alarms: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``math/smepo/0``."""
        return f"{self.family}/{self.arm}/{self.seed}"


def read_run(folder: Path, family: str, arm: str, seed: int, error: str = "") -> RunRecord:
    """The record of a run folder as it is now; ``error`` says that the last start of it failed."""
    metrics = read_lines(folder / METRICS)
    status = WAITING
    if (folder / "result.json").is_file():
        status = DONE
    elif error:
        status = FAILED
    elif folder.is_dir():
        status = UNFINISHED
    evaluations, problems = _evaluations(folder, metrics)
    probes = read_lines(folder / "probe.jsonl")
    starts = _starts(folder)
    return RunRecord(
        family=family,
        arm=arm,
        seed=seed,
        status=status,
        error="" if status == DONE else error,
        steps=int(metrics[-1]["step"]) if metrics else 0,
        problems=problems,
        evaluations=evaluations,
        training=_means(metrics, [evaluation.step for evaluation in evaluations]),
        environment=starts[-1] if starts else {},
        resumed=max(0, len(starts) - 1),
        probes=tuple(
            {"step": p["step"], "guided": _mean(p["guided"]), "unguided": _mean(p["unguided"])}
            for p in probes
        ),
        alarms=tuple(line["text"] for line in read_lines(folder / "alarms.jsonl")),
    )


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _evaluations(
    folder: Path, metrics: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Evaluation, ...], str]:
    by_step = {line["step"]: line for line in metrics}
    found, ids = [], ""
    for line in read_lines(folder / EVALUATIONS):
        step = line["step"]
        records = read_lines(folder / "eval" / f"step-{step:06d}.jsonl")
        digest = hashlib.sha256("\n".join(str(r["id"]) for r in records).encode()).hexdigest()[:16]
        if ids and digest != ids:
            raise InputError(f"{folder}: its evaluations are of different problems")
        ids = digest
        spent = by_step.get(step, {})
        judged = [[s for s in r["statuses"] if s not in ("timeout", "error")] for r in records]
        found.append(
            Evaluation(
                step=step,
                k=line["k"],
                correct=tuple(statuses.count("correct") for statuses in judged),
                judged=tuple(map(len, judged)),
                seconds=float(spent.get("seconds", 0.0)),
                cpu_seconds=0.0 if step == 0 else spent.get("cpu_seconds"),
                tokens=0.0 if step == 0 else spent.get("num_tokens"),
            )
        )
    return tuple(found), ids


def _means(
    metrics: Sequence[Mapping[str, Any]], steps: Sequence[int]
) -> tuple[dict[str, float], ...]:
    """The mean of every kept metric over (previous step, step], without the steps at which it has
    no value."""
    rows, last = [], 0
    for step in steps:
        lines = [line for line in metrics if last < line["step"] <= step]
        row: dict[str, float] = {"step": step}
        by_difficulty = sorted({n for line in lines for n in line if n.startswith(DIFFICULTY)})
        for name in (*KEPT, *by_difficulty):
            values = [line[name] for line in lines if _is_number(line.get(name))]
            if values:
                row[name] = round(math.fsum(values) / len(values), 5)
        if lines:
            rows.append(row)
        last = step
    return tuple(rows)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _starts(folder: Path) -> list[dict[str, Any]]:
    file = folder / "environment.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def to_json(record: RunRecord) -> dict[str, Any]:
    """A record in JSON's types; counts are one digit a problem in base 36."""
    return {**asdict(record), "evaluations": [_packed(e) for e in record.evaluations]}


def from_json(values: Mapping[str, Any]) -> RunRecord:
    """The inverse of `to_json`. Raises InputError for fields that a record has not."""
    try:
        return RunRecord(
            **{
                **values,
                "evaluations": tuple(_unpacked(e) for e in values["evaluations"]),
                "training": tuple(values["training"]),
                "probes": tuple(values.get("probes", ())),
                "alarms": tuple(values.get("alarms", ())),
            }
        )
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(f"no record of a comparison: {error}") from error


def _packed(evaluation: Evaluation) -> dict[str, Any]:
    """``judged`` is left out where every completion was judged."""
    values = {k: v for k, v in asdict(evaluation).items() if v is not None}
    values["correct"] = _digits(evaluation.correct)
    if set(evaluation.judged) == {evaluation.k}:
        del values["judged"]
        return {**values, "n": len(evaluation.correct)}
    return {**values, "judged": _digits(evaluation.judged)}


def _unpacked(values: Mapping[str, Any]) -> Evaluation:
    held = dict(values)
    n = held.pop("n", 0)
    held["correct"] = _numbers(held["correct"])
    held["judged"] = _numbers(held["judged"]) if "judged" in held else (held["k"],) * n
    return Evaluation(**held)


def _digits(counts: Sequence[int]) -> str | list[int]:
    if max(counts, default=0) >= len(_DIGITS):
        return list(counts)
    return "".join(_DIGITS[n] for n in counts)


def _numbers(text: str | Sequence[int]) -> tuple[int, ...]:
    return tuple(int(c, 36) if isinstance(c, str) else c for c in text)
