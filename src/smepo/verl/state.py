"""The state of a schedule in a run of verl: one Ray actor keeps it for all workers.

A worker asks once a step for the state that the step begins with, so all rollouts of a group, on
any worker, are decided alike. The reward function reports each rollout. What is reported becomes
state only when a later step is asked for, group by group in the order (step, row id), so that the
order in which rollouts happen to finish does not matter.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smepo.errors import ConfigError
from smepo.training.config import RunConfig
from smepo.training.plan import guidance
from smepo.training.records import write_json
from smepo.verl.guide import our_step
from smepo.verl.note import Note

KEEPER = "smepo-schedule"  # the actor's name, in the Ray namespace of the run
FILE = "smepo_state.json"  # in verl's checkpoint folders


class Keeper:
    """What a schedule has learned, by steps of verl. ``folder``: a checkpoint to go on from."""

    def __init__(self, config: RunConfig, folder: str | None = None) -> None:
        self.config = config
        self.guidance = guidance(config)
        self._begun = 0  # the step that `_state` belongs to
        self._state: dict[str, Any] = {}
        self._waiting: dict[tuple[int, str], dict[int, float | None]] = defaultdict(dict)
        self._guided: dict[tuple[int, str], bool] = {}  # did the group's prompt carry guidance
        if folder is not None:
            self._load(Path(folder) / FILE)

    def _load(self, file: Path) -> None:
        if not file.is_file():
            raise ConfigError(
                f"{file} is missing: the checkpoint does not hold what the schedule learned; "
                "resume from another one, or start anew (trainer.resume_mode=disable)"
            )
        held = json.loads(file.read_text(encoding="utf-8"))
        self.guidance.load_state_dict(held["guidance"])

    def state(self, step: int) -> dict[str, Any]:
        """The state that step ``step`` begins with; the same however often it is asked for.

        Raises ConfigError for a step before one that has begun.
        """
        if step < self._begun:
            raise ConfigError(
                f"trainer.v1.trainer_mode: step {step} asks for its guidance after step "
                f"{self._begun} has begun; schedules that learn need the mode sync"
            )
        if step > self._begun:
            self._learn(step)
            self._begun, self._state = step, self.guidance.state_dict()
        return self._state

    def _learn(self, before: int) -> None:
        """Show the schedule all groups of steps before ``before``; one cut short is filled up."""
        size = self.config.sampling.num_generations
        for key in sorted(key for key in self._waiting if key[0] < before):
            group = self._waiting.pop(key)
            rewards = [group.get(session) for session in range(max(size, max(group) + 1))]
            step, guided = our_step(self.config, key[0]), self._guided.pop(key)
            self.guidance.observe(key[1], step, rewards, guided=guided)

    def report(self, note: Mapping[str, Any], reward: float | None) -> None:
        """The reward of a rollout, None if it could not be judged; again changes nothing."""
        told = Note(**note)
        self._waiting[told.step, told.row_id][told.session] = reward
        self._guided[told.step, told.row_id] = told.guided

    def save(self, step: int, folder: str) -> None:
        """Write the state after step ``step`` into its checkpoint folder."""
        write_json(Path(folder) / FILE, {"step": step, "guidance": self.state(step + 1)})


def start(config: RunConfig, folder: str | None) -> Any:
    """Start the keeper of this run as a named actor and return its handle."""
    import ray

    actor = ray.remote(num_cpus=0)(Keeper).options(name=KEEPER)
    return actor.remote(config, folder)


def keeper() -> Any:
    """The handle of the run's keeper. Raises ConfigError if none was started."""
    import ray

    try:
        return ray.get_actor(KEEPER)
    except ValueError as error:
        raise ConfigError(
            "trainer.checkpoint_callback_class: nobody keeps the schedule's state; set it to "
            "smepo.verl.callback.GuidanceCallback, as `smepo export verl` does"
        ) from error


def report(note: Note, reward: float | None) -> None:
    """Tell the keeper a reward, and wait until it knows."""
    import ray

    ray.get(keeper().report.remote(note.as_fields()["smepo"], reward))
