"""MuSiQue: trajectories from `question_decomposition`, one search a sub-question.

Source: Trivedi et al., "MuSiQue: Multihop Questions via Single-hop Question Composition" (2022).
Sub-questions are questions or `SUBJECT >> relation`; `#1` stands for the first one's answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smepo.data.convert.record import Converted, UnusableError, items, text
from smepo.data.convert.relations import need, noun
from smepo.data.convert.trajectory import Hop, Style, names, pick, steps, trace

_REFERENCE = re.compile(r"#(\d+)")
_QUESTION_WORD = re.compile(r"(?:Wh\w+|How|In|On|At|The|By|From)\b")
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_OPENINGS = (
    "I take the question apart. First I need {first}; then {rest}.",
    "This takes several steps: {first}, then {rest}.",
    "I cannot look this up at once. I start with {first}, and go on with {rest}.",
    "Step by step: I need {first}, and after that {rest}.",
)
_CLOSINGS = (
    "That is what the question asks for.",
    "This was the last step, so I can answer.",
    "Now I have the last piece and can answer.",
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A sub-question: ``subject`` and ``relation``, or the words of a question and None."""

    subject: str
    relation: str | None
    answer: str
    title: str
    passage: str

    def need(self, subject: str) -> str:
        """What completes "I need ...", about ``subject``."""
        if self.relation is not None:
            return need(self.relation, subject)
        return f"the answer to this: {_QUESTION_WORD.sub(lambda m: m[0].lower(), subject)}"


def convert(record: Mapping[str, Any], style: Style = "react") -> Converted:
    """One record as a row; raises UnusableError. The answer's aliases are accepted answers."""
    question, answer = text(record, "question"), text(record, "answer")
    key = text(record, "id", "_id")
    if record.get("answerable") is False:
        raise UnusableError("answerable", "the question has no answer in its passages")
    parts = _parts(record)
    answers = [part.answer for part in parts]
    hops = [_hop(part, answers) for part in parts]
    told = [part.need(_REFERENCE.sub(_in_words, part.subject)) for part in parts]
    opening = pick(_OPENINGS, key, "opening").format(first=told[0], rest=", then ".join(told[1:]))
    made = steps(key, opening, hops, pick(_CLOSINGS, key, "closing"), answer)
    others = record.get("answer_aliases") or []
    titles = list(dict.fromkeys(part.title for part in parts))
    return Converted(
        id=key,
        question=question,
        target=list(dict.fromkeys([answer, *(one for one in others if isinstance(one, str))])),
        aliases=names(question, [*answers, *titles]),
        trace=trace(question, made, style),
        type=f"{len(parts)}hop",
        titles=titles,
    )


def _parts(record: Mapping[str, Any]) -> list[_Part]:
    passages = items(record, "paragraphs")
    found = []
    for part in items(record, "question_decomposition"):
        if not isinstance(part, Mapping):
            raise UnusableError("question_decomposition", "objects expected")
        index = part.get("paragraph_support_idx")
        if not isinstance(index, int) or not 0 <= index < len(passages):
            raise UnusableError("question_decomposition", "a step has no supporting paragraph")
        passage = passages[index]
        if not isinstance(passage, Mapping):
            raise UnusableError("paragraphs", "objects expected")
        subject, arrow, relation = text(part, "question").partition(">>")
        found.append(
            _Part(
                subject.strip().rstrip("?").strip(),
                relation.strip() if arrow else None,
                text(part, "answer"),
                text(passage, "title"),
                text(passage, "paragraph_text"),
            )
        )
    if len(found) < 2:
        raise UnusableError("question_decomposition", "a single step is no trajectory")
    return found


def _hop(part: _Part, answers: Sequence[str]) -> Hop:
    def filled(match: re.Match[str]) -> str:
        index = int(match[1]) - 1
        if not 0 <= index < len(answers):
            raise UnusableError("question_decomposition", "a reference to a step that is not there")
        return answers[index]

    subject = _REFERENCE.sub(filled, part.subject)
    needed = part.need(subject)
    query = f"{subject} {noun(part.relation)}" if part.relation is not None else subject
    if part.relation is None:
        finding = f"This gives {part.answer}"
    else:
        finding = f"{needed[:1].upper()}{needed[1:]} is {part.answer}"
    return Hop(needed, query, f"{part.title}: {part.passage}", finding)


def _in_words(match: re.Match[str]) -> str:
    index = int(match[1]) - 1
    return f"the {_ORDINALS[index]} result" if 0 <= index < len(_ORDINALS) else "an earlier result"
