"""Plain names are read without the pattern: what is read is what the pattern reads."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from smepo.masking.search.names import _RUN, _particle, _plain_run, _run, runs
from smepo.masking.search.words import Words

PARTS = (
    "Ada", "Yun", "Lee", "Jr", "St", "Inc", "O", "B", "I", "Now", "McDon", "Élan", "Ω", "ﬁ", "ßa",
    "eBay", "d'Or", "l'Est", "A.", "J.", "S$", "oF",
    "of", "the", "de", "la", "van", "al", "ben", "y", "a", "k", "in", "led", "ho", "era",
    "and", "and Sons", "Co", "percent", "per cent",
    "3", "12", "45", "007", "1974", "19th", "5'a", "٣", "'s", "’s",
)  # fmt: skip
BETWEEN = (
    " ", "-", "  ", ". ", ".", ", ", ",", "\n", "\t", "/", "+", "&", " & ", "(", ") ", "[", "]",
    "!", "! ", "? ", ":", "; ", '"', "'", "’", " '", " n' ", "*", "_", "…", "—", "%", "=", "|", "<",
)  # fmt: skip
MOST = st.one_of(st.just(" "), st.sampled_from(BETWEEN))
TEXTS = st.lists(st.tuples(st.sampled_from(PARTS), MOST), min_size=1, max_size=7).map(
    lambda parts: "".join(part + between for part, between in parts)
)


@settings(max_examples=1000)
@given(TEXTS, st.integers(0, 2))
def test_plain_names_are_what_the_pattern_reads(text: str, cut: int) -> None:
    words = Words(text[: len(text) - cut])
    for index, start in enumerate(words.starts):
        last = _plain_run(words, index)
        if last:
            match = _RUN.match(words.text, start)
            assert match is not None
            assert (match.start(), match.end()) == (start, words.ends[last - 1])


def test_most_names_are_plain() -> None:
    text = "He met Ada Lee of the Yun-Lo Bank on May 19, 1974 near New Ark's Hall; Bo saw Top 40."
    words = Words(text)
    names = [text[name.start : name.end] for name in runs(words)]
    assert names == [
        "He",
        "Ada Lee of the Yun-Lo Bank",
        "May 19",
        "New Ark",
        "Hall",
        "Bo",
        "Top 40",
    ]
    plain = [index for index in words.capitals if _plain_run(words, index)]
    assert len(plain) >= len(names)


@settings(max_examples=500)
@given(TEXTS)
def test_what_starts_no_name_starts_none_by_the_pattern(text: str) -> None:
    words = Words(text)
    for index, start in enumerate(words.starts):
        if _particle(words, index, 0) == index and _run(words, index, 0) is None:
            assert _RUN.match(text, start) is None
