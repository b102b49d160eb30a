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

from collections.abc import Sequence

from smepo.masking.detector import Context
from smepo.masking.search.marks import Part
from smepo.masking.search.mentions import ANSWER, KINDS, Mentions
from smepo.masking.search.sections import Section, split
from smepo.types import Kind, Role, Span


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
    for index, section in enumerate(sections):
        view = section.view
        start, end = view.at(0), view.at(len(view.text))
        quote = view.quote() if section.bare else ""
        if section.part is Part.ANSWER:
            key = mentions.key(view.text)
            found.append(Span(start, end, Kind.ANSWER, Role.CONCLUSION, key, quote=quote))
        elif section.part is Part.OBSERVATION and context.passages == "whole":
            key = view.text.casefold()
            found.append(Span(start, end, Kind.PASSAGE, Role.RESULT, key, quote=quote))
        else:
            inside = mentions.of(index)
            if quote:  # a number of JSON hides whole or not at all
                inside = inside[:1]
            for one in inside:
                role = Role.CONCLUSION if one.kind == ANSWER else Role.OPERAND
                if not quote:
                    start, end = view.at(one.start), view.at(one.end)
                found.append(Span(start, end, KINDS[one.kind], role, one.key, one.given, quote))
    return found
