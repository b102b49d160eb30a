"""Select: which of the detected spans are hidden. One small function a mode."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from smepo.types import Kind, Role, Span

MODES = ("critical-path", "paper", "random")

_TOKEN = re.compile(r"\w+|[^\w\s]")


def critical_path(spans: Sequence[Span]) -> list[Span]:
    """Results, conclusions, and the operands that the question does not state."""
    return [
        span
        for span in spans
        if span.role in (Role.RESULT, Role.CONCLUSION)
        or (span.role is Role.OPERAND and not span.given)
    ]


def at_random(trace: str, amount: int, seed: int) -> list[Span]:
    """The control: tokens drawn at random until ``amount`` characters are hidden."""
    tokens = [(m.start(), m.end()) for m in _TOKEN.finditer(trace)]
    random.Random(f"{seed}:{len(trace)}:{trace[:200]}").shuffle(tokens)
    chosen: list[Span] = []
    hidden = 0
    for start, end in tokens:
        if hidden >= amount:
            break
        chosen.append(Span(start, end, Kind.EXPRESSION, Role.RESULT, key=str(start)))
        hidden += end - start
    return sorted(chosen, key=lambda span: span.start)
