"""What every detector of spans has in common: one signature.

A detector is a plain function from a text and its context to spans. It finds spans and reads their
roles from syntax; which of them are hidden is the business of ``select``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from smepo.types import Span

Passages = Literal["whole", "inside"]


class Turn(NamedTuple):
    """One message of a trace that was a list of messages: ``trace[start:end]`` and its role."""

    start: int
    end: int
    role: str


@dataclass(frozen=True, slots=True)
class Context:
    """What a detector may know besides the trace.

    ``target`` reaches a detector in the search domain alone, where it serves as an alias. In math
    and code it is ``None``, so that what is hidden cannot point at the answer (law 4).
    ``aliases``, ``passages`` (how observations are hidden) and ``turns`` are read there too.
    """

    question: str = ""
    aliases: tuple[str, ...] = ()
    target: Any = None
    passages: Passages = "whole"
    turns: tuple[Turn, ...] = ()


Detector = Callable[[str, Context], list[Span]]
