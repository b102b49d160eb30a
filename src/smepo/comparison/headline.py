"""The sentence at the top: what the intervals allow to say, and no more."""

from __future__ import annotations

from smepo.comparison.summary import ArmSummary, FamilySummary
from smepo.comparison.table import percent, points

WORDS = {1: "above", -1: "below", 0: "not separable from"}


def headline(families: tuple[FamilySummary, ...]) -> str:
    """A sentence a family: every arm against the baseline, on accuracy without guidance."""
    return " ".join(_sentence(family, named=len(families) > 1) for family in families)


def _sentence(family: FamilySummary, *, named: bool) -> str:
    start = f"{family.name}: " if named else ""
    baseline = next((arm for arm in family.arms if arm.arm.name == family.against), None)
    if baseline is None or baseline.average is None:
        return f"{start}the baseline is not done, so nothing can be compared."
    said = [_against(arm, baseline) for arm in family.arms if arm.gap is not None]
    if not said:
        ends = f"{baseline.arm.title} ends at {percent(baseline.average)}"
        return f"{start}{ends}; no other arm is done."
    return (
        f"{start}Without guidance {baseline.arm.title} ends at {percent(baseline.average)}. "
        f"{'; '.join(said)}."
    )


def _against(arm: ArmSummary, baseline: ArmSummary) -> str:
    assert arm.gap is not None
    names = f"{arm.arm.title} is {WORDS[arm.gap.sign]} {baseline.arm.title}"
    return f"{names}: {points(arm.gap)} points"
