"""Other names of what a search trajectory finds, from the columns of its row.

    aliases, answer_aliases     names of the answer: a string or a list (MuSiQue, TriviaQA)
    evidences                   triples of subject, relation and object (2WikiMultihopQA)
    question_decomposition      ``{"answer": ...}`` of each hop (MuSiQue)
    context, paragraphs         passages; their titles of two words or more

A title of one word is as often an ordinary word; where it is a name, its capital tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from smepo.types import Row

_NAMES = ("aliases", "answer_aliases")
_PASSAGES = ("context", "paragraphs", "passages", "ctxs")
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
_ARTICLES = ("the", "a", "an")


def aliases_of(row: Row) -> tuple[str, ...]:
    """What the row says of the names of its answer and of the hops to it, without repeats."""
    found = [alias for name in _NAMES for alias in _texts(_read(row.columns.get(name)))]
    for triple in _items(row, "evidences"):
        if isinstance(triple, list) and len(triple) == 3:
            found += [*_texts(triple[0]), *_texts(triple[2])]
    for hop in _items(row, "question_decomposition"):
        if isinstance(hop, Mapping):
            found += _texts(hop.get("answer"))
    found += [title for name in _PASSAGES for title in _titles(_read(row.columns.get(name)))]
    return tuple(dict.fromkeys(alias for alias in found if alias.strip()))


def _read(value: Any) -> Any:
    """A column's value; one that is written as JSON is read."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _items(row: Row, name: str) -> list[Any]:
    found = _read(row.columns.get(name))
    return found if isinstance(found, list) else []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _titles(passages: Any) -> Iterator[str]:
    """Titles of ``[title, sentences]``, ``{"title": ...}`` or columns ``{"title": [...]}``."""
    if isinstance(passages, Mapping):
        passages = [{"title": title} for title in _texts(passages.get("title"))]
    for passage in passages if isinstance(passages, list) else ():
        title = passage.get("title") if isinstance(passage, Mapping) else None
        if isinstance(passage, list) and len(passage) == 2 and isinstance(passage[1], list):
            title = passage[0]
        if isinstance(title, str):
            bare = _IN_BRACKETS.sub("", title)
            words = bare.split()
            if len(words) - (words[:1] != [] and words[0].lower() in _ARTICLES) > 1:
                yield bare
