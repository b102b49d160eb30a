"""Schedules that follow what the policy can do.

Each learns from the pass rates of finished groups. Those that know rows keep the latest `ROWS` of
them, so that the state stays small whatever the data set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smepo.errors import ConfigError
from smepo.guidance.draws import uniform
from smepo.guidance.schedules import check_share

ROWS = 100_000  # rows whose history is kept; the one seen longest ago is forgotten


def pass_rate(rewards: Sequence[float | None]) -> float | None:
    """The mean reward of a group, None if every rollout was excluded."""
    kept = [reward for reward in rewards if reward is not None]
    return sum(kept) / len(kept) if kept else None


@dataclass(slots=True)
class Handover:
    """Guidance withdraws as the policy learns to fill the blanks.

    A group is left unguided with chance min(``most``, p), where p is a running mean of the pass
    rates of *guided* groups (``rate`` a group). So the policy practises what is hidden while it
    fails, and the plan that guidance shows once it can use it. Not from a paper.
    """

    most: float = 0.9
    rate: float = 0.03
    passed: float = field(default=0.0, repr=False)

    def __post_init__(self) -> None:
        check_share("most", self.most)
        check_share("rate", self.rate)

    def level(self, row_id: str, step: int, seed: int) -> float:
        unguided = min(self.most, self.passed)
        return 0.0 if uniform("handover", row_id, step, seed) < unguided else 1.0

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        passed = pass_rate(rewards)
        if level > 0.0 and passed is not None:
            self.passed += self.rate * (passed - self.passed)

    def state_dict(self) -> dict[str, Any]:
        return {"passed": self.passed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.passed = state["passed"]


@dataclass(slots=True)
class PerRow:
    """A number a row, for schedules that know rows."""

    rows: dict[str, float] = field(default_factory=dict, repr=False, kw_only=True)

    def remember(self, row_id: str, value: float) -> None:
        """Note a row's number, as the latest; the one noted longest ago makes room."""
        self.rows.pop(row_id, None)
        self.rows[row_id] = value
        if len(self.rows) > ROWS:
            del self.rows[next(iter(self.rows))]

    def state_dict(self) -> dict[str, Any]:
        return {"rows": dict(self.rows)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.rows = dict(state["rows"])


@dataclass(slots=True)
class Gate(PerRow):
    """Only rows whose running pass rate is under ``threshold`` are guided.

    The rate is over all groups of the row, guided or not, so a row that succeeds under guidance is
    tried alone again. A row that was never seen is tried alone.
    """

    threshold: float = 0.125
    rate: float = 0.5

    def __post_init__(self) -> None:
        check_share("threshold", self.threshold)
        check_share("rate", self.rate)

    def level(self, row_id: str, step: int, seed: int) -> float:
        return 1.0 if self.rows.get(row_id, 1.0) < self.threshold else 0.0

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        passed = pass_rate(rewards)
        if passed is not None:
            before = self.rows.get(row_id, passed)
            self.remember(row_id, before + self.rate * (passed - before))


@dataclass(slots=True)
class Ladder(PerRow):
    """The least help that gives signal: a row climbs a rung when its group is dead (nothing but
    failures) and comes down one when its pass rate reaches ``solved``.

    A group that was shown nothing although its rung is above 0 (another schedule withheld it, or it
    did not fit) cannot tell that the rung is too low: it climbs nothing.
    """

    rungs: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    solved: float = 1.0

    def __post_init__(self) -> None:
        self.rungs = tuple(self.rungs)
        for rung in self.rungs:
            check_share("rungs", rung)
        if not self.rungs or list(self.rungs) != sorted(set(self.rungs)):
            raise ConfigError(f"rungs: {self.rungs} do not rise")
        check_share("solved", self.solved)

    def level(self, row_id: str, step: int, seed: int) -> float:
        return self.rungs[self._rung(row_id)]

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        passed = pass_rate(rewards)
        if passed is None:
            return
        rung = self._rung(row_id)
        tried = level > 0.0 or self.rungs[rung] == 0.0
        move = int(tried) if passed <= 0.0 else -1 if passed >= self.solved else 0
        rung = min(max(rung + move, 0), len(self.rungs) - 1)
        self.remember(row_id, float(rung))

    def _rung(self, row_id: str) -> int:
        return int(self.rows.get(row_id, 0.0))


@dataclass(slots=True)
class Target(PerRow):
    """Help fitted so that the pass rate comes near ``wanted``.

    The response model is logistic: a group of a row at level x passes with chance
    1 / (1 + exp(-(a + b x))), a the row's ability, b what full help is worth. Both move after every
    group by ``rate`` times the gradient of its log-likelihood, as does the ability that rows start
    from. The level is where the model expects ``wanted``.
    """

    wanted: float = 0.5
    rate: float = 2.0
    ability: float = field(default=-2.0, repr=False)  # of a row that was never seen
    worth: float = field(default=4.0, repr=False)

    def __post_init__(self) -> None:
        if not 0.0 < self.wanted < 1.0:
            raise ConfigError(f"wanted: {self.wanted} is not inside 0 and 1")

    def level(self, row_id: str, step: int, seed: int) -> float:
        wanted = math.log(self.wanted / (1.0 - self.wanted))
        return min(1.0, max(0.0, (wanted - self._ability(row_id)) / self.worth))

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        passed = pass_rate(rewards)
        if passed is None:
            return
        ability = self._ability(row_id)
        expected = 1.0 / (1.0 + math.exp(-_bounded(ability + self.worth * level)))
        error = self.rate * (passed - expected)
        self.remember(row_id, _bounded(ability + error))
        self.ability = _bounded(self.ability + 0.1 * error)
        self.worth = max(0.5, _bounded(self.worth + 0.1 * error * level))

    def _ability(self, row_id: str) -> float:
        return self.rows.get(row_id, self.ability)

    def state_dict(self) -> dict[str, Any]:
        return {"rows": dict(self.rows), "ability": self.ability, "worth": self.worth}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.rows = dict(state["rows"])
        self.ability, self.worth = state["ability"], state["worth"]


def _bounded(value: float) -> float:
    return min(20.0, max(-20.0, value))
