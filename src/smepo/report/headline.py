"""The sentence at the top of a report: what a run shows, with numbers, and no more than that."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

from smepo.report.data import Arm, Comparison, Evaluation, MaskSummary, Point, ReportData
from smepo.report.text import with_interval
from smepo.types import Status


@dataclass(frozen=True, slots=True)
class Headline:
    """The answer first: one statement, then what limits it."""

    statement: str
    detail: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference of two accuracies with its 95 % interval; ``low`` is None if unknown."""

    value: float
    low: float | None
    high: float | None

    @property
    def separable(self) -> bool:
        """True if the interval excludes zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def difference(a: Point, b: Point) -> Difference:
    """``a - b`` with an interval from the two intervals.

    The method of variance estimates recovery (Zou and Donner 2008), which for Wilson intervals is
    Newcombe's. It treats the two as independent; on the same problems that is the cautious side.
    """
    value = a.value - b.value
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Difference(value, None, None)
    return Difference(
        value,
        value - sqrt((a.value - a.low) ** 2 + (b.high - b.value) ** 2),
        value + sqrt((a.high - a.value) ** 2 + (b.value - b.low) ** 2),
    )


def headline(data: ReportData) -> Headline:
    """What the page opens with: the comparison if there is one, else the masking or what was
    said."""
    if data.comparison is not None:
        return _comparison(data.comparison)
    if data.evaluation is not None:
        return _evaluation(data.evaluation)
    if data.episodes and not data.summaries:
        return _transcripts(data)
    return _masking(data)


def _comparison(comparison: Comparison) -> Headline:
    failed = [arm for arm in comparison.arms if arm.error]
    judged = [arm for arm in comparison.arms if not arm.error and arm.final is not None]
    if not judged:
        return Headline("No arm finished, so nothing was learned.", _failures(failed), failed=True)
    ranked = sorted(judged, key=lambda arm: -_final(arm).value)
    accuracies = ", ".join(f"{arm.title} {with_interval(_final(arm))}" for arm in ranked)
    statement = f"Without guidance, after {_final(ranked[0]).step} steps: {accuracies}."
    verdicts = _verdicts(judged, comparison)
    if verdicts:
        statement += f" {_summary(verdicts, comparison)}"
    if failed:
        statement += f" {_names(failed)} failed."
    detail = [verdict.text for verdict in verdicts]
    if comparison.base is not None:
        detail.append(f"The policy began at {with_interval(comparison.base)}.")
    detail.append(
        f"Accuracy on {comparison.problems} {comparison.subject}, {comparison.samples} "
        f"{'answer' if comparison.samples == 1 else 'answers'} each, with 95 % intervals over "
        f"problems. {_seeds(judged)}"
    )
    if failed:
        detail.append(_failures(failed))
    return Headline(statement, " ".join(filter(None, detail)), failed=bool(failed))


def _final(arm: Arm) -> Point:
    assert arm.final is not None
    return arm.final


@dataclass(frozen=True, slots=True)
class _Verdict:
    """How an arm stands to the baseline: +1 above, -1 below, 0 not separable."""

    arm: Arm
    sign: int
    text: str


def _verdicts(judged: list[Arm], comparison: Comparison) -> list[_Verdict]:
    baseline = next((arm for arm in judged if arm.name == comparison.baseline), None)
    if baseline is None:
        return []
    return [_verdict(arm, baseline) for arm in judged if arm is not baseline]


def _verdict(arm: Arm, baseline: Arm) -> _Verdict:
    gap = difference(_final(arm), _final(baseline))
    points = f"{100 * gap.value:+.1f} points"
    if gap.low is None or gap.high is None:
        return _Verdict(arm, 0, f"{arm.title} against {baseline.title}: {points}, no interval.")
    points += f", interval {100 * gap.low:+.1f} to {100 * gap.high:+.1f}"
    if not gap.separable:
        text = f"{arm.title} is not separable from {baseline.title} ({points})."
        return _Verdict(arm, 0, text)
    word = "above" if gap.value > 0 else "below"
    return _Verdict(
        arm, 1 if gap.value > 0 else -1, f"{arm.title} is {word} {baseline.title} ({points})."
    )


def _summary(verdicts: list[_Verdict], comparison: Comparison) -> str:
    """The verdicts in one sentence, by what the intervals allow."""
    baseline = next(arm.title for arm in comparison.arms if arm.name == comparison.baseline)
    if not any(verdict.sign for verdict in verdicts):
        return f"No difference to {baseline} is separable from noise."
    words = {1: f"above {baseline}", -1: f"below {baseline}", 0: f"not separable from {baseline}"}
    groups = {s: [v.arm for v in verdicts if v.sign == s] for s in (1, -1, 0)}
    said = [
        f"{_names(arms)} {'is' if len(arms) == 1 else 'are'} {words[sign]}"
        for sign, arms in groups.items()
        if arms
    ]
    return f"{', '.join(said)}."


def _seeds(arms: list[Arm]) -> str:
    if len({arm.name for arm in arms}) == len(arms):
        return "One seed an arm: how much another seed would change is not measured here."
    return ""


def _names(arms: list[Arm]) -> str:
    *rest, last = [arm.title for arm in arms]
    return f"{', '.join(rest)} and {last}" if rest else last


def _failures(failed: list[Arm]) -> str:
    return " ".join(f"{arm.title} failed: {arm.error.rstrip('.')}." for arm in failed)


def _transcripts(data: ReportData) -> Headline:
    rewards = [one.reward for one in data.episodes if one.reward is not None]
    statuses = Counter(one.status for one in data.episodes).most_common()
    said = ", ".join(f"{count:,} {status}" for status, count in statuses)
    statement = f"{len(data.episodes):,} transcripts: {said}."
    if rewards:
        statement += f" Mean reward {fmean(rewards):.3f}."
    return Headline(statement, "Without guidance. For intervals see the summary of the evaluation.")


def _evaluation(evaluation: Evaluation) -> Headline:
    """One evaluation is told; of two, what the paired interval allows."""
    first = evaluation.results[0]
    last = evaluation.results[-1]
    scores = [
        f"{result.title} {with_interval(result.measures[0].point)}"
        for result in evaluation.results
        if result.measures[0].point is not None
    ]
    said = ", ".join(scores) if scores else "nothing was judged"
    statement = f"Without guidance ({first.measures[0].name}): {said}."
    change = evaluation.change
    if change is not None:
        gap = change.difference
        points = f"{100 * gap.value:+.1f} points"
        if Difference(gap.value, gap.low, gap.high).separable:
            word = "above" if gap.value > 0 else "below"
            statement += f" {last.title} is {word} {first.title} ({points})."
        else:
            statement += f" The difference ({points}) is not separable from noise."
    detail = [
        f"{result.title}: {result.problems:,} problems, {result.k} "
        f"{'completion' if result.k == 1 else 'completions'} each."
        for result in evaluation.results
    ]
    detail.append("Intervals cover problems, not seeds.")
    if undecided := sum(result.undecided for result in evaluation.results):
        detail.append(f"{undecided:,} problems have nothing judged and are in no mean.")
    return Headline(statement, " ".join(detail))


def _masking(data: ReportData) -> Headline:
    masks = [summary for summary in data.summaries if not summary.control]
    if not masks:
        return Headline("This report holds no rows.", "")
    rows = sum(mask.rows for mask in masks)
    shown = sum(mask.shown for mask in masks)
    statement = f"{shown:,} of {rows:,} rows carry guidance. {_leaks(masks)}"
    return Headline(statement, _not_shown(masks))


def _leaks(masks: list[MaskSummary]) -> str:
    audited = sum(mask.audited for mask in masks)
    unaudited = sum(mask.statuses.get(Status.UNAUDITED, 0) for mask in masks)
    if not audited:
        return "None of it was audited, so whether something in it scores is not known."
    candidates = sum(mask.candidates for mask in masks)
    leaking = sum(mask.leaking for mask in masks)
    passed = (
        f"{leaking:,} traces that score are passed on" if leaking else "none that scores is left"
    )
    text = f"The audit of {audited:,} traces tried {candidates:,} candidates; {passed}."
    return f"{text} {unaudited:,} were not audited." if unaudited else text


def _not_shown(masks: list[MaskSummary]) -> str:
    counts = {
        status: sum(mask.statuses.get(status, 0) for mask in masks)
        for status in Status
        if not status.shown
    }
    words = ", ".join(f"{status.value} {count:,}" for status, count in counts.items() if count)
    return f"Rows without guidance, by status: {words}." if words else "No row is left out."
