"""The sentence at the top: what the intervals allow to say, in points, and no more."""

from __future__ import annotations

from collections.abc import Sequence

from smepo.comparison.summary import ArmSummary, FamilySummary
from smepo.comparison.table import percent, points

WORDS = {1: "Above it, in points", -1: "Below it, in points", 0: "Not separable from it"}


def headline(families: tuple[FamilySummary, ...]) -> str:
    """A sentence a family: every arm against the baseline, on accuracy without guidance."""
    return " ".join(_sentence(family, named=len(families) > 1) for family in families)


def _sentence(family: FamilySummary, *, named: bool) -> str:
    start = f"{family.name}: " if named else ""
    baseline = next((arm for arm in family.arms if arm.arm.name == family.against), None)
    if baseline is None or baseline.average is None:
        return f"{start}the baseline is not done, so nothing can be compared."
    judged = [arm for arm in family.arms if arm.gap is not None]
    ends = f"{start}Without guidance {baseline.arm.title} ends at {percent(baseline.average)}"
    if not judged:
        return f"{ends}; no other arm is done."
    said = [_group(judged, sign) for sign in (1, -1, 0)]
    return f"{ends}. {' '.join(filter(None, said))}"


def _group(arms: Sequence[ArmSummary], sign: int) -> str:
    """The arms on one side of the baseline, with their differences where those are told apart."""
    named = [
        f"{arm.arm.title} {points(arm.gap)}" if sign else arm.arm.title
        for arm in arms
        if arm.gap is not None and arm.gap.sign == sign
    ]
    return f"{WORDS[sign]}: {'; '.join(named)}." if named else ""
