"""What an episode of several turns hands to the reward. Needs no verl to import.

The reward function of verl is given the text of all turns, what the tools said included, and a
page that holds `<answer>...</answer>` must not answer for the policy. So our loops put beside it
what the policy said last, and what its calls of tools came to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FIELD = "smepo_episode"  # in `extra_fields` of a rollout
COUNTS = "smepo"  # in the metrics that a tool of ours returns
BAD_CALL = "bad_call"  # no tool of that name, or arguments that it has not
FAULTS = (
    *("empty_query", "nothing_found", "timeout", "refused", "status", "garbage", "too_large"),
    *("cut", "neutralised", BAD_CALL),
)


@dataclass(frozen=True, slots=True)
class Told:
    """``said``: the last message of the policy, "" if a tool spoke last. ``counts``: of `Tools`."""

    said: str
    counts: Mapping[str, int] = field(default_factory=dict)

    def as_fields(self) -> dict[str, Any]:
        """For ``extra_fields``."""
        return {FIELD: asdict(self)}

    @staticmethod
    def of(extra: Mapping[str, Any]) -> Told | None:
        """What the reward function was given; None for a rollout of one turn."""
        held = extra.get(FIELD)
        return None if held is None else Told(**held)

    def metrics(self) -> dict[str, float]:
        """Numbers for verl's logs: always the same names, since verl collects them by name."""
        calls = self.counts.get("calls", 0)
        faults = {f"search_{name}": float(self.counts.get(name, 0)) for name in FAULTS}
        return {"search_calls": float(calls), "search_before": float(calls == 0), **faults}


def last_said(ids: list[int], mask: list[int]) -> list[int]:
    """The tokens that the policy wrote last: those at the end of ``ids`` whose ``mask`` is 1."""
    start = len(ids)
    while start > 0 and mask[start - 1]:
        start -= 1
    return ids[start:]
