"""From the audit of a data set, in one or several modes, to a report."""

from __future__ import annotations

from collections.abc import Sequence

from smepo.pipeline.audit import CONTROLS, Audited
from smepo.report.data import MaskSummary, ReportData
from smepo.report.load import now
from smepo.types import Status


def modes_report(
    found: Sequence[Audited], *, name: str, domain: str, command: str, seconds: float
) -> ReportData:
    """A page with one line a mode; its headline speaks of the first that is no control."""
    first = next((one for one in found if one.mode not in CONTROLS), found[0])
    return ReportData(
        title=name,
        created=now(),
        command=command,
        summaries=tuple(_summary(one, name, domain, control=one is not first) for one in found),
        seconds=seconds,
    )


def _summary(one: Audited, name: str, domain: str, *, control: bool) -> MaskSummary:
    tally = one.tally
    counts = tally.counts
    shares = {"hidden": tally.hidden()["characters"]}
    shares |= tally.structure() if domain == "math" else {}
    return MaskSummary(
        name=name,
        mode=one.mode,
        rows=counts["rows"],
        statuses={Status(status): count for status, count in tally.statuses.items()},
        audited=counts["audited"],
        candidates=counts["candidates"],
        leaking=counts["leaking_shown"],
        leaks=counts["leaks_shown"],
        incidental=counts["incidental"],
        expression_leaks=counts["expression_leaks"],
        undecided=counts["undecided"],
        metrics={key: value for key, value in shares.items() if value is not None},
        control=control,
    )
