"""Traces that are easy to mask wrong, one a line in ``masking_cases.jsonl``: the whole of `mask`.

``hide`` may not be readable any more as whole words or numbers, ``keep`` stands byte for byte,
``forbid`` are patterns that may not match; with ``json_lines`` every line still parses.
"""

import json
import re
from pathlib import Path

import pytest

from smepo.masking import mask_trace

LINES = Path(__file__).with_name("masking_cases.jsonl").read_text("utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]


def readable(needle, text):
    """True if ``needle`` stands in ``text`` and is no part of a longer word or number."""
    plain = re.sub(r"(\\[A-Za-z]+)(?=\d)", r"\1 ", text)
    left = r"(?<![A-Za-z0-9_])(?<!\d[.,])" if needle[0].isalnum() and needle.isascii() else ""
    right = r"(?![A-Za-z0-9_])(?![.,]\d)" if needle[-1].isalnum() and needle.isascii() else ""
    return re.search(left + re.escape(needle) + right, plain) is not None


def without_blanks(masked):
    pieces, at = [], 0
    for blank in masked.blanks:
        assert masked.trace[blank.start : blank.end] == blank.text
        pieces += [masked.trace[at : blank.start], " # "]
        at = blank.end
    return "".join([*pieces, masked.trace[at:]])


@pytest.mark.parametrize("case", CASES, ids=[f"{c['domain']} {c['note']}" for c in CASES])
def test_case(case):
    masked = mask_trace(
        case["trace"],
        domain=case["domain"],
        question=case.get("question", "Write a function."),
        target=case.get("target"),
    )
    bare = without_blanks(masked)
    assert [needle for needle in case["hide"] if readable(needle, bare)] == [], masked.text
    assert [piece for piece in case["keep"] if piece not in masked.text] == [], masked.text
    assert [one for one in case.get("forbid", ()) if re.search(one, masked.text)] == []
    if case.get("json_lines"):
        for line in masked.text.splitlines():
            json.loads(line)


def test_a_value_that_stands_in_the_text_is_found_to_be_readable():
    assert readable("42", "so 42.")
    assert not readable("42", "so 420, 1.42 or 42,000")
