"""Schedules: when a row is guided, and how much.

A schedule gives the *level* of a row at a step: 0.0 is no guidance, 1.0 all that the transform
shows. Those of this file depend on (row id, step, seed) alone; those of `adaptive` learn from the
rewards of finished groups, and what they learned is their state, saved with the checkpoint.
`Guidance` shows a schedule the groups of a step only when a later step begins, so that all levels
of one step come from one state, on every rank.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from smepo.errors import ConfigError
from smepo.guidance.draws import uniform


class Schedule(Protocol):
    """A level for every row and step; `level` is a pure function of its arguments and the state."""

    def level(self, row_id: str, step: int, seed: int) -> float:
        """The level in [0, 1]."""
        ...

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        """Learn from the rewards of a finished group; None is a rollout that was excluded.

        ``level`` is what the group was shown, 0.0 where its prompt carried nothing.
        """
        ...

    def state_dict(self) -> dict[str, Any]:
        """What was learned, in JSON's types."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state_dict`."""
        ...


class Stateless:
    """For schedules that learn nothing."""

    __slots__ = ()

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Always(Stateless):
    """Every row at every step: the paper's setting."""

    def level(self, row_id: str, step: int, seed: int) -> float:
        return 1.0


@dataclass(frozen=True, slots=True)
class Fade(Stateless):
    """From ``first`` before step ``start`` to ``last`` from step ``end`` on.

    ``by="amount"`` takes the value as the level of every row; ``by="groups"`` guides that share of
    the groups, drawn by row and step, and leaves the others without guidance. Shapes: a straight
    line, half a cosine, or a logistic curve over twelve units centred between the two steps.
    ``start == end`` is a switch.
    """

    end: int
    start: int = 0
    first: float = 1.0
    last: float = 0.0
    shape: Literal["linear", "cosine", "sigmoid"] = "linear"
    by: Literal["amount", "groups"] = "amount"

    def __post_init__(self) -> None:
        check_share("first", self.first)
        check_share("last", self.last)
        if not 0 <= self.start <= self.end:
            raise ConfigError(f"end: {self.end} is before start: {self.start}")

    def level(self, row_id: str, step: int, seed: int) -> float:
        done = self._progress(step)
        value = self.first * (1.0 - done) + self.last * done
        if self.by == "amount":
            return value
        return 1.0 if uniform("fade", row_id, step, seed) < value else 0.0

    def _progress(self, step: int) -> float:
        if step >= self.end:
            return 1.0
        if step <= self.start:
            return 0.0
        x = (step - self.start) / (self.end - self.start)
        match self.shape:
            case "cosine":
                return (1.0 - math.cos(math.pi * x)) / 2.0
            case "sigmoid":
                return 1.0 / (1.0 + math.exp(-12.0 * (x - 0.5)))
        return x


@dataclass(frozen=True, slots=True)
class Mix(Stateless):
    """A share of the groups is unguided, drawn by row and step."""

    unguided: float = 0.5

    def __post_init__(self) -> None:
        check_share("unguided", self.unguided)

    def level(self, row_id: str, step: int, seed: int) -> float:
        return 0.0 if uniform("mix", row_id, step, seed) < self.unguided else 1.0


@dataclass(frozen=True, slots=True)
class Sample(Stateless):
    """A level drawn for every group from [low, 1): guidance breaks off, and the policy goes on."""

    low: float = 0.0

    def __post_init__(self) -> None:
        check_share("low", self.low)

    def level(self, row_id: str, step: int, seed: int) -> float:
        return self.low + (1.0 - self.low) * uniform("sample", row_id, step, seed)


@dataclass(frozen=True, slots=True)
class Product:
    """Several schedules at once: their levels multiply, so that each can withhold guidance.

    All of them observe every group.
    """

    parts: tuple[Schedule, ...]

    def level(self, row_id: str, step: int, seed: int) -> float:
        return math.prod(part.level(row_id, step, seed) for part in self.parts)

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        for part in self.parts:
            part.observe(row_id, step, rewards, level)

    def state_dict(self) -> dict[str, Any]:
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for part, learned in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(learned)


def check_share(field: str, value: float) -> None:
    """Raise ConfigError unless ``value`` is in [0, 1]."""
    if not 0.0 <= value <= 1.0:
        raise ConfigError(f"{field}: {value} is not between 0 and 1")
