"""The cutter finds everything that somebody could copy, and crosses no placeholder."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smepo.auditing.candidates import cut, form
from smepo.auditing.tokens import LONGEST
from smepo.auditing.words import shape


def texts(text, walls=(), target=None):
    return {c.text for c in cut(text, walls, target) if c.places}


def slot_texts(text):
    return {c.text for c in cut(text) if c.slot_places and not c.places}


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("so 42 are left", "42"),
        ("x = 0.75.", "0.75"),
        ("about 1,234,567 people", "1,234,567"),
        ("2{,}016{,}532 ways", "2{,}016{,}532"),
        ("they have 1 234 in all", "1 234"),
        ("a share of 3/4 is left", "3/4"),
        (r"hence \frac{5}{6}.", r"\frac{5}{6}"),
        (r"hence \frac12.", r"\frac12"),
        (r"hence \dfrac{1}{\sqrt{2}}.", r"\dfrac{1}{\sqrt{2}}"),
        ("after 1 1/2 hours", "1 1/2"),
        ("with chance ½", "½"),
        ("or 50%", "50%"),
        (r"or 52\% of it", r"52\%"),
        ("x = -3", "-3"),
        ("x = −3", "−3"),
        (r"x = -\frac{3}{4}", r"-\frac{3}{4}"),
        (r"of 3 \times 10^5 cells", r"3 \times 10^5"),
        (r"side 2\sqrt{3} long", r"2\sqrt{3}"),
        (r"a surd \sqrt2 here", r"\sqrt2"),
        (r"area 16\pi now", r"16\pi"),
        ("angle 120°", "120°"),
        (r"angle $60^{\circ}$", r"60^{\circ}"),
        ("there are twenty-seven words", "twenty-seven"),
        ("two thirds of it", "two thirds"),
        ("a half remains", "a half"),
        ("half of them", "half"),
        ("答案是四十二。", "四十二"),
        ("共４２人", "４２"),
        ("the numeral is XIV.", "XIV"),
        ("the numeral is V.", "V"),
        (r"$x^2 - i^2 = x^2+1$", "x^2+1"),
        (r"$x^2 - i^2 = x^2+1$", "x^2 - i^2"),
        ("f(n) = 3n + 2 for all n", "3n + 2"),
        (r"x \in [1, 2)", "[1, 2)"),
        ("at (3,-1)", "(3,-1)"),
        (r"the set \{1, 2\}", r"\{1, 2\}"),
        (r"is \begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"),
        (r"\boxed{x+y}", "x+y"),
        (r"\boxed{\text{Tuesday}}", "Tuesday"),
        (r"\text{blue}", "blue"),
        ("the correct option is (C).", "C"),
        ("the answer is C", "C"),
        ("**B**", "B"),
        ("Thus\nit is **blue** now.", "blue"),
        ('they say "Tuesday" here', "Tuesday"),
        ("First.\n\nSo it is Tuesday.", "Tuesday"),
        ("A ratio of 3:4 holds", "3:4"),
        ("x = 1 or x = 2", "x = 1 or x = 2"),
        (r"\[ y \approx 3.14 \]", "3.14"),
        ("<<6*7=42>>42", "42"),
        (r"P(x) \le n(k-1)^2", "n(k-1)^2"),
    ],
)
def test_finds(text, piece):
    assert piece in texts(text)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("Step 1: add.", "1"),
        ("**Case 2:** all differ.", "2"),
        ("By Lemma 3 we are done.", "3"),
        ("from Equation (4) we see", "4"),
        ("1. First add.", "1"),
        ("then a_7 is known", "7"),
        ("then $a_{17}$ is known", "17"),
        ("see point A4 there", "4"),
        (r"\tag{5}", "5"),
        ("$x^2 + y^2$", "2"),
        (r"\begin{array}{c6}", "6"),
    ],
)
def test_structure_is_no_candidate(text, digits):
    assert digits in slot_texts(text)


def test_a_noun_is_no_label():
    assert "120" in texts("in this case 120 ways exist.")


def test_a_minus_between_values_is_no_sign():
    assert "-2" not in texts("so 5-2=3 apples")
    assert "- 2" not in texts("so x - 2 is left")
    assert "-2" in texts("so x = -2 is left")
    assert "-2" in texts(r"$6 \cdot -2$")


def test_no_candidate_crosses_a_wall():
    text = "so [NUMBER_1] + 3 = [NUMBER_2] and 1[NUMBER_3]2"
    walls = [(3, 13), (20, 30), (36, 46)]
    assert [text[a:b] for a, b in walls] == ["[NUMBER_1]", "[NUMBER_2]", "[NUMBER_3]"]
    found = texts(text, walls)
    assert "3" in found
    assert {"1", "2"} <= found
    assert not any("[" in piece or "NUMBER" in piece for piece in found)


def test_a_number_after_a_wall_has_no_sign():
    assert "-5" not in texts("[NUMBER_1]-5", [(0, 10)])


def test_worded_targets_bring_runs_of_words():
    assert "Port Alder" in texts("born in Port Alder and", target="Port Alder")
    assert "Port Alder" not in texts("born in Port Alder and", target="42")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("Tuesday", 1),
        ("\\text{Port Alder}", 2),
        ("October 5, 1987", 3),
        ("yes", 1),
        ("(3x+7)(x+1)", 0),
        ("9 and -7", 0),
        ("D, E", 0),
        ("M > 1", 0),
        ("(1, 2) \\text{ and } (2, 1)", 0),
        (42, 0),
    ],
)
def test_only_words_have_a_shape(target, words):
    assert shape(target) == words


def test_offsets_point_at_the_text():
    text = "Thus ½ of 1,234 is 617, and (3,-1) or \\frac{1}{2} wins."
    for candidate in cut(text):
        for start, end in candidate.places + candidate.slot_places:
            assert text[start:end] == candidate.text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1,234", "1234", True),
        ("five", "5", True),
        ("007", "7", True),
        ("0.50", ".5", True),
        ("half", "1/2", True),
        (r"\frac12", "1 / 2", True),
        ("(32)", "32", True),
        ("四十二", "42", True),
        ("50%", "0.5", False),
        ("50%", "half", False),
        ("0.5", "1/2", False),
        ("2/4", "1/2", False),
        ("-3", "3", False),
        (r"\left( x+1 \right)", "(x + 1)", True),
        ("(1, 2)", "1, 2", False),
    ],
)
def test_form(one, other, same):
    assert (form(one) == form(other)) is same


PIECES = r"""
12 - + = $ { } ( ) \frac \sqrt x _ ^ , \boxed{ \text{ one half . ½ 四 [NUMBER_1] \ | **
"""


@given(
    st.lists(st.sampled_from([*PIECES.split(), " ", "\n", "\n\n", "Step 1"]), max_size=40).map(
        "".join
    )
)
def test_cutting_holds_its_promises_on_anything(text):
    walls, at = [], text.find("[NUMBER_1]")
    while at >= 0:
        walls.append((at, at + 10))
        at = text.find("[NUMBER_1]", at + 10)
    for candidate in cut(text, walls, "Port Alder"):
        for start, end in candidate.places + candidate.slot_places:
            assert text[start:end] == candidate.text
            assert 0 < end - start <= LONGEST
            assert not any(start < b and a < end for a, b in walls)


@pytest.mark.parametrize(
    "unit",
    r"\frac{ 1 \frac{1 ( [ { \sqrt[1 - $ a Ж1 \begin{pmatrix} ** \{1, 四 =x _{".split(),
)
def test_hostile_text_takes_linear_time(unit):
    def seconds(size):
        text = (unit * (size // len(unit) + 1))[:size]
        began = time.process_time()
        cut(text)
        return time.process_time() - began

    small = seconds(20_000)
    # a busy machine may slow one of the three, a slow algorithm slows all
    assert any(seconds(80_000) < 8 * small + 0.05 for _ in range(3))


def test_a_text_may_hold_every_character_of_private_use():
    text = "x = 42 " + "".join(map(chr, range(0xE000, 0xF900)))
    assert "42" in texts(text)


@pytest.mark.parametrize(
    "hint", ["It is ___ (9).", "It is _ (9).", "It is _9_.", "By (9) we finish."]
)
def test_a_number_that_names_nothing_is_a_candidate(hint):
    assert "9" in [c.text for c in cut(hint) if c.places]


@pytest.mark.parametrize(
    "text",
    [
        "$x = y$ (9)\nBy (9) we finish.",
        r"$x = y \tag{9}$ By (9) we finish.",
        "(9) $x = y$\nBy (9) we finish.",
        "By equation (9) we finish.",
        r"$x_9$, $x _{9}$",
    ],
)
def test_the_number_of_an_equation_is_a_slot(text):
    [nine] = [c for c in cut(text) if c.text == "9"]
    assert nine.slot_places[-1][0] == text.rindex("9")
