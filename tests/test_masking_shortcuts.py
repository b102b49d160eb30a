"""Shortcuts past the regular expressions of numbers: they say what those would have said."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from smepo.masking.code import inline
from smepo.masking.code.expressions import Line
from smepo.masking.search import values
from smepo.masking.search.words import Words

DIGITS = st.sampled_from(["1", "45", "007", "1904", "2031", "12345", "20250101", "٣"])
MARKS = " ,.-/+%()[]#_*'\n\t:;=!<>~\\\0\u00a0−º年月éſx"
WORDS = ["st ", "th", "'s", " of ", " May", "May ", "first ", "Step ", "No. ", " BC", "ce"]
AROUND = st.sampled_from([*MARKS, ". ", " - ", "=1", "== ", " hundred", "-million", *WORDS])
TEXTS = st.lists(st.one_of(DIGITS, AROUND), min_size=1, max_size=9).map("".join)


def closer(words):
    """Where the values of a text stand, by the regular expressions alone."""
    found, end, text = [], 0, words.text
    for index in words.values:
        start = words.starts[index]
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
    labelled = end - start <= 3 and near and values._LABEL_BEFORE.search(before)
    return bool(labelled) and (before[-1] != "[" or after[:1] == "]")


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_values_are_those_of_the_regular_expressions(text):
    words = Words(text)
    found = [(v.start, v.end, v.date or v.key) for v in values.find(words)]
    assert found == closer(words)


@given(TEXTS, TEXTS)
@settings(max_examples=500, deadline=None)
def test_an_assigned_number_is_no_more_than_that(before, after):
    at, text = len(before), before + after
    if inline._is_number(text, at, len(text)):
        value = Line(text, 0, len(text)).expression(at)
        assert value is not None
        assert text[at : value.end].isdecimal()
        assert text[value.end : value.end + 1] != ","
