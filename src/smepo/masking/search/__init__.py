"""The search domain: what a trajectory found, in thoughts, tool arguments and observations.

    marks       labels, tags, calls, keys        what tells the parts of a trajectory
    sections    ReAct text, tags, JSON           thoughts, queries, observations, answers
    names       runs of capitals, quoted titles  hidden unless the question names them
    values      dates, numbers                   hidden unless the question states them
    mentions    all of these in one section      one list without overlaps

Observations are hidden whole (a policy retrieves its own) unless ``context.passages`` is
``"inside"``; announced answers are conclusions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from smepo.masking.detector import Context
from smepo.masking.search.marks import Part
from smepo.masking.search.mention import ANSWER, KINDS
from smepo.masking.search.mentions import Mentions
from smepo.masking.search.sections import Section, split
from smepo.types import Kind, Role, Span

# From the tuple of all fields, at a third of the cost of ``Span(...)``.
_new: Final[Callable[[tuple[Any, ...]], Span]] = partial(tuple.__new__, Span)
_CONCLUSION: Final = Role.CONCLUSION
_OPERAND: Final = Role.OPERAND
_RESULT: Final = Role.RESULT
_ANSWER: Final = Kind.ANSWER
_PASSAGE: Final = Kind.PASSAGE


def spans(text: str, context: Context) -> list[Span]:
    """What the trajectory ``text`` holds, in order and without overlaps.

    Names, dates and numbers are operands, ``given`` if the question names them; observations are
    results; answers are conclusions. ``context.aliases`` and ``context.target`` (a string, a number
    or a list) are matched as aliases, without regard to case and diacritics.
    """
    return in_sections(split(text, context.turns), context)


def in_sections(sections: Sequence[Section], context: Context) -> list[Span]:
    """Spans of sections that were read already; offsets are those of the written text."""
    mentions = Mentions(sections, context)
    found: list[Span] = []
    searched: set[str | None] = set()
    for index, section in enumerate(sections):
        view = section.view
        start, end = view.at(0), view.at(len(view.text))
        quote = view.quote() if section.bare else ""
        if section.part is Part.ANSWER:
            key = mentions.key(view.text)
            found.append(_new((start, end, _ANSWER, _CONCLUSION, key, False, quote)))
        elif section.part is Part.OBSERVATION and context.passages == "whole":
            # no two share a name: "Norwegian" twice would tell that both are the same
            found.append(_new((start, end, _PASSAGE, _RESULT, f"\n{start}", False, quote)))
        else:
            inside = mentions.of(index)
            if section.part is Part.QUERY:
                searched.update(one.key for one in inside)
            if quote:  # a number of JSON hides whole or not at all
                inside = inside[:1]
            for one in inside:
                role = _CONCLUSION if one.kind == ANSWER else _OPERAND
                if not quote:
                    start, end = view.at(one.start), view.at(one.end)
                found.append(_new((start, end, KINDS[one.kind], role, one.key, one.given, quote)))
    return _apart(found, searched) if mentions.decides else found


def _apart(found: list[Span], searched: set[str | None]) -> list[Span]:
    """Where yes or no is asked, two countries under one name say "the same", which is the answer.

    So only what the trajectory goes on to search for keeps one name in all its places (law 4).
    """
    return [
        span._replace(key=f"{span.key}\n{span.start}")
        if span.role is _OPERAND and not span.given and span.key not in searched
        else span
        for span in found
    ]
