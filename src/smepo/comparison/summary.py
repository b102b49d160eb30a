"""From the records of runs to the numbers of the table: what the arms came to, and how sure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smepo.comparison.config import ArmPlan
from smepo.comparison.records import DONE, FAILED, Evaluation, RunRecord
from smepo.comparison.statistics import LEVEL, Interval, Reach, Table, area, interval, paired, reach
from smepo.errors import InputError
from smepo.evaluation import pass_at_k

AXES = ("steps", "tokens", "seconds", "cpu_seconds")


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm in one family, over the seeds that are done.

    ``gap``, ``area_gap``: paired difference to the baseline over the seeds that both have.
    ``curve`` has the mean unguided accuracy at every evaluation; ``training`` the means over seeds
    of the training metrics, at the same steps; ``end`` those of the last quarter of training.
    ``reach`` maps an axis (`AXES`) to when the baseline's best is reached; None where the question
    has no meaning, see `FamilySummary.beats_base`.
    """

    arm: ArmPlan
    seeds: tuple[int, ...]
    failed: Mapping[int, str]
    missing: int  # seeds that wait or are not finished
    average: Interval | None = None
    best_of: Interval | None = None  # pass@k
    gap: Interval | None = None
    area: Interval | None = None
    area_gap: Interval | None = None
    reach: Mapping[str, Reach] | None = None
    curve: tuple[tuple[int, Interval], ...] = ()
    training: tuple[Mapping[str, float], ...] = ()
    end: Mapping[str, float] | None = None
    probes: tuple[Mapping[str, float], ...] = ()  # step, guided, unguided; means over seeds
    alarms: Mapping[int, str] | None = None  # seed to the first alarm of its run
    tokens: float | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None

    @property
    def reliance(self) -> float | None:
        """Guided less unguided accuracy at the last probe; None without a guided probe."""
        last = self.probes[-1] if self.probes else {}
        return last["guided"] - last["unguided"] if "guided" in last else None


@dataclass(frozen=True, slots=True)
class FamilySummary:
    """All arms of a family. ``base`` is the accuracy of the policy before training; ``beats_base``
    the baseline at its best less ``base``, at a level that allows for the choice among its
    evaluations (Bonferroni): time to the baseline's best is told only if that is clear of zero."""

    name: str
    against: str
    problems: int
    k: int
    arms: tuple[ArmSummary, ...]
    base: Interval | None = None
    beats_base: Interval | None = None
    best: float | None = None  # the baseline's best mean accuracy


def summarize(
    records: Sequence[RunRecord], arms: Sequence[ArmPlan], against: str
) -> tuple[FamilySummary, ...]:
    """One summary a family, in the order in which the families first occur.

    Raises InputError if runs of a family were judged on different problems or at different steps.
    """
    families = dict.fromkeys(record.family for record in records)
    return tuple(
        _family(name, [r for r in records if r.family == name], arms, against) for name in families
    )


def _family(
    name: str, records: Sequence[RunRecord], arms: Sequence[ArmPlan], against: str
) -> FamilySummary:
    done = [record for record in records if record.status == DONE]
    _check(name, done)
    runs = {arm.name: {r.seed: r for r in done if r.arm == arm.name} for arm in arms}
    baseline = runs.get(against, {})
    beats = _beats(baseline)
    comparable = beats is not None and beats.sign > 0
    base = baseline or next((mine for mine in runs.values() if mine), {})
    first = next(iter(base.values()), None)
    return FamilySummary(
        name=name,
        against=against,
        problems=len(first.evaluations[0].correct) if first else 0,
        k=first.evaluations[0].k if first else 0,
        arms=tuple(
            _arm(arm, [r for r in records if r.arm == arm.name], baseline, comparable)
            for arm in arms
            if any(r.arm == arm.name for r in records)
        ),
        base=interval(_table([r.evaluations[0] for r in base.values()])) if base else None,
        beats_base=beats,
        best=float(np.nanmean(_curves(baseline), axis=(0, 2)).max()) if baseline else None,
    )


def _check(name: str, done: Sequence[RunRecord]) -> None:
    for record in done:
        for field, mine, first in (
            ("problems", record.problems, done[0].problems),
            ("steps", _steps(record), _steps(done[0])),
        ):
            if mine != first:
                raise InputError(
                    f"family {name}: {record.name} was evaluated on other {field} than "
                    f"{done[0].name}, so the two cannot be compared; run them again"
                )


def _arm(
    arm: ArmPlan,
    records: Sequence[RunRecord],
    baseline: Mapping[int, RunRecord],
    comparable: bool,
) -> ArmSummary:
    done = {r.seed: r for r in records if r.status == DONE}
    failed = {r.seed: r.error for r in records if r.status == FAILED}
    missing = len(records) - len(done) - len(failed)
    if not done:
        return ArmSummary(arm, (), failed, missing)
    runs = list(done.values())
    steps = _steps(runs[0])
    curves = _curves(done)
    last = [run.evaluations[-1] for run in runs]
    gap = area_gap = None
    reached: dict[str, Reach] | None = None
    shared = sorted(set(done) & set(baseline))
    if shared and any(baseline[seed] is not done[seed] for seed in shared):
        mine = _curves({seed: done[seed] for seed in shared})
        theirs = _curves({seed: baseline[seed] for seed in shared})
        gap = paired(mine[:, -1], theirs[:, -1])
        area_gap = paired(area(mine, steps), area(theirs, steps))
        if comparable:
            reached = _reach(mine, theirs, done, baseline, shared)
    training = _by_step([run.training for run in runs])
    return ArmSummary(
        arm=arm,
        seeds=tuple(done),
        failed=failed,
        missing=missing,
        average=interval(curves[:, -1]),
        best_of=interval(_pass_table(last)),
        gap=gap,
        area=interval(area(curves, steps)),
        area_gap=area_gap,
        reach=reached,
        curve=tuple((step, interval(curves[:, i])) for i, step in enumerate(steps)),
        training=training,
        end=_end(training),
        probes=_by_step([run.probes for run in runs]),
        alarms={run.seed: run.alarms[0] for run in runs if run.alarms},
        tokens=_mean([e.tokens for e in last]),
        seconds=_mean([e.seconds for e in last]),
        cpu_seconds=_mean([e.cpu_seconds for e in last]),
    )


def _beats(baseline: Mapping[int, RunRecord]) -> Interval | None:
    if not baseline:
        return None
    curves = _curves(baseline)
    later = curves[:, 1:]
    best = int(np.nanmean(later, axis=(0, 2)).argmax())
    return paired(later[:, best], curves[:, 0], level=1 - (1 - LEVEL) / later.shape[1])


def _reach(
    mine: NDArray[np.float64],
    theirs: NDArray[np.float64],
    done: Mapping[int, RunRecord],
    baseline: Mapping[int, RunRecord],
    shared: Sequence[int],
) -> dict[str, Reach]:
    found = {}
    for axis in AXES:
        times = _times([done[seed] for seed in shared], axis)
        others = _times([baseline[seed] for seed in shared], axis)
        if times is not None and others is not None:
            found[axis] = reach(mine, theirs, times, others)
    return found


def _times(runs: Sequence[RunRecord], axis: str) -> list[float] | None:
    """The mean over runs of an axis at every evaluation; None if a run does not have it."""
    name = "step" if axis == "steps" else axis
    columns = [[getattr(e, name) for e in run.evaluations] for run in runs]
    if any(value is None for column in columns for value in column):
        return None
    return [fmean(values) for values in zip(*columns, strict=True)]


def _steps(record: RunRecord) -> list[int]:
    return [evaluation.step for evaluation in record.evaluations]


def _curves(runs: Mapping[int, RunRecord]) -> NDArray[np.float64]:
    """Accuracies: seeds x evaluations x problems."""
    return np.stack([_table(run.evaluations) for run in runs.values()])


def _table(evaluations: Sequence[Evaluation]) -> Table:
    """Share of judged completions that are correct: evaluations x problems."""
    correct = np.array([e.correct for e in evaluations], dtype=float)
    judged = np.array([e.judged for e in evaluations], dtype=float)
    shares: Table = np.full_like(correct, np.nan)
    np.divide(correct, judged, out=shares, where=judged > 0)
    return shares


def _pass_table(evaluations: Sequence[Evaluation]) -> Table:
    """pass@k of every problem of which all k completions were judged."""
    return np.array(
        [
            [
                pass_at_k(n, c, e.k) if n >= e.k else math.nan
                for n, c in zip(e.judged, e.correct, strict=True)
            ]
            for e in evaluations
        ]
    )


def _by_step(
    runs: Sequence[Sequence[Mapping[str, float | None]]],
) -> tuple[dict[str, float], ...]:
    """Rows with a step, from several runs: the means over the runs that have a value."""
    rows = []
    for step in sorted({row["step"] or 0 for run in runs for row in run}):
        at = [row for run in runs for row in run if row["step"] == step]
        known = {
            name: [value for row in at if (value := row.get(name)) is not None]
            for name in dict.fromkeys(name for row in at for name in row)
        }
        rows.append({name: fmean(values) for name, values in known.items() if values})
    return tuple(rows)


def _end(training: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The training metrics over the last quarter of training."""
    last = training[-max(1, len(training) // 4) :]
    names = dict.fromkeys(name for row in last for name in row if name != "step")
    return {name: fmean([row[name] for row in last if name in row]) for name in names}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def as_json(value: Any) -> Any:
    """A summary in JSON's types: numbers that are not finite become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [as_json(v) for v in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: as_json(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
