"""What an evaluation found, problem by problem and in sum."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from smepo.evaluation.statistics import Interval, bootstrap, pass_at_k, wilson
from smepo.types import VerdictStatus
from smepo.verifiers.rewards import UNDECIDED

LONGEST = 10_000  # characters of a target in the records


@dataclass(frozen=True, slots=True)
class ProblemRecord:
    """One problem: ``k`` completions and, in the same order, what became of each."""

    id: str
    question: str
    target: Any
    completions: tuple[str, ...]
    statuses: tuple[VerdictStatus, ...]
    scores: tuple[float, ...]
    extracted: tuple[str | None, ...] = ()
    tokens: tuple[int, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)  # such as a difficulty level
    # ends that say nothing about the answer: kept apart from wrong ones, in no denominator
    undecided: tuple[VerdictStatus, ...] = UNDECIDED

    @property
    def judged(self) -> int:
        """Completions whose end says whether they are right (see ``undecided``)."""
        return sum(status not in self.undecided for status in self.statuses)

    @property
    def correct(self) -> int:
        """Completions that were judged correct."""
        return sum(status is VerdictStatus.CORRECT for status in self.statuses)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over problems with its 95 % interval. ``problems`` is the number it rests on.

    With no problem to rest on, value and interval are NaN (null in JSON).
    """

    value: float
    low: float
    high: float
    problems: int

    def as_json(self) -> dict[str, float | int | None]:
        """The fields, in JSON's types."""
        return {k: None if math.isnan(v) else v for k, v in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class EvalResult:
    """Unguided accuracy. ``pass_at`` maps k to pass@k; ``statuses`` counts all completions.

    ``avg_at_k`` is the mean over problems of the share of judged completions that are correct.
    A problem with no judged completion is in ``undecided_problems`` and in no mean.
    """

    k: int
    avg_at_k: Estimate
    pass_at: Mapping[int, Estimate]
    statuses: Mapping[str, int]
    undecided_problems: int
    truncated: int  # completions that reached the length limit
    mean_tokens: float
    seconds: float
    settings: Mapping[str, Any]
    records: tuple[ProblemRecord, ...] = ()
    maj_at_k: Estimate | None = None  # None where nothing was extracted to vote on
    extra: Mapping[str, Any] = field(default_factory=dict)  # such as what episodes did

    def summary(self) -> dict[str, Any]:
        """Everything but the records, ready for JSON."""
        return {
            "k": self.k,
            "problems": len(self.records),
            "avg_at_k": self.avg_at_k.as_json(),
            "maj_at_k": None if self.maj_at_k is None else self.maj_at_k.as_json(),
            "pass_at": {str(k): value.as_json() for k, value in self.pass_at.items()},
            "statuses": dict(self.statuses),
            "undecided_problems": self.undecided_problems,
            "truncated": self.truncated,
            "mean_tokens": None if math.isnan(self.mean_tokens) else self.mean_tokens,
            "seconds": round(self.seconds, 3),
            "settings": dict(self.settings),
            **self.extra,
        }


def collect(
    records: Sequence[ProblemRecord],
    *,
    k: int,
    seed: int,
    seconds: float,
    truncated: int,
    settings: Mapping[str, Any],
) -> EvalResult:
    """Turn records into estimates.

    Intervals: Wilson's over problems if each has one completion, or if all or none is correct (a
    bootstrap knows no spread then; each problem counts as one trial, which is on the wide side);
    else a bootstrap over problems.
    """
    lengths = [n for record in records for n in record.tokens]
    powers = [2**i for i in range(k.bit_length()) if 2**i <= k]
    ks = powers if k in powers else [*powers, k]
    return EvalResult(
        k=k,
        avg_at_k=_average(records, seed),
        pass_at={n: _pass_at(records, n, seed) for n in ks},
        statuses=dict(sorted(Counter(s.value for r in records for s in r.statuses).items())),
        undecided_problems=sum(record.judged == 0 for record in records),
        truncated=truncated,
        mean_tokens=sum(lengths) / len(lengths) if lengths else math.nan,
        seconds=seconds,
        settings=settings,
        records=tuple(records),
        maj_at_k=_majority(records, seed),
    )


def _average(records: Sequence[ProblemRecord], seed: int) -> Estimate:
    judged = [record for record in records if record.judged]
    return _estimate([r.correct / r.judged for r in judged], [r.judged for r in judged], seed)


def _pass_at(records: Sequence[ProblemRecord], k: int, seed: int) -> Estimate:
    enough = [record for record in records if record.judged >= k]
    values = [pass_at_k(record.judged, record.correct, k) for record in enough]
    return _estimate(values, [record.judged for record in enough], seed)


def _majority(records: Sequence[ProblemRecord], seed: int) -> Estimate | None:
    judged = [record for record in records if record.judged]
    if not any(text is not None for record in judged for text in record.extracted):
        return None
    return _estimate([vote(r) for r in judged], [1 for _ in judged], seed)


def vote(record: ProblemRecord) -> float:
    """The chance that the most frequent answer of a problem is right, a tie broken by lot.

    Right answers count as one answer however they are written, wrong ones by what was extracted;
    completions without an answer do not vote (maj@k, Wang et al., arXiv 2203.11171).
    """
    wrong: Counter[str] = Counter()
    right = 0
    for status, text in zip(record.statuses, record.extracted, strict=True):
        if status is VerdictStatus.CORRECT:
            right += 1
        elif text is not None and status not in record.undecided:
            wrong[" ".join(text.split())] += 1
    most = max(wrong.values(), default=0)
    if right == 0 or right < most:
        return 0.0
    tied = sum(count == most for count in wrong.values()) if right == most else 0
    return 1.0 / (1 + tied)


def _estimate(values: Sequence[float], trials: Sequence[int], seed: int) -> Estimate:
    if not values:
        return Estimate(math.nan, math.nan, math.nan, 0)
    whole = set(values) <= {0.0, 1.0}
    as_trials = whole and (all(n == 1 for n in trials) or len(set(values)) == 1)
    interval: Interval = (
        wilson(round(sum(values)), len(values)) if as_trials else bootstrap(values, seed=seed)
    )
    return Estimate(math.fsum(values) / len(values), *interval, problems=len(values))


def write(result: EvalResult, path: str | Path) -> None:
    """Write ``path`` (summary, JSON) and beside it ``.jsonl`` (one problem a line), atomically.

    Of a target that is longer than ``LONGEST``, such as megabytes of tests, the beginning is kept.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    as_text: dict[str, Any] = {"ensure_ascii": False, "default": str}
    lines = "".join(
        json.dumps(asdict(replace(record, target=_short(record.target))), **as_text) + "\n"
        for record in result.records
    )
    _replace(path.with_suffix(".jsonl"), lines)
    _replace(path, json.dumps(result.summary(), indent=2, **as_text) + "\n")


def _short(target: Any) -> Any:
    text = json.dumps(target, ensure_ascii=False, default=str)
    if len(text) <= LONGEST:
        return target
    return f"{text[:LONGEST]} ... ({len(text):,} characters)"


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
