"""Traces that are lists of messages: one text to mask, and the messages back.

The messages before the first one of the assistant are the prompt and no part of the trace. The
others are joined by newlines, so that a thing hidden in two messages gets one placeholder; each
blank then names its message.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from smepo.errors import InputError
from smepo.types import Blank, MaskedTrace

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Joined:
    """The text of a trace, and for each message in it: its index, where it starts and ends."""

    text: str
    parts: tuple[tuple[int, int, int], ...]


def join(messages: Sequence[Message]) -> Joined:
    """One text of the assistant's messages and what came back to it.

    A message's text is its ``content`` (a string, or parts with ``text``) and, one a line, the
    ``function`` of each of its ``tool_calls`` as JSON.

    Raises:
        InputError: names the message that cannot be read; no message is the assistant's.
    """
    pieces: list[str] = []
    parts: list[tuple[int, int, int]] = []
    at = 0
    for index, message in enumerate(messages):
        text = _text(index, message)
        if not text or (not pieces and message.get("role") != "assistant"):
            continue
        parts.append((index, at, at + len(text)))
        pieces.append(text)
        at += len(text) + 1
    if not pieces:
        raise InputError("trace: no message of the assistant holds any text")
    return Joined("\n".join(pieces), tuple(parts))


def _text(index: int, message: Any) -> str:
    if not isinstance(message, Mapping):
        raise InputError(f"trace: message {index} is no object but {type(message).__name__}")
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if content is not None and not isinstance(content, str):
        raise InputError(f"trace: the content of message {index} is no text")
    calls = [call.get("function", call) for call in message.get("tool_calls") or ()]
    return "\n".join([content or "", *map(json.dumps, calls)]).strip("\n")


def name_messages(masked: MaskedTrace, joined: Joined) -> MaskedTrace:
    """The masked trace with blanks that name the message in which they stand."""
    starts = [start for _, start, _ in joined.parts]

    def named(blank: Blank) -> Blank:
        return blank._replace(message=joined.parts[bisect_right(starts, blank.start) - 1][0])

    return replace(masked, blanks=tuple(named(blank) for blank in masked.blanks))


def masked_contents(masked: MaskedTrace, joined: Joined) -> dict[int, str]:
    """The masked text of each message of the trace, by its index."""
    found: dict[int, str] = {}
    for index, start, end in joined.parts:
        pieces, at = [], start
        for blank in masked.blanks:
            if blank.start < end and start < blank.end:  # one may reach over several messages
                pieces += [masked.trace[at : blank.start], blank.placeholder]
                at = max(at, blank.end)
        found[index] = "".join([*pieces, masked.trace[at:end]])
    return found
