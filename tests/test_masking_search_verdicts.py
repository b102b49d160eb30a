"""A verdict is looked for only where a word says which way: what is found is what patterns find."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smepo.masking.search.conclusions import (
    _BOTH,
    _NEED_WAY,
    _VERBS,
    _VERDICT,
    _WAY_WORDS,
    Range,
    verdicts,
)
from smepo.masking.search.words import Words

VERBS, WAYS = sorted(_VERBS), [*sorted(_WAY_WORDS), "differing", "shares"]
OTHERS = (
    "the", "film", "Orsholm", "is.", "I", "We", "You", "than", "same-sex", "un_same", "nots",
    "not's", "too’s", "ſame", "s̈ame", "same̋", "isn’t", "o'brien", "x'not", "diff", "shar", "K",
)  # fmt: skip
BETWEEN = (" ", " ", " ", " ", ", ", "-", "_", ". ", "\n", "’", "'")
WORDS = st.sampled_from([*VERBS, *WAYS, *OTHERS]).flatmap(
    lambda word: st.sampled_from([word, word.title(), word.upper()])
)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from(BETWEEN)), min_size=1, max_size=12).map(
    lambda parts: "".join(word + between for word, between in parts)
)


def by_pattern(words: Words) -> list[int]:
    """Where the verdicts end that start with a verb, as the pattern alone finds them."""
    found, reached = [], 0
    for word, start in zip(words.words, words.starts, strict=True):
        if word in _VERBS and start >= reached:
            match = _VERDICT.match(words.text, start)
            if match is not None:
                reached = match.end()
                found.append(len(words.text[:reached].rstrip()))
    return found


@settings(max_examples=1000)
@given(TEXTS)
def test_verdicts_are_what_the_pattern_finds(text: str) -> None:
    words = Words(text)
    ends = [one.end for one in verdicts(words, Range(0, len(text)))]
    expected = by_pattern(words)
    assert ends[: len(expected)] == expected
    if _BOTH.isdisjoint(words.words):  # else what is said of both follows
        assert ends == expected


@pytest.mark.parametrize("way", WAYS)
def test_every_way_decides(way: str) -> None:
    for verb in sorted(_NEED_WAY):
        for text in f"They {verb} {way} there", f"THEY {verb.upper()} OF {way.upper()}":
            assert verdicts(Words(text), Range(0, len(text))), text
    assert not verdicts(Words("They are there"), Range(0, 14))
