"""Schedules: when a row is guided, and how much.

A schedule gives the *level* of a row at a step: 0.0 is no guidance, 1.0 all that the transform
shows. It may learn from the pass rates of finished groups (`observe`); then what it learned is its
state, saved with the checkpoint. The caller observes the same groups in the same order on every
rank, so that levels are equal there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Schedule(Protocol):
    """A level for every row and step; `level` is a pure function of its arguments and the state."""

    def level(self, row_id: str, step: int, seed: int) -> float:
        """The level in [0, 1]."""
        ...

    def observe(self, row_id: str, step: int, rewards: Sequence[float | None]) -> None:
        """Learn from the rewards of a finished group; None is a rollout that was excluded."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What was learned, in JSON's types."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state_dict`."""
        ...


@dataclass(frozen=True, slots=True)
class Always:
    """Every row at every step: the paper's setting."""

    def level(self, row_id: str, step: int, seed: int) -> float:
        return 1.0

    def observe(self, row_id: str, step: int, rewards: Sequence[float | None]) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass
