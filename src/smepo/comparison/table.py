"""The one table of a comparison: a row an arm, for each family."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from smepo.comparison.statistics import Interval, Reach
from smepo.comparison.summary import ArmSummary, FamilySummary
from smepo.report.text import duration

COLUMNS = (
    "arm",
    "seeds",
    "unguided avg@k",
    "against {against}",
    "pass@k",
    "area under curve",
    "area against {against}",
    "steps to {against}'s best",
    "ratio",
    "reward, end",
    "reliance, end",
    "copied, end",
    "tokens",
    "time",
)
HALF = 6  # columns about the end of training; the others are about the way there


@dataclass(frozen=True, slots=True)
class Row:
    """One line as text. ``error`` is that of the first seed that failed; ``sign`` says on which
    side of zero the interval of the difference lies."""

    cells: tuple[str, ...]
    sign: int = 0
    error: str = ""


def header(family: FamilySummary) -> tuple[str, ...]:
    """The names of the columns, with k and the baseline put in."""
    title = next((a.arm.title for a in family.arms if a.arm.name == family.against), "baseline")
    return tuple(
        name.replace("@k", f"@{family.k or 'k'}").replace("{against}", title) for name in COLUMNS
    )


def rows(family: FamilySummary) -> list[Row]:
    """One row an arm, in the order of the file."""
    return [_row(arm, family) for arm in family.arms]


def _row(arm: ArmSummary, family: FamilySummary) -> Row:
    end = arm.end or {}
    copied = end.get("copy_rate/beyond_question", end.get("copy_rate"))
    steps = arm.reach.get("steps") if arm.reach else None
    baseline = arm.arm.name == family.against
    cells = (
        arm.arm.title,
        _seeds(arm),
        percent(arm.average),
        "" if baseline else points(arm.gap),
        percent(arm.best_of),
        percent(arm.area),
        "" if baseline else points(arm.area_gap),
        _at(steps, family, baseline),
        "" if steps is None or baseline else ratio(steps),
        share(end.get("reward")),
        "" if arm.reliance is None else f"{100 * arm.reliance:+.1f}",
        share(copied),
        "" if arm.tokens is None else f"{arm.tokens:,.0f}",
        "" if arm.seconds is None else duration(arm.seconds),
    )
    seed, error = next(iter(arm.failed.items()), (0, ""))
    sign = arm.gap.sign if arm.gap else 0
    return Row(cells, sign, f"seed {seed} failed: {error}" if error else "")


def _seeds(arm: ArmSummary) -> str:
    text = str(len(arm.seeds))
    if arm.failed:
        text += f", {len(arm.failed)} failed"
    return f"{text}, {arm.missing} to do" if arm.missing else text


def _at(steps: Reach | None, family: FamilySummary, baseline: bool) -> str:
    if baseline or steps is None:
        return ""
    return "not reached" if steps.at is None else f"{steps.at:.0f} of {steps.baseline:.0f}"


def ratio(found: Reach) -> str:
    """``3.1x (1.2 to 4.0)``; 0 is "not reached"."""
    low, high = found.ratio.low, found.ratio.high
    if found.at is None:
        return f"reached in {100 * found.reached:.0f} % of resamples"
    return f"{found.ratio.value:.1f}x ({low:.1f} to {high:.1f})"


def share(value: float | None) -> str:
    """``0.123`` -> ``12.3 %``."""
    return "" if value is None else f"{100 * value:.1f} %"


def percent(found: Interval | None) -> str:
    """``12.3 % (9.8 to 15.2)``."""
    return "" if found is None else f"{100 * found.value:.1f} %{_interval(found, '.1f')}"


def points(found: Interval | None) -> str:
    """``+3.2 (+0.4 to +6.1)``, in percentage points."""
    return "" if found is None else f"{100 * found.value:+.1f}{_interval(found, '+.1f')}"


def _interval(found: Interval, form: str) -> str:
    if math.isnan(found.low):
        return " (no interval)"
    return f" ({100 * found.low:{form}} to {100 * found.high:{form}})"


def notes(family: FamilySummary) -> list[str]:
    """What limits the numbers of a family, in sentences."""
    said = []
    if family.base is not None:
        said.append(
            f"Accuracy without guidance on {family.problems} held-out problems, {family.k} "
            f"{'answer' if family.k == 1 else 'answers'} each; before training "
            f"{percent(family.base)}."
        )
    if family.beats_base is not None and family.best is not None:
        beats = family.beats_base
        word = "beats" if beats.sign > 0 else "does not beat"
        said.append(
            f"At its best ({share(family.best)}) the baseline {word} the policy before training by "
            f"more than noise: {points(beats)} points, at a level that allows for the choice among "
            f"the evaluations{'' if beats.sign > 0 else '; so times to it are not told'}."
        )
    said += [
        f"Alarm, {arm.arm.title}, seed {seed}: {text}."
        for arm in family.arms
        for seed, text in (arm.alarms or {}).items()
    ]
    if few := [arm for arm in family.arms if len(arm.seeds) == 1]:
        names = ", ".join(arm.arm.title for arm in few)
        said.append(f"One seed is no measure of chance between seeds: {names}.")
    return said


def markdown(families: Sequence[FamilySummary]) -> str:
    """All families as Markdown tables, for a lab notebook."""
    parts = []
    for family in families:
        names = header(family)
        lines = [f"### {family.name}", "", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
        lines += [f"| {' | '.join(row.cells)} |" for row in rows(family)]
        lines += [f"- {row.error}" for row in rows(family) if row.error]
        parts.append("\n".join([*lines, "", *notes(family)]))
    return "\n\n".join(parts) + "\n"
