"""What is measured at every step, beside what TRL measures: is the policy learning, or copying?

Everything here is a pure function of one round of rollouts; the trainer logs what they return
through its own metrics, so that every logger of TRL gets it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from smepo.training.copying import CopyCount


@dataclass(frozen=True, slots=True)
class Shown:
    """What one rollout's prompt carried. ``guidance`` is the text shown, None if none was.

    ``dropped`` says why a guidance that the row has was not shown; ``cut`` is true if only a part
    fitted the budget; ``reason`` says why the row had none in the first place; ``level`` is how
    much of it the schedule allowed.
    """

    guidance: str | None = None
    cut: bool = False
    dropped: str | None = None
    reason: str | None = None
    level: float = 0.0


@dataclass(frozen=True, slots=True)
class Rollout:
    """What the monitors know of one rollout. ``reward`` is NaN if it was excluded."""

    row_id: str
    shown: Shown
    reward: float
    copy: CopyCount | None = None


def summarize(rollouts: Sequence[Rollout], group: int) -> dict[str, float]:
    """Metrics of one round, over all processes; ``group`` is the number of rollouts a prompt.

    Rollouts are in order: each run of ``group`` of them shares one prompt. Keys are always the
    same but for ``guidance/dropped/*`` and ``guidance/none/*`` (one a reason that occurs) and for
    metrics whose denominator is zero, which are NaN.
    """
    metrics: dict[str, float] = {}
    total = len(rollouts)
    metrics["guidance/share"] = sum(r.shown.guidance is not None for r in rollouts) / total
    metrics["guidance/level"] = sum(r.shown.level for r in rollouts) / total
    metrics["guidance/cut"] = sum(r.shown.cut for r in rollouts) / group
    dropped = Counter(r.shown.dropped for r in rollouts if r.shown.dropped)
    metrics["guidance/dropped"] = dropped.total() / group
    metrics |= {f"guidance/dropped/{name}": n / group for name, n in sorted(dropped.items())}
    none = Counter(r.shown.reason for r in rollouts if r.shown.reason)
    metrics |= {f"guidance/none/{name}": n / group for name, n in sorted(none.items())}
    metrics["reward/excluded"] = float(sum(math.isnan(r.reward) for r in rollouts))
    metrics |= _by_guidance(rollouts, group)
    copies = [r.copy for r in rollouts if r.copy is not None and r.reward > 0]
    metrics["copy_rate"] = _ratio(sum(c.copied for c in copies), sum(c.tokens for c in copies))
    metrics["copy_rate/beyond_question"] = _ratio(
        sum(c.new_copied for c in copies), sum(c.new_tokens for c in copies)
    )
    return metrics


def _by_guidance(rollouts: Sequence[Rollout], group: int) -> dict[str, float]:
    """Mean reward and share of live groups (rewards differ), for guided and unguided prompts."""
    metrics: dict[str, float] = {}
    groups = [rollouts[i : i + group] for i in range(0, len(rollouts), group)]
    for name, guided in (("guided", True), ("unguided", False)):
        mine = [g for g in groups if (g[0].shown.guidance is not None) is guided]
        scored = [[r.reward for r in g if not math.isnan(r.reward)] for g in mine]
        rewards = [reward for rewards in scored for reward in rewards]
        metrics[f"reward/{name}"] = _ratio(sum(rewards), len(rewards))
        live = sum(len(set(rewards)) > 1 for rewards in scored)
        metrics[f"live_groups/{name}"] = _ratio(live, len(mine))
    return metrics


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
