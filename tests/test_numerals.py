from fractions import Fraction

import pytest

from smepo import numerals

SAME = [
    (r"12,\!000", Fraction(12000)),
    (r"1,\!000,\!000", Fraction(1000000)),
    (r"\frac{1,\!000}{3}", Fraction(1000, 3)),
    ("42", 42), ("-3", -3), ("−3", -3), ("1,234,000", 1234000), ("2{,}016{,}532", 2016532),
    ("1\\,234", 1234), ("1_234", 1234),
    ("12 345", 12345), ("1\u2009000", 1000), ("3.50", Fraction(7, 2)),
    (".5", Fraction(1, 2)), ("1/2", Fraction(1, 2)), ("-1/2", Fraction(-1, 2)),
    ("\\frac{3}{6}", Fraction(1, 2)), ("\\frac12", Fraction(1, 2)),
    ("\\dfrac{-3}{4}", Fraction(-3, 4)),
    ("-\\frac{3}{4}", Fraction(-3, 4)), ("1 1/2", Fraction(3, 2)),
    ("1\\frac{1}{2}", Fraction(3, 2)),
    ("½", Fraction(1, 2)), ("2½", Fraction(5, 2)), ("50%", Fraction(1, 2)),
    ("50\\%", Fraction(1, 2)),
    ("twenty-seven", 27), ("two thirds", Fraction(2, 3)), ("half", Fraction(1, 2)),
    ("one and a half", Fraction(3, 2)), ("a dozen", 12), ("three hundred and five", 305),
    ("two million", 2000000), ("minus four", -4), ("四十二", 42), ("二〇二五", 2025),
    ("一万二千", 12000), ("二分之一", Fraction(1, 2)), ("百分之五", Fraction(1, 20)),
    ("零点五", Fraction(1, 2)), ("三点一四", Fraction(157, 50)),
    ("４２", 42), ("3\\times 10^8", 3 * 10**8), ("1.5e3", 1500), ("$12", 12), ("\\$1,000", 1000),
    ("0.\\overline{3}", Fraction(1, 3)), ("0.1(6)", Fraction(1, 6)), ("0", 0),
]  # fmt: skip
NONE = [
    "",
    "x",
    "6*7",
    "5!",
    "2^{10}",
    "twenty seven eleven",
    "one two",
    "1,23",
    "a",
    "the",
    "\\pi",
    "1/0",
]


@pytest.mark.parametrize(("text", "value"), SAME)
def test_a_numeral_in_any_dress_has_its_exact_value(text, value):
    assert numerals.parse(text) == value


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_numeral_has_no_value(text):
    assert numerals.parse(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("XIV", 14), ("MCMXC", 1990), ("IIII", None), ("ABC", None)]
)
def test_roman_numerals(text, value):
    assert numerals.parse_roman(text) == value


@pytest.mark.parametrize("text", ["三" * 5000, "一" + "亿" * 5000, "9" * 5000, "1" * 5000 + "/3"])
def test_longer_texts_are_no_numerals(text):
    assert numerals.parse(text) is None
    assert numerals.parse_cjk(text) is None
