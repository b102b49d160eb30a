"""Intervals over seeds and problems, and when a curve first reaches a value.

All seeds of an arm answer the same problems, so accuracies form a table, seeds x problems, with two
crossed sources of chance. The pigeonhole bootstrap draws rows and columns on their own (Owen, "The
pigeonhole bootstrap", Annals of Applied Statistics 1, 2007); on such tables it is, if anything,
wide. Two corrections for the few seeds that there are: one seed fewer is drawn than there are,
which makes the variance of a mean of seeds unbiased (Rao and Wu, JASA 83, 1988), and the spread
about the estimate is stretched by Student's t over the normal quantile, with Satterthwaite's
degrees of freedom (Biometrics 2, 1946). Arms are compared on the table of their differences: the
same seed and the same problem stay together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from smepo.evaluation import wilson

RESAMPLES = 4000
LEVEL = 0.95

Table = NDArray[np.float64]  # seeds x problems; NaN: nothing of that problem was judged


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval, 95 % unless said otherwise. Without one (all values equal, or
    a single seed and problem) ``low`` and ``high`` are NaN."""

    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def sign(self) -> int:
        """+1 above zero, -1 below, 0 if the interval holds zero or is not known."""
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True, slots=True)
class Reach:
    """When an arm first reaches a value that the baseline reached at ``baseline``.

    ``at`` is None if the mean curve never reaches it. ``ratio`` is baseline / at, 0 where not
    reached; its interval is the plain percentile interval of the bootstrap, in which a resample
    that does not reach counts as 0. ``reached`` is the share of resamples that do.
    """

    at: float | None
    baseline: float
    ratio: Interval
    reached: float


def interval(table: Table, *, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """The mean of accuracies, seeds x problems, with its interval (see the module), in [0, 1].

    With one seed the interval is over problems alone. Where all values are 0 or all are 1, the
    bootstrap knows no spread and Wilson's interval over problems stands in.
    """
    value = float(np.nanmean(table))
    known = table[~np.isnan(table)]
    if np.ptp(known) == 0:
        if value in (0.0, 1.0):
            problems = int((~np.isnan(table)).any(axis=0).sum())
            return Interval(value, *wilson(round(value * problems), problems))
        return Interval(value)
    found = _stretched(table, LEVEL, seed, resamples)
    return Interval(value, max(0.0, found.low), min(1.0, found.high))


def paired(
    a: Table, b: Table, *, level: float = LEVEL, seed: int = 0, resamples: int = RESAMPLES
) -> Interval:
    """The mean of ``a - b`` with its interval; rows are the same seeds, columns the same problems.

    Where all differences are equal the bootstrap knows no spread, and there is no interval.
    """
    difference = a - b
    if np.ptp(difference[~np.isnan(difference)]) == 0:
        return Interval(float(np.nanmean(difference)))
    return _stretched(difference, level, seed, resamples)


def _stretched(table: Table, level: float, seed: int, resamples: int) -> Interval:
    value = float(np.nanmean(table))
    tail = (1 - level) / 2
    low, high = np.nanquantile(_resampled(table, seed, resamples), [tail, 1 - tail])
    stretch = _t(1 - tail, _freedom(table)) / NormalDist().inv_cdf(1 - tail)
    return Interval(value, value - stretch * (value - low), value + stretch * (high - value))


def reach(
    arm: NDArray[np.float64],
    baseline: NDArray[np.float64],
    times: Sequence[float],
    baseline_times: Sequence[float],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES // 2,
) -> Reach:
    """When ``arm`` reaches the best that the mean curve of ``baseline`` reaches.

    Both are seeds x evaluations x problems, with the same seeds and problems; ``times`` are those
    of the evaluations (steps, tokens or seconds), straight lines between them. In every resample
    the best, and both times, are found anew.
    """
    rows, columns = _weights(arm.shape[0], arm.shape[2], seed, resamples)
    curves = _curves(arm, rows, columns)
    others = _curves(baseline, rows, columns)
    ratios = np.array(
        [
            _ratio(curve, other, times, baseline_times)
            for curve, other in zip(curves, others, strict=True)
        ]
    )
    mean = np.nanmean(arm, axis=(0, 2))
    best = np.nanmean(baseline, axis=(0, 2))
    low, high = np.quantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Reach(
        at=first_reach(mean, times, float(best.max())),
        baseline=baseline_times[int(best.argmax())],
        ratio=Interval(_ratio(mean, best, times, baseline_times), float(low), float(high)),
        reached=float((ratios > 0).mean()),
    )


def first_reach(curve: NDArray[np.float64], times: Sequence[float], value: float) -> float | None:
    """The time at which ``curve``, straight between its points, first reaches ``value``."""
    at = int(np.argmax(curve >= value))
    if curve[at] < value:
        return None
    if at == 0:
        return float(times[0])
    share = (value - curve[at - 1]) / (curve[at] - curve[at - 1])
    return float(times[at - 1] + share * (times[at] - times[at - 1]))


def area(curves: NDArray[np.float64], steps: Sequence[float]) -> Table:
    """The mean height of every curve by the trapezoid rule; seeds x evaluations x problems in,
    seeds x problems out."""
    widths = np.diff(np.asarray(steps, dtype=float))
    middle = (curves[:, 1:] + curves[:, :-1]) / 2
    weighted: Table = (middle * widths[None, :, None]).sum(axis=1) / widths.sum()
    return weighted


def _ratio(
    curve: NDArray[np.float64],
    other: NDArray[np.float64],
    times: Sequence[float],
    other_times: Sequence[float],
) -> float:
    at = first_reach(curve, times, float(other.max()))
    theirs = other_times[int(other.argmax())]
    if at is None:
        return 0.0
    return float(theirs / at) if at else math.inf


def _curves(
    values: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The mean curve of every resample: resamples x evaluations."""
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    total = np.stack(
        [((rows @ filled[:, t]) * columns).sum(axis=1) for t in range(values.shape[1])]
    )
    count = np.stack([((rows @ known[:, t]) * columns).sum(axis=1) for t in range(values.shape[1])])
    with np.errstate(invalid="ignore"):  # a resample may hold nothing that was judged
        curves: NDArray[np.float64] = (total / count).T
    return curves


def _resampled(table: Table, seed: int, resamples: int) -> NDArray[np.float64]:
    seeds, problems = table.shape
    rows, columns = _weights(seeds, problems, seed, resamples)
    return _curves(table[:, None, :], rows, columns)[:, 0]


@lru_cache(maxsize=8)  # equal for all arms of a family
def _weights(
    seeds: int, problems: int, seed: int, resamples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often each seed and each problem is drawn in every resample."""
    draw = np.random.default_rng(seed)
    rows = draw.multinomial(max(1, seeds - 1), [1 / seeds] * seeds, size=resamples)
    columns = draw.multinomial(problems, [1 / problems] * problems, size=resamples)
    return rows.astype(float), columns.astype(float)


def _freedom(table: Table) -> float:
    """Satterthwaite's degrees of freedom of a mean over seeds and problems."""
    parts: Mapping[int, float] = {
        table.shape[axis] - 1: float(np.nanvar(np.nanmean(table, axis=1 - axis), ddof=1))
        / table.shape[axis]
        for axis in (0, 1)
        if table.shape[axis] > 1
    }
    spread = sum(parts.values())
    below = sum(part**2 / freedom for freedom, part in parts.items())
    return spread**2 / below if below else math.inf


def _t(p: float, freedom: float) -> float:
    """The quantile of Student's t: with x = sqrt(v) tan(a), its density is cos(a)^(v-1)."""
    if freedom > 1e4:
        return NormalDist().inv_cdf(p)
    angles = np.linspace(0, math.pi / 2, 20001)
    heights = np.cos(angles) ** (freedom - 1)
    mass = np.concatenate([[0.0], np.cumsum((heights[1:] + heights[:-1]) / 2)])
    angle = float(np.interp(2 * p - 1, mass / mass[-1], angles))
    return math.sqrt(freedom) * math.tan(angle)
