"""What a mask cost: operators, labels, givens, words, and how much is hidden."""

from dataclasses import replace

import pytest

from smepo.auditing.givens import values
from smepo.auditing.metrics import lost, structure
from smepo.masking.render import render
from smepo.types import Kind, MaskedTrace, Role, Span, Status


def masked(trace, *pieces, question=""):
    """Each piece is (text, kind); the first after the one before is hidden."""
    spans, at = [], 0
    for piece, kind in pieces:
        at = trace.index(piece, at)
        spans.append(Span(at, at + len(piece), kind, Role.RESULT))
        at += len(piece)
    text, blanks = render(trace, spans, indexed=True)
    return MaskedTrace(
        trace, text, blanks, "math", "critical-path", Status.UNAUDITED, question, None
    )


def kept(trace, *pieces, name, question=""):
    found = structure(masked(trace, *pieces, question=question))
    return int(found[f"{name}_kept"]), int(found[name])


NUMBER, EXPRESSION = Kind.NUMBER, Kind.EXPRESSION


def test_operators_outside_blanks_are_kept():
    assert kept("5-2=3", ("3", NUMBER), name="operators") == (2, 2)


def test_a_swallowed_minus_is_lost():
    assert kept("5-2=3", ("-2", NUMBER), ("3", NUMBER), name="operators") == (1, 2)


def test_the_sign_and_bar_of_one_number_are_no_operators():
    assert kept("x = -3/4 here", ("-3/4", NUMBER), name="operators") == (1, 1)


def test_operators_inside_a_hidden_expression_are_its_own():
    assert kept("y = x^2+1", ("x^2+1", EXPRESSION), name="operators") == (1, 1)


def test_an_operator_that_is_hidden_alone_is_lost():
    assert kept("1 + 2 = 3", ("+", EXPRESSION), name="operators") == (1, 2)


@pytest.mark.parametrize(
    "hyphenated", ["a two-digit number", "- first\n- then", "**bold**", "and/or"]
)
def test_marks_of_prose_are_no_operators(hyphenated):
    assert kept(hyphenated, name="operators") == (0, 0)


def test_labels():
    trace = "1. Add.\nStep 2: by Equation (4), go on.\n"
    assert kept(trace, name="labels") == (3, 3)
    assert kept(trace, ("2", NUMBER), name="labels") == (2, 3)


def test_givens_are_operands_that_the_question_states():
    question = "He has five boxes with 12 pens each, and twice as many red ones."
    trace = "5 * 12 = 60 pens, times 2 = 120. The rest are 12. That is 13."
    assert kept(trace, name="givens", question=question) == (3, 3)
    assert kept(trace, ("12", NUMBER), name="givens", question=question) == (2, 3)


@pytest.mark.parametrize(
    "trace",
    [
        "so x = 12.",
        "this gives 12 pens",
        "\\boxed{12} it is\nend",
        "#### 12",
        "Step 12: go\nend",
        "$a_{12}$ is known\nend",
        "x = -12 then",
        "we have \\sqrt{12} + 1 to do",
        "the set \\{12, 13\\} + 1",
        "we have 12",
    ],
)
def test_these_are_no_givens(trace):
    assert kept(trace, name="givens", question="There are 12.") == (0, 0)


def test_a_fraction_counts_once():
    question = "Add 1/2 and 1/3."
    assert kept("\\frac{1}{2}+\\frac{1}{3} = ?\nend", name="givens", question=question) == (2, 2)


def test_values_of_a_question():
    found = values("Half of 1,200 people, a dozen, 20% and two thirds; x > -4.")
    assert {str(v) for v in found} >= {"1/2", "1200", "12", "20", "1/5", "2/3", "-4"}


def test_words():
    trace = "There are twenty apples, so $BF = \\frac{x}{2}$ and we stop."
    assert kept(trace, name="words") == (7, 7)
    assert kept(trace, ("apples", Kind.ANSWER), name="words") == (6, 7)


def test_amount_and_kinds():
    found = structure(masked("one 42 two 43", ("42", NUMBER), ("43", Kind.ANSWER)))
    assert found["characters_hidden"] == 4
    assert found["tokens_share"] == 0.5
    assert found["blanks_number"] == found["blanks_answer"] == 1


def test_balance():
    assert structure(masked("\\frac{1}{2}", ("{1}", NUMBER)))["balance_kept"] == 1
    assert structure(masked("\\frac{1}{2}", ("1}", NUMBER)))["balance_kept"] == 0


def test_lost_says_where():
    trace = masked("5-2=3", ("-2", NUMBER))
    assert [trace.trace[a:b] for a, b in lost(trace, "operators")] == ["-"]


def test_an_empty_trace_has_kept_all():
    found = structure(masked(""))
    assert found["operators_share"] == found["words_share"] == 1
    assert found["characters_share"] == 0


def test_what_is_hidden_by_kind():
    found = structure(masked("one 42 two 43", ("42", NUMBER), ("43", Kind.ANSWER)))
    assert found["characters_number"] == found["characters_answer"] == 2
    assert found["tokens_number_share"] == 0.25
    assert found["characters_number_share"] == 2 / 13


def search(trace, *pieces):
    return structure(replace(masked(trace, *pieces), domain="search"))


@pytest.mark.parametrize(
    ("before", "count"),
    [("", 1), ('{"a": "\\x"} ', 1), ('{"a": \n', 1), ('{"a": "' * 2_000, 1)],
    ids=["alone", "behind a bad escape", "behind a broken one", "behind many"],
)
def test_long_json_is_read_in_growing_windows(before, count):
    trace = before + '{"query": "' + "word " * 2_000 + '"}'
    assert search(trace)["json"] == count


def test_json_is_kept_if_it_still_parses():
    trace = 'call {"name": "find", "top": 5} and {"q": {"who": "Maren"}} or {"broken": '
    found = search(trace, ("Maren", Kind.ENTITY))
    assert (found["json"], found["json_kept"]) == (2, 2)
    found = search(trace, ("5", NUMBER), ('"Maren"', Kind.ENTITY))
    assert (found["json"], found["json_kept"]) == (2, 0)


def test_plan_words_of_a_trajectory_are_those_of_its_thoughts():
    trace = (
        "Thought: I look for Maren now.\nObservation: She was born here.\nAction: finish[oak tree]"
    )
    found = search(trace, ("She was born here.", Kind.PASSAGE), ("oak tree", Kind.ANSWER))
    assert (found["words"], found["words_kept"]) == (3, 3)  # look for now
    found = search(trace, ("look", Kind.ENTITY), ("She was born here.", Kind.PASSAGE))
    assert (found["words"], found["words_kept"]) == (3, 2)


def test_plan_words_of_code_stand_outside_its_fences():
    trace = "We sort the list first.\n```python\nprint(sorted(numbers))\n```\nThat is all."
    found = structure(replace(masked(trace, ("sort", Kind.CODE)), domain="code"))
    assert (found["words"], found["words_kept"]) == (8, 7)
