"""2WikiMultihopQA: trajectories from `evidences`, worded by `qa_pairs` where there are any.

Source: Ho et al., "Constructing A Multi-hop QA Dataset for Comprehensive Evaluation of Reasoning
Steps" (2020). The i-th evidence (subject, relation, object) is stated by the i-th gold passage of
`supporting_facts`; `qa_pairs`, which some copies have, say it as a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from smepo.data.convert.record import Converted, UnusableError, items, passages, supporting, text
from smepo.data.convert.relations import need, noun
from smepo.data.convert.trajectory import Hop, Step, Style, names, pick, states, steps, trace

Evidence = tuple[str, str, str]

_PERSONS = frozenset(
    "director performer composer father mother spouse child sibling author producer editor".split()
) | {"founded by"}
_CHAIN = (
    "This takes two steps: first {first}, then {second}.",
    "First I need {first}. Then I can look for {second}.",
    "The question does not name everything: I start with {first} and go on to {second}.",
    "To answer this I need {second}. The first thing to find is {first}.",
    "I do not know {first} yet. Once I have it, I look up {second}.",
)
_PAIR = (
    "I have to compare two things: {first} and {second}.",
    "The question compares {first} with {second}. I look them up one after the other.",
    "First I need {first}, then {second}. After that I can compare them.",
    "Two facts decide this: {first}, and {second}.",
)
_PAIRS = (
    "I need {each} first, and then {second}. I start with {first}.",
    "This takes several facts: {each}, and then {second}. The first is {first}.",
    "Step by step: {each}, then {second}, then compare. First I need {first}.",
)
_ANSWERED = (
    "That is what the question asks for.",
    "This answers the question.",
    "Now I have the last piece and can answer.",
    "Now nothing is missing any more, and I can answer.",
)
_COMPARED = (
    "Now I have both and can compare them{how}.",
    "I have both facts, so I compare them{how}.",
    "Now I know the two and compare them{how}.",
)
_ALSO = re.compile(r"\balso ")  # a finding stands for itself; comparing is the last step
_EARLIER = re.compile(r"\b(?:older|earlier|first|oldest|earliest|before)\b", re.IGNORECASE)
_LATER = re.compile(
    r"\b(?:younger|later|last|latest|youngest|(?:more|most) recent(?:ly)?|newer)\b", re.IGNORECASE
)


def convert(record: Mapping[str, Any], style: Style = "react") -> Converted:
    """One record as a row; raises UnusableError.

    Without `qa_pairs` findings are worded from the evidences, and the row says so in its note.
    """
    question, answer = text(record, "question"), text(record, "answer")
    key = text(record, "_id", "id")
    facts = _evidences(record)
    titles = list(dict.fromkeys(title for title, _ in supporting(record)))
    if len(titles) != len(facts):
        raise UnusableError(
            "supporting_facts", f"{len(titles)} gold passages for {len(facts)} evidences"
        )
    told = _told(record, len(facts))
    asked = _as_asked(question, facts, titles)
    hops = _hops(asked, titles, passages(record), told)
    made = _steps(key, question, _shape(record, facts), asked, hops, answer)
    return Converted(
        id=key,
        question=question,
        target=[answer],
        aliases=names(question, [*(n for s, _, o in facts for n in (s, o)), *titles]),
        trace=trace(question, made, style),
        type=str(record.get("type", "")),
        titles=titles,
        note=None if told else "no qa_pairs: worded from the evidences",
    )


def _evidences(record: Mapping[str, Any]) -> list[Evidence]:
    made: list[Evidence] = []
    for one in items(record, "evidences"):
        if not (isinstance(one, list) and len(one) == 3 and all(isinstance(p, str) for p in one)):
            raise UnusableError("evidences", "triples of text expected")
        subject, relation, thing = (part.strip() for part in one)
        made.append((subject, relation, thing))
    return made


def _as_asked(question: str, facts: Sequence[Evidence], titles: Sequence[str]) -> list[Evidence]:
    """Evidences whose subject has the name that the question has, where that is its page's."""
    return [
        (
            title if states(question, title) and not states(question, subject) else subject,
            relation,
            thing,
        )
        for (subject, relation, thing), title in zip(facts, titles, strict=True)
    ]


def _told(record: Mapping[str, Any], count: int) -> list[str] | None:
    """The answers of `qa_pairs`, one sentence an evidence; None if the record has none."""
    pairs = record.get("qa_pairs")
    if not pairs:
        return None
    if not isinstance(pairs, list) or len(pairs) != count:
        raise UnusableError("qa_pairs", f"{count} pairs expected, one an evidence")
    return [_ALSO.sub("", text(pair, "answer")) for pair in pairs]


def _hops(
    facts: Sequence[Evidence],
    titles: Sequence[str],
    read: Mapping[str, str],
    told: Sequence[str] | None,
) -> list[Hop]:
    made = []
    for index, ((subject, relation, thing), title) in enumerate(zip(facts, titles, strict=True)):
        if title not in read:
            raise UnusableError("context", "a gold passage is not there")
        finding = told[index] if told else f"{need(relation, subject)} is {thing}"
        made.append(
            Hop(
                need(relation, subject),
                f"{subject} {noun(relation)}",
                f"{title}: {read[title]}",
                finding[:1].upper() + finding[1:],
            )
        )
    return made


def _steps(
    key: str, question: str, shape: str, facts: Sequence[Evidence], hops: Sequence[Hop], answer: str
) -> list[Step]:
    first, last = facts[0][1], facts[-1][1]
    that = need(last, "that person" if first in _PERSONS else "what I find")
    if shape == "chain":
        opening = pick(_CHAIN, key, "opening").format(first=hops[0].need, second=that)
        return steps(key, opening, hops, pick(_ANSWERED, key, "closing"), answer)
    if shape == "pairs":
        each = need(first, "each")
        opening = pick(_PAIRS, key, "opening").format(each=each, second=that, first=hops[0].need)
    else:
        opening = pick(_PAIR, key, "opening").format(first=hops[0].need, second=hops[1].need)
    closing = pick(_COMPARED, key, "closing").format(how=_how(question, facts))
    return steps(key, opening, hops, closing, answer)


def _shape(record: Mapping[str, Any], facts: Sequence[Evidence]) -> str:
    """``chain`` (each evidence starts where the last one ended), ``pair`` or ``pairs``."""
    if len(facts) == 4:
        return "pairs"
    if len(facts) != 2:
        raise UnusableError("evidences", f"2 or 4 triples expected, not {len(facts)}")
    kind = record.get("type")
    if kind in ("compositional", "inference"):
        return "chain"
    if kind == "comparison":
        return "pair"
    return "chain" if facts[1][0] == facts[0][2] else "pair"


def _how(question: str, facts: Sequence[Evidence]) -> str:
    """By what a comparison is decided, where the question says it in words that we know."""
    relation = facts[-1][1]
    if "date" not in relation and relation != "inception":
        return ""
    earlier, later = _EARLIER.search(question), _LATER.search(question)
    if bool(earlier) == bool(later):
        return ""
    return f": the {'earlier' if earlier else 'later'} date decides"
