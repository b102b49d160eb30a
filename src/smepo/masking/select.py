"""Select: which of the detected spans are hidden. One small function a mode."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Final

from smepo.errors import ConfigError
from smepo.types import Kind, Role, Span

REPAIRED = ("critical-path", "expressions")  # what still scores is hidden too
MODES = (*REPAIRED, "paper", "random")  # these two are controls: measured only
LEVELS = ("block", "skeleton")  # of code

_OPERAND: Final = Role.OPERAND
_STRUCTURAL: Final = Role.STRUCTURAL
_TOKEN = re.compile(r"\w+|[^\w\s]")


def check(mode: str, level: str) -> None:
    """Raise ConfigError for an unknown mode or level, or for two that do not go together."""
    if mode not in MODES:
        raise ConfigError(f"mode: {mode!r} is unknown; use one of {', '.join(MODES)}")
    if level not in LEVELS:
        raise ConfigError(f"level: {level!r} is unknown; use one of {', '.join(LEVELS)}")
    if mode == "paper" and level != "block":
        raise ConfigError("level: the mode 'paper' hides whole blocks; leave the level out")


def critical_path(spans: Sequence[Span]) -> list[Span]:
    """Results, conclusions, and the operands that the question does not state."""
    hidden: list[Span] = []
    for span in spans:
        _, _, _, role, _, given, _ = span
        if role is _OPERAND:
            if not given:
                hidden.append(span)
        elif role is not _STRUCTURAL:
            hidden.append(span)
    return hidden


def at_random(trace: str, amount: int, seed: int) -> list[Span]:
    """The control: tokens drawn at random until ``amount`` characters are hidden."""
    tokens = [(m.start(), m.end()) for m in _TOKEN.finditer(trace)]
    name = f"{seed}:{len(trace)}:{trace[:200]}"
    random.Random(name.encode("utf-8", "surrogatepass")).shuffle(tokens)
    chosen: list[Span] = []
    hidden = 0
    for start, end in tokens:
        if hidden >= amount:
            break
        chosen.append(Span(start, end, Kind.EXPRESSION, Role.RESULT, key=str(start)))
        hidden += end - start
    return sorted(chosen, key=lambda span: span.start)
