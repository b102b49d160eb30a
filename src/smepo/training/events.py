"""What a run tells while it runs, for progress bars. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Progress: ``done`` of ``total`` in a stage (prepare, load, evaluate, train).

    ``metrics`` are those of the step that has just ended.
    """

    stage: str
    done: int
    total: int
    metrics: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """The listener that hears nothing."""
