"""Entities that a spaCy pipeline finds, on top of the search domain.

    export SMEPO_SPACY=en_core_web_sm
    smepo mask IN OUT --domain smepo.masking.entities:spans

For those who have a pipeline: smepo needs none and downloads none. `SMEPO_SPACY` is the name of an
installed pipeline, or its folder.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

from smepo.errors import ConfigError, MissingExtraError
from smepo.masking.detector import Context, Detector
from smepo.masking.search import spans as search_spans
from smepo.types import Kind, Role, Span

_KINDS = {
    "DATE": Kind.DATE,
    "TIME": Kind.DATE,
    "CARDINAL": Kind.NUMBER,
    "MONEY": Kind.NUMBER,
    "PERCENT": Kind.NUMBER,
    "QUANTITY": Kind.NUMBER,
}
_NO_VALUE = frozenset(("ORDINAL", "LANGUAGE"))  # "the first film" is a word of the plan
_SURROGATE = re.compile("[\ud800-\udfff]")
LONGEST = 200_000  # characters that a pipeline is given


def detector(nlp: Callable[[str], Any]) -> Detector:
    """A detector around a pipeline: a function from a text to a document with ``ents``.

    An entity is an operand, `given` if the question has it. One that touches what the search domain
    found already adds nothing, so that blanks of passages, answers and names keep their roles; so
    does one over a line end, a bracket or a quote, which may be syntax of the trajectory.
    """

    def find(text: str, context: Context) -> list[Span]:
        found = search_spans(text, context)
        taken = bytearray(len(text))
        for span in found:
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
        asked = context.question.casefold()
        readable = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
        for start, end, label in _everywhere(readable, _entities(nlp, readable)):
            words = text[start:end]
            if any(taken[start:end]) or any(sign in words for sign in '\n[]{}<>"\\'):
                continue
            folded = words.casefold()
            given = bool(re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", asked))
            kind = _KINDS.get(label, Kind.ENTITY)
            found.append(Span(start, end, kind, Role.OPERAND, folded, given))
        return found

    find.base = "search"  # type: ignore[attr-defined]
    return find


def _entities(nlp: Callable[[str], Any], text: str) -> list[tuple[int, int, str]]:
    if len(text) > LONGEST:
        return [
            (start + at, end + at, label)
            for at in range(0, len(text), LONGEST)
            for start, end, label in _entities(nlp, text[at : at + LONGEST])
        ]
    return [
        (entity.start_char, entity.end_char, entity.label_)
        for entity in nlp(text).ents
        if entity.label_ not in _NO_VALUE and entity.text.strip()
    ]


def _everywhere(text: str, found: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Each entity wherever it stands: a pipeline cuts `search[Lund]` otherwise than prose."""
    labels = {text[start:end]: label for start, end, label in found}
    if not labels:
        return []
    names = AhoCorasick(list(labels), matchkind=MatchKind.LeftmostLongest)
    places = list(labels.values())
    return [
        (start, end, places[index])
        for index, start, end in names.find_matches_as_indexes(text)
        if not _inside_a_word(text, start, end)
    ]


def _inside_a_word(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    left = before.isalnum() and text[start].isalnum()
    return left or (after.isalnum() and text[end - 1].isalnum())


def spans(text: str, context: Context) -> list[Span]:
    """The detector around the pipeline of `SMEPO_SPACY`.

    Raises MissingExtraError without spaCy, ConfigError without a pipeline.
    """
    return configured()(text, context)


spans.base = "search"  # type: ignore[attr-defined]


@functools.cache
def configured() -> Detector:
    """The pipeline that the environment names, loaded once a process."""
    name = os.environ.get("SMEPO_SPACY", "")
    if not name:
        raise ConfigError("SMEPO_SPACY: not set; name an installed spaCy pipeline or its folder")
    try:
        import spacy
    except ImportError as error:
        raise MissingExtraError("the entity detector needs spaCy: pip install spacy") from error
    try:
        return detector(spacy.load(name))
    except (OSError, ValueError) as error:
        raise ConfigError(f"SMEPO_SPACY: {name!r} cannot be loaded: {error}") from error
