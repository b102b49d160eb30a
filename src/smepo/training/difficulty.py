"""Reward by difficulty: by a column of the rows, or by how often each row was solved so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smepo.training.monitors import Rollout


@dataclass(slots=True)
class Difficulty:
    """Which class of difficulty a row is in.

    ``column`` maps a row's id to its class. Where it is empty, rows seen before stand in thirds of
    their mean reward so far: hard, middle, easy; a row that is new is in none. What was seen is
    saved with the checkpoint.
    """

    column: Mapping[str, str] = field(default_factory=dict)
    seen: dict[str, tuple[float, int]] = field(default_factory=dict)  # sum of rewards, number

    def metrics(self, rollouts: Sequence[Rollout]) -> dict[str, float]:
        """Mean reward of each class that occurs in a round; then the round is counted as seen."""
        first, second = self._thirds()
        rewards: dict[str, list[float]] = {}
        for one in rollouts:
            if math.isnan(one.reward):
                continue
            label = self.column.get(one.row_id) if self.column else None
            if not self.column and one.row_id in self.seen:
                rate = self._rate(one.row_id)
                label = "hard" if rate <= first else "middle" if rate <= second else "easy"
            if label is not None:
                rewards.setdefault(label, []).append(one.reward)
        if not self.column:
            self._see(rollouts)
        return {
            f"reward/difficulty/{label}": math.fsum(found) / len(found)
            for label, found in sorted(rewards.items())
        }

    def _rate(self, row_id: str) -> float:
        total, count = self.seen[row_id]
        return total / count

    def _thirds(self) -> tuple[float, float]:
        rates = sorted(map(self._rate, self.seen))
        if not rates:
            return math.nan, math.nan
        return rates[(len(rates) - 1) // 3], rates[2 * (len(rates) - 1) // 3]

    def _see(self, rollouts: Sequence[Rollout]) -> None:
        for one in rollouts:
            if not math.isnan(one.reward):
                total, count = self.seen.get(one.row_id, (0.0, 0))
                self.seen[one.row_id] = (total + one.reward, count + 1)

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint, in JSON's types."""
        return {"seen": {row_id: list(pair) for row_id, pair in self.seen.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.seen = {row_id: (total, count) for row_id, (total, count) in state["seen"].items()}
