"""Shortcuts past the regular expressions of numbers: they say what those would have said."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from smepo.masking.code import inline
from smepo.masking.code.expressions import Line
from smepo.masking.search import names, values
from smepo.masking.search.words import Words

DIGITS = st.sampled_from(["1", "45", "007", "1904", "2031", "12345", "20250101", "٣"])
MARKS = " ,.-/+%()[]#_*'\n\t:;=!<>~\\\0\u00a0−º年月éſx"
WORDS = ["st ", "th", "'s", " of ", " May", "May ", "first ", "Step ", "No. ", " BC", "ce"]
WORDS += ["round ", "around ", "ROUNDS\t", "sub-questions #", "docs (", "Lookup\n", "[\n"]
AROUND = st.sampled_from([*MARKS, ". ", " - ", "=1", "== ", " hundred", "-million", *WORDS])
TEXTS = st.lists(st.one_of(DIGITS, AROUND), min_size=1, max_size=9).map("".join)
LABEL_BEFORE = re.compile(
    r"(?:step|hop|question|thought|action|observation|source|doc|document|lookup|attempt|\bround"
    r"|passage|part|sub-?question|query)s?[ \t]*#?\(?$|\[$",
    re.IGNORECASE,
)
QUOTED = re.compile(
    r"[\"“„«]([^\"“”„«»\n]{2,120})[\"”“»]|(?<!\w)['‘]([^'‘’\n]{2,80}(?:['’](?=\w)[^'‘’\n]{1,80})?)['’](?!\w)"
    r"|[《「『【]([^》」』】\n]{1,80})[》」』】]|(?<![\w*])\*([^*\n]{2,100})\*(?![\w*])"
    r"|(?<![\w_])_([^_\n]{2,100})_(?![\w_])"
)
QUOTES = [*"'’‘“”«»《》*_\"a \n.-", "b1", "'s", "n't", "``", "I", "eBay", "\x85"]


def closer(read):
    """Where the values of a text stand, by the regular expressions alone."""
    found, end, text = [], 0, read.text
    for index in read.values:
        start = read.starts[index]
        if start < end:
            continue
        date = values._DATE.match(text, start)
        if date is not None:
            end = date.end()
            found.append((start, end - (text[end - 1] == "." and date["e8"] is None), True))
        elif text[start].isdigit():
            signed = start > end and text[start - 1] in "-−+"
            number = values._NUMBER.match(text, start - 1) if signed else None
            number = number or values._NUMBER.match(text, start)
            if number is not None:
                end = number.end()
                if not structural(text, number):
                    found.append((*number.span(), values.number_key(number)))
    return found


def structural(text, number):
    start, end = number.span()
    before, after = text[max(0, start - 24) : start], text[end : end + 2]
    short = end - start <= 2 and re.fullmatch(r"[.)](?:[ \t]|\Z)", after) is not None
    if short and ((start < 24 and not before.strip()) or values._LIST_NUMBER.search(before)):
        return True
    near = re.search(r"([^\W\d]|[#(\[])\s?\Z", before)  # at most one space away
    labelled = end - start <= 3 and near and LABEL_BEFORE.search(before)
    return bool(labelled) and (before.removesuffix("\n")[-1] != "[" or after[:1] == "]")


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_values_are_those_of_the_regular_expressions(text):
    read = Words(text)
    found = [(v.start, v.end, v.date or v.key) for v in values.find(read)]
    assert found == closer(read)


@given(TEXTS, TEXTS)
@settings(max_examples=500, deadline=None)
def test_an_assigned_number_is_no_more_than_that(before, after):
    at, text = len(before), before + after
    if inline._is_number(text, at, len(text)):
        value = Line(text, 0, len(text)).expression(at)
        assert value is not None
        assert text[at : value.end].isdecimal()
        assert text[value.end : value.end + 1] != ","


@given(st.lists(st.sampled_from(QUOTES), max_size=12).map("".join))
@settings(max_examples=500, deadline=None)
def test_quotes_are_those_of_the_plain_alternatives(text):
    found = [(m.span(m.lastindex), m.lastindex) for m in names._QUOTED.finditer(text)]
    assert found == [(m.span(m.lastindex), m.lastindex) for m in QUOTED.finditer(text)]


STEMS = "def Return returns eturned give Gives five yielding yields for before lambda".split()
STEMS += ["while", "imported", "import", "from", *" \t\n.ré"]


@given(st.lists(st.sampled_from(STEMS), max_size=12).map("".join), st.integers(0, 6))
@settings(max_examples=500, deadline=None)
def test_words_that_open_code_are_found_word_by_word(text, start):
    end = len(text) - start // 2
    wanted = [match.span() for match in inline._WORD.finditer(text, start, end)]
    assert sorted(inline._words(text, start, end)) == wanted
