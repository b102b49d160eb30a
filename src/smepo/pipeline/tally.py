"""Counts over prepared rows: added up batch by batch, kept in the journal of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smepo.data.records import Problem
from smepo.types import AuditReport, Location, Prepared, Status

WORST = 50  # leaking rows that are named; all are counted
STRUCTURE = ("operators", "labels", "givens", "words", "json")


@dataclass(slots=True)
class Tally:
    """What became of the rows. All numbers add up over batches.

    ``counts``: rows, quarantined, usable, repaired_text (lone surrogates), no_skeleton
    (code that hides whole, as it could not be read), guided, audited, leaking
    (the audit found something), leaking_shown (and it is in guidance that is passed on),
    leaks_shown (how many), candidates, undecided, incidental, expression_leaks, compared (guidance
    beside its trace).
    ``metrics``: sums of the audit's counts over the compared rows. ``seconds``: of work, over all
    workers.
    """

    counts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    metrics: Counter[str] = field(default_factory=Counter)
    worst: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, prepared: Prepared) -> None:
        """Count one row."""
        self.counts["usable"] += 1
        self.statuses[str(prepared.status)] += 1
        self.counts["guided"] += prepared.guidance is not None
        if prepared.report is not None:
            self._add_report(prepared, prepared.report)

    def note(self, problem: Problem) -> None:
        """Count a row that cannot be used, by its reason without what differs from row to row."""
        self.counts["quarantined"] += 1
        reason = problem.reason.split(":", 1)[0]
        self.reasons[f"{problem.column}: {reason}" if problem.column else reason] += 1

    def _add_report(self, prepared: Prepared, report: AuditReport) -> None:
        self.counts["audited"] += 1
        self.counts["candidates"] += report.candidates
        self.counts["undecided"] += report.undecided
        self.counts["leaking"] += bool(report.leaks)
        if prepared.guidance is not None:
            self.counts["leaking_shown"] += bool(report.leaks)
            self.counts["leaks_shown"] += len(report.leaks)
            self.counts["incidental"] += report.incidental
            self.counts["expression_leaks"] += len(report.expression_leaks)
            self.counts["compared"] += bool(report.metrics)
            sums = {k: v for k, v in report.metrics.items() if not k.endswith("_share")}
            self.metrics.update(sums)
        if report.leaks or prepared.status is Status.ERROR:
            self.worst.append(_leaking(prepared, report))
            self._trim()

    def merge(self, other: Tally) -> None:
        """Add another batch behind this one."""
        self.counts.update(other.counts)
        self.statuses.update(other.statuses)
        self.reasons.update(other.reasons)
        self.metrics.update(other.metrics)
        self.worst += other.worst
        self._trim()
        self.seconds += other.seconds

    def _trim(self) -> None:
        self.worst.sort(key=lambda row: -int(row["leaks"]))
        del self.worst[WORST:]

    def structure(self) -> dict[str, float | None]:
        """The share that guidance keeps of each kind of structure; None where there is none.

        ``balance`` is the share of the traces whose LaTeX stays balanced.
        """
        found = {name: self._ratio(f"{name}_kept", name) for name in STRUCTURE}
        compared = self.counts["compared"]
        balance = self.metrics["balance_kept"] / compared if compared else None
        return {**found, "balance": balance}

    def hidden(self) -> dict[str, float | None]:
        """The share of characters and tokens of the traces that guidance hides."""
        return {name: self._ratio(f"{name}_hidden", name) for name in ("characters", "tokens")}

    def hidden_by_kind(self) -> dict[str, dict[str, float]]:
        """The share of all characters and tokens that the blanks of each kind hide."""
        return {
            name: {
                key.removeprefix(f"{name}_"): count / self.metrics[name]
                for key, count in sorted(self.metrics.items())
                if key.startswith(f"{name}_") and key != f"{name}_hidden"
            }
            for name in ("characters", "tokens")
        }

    def _ratio(self, part: str, whole: str) -> float | None:
        total = self.metrics[whole]
        return self.metrics[part] / total if total else None

    def report(self) -> dict[str, Any]:
        """All of it for people's scripts: the tally, and the shares that follow from it."""
        audited = self.counts["audited"]
        return {
            **self.as_json(),
            "leak_rate": self.counts["leaking"] / audited if audited else None,
            "leak_rate_shown": self.counts["leaking_shown"] / audited if audited else None,
            "structure_kept": self.structure(),
            "hidden": self.hidden(),
            "hidden_by_kind": self.hidden_by_kind(),
        }

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the journal."""
        return {
            "counts": dict(self.counts),
            "statuses": dict(self.statuses),
            "reasons": dict(self.reasons),
            "metrics": dict(self.metrics),
            "worst": self.worst,
            "seconds": self.seconds,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Tally:
        """The inverse of `as_json`."""
        return Tally(
            Counter(value["counts"]),
            Counter(value["statuses"]),
            Counter(value["reasons"]),
            Counter(value["metrics"]),
            list(value["worst"]),
            value["seconds"],
        )


def _leaking(prepared: Prepared, report: AuditReport) -> dict[str, Any]:
    location = prepared.row.location or Location("", -1)
    first = report.leaks[0] if report.leaks else None
    return {
        "id": prepared.row.id,
        "file": location.file,
        "row": location.row,
        "status": str(prepared.status),
        "leaks": len(report.leaks),
        "candidate": first.candidate[:200] if first else "",
        "attack": first.attack if first else "",
        "undecided": report.undecided,
        "reason": prepared.reason,
    }
