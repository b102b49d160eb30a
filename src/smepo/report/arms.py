"""Charts and table rows for the arms of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from markupsafe import Markup

from smepo.report import charts
from smepo.report.data import Arm, Comparison, Point
from smepo.report.headline import difference
from smepo.report.text import duration, percent


def arm_charts(comparison: Comparison) -> dict[str, Markup | str]:
    """Every chart of the section on learning, by the name that the template uses."""
    arms = comparison.arms
    base = (comparison.base,) if comparison.base else ()

    def curve(name: str, title: str, *, smooth: bool = True) -> Markup:
        series = []
        for i, arm in enumerate(arms):
            points: Sequence[Point] = getattr(arm, name)
            series.append(charts.Series(arm.title, smoothed(points) if smooth else points, i))
        return charts.lines(series, title=title)

    unguided = [
        charts.Series(arm.title, _with_base(arm.unguided, base), i) for i, arm in enumerate(arms)
    ]
    bars = [charts.Bar(arm.title, i, arm.final, note=_state(arm)) for i, arm in enumerate(arms)]
    pairs = [
        charts.Bar(arm.title, i, arm.final, tail(arm.reward), _state(arm))
        for i, arm in enumerate(arms)
    ]
    return {
        "forest": charts.forest(bars, title="Accuracy without guidance", base=comparison.base),
        "unguided": charts.lines(unguided, title="Accuracy without guidance by step"),
        "reward": curve("reward", "Reward in training by step"),
        "pairs": charts.pairs(pairs, title="Guided reward and unguided accuracy"),
        "copied": curve("copy_rate", "Copy rate by step"),
        "probe": charts.lines(_probes(arms), title="Probe with and without guidance by step")
        if any(arm.probe_guided for arm in arms)
        else "",
        "live": curve("live_groups", "Share of groups with a signal by step")
        if any(arm.live_groups for arm in arms)
        else "",
        "unsearched": curve("unsearched", "Share that answered without a look by step")
        if any(arm.unsearched for arm in arms)
        else "",
    }


def _probes(arms: Sequence[Arm]) -> list[charts.Series]:
    """Two lines an arm that has guidance: the probe with it, and without."""
    return [
        charts.Series(f"{arm.title}, {kind}", points, i)
        for i, arm in enumerate(arms)
        if arm.probe_guided
        for kind, points in (("guided", arm.probe_guided), ("unguided", arm.probe_unguided))
    ]


def arm_rows(comparison: Comparison) -> list[dict[str, str]]:
    """One row of text an arm."""
    baseline = next((a for a in comparison.arms if a.name == comparison.baseline), None)
    return [_row(arm, baseline) for arm in comparison.arms]


def smoothed(points: Sequence[Point]) -> tuple[Point, ...]:
    """Means over a trailing window of ``charts.SMOOTHING`` points."""
    width = charts.SMOOTHING
    return tuple(
        Point(point.step, fmean(p.value for p in points[max(0, i + 1 - width) : i + 1]))
        for i, point in enumerate(points)
    )


def tail(points: Sequence[Point]) -> float | None:
    """Mean of the last quarter of a curve."""
    if not points:
        return None
    return fmean(p.value for p in points[-max(1, len(points) // 4) :])


def _with_base(points: Sequence[Point], base: tuple[Point, ...]) -> tuple[Point, ...]:
    if not points or points[0].step == 0:
        return tuple(points)
    return (*base, *points)


def _state(arm: Arm) -> str:
    return "failed" if arm.error else ""


def _row(arm: Arm, baseline: Arm | None) -> dict[str, str]:
    final = arm.final
    reward, copied = tail(arm.reward), tail(arm.copy_rate)
    gap = ""
    if final and baseline and baseline.final and arm is not baseline:
        d = difference(final, baseline.final)
        gap = f"{100 * d.value:+.1f}"
        if d.low is not None and d.high is not None:
            gap += f" ({100 * d.low:+.1f} to {100 * d.high:+.1f})"
    interval = ""
    if final and final.low is not None and final.high is not None:
        interval = f"{100 * final.low:.1f} to {100 * final.high:.1f}"
    return {
        "title": arm.title,
        "error": arm.error,
        "seed": "" if arm.seed is None else str(arm.seed),
        "steps": str(arm.steps),
        "accuracy": percent(final.value) if final else "",
        "interval": interval,
        "gap": gap,
        "reward": "" if reward is None else percent(reward),
        "copied": "" if copied is None else percent(copied),
        "time": "" if arm.seconds is None else duration(arm.seconds),
    }
