"""What an agent loop writes down about a rollout, for the reward function and for verl's dumps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FIELD = "smepo"  # in `extra_fields` of a rollout, which verl hands to the reward in `extra_info`


@dataclass(frozen=True, slots=True)
class Note:
    """``step`` is verl's. ``keeper`` names the actor that wants the reward, "" if none does.

    ``guided``: the prompt carried guidance; ``cut``: only a part of it fitted; ``reason``: why
    there was none ("" if there was).
    """

    row_id: str
    step: int
    session: int
    keeper: str = ""
    guided: bool = False
    cut: bool = False
    reason: str = ""

    def as_fields(self) -> dict[str, Any]:
        """For ``extra_fields``: plain values, which cross processes and go into any table."""
        return {FIELD: asdict(self)}

    @staticmethod
    def of(extra: Mapping[str, Any]) -> Note | None:
        """The note in what the reward function is given; None for a rollout of another loop."""
        held = extra.get(FIELD)
        return None if held is None else Note(**held)
