"""Guidance: a transform and a schedule, as one pure function of (row id, step, seed) and state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

from smepo.errors import ConfigError
from smepo.guidance.example import Example
from smepo.guidance.presets import preset_of
from smepo.guidance.schedules import Always, Schedule
from smepo.guidance.transforms import TRANSFORMS, NoGuidance, Transform

OFF = "off"  # the transform is "none"
SCHEDULE = "schedule"  # the schedule says no at this step
NOT_PREPARED = "not_prepared"  # the transform needs a trace or a guidance that the row lacks
EMPTY = "empty"  # nothing of it is left to show


@dataclass(frozen=True, slots=True)
class Decision:
    """What a row is shown at a step. ``reason`` says why ``text`` is None: OFF, SCHEDULE,
    NOT_PREPARED, EMPTY, or the value of a status that is not shown."""

    text: str | None
    reason: str | None
    level: float


class Guidance:
    """Which guidance a row is given at a step, in any training loop.

    >>> import smepo
    >>> from smepo.guidance import Example
    >>> from smepo.prompting import compose
    >>> question, trace = "What is 6 times 7?", "Multiply: 6*7 = 42. The answer is 42."
    >>> masked = smepo.mask(trace, domain="math", question=question, target="42")
    >>> row = Example.from_masked("row-1", masked)
    >>> guidance = smepo.Guidance.from_name("smepo", seed=0)
    >>> for step in range(2):  # your loop: sample from the prompt, reward, update
    ...     prompt = compose(question, guidance.text(row, step))
    ...     guidance.observe(row.id, step, rewards=[0.0, 1.0])
    >>> checkpoint = guidance.state_dict()
    >>> print(guidance.text(row, 2))
    Multiply: 6*7 = [NUMBER_1]. The answer is [NUMBER_1].

    ``counts`` says how often `text` showed something ("shown") or did not, by reason. It counts the
    calls of this process and is no part of the state.

    A row whose status is not a shown one is given nothing by any transform, so that all arms of a
    comparison guide the same rows.
    """

    def __init__(
        self, transform: Transform, schedule: Schedule | None = None, seed: int = 0
    ) -> None:
        self.transform = transform
        self.schedule: Schedule = Always() if schedule is None else schedule
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self._pending: list[tuple[str, int, tuple[float | None, ...], float]] = []

    @classmethod
    def from_name(
        cls,
        name: str,
        *,
        schedule: Schedule | None = None,
        seed: int = 0,
        steps: int | None = None,
        **options: Any,
    ) -> Guidance:
        """A preset of `smepo.guidance.PRESETS`, such as "smepo", "grpo" or "ghpo".

        ``options`` go to its transform, ``schedule`` takes the place of its schedule, ``steps`` is
        the length of the run in optimiser steps, for those that depend on it.

        Raises ConfigError for an unknown name or option, or for ``steps`` where they are missing.
        """
        preset = preset_of(name)
        try:
            transform = TRANSFORMS[preset.transform](**{**preset.options, **options})
        except TypeError as error:
            raise ConfigError(f"guidance {name}: {error}") from error
        return cls(transform, schedule or preset.schedule(steps), seed)

    def text(self, example: Example, step: int) -> str | None:
        """The guidance of a row at a step, None if it has none; counted."""
        decision = self.decide(example, step)
        self.counts[decision.reason or "shown"] += 1
        return decision.text

    def decide(self, example: Example, step: int) -> Decision:
        """As `text`, with the reason and the level, and not counted."""
        if isinstance(self.transform, NoGuidance):
            return Decision(None, OFF, 0.0)
        if not example.status.shown:
            return Decision(None, example.status.value, 0.0)
        self._learn(step)
        level = self.schedule.level(example.id, step, self.seed)
        if level <= 0.0:
            return Decision(None, SCHEDULE, 0.0)
        text = self.transform(example, level=level, seed=self.seed)
        if text is None:
            return Decision(None, NOT_PREPARED, level)
        return Decision(text, None, level) if text.strip() else Decision(None, EMPTY, level)

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], *, guided: bool = True
    ) -> None:
        """Tell the schedule the rewards of a finished group; the same calls on every rank.

        ``guided`` is False where the prompt carried nothing although the schedule wanted it to. The
        schedule learns when a later step begins, so that a step's decisions share one state.
        """
        level = self.schedule.level(row_id, step, self.seed) if guided else 0.0
        self._pending.append((row_id, step, tuple(rewards), level))

    def _learn(self, before: int | None = None) -> None:
        """Show the schedule the groups of steps before ``before``, all without."""
        waiting = self._pending
        if waiting and (before is None or waiting[0][1] < before):
            self._pending = []
            for row_id, step, rewards, level in waiting:
                if before is None or step < before:
                    self.schedule.observe(row_id, step, rewards, level)
                else:
                    self._pending.append((row_id, step, rewards, level))

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint at the end of a step, in JSON's types."""
        self._learn()
        return {**self._identity(), "state": self.schedule.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume. Raises ConfigError if the state is of another transform, schedule or seed."""
        for field, mine in self._identity().items():
            if state.get(field) != mine:
                raise ConfigError(
                    f"guidance {field}: the checkpoint has {state.get(field)!r}, this run {mine!r}"
                )
        self._pending = []
        self.schedule.load_state_dict(state["state"])

    def _identity(self) -> dict[str, Any]:
        """What a resumed run must agree in; a schedule of one's own tells its settings by repr if
        it is a dataclass."""
        plan = self.schedule
        schedule = repr(plan) if is_dataclass(plan) else type(plan).__name__
        return {"transform": repr(self.transform), "schedule": schedule, "seed": self.seed}
