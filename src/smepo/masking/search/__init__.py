"""The search domain: what a trajectory found, in thoughts, tool arguments and observations.

    sections    ReAct text, tags, JSON           thoughts, queries, observations, answers
    names       runs of capitals, quoted titles  hidden unless the question names them
    values      dates, numbers                   hidden unless the question states them
    mentions    all of these in one section      one list without overlaps

Observations are hidden whole (a policy retrieves its own), announced answers are conclusions.
"""

from __future__ import annotations

from collections.abc import Sequence

from smepo.masking.detector import Context
from smepo.masking.search.mentions import Mentions
from smepo.masking.search.sections import Part, Section, split
from smepo.types import Kind, Role, Span


def spans(text: str, context: Context) -> list[Span]:
    """What the trajectory ``text`` holds, in order and without overlaps.

    Names, dates and numbers are operands, ``given`` if the question names them; observations are
    results; answers are conclusions. ``context.aliases`` and ``context.target`` (a string, a number
    or a list) are matched as aliases, without regard to case and diacritics.
    """
    return in_sections(split(text), context)


def in_sections(sections: Sequence[Section], context: Context) -> list[Span]:
    """Spans of sections that were read already; offsets are those of the written text."""
    mentions = Mentions(sections, context)
    found: list[Span] = []
    for index, section in enumerate(sections):
        view = section.view
        if section.part is Part.OBSERVATION:
            found.append(_whole(section, Kind.PASSAGE, Role.RESULT))
        elif section.part is Part.ANSWER:
            found.append(_whole(section, Kind.ANSWER, Role.CONCLUSION))
        else:
            found += [
                Span(view.at(s.start), view.at(s.end), s.kind, s.role, s.key, s.given)
                for s in mentions.of(index)
            ]
    return found


def _whole(section: Section, kind: Kind, role: Role) -> Span:
    view = section.view
    return Span(view.at(0), view.at(len(view.text)), kind, role, key=view.text.casefold())
