"""Shortcuts of the audit: they say what plain regular expressions would have said."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from smepo.auditing import slots, tokens

# One group for each kind of token; the number of the group in TOKEN.
PLAIN = re.compile(
    r"([A-Za-zÀ-ÖØ-öø-ÿ]{2,})"
    r"|([A-Za-zΑ-Ωα-ωℝℤℕℚ∅∞π¼-¾⅐-⅞])"
    r"|(\d{1,3}(?:(?:,|\{,\}|,\\!|\\,)\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?)"
    r"|(\.\d+)"
    r"|(\\[A-Za-z]+\*?)"
    r"|(\\[^A-Za-z]|\\\Z)"
    r"|(<<|>>|[=<>≤≥≈≠∈→⇒≡∼≅]+)"
    r"|([-+±∓])"
    r"|([*/^%°×÷·⋅∙√!'|²³¹⁰⁴⁵⁶⁷⁸⁹])"
    r"|(_)"
    r"|([({\[])"
    r"|([)}\]])"
    r"|(\n[ \t\r]*\n)"
    r"|(\n|[,;:$&.?~\"“”‘’`#@])"
    r"|([\ue000-\uf8ff]+|\S)"
)
SIGNS = [
    *"abZé1203.,\\{}!<>=≤-+*^_()[]\n\r\t $'\"#@½²→、«Ωπ٣",
    "\ue000",
    "\ue001\ue001",
    "000",
    ",345",
]
NAMES = [*" .\t~#([1x,N\\", "No", "No.", "\\#", "12", "٣", "½", "\n"]
FOLLOWS = re.compile(r"\.?+[ \t~]{0,3}+(?:#|\\#|No\.?+)?+[ \t]{0,3}+[(\[]?+\d")


@given(st.lists(st.sampled_from(SIGNS), max_size=20).map("".join))
@settings(max_examples=1000, deadline=None)
def test_tokens_are_those_of_one_group_for_each_kind(text):
    found = [(*m.span(), m.lastindex) for m in tokens.TOKEN.finditer(text)]
    assert found == [(*m.span(), m.lastindex) for m in PLAIN.finditer(text)]


@given(st.lists(st.sampled_from(NAMES), max_size=8).map("".join))
@settings(max_examples=1000, deadline=None)
def test_a_number_follows_a_name(text):
    assert slots._number_follows(text, 0) == (FOLLOWS.match(text) is not None)
