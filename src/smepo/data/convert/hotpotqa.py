"""HotpotQA: trajectories from `supporting_facts`, one search a gold passage.

Source: Yang et al., "HotpotQA: A Dataset for Diverse, Explainable Multi-hop Question Answering"
(2018). The data set names no relations, so thoughts quote the supporting sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from smepo.data.convert.record import Converted, UnusableError, sentences, supporting, text
from smepo.data.convert.trajectory import Hop, Style, names, pick, steps, trace, without_bracket

_BRIDGE = (
    "The question does not name everything that I need. I start with {first} and read on.",
    "First I look for {first}. What it says should lead to the next page.",
    "I need {first} before I can go on to what the question asks for.",
)
_COMPARISON = (
    "The question compares two things. I need {first} and {last}.",
    "I need {first}, then {last}, and then I compare the two.",
    "To compare them I look up both: {first}, and {last}.",
)
_ANSWERED = (
    "That is what the question asks for.",
    "This answers the question.",
    "Now nothing is missing any more, and I can answer.",
)
_COMPARED = (
    "Both pages are read, so I compare them in the point that the question asks about.",
    "Now I know enough of both to compare them.",
)


def convert(record: Mapping[str, Any], style: Style = "react") -> Converted:
    """One record as a row; raises UnusableError."""
    question, answer = text(record, "question"), text(record, "answer")
    key = text(record, "_id", "id")
    kind = str(record.get("type", ""))
    read = sentences(record)
    told = _told(record, read)
    titles = list(told)
    if kind != "comparison":
        titles = _from_question_to_answer(titles, read, question, answer)
    hops = [_hop(title, read[title], told[title]) for title in titles]
    compares = kind == "comparison" and len(hops) > 1
    opening = pick(_COMPARISON if compares else _BRIDGE, key, "opening")
    closing = pick(_COMPARED if compares else _ANSWERED, key, "closing")
    opening = opening.format(first=hops[0].need, last=hops[-1].need)
    return Converted(
        id=key,
        question=question,
        target=[answer],
        aliases=names(question, titles),
        trace=trace(question, steps(key, opening, hops, closing, answer), style),
        type=kind,
        titles=titles,
    )


def _told(record: Mapping[str, Any], read: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The supporting sentences of each gold passage, in the order of the supporting facts.

    Some records of the data set name sentences that the passage does not have; the others do.
    """
    told: dict[str, list[str]] = {}
    for title, index in supporting(record):
        if title not in read:
            raise UnusableError("context", "a gold passage is not there")
        told.setdefault(title, []).extend(read[title][index : index + 1] if index >= 0 else [])
    if not told or not all(told.values()):
        raise UnusableError("supporting_facts", "a gold passage without a supporting sentence")
    return told


def _from_question_to_answer(
    titles: Sequence[str], read: Mapping[str, Sequence[str]], question: str, answer: str
) -> list[str]:
    """Pages that the question names first, those that hold the answer later, its own page last."""
    asked, wanted = _words(question), _words(answer)

    def place(title: str) -> float:
        words = _words(without_bracket(title) or title)
        named = len(words & asked) / max(1, len(words))
        holds = answer.casefold() in " ".join(read[title]).casefold()
        return holds + 2 * bool(words and words <= wanted) - 1.5 * named

    return sorted(titles, key=place)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _hop(title: str, passage: Sequence[str], told: Sequence[str]) -> Hop:
    name = without_bracket(title) or title
    return Hop(f"more about {name}", name, f"{title}: {' '.join(passage)}", " ".join(told))
