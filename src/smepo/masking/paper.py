"""The paper's rule, as a baseline: every number, every fenced block, every entity.

No roles, no given operands, no look at what a span does. List numbers and step labels stay, as the
paper's released masks intend. Source: "Hide to Guide: Learning via Semantic Masking" (SMEPO).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from smepo.masking.detector import Context
from smepo.types import Kind, Role, Span

# A search is fast where a pattern starts with a set of characters: so this one starts with a digit,
# or whatever may be one, and looks back at it.
_NUMBER = re.compile(
    r"[0-9\x80-\U0010ffff]"
    r"(?:(?<=\d)(?:\d{0,2}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d*(?:\.\d+)?)|(?<=[¼-¾⅐-⅞]))"
)
_LABEL = re.compile(
    r"(?:Step|Case|Part|Phase|Method|Solution|Example|Problem|Question|Lemma|Theorem)\s+(?=\d)"
)
_LIST = re.compile(r"\n[ \t]*(?:(?=\d+[.)]\s)|\((?=\d+\)\s))")
_FENCE = re.compile(r"^([ \t]*)(`{3,}+|~{3,}+)[^\n]*\n(.*?)(?:^[ \t]*\2[ \t]*$|\Z)", re.M | re.S)
_ENTITY = re.compile(r"\b[A-Z][\w'’.-]*(?:[ \t]+[A-Z][\w'’.-]*)+|\b\d{4}\b")
_KIND: Final = Kind.NUMBER
_ROLE: Final = Role.OPERAND
_span: Final[Callable[[tuple[Any, ...]], Span]] = partial(tuple.__new__, Span)


def _numbers(trace: str, context: Context) -> list[Span]:
    labels = {match.end() for match in _LABEL.finditer(trace)}
    lines = trace if trace.startswith("\n") else "\n" + trace
    shift = len(lines) - len(trace)
    labels.update([match.end() - shift for match in _LIST.finditer(lines)])
    found: list[Span] = []
    for match in _NUMBER.finditer(trace):
        start, end = match.span()
        if start not in labels:
            found.append(_span((start, end, _KIND, _ROLE, None, False, "")))
    return found


def _blocks(trace: str, context: Context) -> list[Span]:
    return [
        Span(m.start(3), max(m.start(3), m.end(3) - 1), Kind.CODE, Role.RESULT)
        for m in _FENCE.finditer(trace)
        if m.end(3) - m.start(3) > 1
    ]


def _entities(trace: str, context: Context) -> list[Span]:
    return [Span(m.start(), m.end(), Kind.ENTITY, Role.OPERAND) for m in _ENTITY.finditer(trace)]


RULES: dict[str, Callable[[str, Context], list[Span]]] = {
    "math": _numbers,
    "code": _blocks,
    "search": _entities,
}
