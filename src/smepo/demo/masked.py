"""Mask and audit the bundled samples, in the default mode and in the controls."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from smepo import samples
from smepo.pipeline.prepare import MaskOptions, prepare, verifier_of
from smepo.report import MaskSummary, TraceCard
from smepo.report.collect import card, summarize
from smepo.types import MaskedTrace, Prepared, Row, Status

DEFAULT = "critical-path"
NO_MASK = "full trace"
CONTROLS = ("paper", "random", NO_MASK)
IN_VIEWER = (DEFAULT, "paper")

Advance = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One domain in one mode."""

    domain: str
    mode: str

    @property
    def control(self) -> bool:
        """True if the mode is measured only."""
        return self.mode != DEFAULT


def jobs() -> list[Job]:
    """The default mode for all domains, then the controls for one of them."""
    return [Job(domain, DEFAULT) for domain in samples.DOMAINS] + [
        Job("math", mode) for mode in CONTROLS
    ]


def mask_samples(job: Job, advance: Advance) -> tuple[MaskSummary, list[TraceCard]]:
    """Mask and audit the samples of a domain; ``advance`` is called after each row."""
    began = time.monotonic()
    options = MaskOptions(
        domain=job.domain,
        mode=DEFAULT if job.mode == NO_MASK else job.mode,
        aliases="aliases" if job.domain == "search" else None,
    )
    done = []
    for row in samples.load(job.domain):
        done.append(_unmasked(row, options) if job.mode == NO_MASK else prepare(row, options))
        advance()
    summary = summarize(
        job.domain,
        job.mode,
        done,
        domain=job.domain,
        seconds=time.monotonic() - began,
        control=job.control,
    )
    cards = [card(one, job.domain, job.mode) for one in done] if job.mode in IN_VIEWER else []
    return summary, cards


def _unmasked(row: Row, options: MaskOptions) -> Prepared:
    """The whole trace as guidance: what every other row of the table is compared with."""
    from smepo.auditing import audit

    trace = row.traces[0]
    masked = MaskedTrace(
        trace, trace, (), "math", NO_MASK, Status.CONTROL, row.question, row.target
    )
    report = audit(masked, verifier=verifier_of(options))
    return Prepared(row, Status.CONTROL, trace, trace_index=0, report=report)
