"""Traces that are lists of messages: one text to mask, and the messages back.

The messages before the first one of the assistant are the prompt and no part of the trace. The
others are joined by newlines, so that a thing hidden in two messages gets one placeholder; each
blank then names its message.
"""

from __future__ import annotations

import copy
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from smepo.errors import InputError
from smepo.masking.detector import Turn
from smepo.types import Blank, MaskedTrace

Message = Mapping[str, Any]


class Piece(NamedTuple):
    """A string of a message: ``text[start:end]``, and the way to it from the list of messages."""

    start: int
    end: int
    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """The text of a trace, and for each message in it: its index, where it starts and ends.

    ``turns`` are the same places with the role of the message; ``pieces`` are its strings.
    """

    text: str
    parts: tuple[tuple[int, int, int], ...]
    turns: tuple[Turn, ...] = ()
    pieces: tuple[Piece, ...] = ()


def join(messages: Sequence[Message]) -> Joined:
    """One text of the assistant's messages and what came back to it.

    A message's text is its ``content`` (a string, or parts with ``text``) and, one a line, the
    ``function`` of each of its ``tool_calls`` as JSON.

    Raises:
        InputError: names the message that cannot be read; no message is the assistant's.
    """
    texts: list[str] = []
    parts: list[tuple[int, int, int]] = []
    turns: list[Turn] = []
    pieces: list[Piece] = []
    at = 0
    for index, message in enumerate(messages):
        strings = _strings(index, message)
        if not any(strings.values()) or (not texts and message.get("role") != "assistant"):
            continue
        start = at
        for path, text in strings.items():
            if path[1] != "content" and at > start:  # calls stand on lines of their own
                texts.append("\n")
                at += 1
            pieces.append(Piece(at, at + len(text), path))
            texts.append(text)
            at += len(text)
        parts.append((index, start, at))
        turns.append(Turn(start, at, str(message.get("role"))))
        texts.append("\n")
        at += 1
    if not texts:
        raise InputError("trace: no message of the assistant holds any text")
    return Joined("".join(texts[:-1]), tuple(parts), tuple(turns), tuple(pieces))


def _strings(index: int, message: Any) -> dict[tuple[str | int, ...], str]:
    """The strings of a message that are masked, by their paths; calls are JSON."""
    if type(message) is not dict and not isinstance(message, Mapping):
        raise InputError(f"trace: message {index} is no object but {type(message).__name__}")
    content = message.get("content")
    calls = message.get("tool_calls") or message.get("function_call")
    if type(content) is str and not calls:  # most messages
        return {(index, "content"): content} if content else {}
    found: dict[tuple[str | int, ...], str] = {}
    if isinstance(content, list):
        for i, part in enumerate(content):
            if isinstance(part, Mapping) and isinstance(part.get("text"), str):
                found[index, "content", i, "text"] = part["text"]
    elif isinstance(content, str):
        found[index, "content"] = content
    elif content is not None:
        raise InputError(f"trace: the content of message {index} is no text")
    for path, call in _calls(index, message):
        found[path] = json.dumps(call, ensure_ascii=False)
    return {path: text for path, text in found.items() if text}


def _calls(index: int, message: Message) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for i, call in enumerate(message.get("tool_calls") or ()):
        if isinstance(call, Mapping) and "function" in call:
            yield (index, "tool_calls", i, "function"), call["function"]
        else:
            yield (index, "tool_calls", i), call
    if message.get("function_call"):
        yield (index, "function_call"), message["function_call"]


def name_messages(masked: MaskedTrace, joined: Joined) -> MaskedTrace:
    """The masked trace with blanks that name the message in which they stand."""
    starts = [start for _, start, _ in joined.parts]

    found: list[Blank] = []
    for kind, role, start, end, text, placeholder, _, audit in masked.blanks:
        message = joined.parts[bisect_right(starts, start) - 1][0]
        found.append(Blank(kind, role, start, end, text, placeholder, message, audit))
    return replace(masked, blanks=tuple(found))


def masked_contents(masked: MaskedTrace, joined: Joined) -> dict[int, str]:
    """The masked text of each message of the trace, by its index."""
    places = [(start, end) for _, start, end in joined.parts]
    texts = _cut(masked, places)
    return {index: text for (index, _, _), text in zip(joined.parts, texts, strict=True)}


def masked_messages(messages: Sequence[Message], masked: MaskedTrace) -> list[dict[str, Any]]:
    """``messages`` with their strings masked; roles, order, ids and all else stay as they are.

    A call whose arguments are a JSON string has a JSON string again. ``masked`` is what
    ``smepo.mask`` made of these messages.
    """
    pieces = join(messages).pieces
    found: Any = copy.deepcopy([dict(message) for message in messages])
    for piece, text in zip(pieces, _cut(masked, [p[:2] for p in pieces]), strict=True):
        holder = found
        for step in piece.path[:-1]:
            holder = holder[step]
        is_text = piece.path[1] == "content"
        holder[piece.path[-1]] = text if is_text else json.loads(text)
    return list(found)


def _cut(masked: MaskedTrace, places: Sequence[tuple[int, int]]) -> list[str]:
    """The masked text of each of ``places``, which are in order; one pass over the blanks."""
    found: list[str] = []
    first = 0
    for start, end in places:
        pieces, at = [], start
        while first < len(masked.blanks) and masked.blanks[first].end <= start:
            first += 1
        for i in range(first, len(masked.blanks)):
            blank = masked.blanks[i]
            if blank.start >= end:
                break
            pieces += [masked.trace[at : blank.start], blank.placeholder]
            at = max(at, blank.end)  # one may reach over several places
        found.append("".join([*pieces, masked.trace[at:end]]))
    return found
