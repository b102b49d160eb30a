"""What a schedule learns in a run of verl: alike for every worker, in any order, resumed or not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import verl_helpers
from smepo.errors import ConfigError
from smepo.guidance import Guidance, Masked
from smepo.verl import state
from smepo.verl.guide import online, our_step
from smepo.verl.note import Note
from smepo.verl.state import Keeper


class Log:
    """A schedule whose state is all that it was ever shown, in order."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def level(self, row_id: str, step: int, seed: int) -> float:
        return 1.0

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        self.seen.append([row_id, step, list(rewards), level])

    def state_dict(self) -> dict[str, Any]:
        return {"seen": list(self.seen)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.seen = list(state["seen"])


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(state, "guidance", lambda config: Guidance(Masked(), Log()))
    return verl_helpers.config(tmp_path)


def told(keeper: Keeper, *rollouts: tuple[str, int, int, float | None]) -> None:
    for row_id, step, session, reward in rollouts:
        note = Note(row_id, step, session, guided=row_id != "b").as_fields()["smepo"]
        keeper.report(json.loads(json.dumps(note)), reward)


def test_the_order_of_reports_does_not_matter(config: Any) -> None:
    rollouts = [("b", 1, 0, 1.0), ("a", 1, 1, None), ("a", 1, 0, 0.0), ("b", 1, 1, 0.5)]
    states = []
    for order in itertools.permutations(rollouts):
        keeper = Keeper(config)
        assert keeper.state(1)["state"] == {"seen": []}
        told(keeper, *order)
        assert keeper.state(1)["state"] == {"seen": []}  # a step's own rewards change nothing in it
        states.append(keeper.state(2)["state"])
    assert all(
        one == {"seen": [["a", 0, [0.0, None], 1.0], ["b", 0, [1.0, 0.5], 0.0]]} for one in states
    )


def test_a_resumed_run_goes_on_from_the_same_state(config: Any, tmp_path: Path) -> None:
    keeper = Keeper(config)
    told(keeper, ("a", 1, 0, 1.0), ("a", 1, 1, 0.0))
    keeper.save(1, str(tmp_path))
    again = Keeper(config, str(tmp_path))
    for one in (keeper, again):
        told(one, ("b", 2, 1, 1.0))  # a rollout of the group failed
    assert again.state(3) == keeper.state(3)
    assert again.state(3)["state"]["seen"][-1] == ["b", our_step(config, 2), [None, 1.0], 0.0]
    with pytest.raises(ConfigError, match="step 2 asks for its guidance after step 3"):
        keeper.state(2)
    with pytest.raises(ConfigError, match=r"smepo_state.json is missing"):
        Keeper(config, str(tmp_path / "elsewhere"))


def test_steps_are_optimiser_steps(config: Any) -> None:
    assert [our_step(config, step) for step in (1, 2, 3)] == [0, 2, 4]  # two mini-batches a round
    assert not online(config)
