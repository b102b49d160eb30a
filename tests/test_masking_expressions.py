"""The mode `expressions`: closed arithmetic hidden whole, without a look at the target."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import smepo
from smepo.errors import ConfigError
from smepo.masking import mask_trace
from smepo.masking.math.expressions import expressions
from smepo.pipeline.prepare import MaskOptions, check
from smepo.types import Status


def found(text):
    return [text[span.start : span.end] for span in expressions(text)]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("6*7 = 42", ["6*7"]),
        (r"2 \cdot 3 + x - 4!/5", [r"2 \cdot 3", "4!/5"]),
        (r"$48/2$ and <<48/2=24>>", ["48/2", "48/2"]),
        (r"\frac{1}{2}(4)(3) = 6", [r"\frac{1}{2}(4)(3)"]),
        (r"9^{2 \cdot 4} = 9^8", [r"9^{2 \cdot 4}", "9^8"]),
        (r"C = \binom{5}{2} - 1,200", [r"\binom{5}{2} - 1,200"]),
        (r"\left(2+3\right)^2 \le 30", [r"\left(2+3\right)^2"]),
        ("= -2*3 + 1", ["-2*3 + 1"]),
        ("10% * 50 is", ["10% * 50"]),
        (r"\sqrt{16} and \frac{6}{4} and 6/4", [r"\sqrt{16}", r"\frac{6}{4}", "6/4"]),
        (r"\frac{8}{\sqrt{2}} = 4\sqrt{2}", [r"\frac{8}{\sqrt{2}}"]),
    ],
)
def test_arithmetic_is_found_whole(text, hidden):
    assert found(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "42, 1,200 and -3",
        r"3/4, \frac12, \frac{3}{4}, 50\%",
        r"\sqrt{3}, 2\sqrt{3}, \frac{\sqrt{3}}{2}, 2\pi",
        r"3 \times 10^8",
        "n + 1, n - 2 and 2(x + 1)",
        "x_{2+1}, f(2), x^2",
    ],
)
def test_values_and_open_terms_are_no_arithmetic(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("2x + 3", []),
        ("3*4 + 2x", ["3*4"]),
        ("x - 2*3", ["2*3"]),
        ("6*7*x", ["6*7"]),
        ("(1 + 2)(x + 1)", ["1 + 2"]),
        ("1 - (1 - 2 + x)", ["1 - 2"]),
        ("f(2 + 1)", ["2 + 1"]),
        ("x^2 + 3 + 4", ["3 + 4"]),
    ],
)
def test_what_letters_bind_stays(text, hidden):
    assert found(text) == hidden


def test_labels_are_no_values():
    assert found("Equation (1) + Equation (2): 3 + 4") == ["3 + 4"]
    assert found("1. 2 + 3\n2. 4 + 5") == ["2 + 3", "4 + 5"]


@given(st.text("12(){}[]+-*/^!\\ x$=.,_ \n%", max_size=80) | st.text(max_size=40))
def test_spans_are_in_order_and_their_brackets_are_closed(text):
    at = 0
    for span in expressions(text):
        assert at <= span.start < span.end <= len(text)
        piece = text[span.start : span.end]
        assert piece.count("(") == piece.count(")")
        assert piece.count("{") == piece.count("}")
        at = span.end


@pytest.mark.parametrize(
    "unit", ["(", "(1+", "1+", r"\frac{", "2^", r"\sqrt[1", "6*7 ", "1(2", "(2)", "!"]
)
def test_it_is_linear(unit):
    def seconds(count):
        text = unit * count
        began = time.process_time()
        expressions(text)
        return time.process_time() - began

    short = min(seconds(4_000) for _ in range(2))
    assert seconds(32_000) < 24 * short + 0.2


QUESTION = "A shop sells 6 boxes with 7 pens each. How many pens is that?"
TRACE = "Step 1: multiply 6*7.\nThat is 6*7 = 42 pens. The answer is \\boxed{42}."


def test_the_mode_hides_the_critical_path_and_the_expressions():
    masked = mask_trace(TRACE, domain="math", question=QUESTION, mode="expressions")
    assert masked.text == (
        "Step 1: multiply [EXPR_1].\n"
        "That is [EXPR_1] = [NUMBER_1] pens. The answer is \\boxed{[NUMBER_1]}."
    )


def test_nothing_is_left_for_a_reward_that_takes_arithmetic():
    reward = smepo.verifier("audit_rewards:arithmetic")
    asked = {"domain": "math", "question": QUESTION, "target": "42", "verifier": reward}
    ours, default = smepo.mask(TRACE, mode="expressions", **asked), smepo.mask(TRACE, **asked)
    assert ours.status is Status.CLEAN, "hidden without the audit, so whatever the target"
    assert default.status is Status.REPAIRED
    assert smepo.mask(TRACE, mode="expressions", **{**asked, "target": "41"}).text == ours.text


def test_what_the_mode_does_not_see_the_audit_hides():
    trace = "The distance is $\\frac{|8|}{2}$, which is $4$."
    masked = smepo.mask(trace, domain="math", question="8 and 2?", target="4", mode="expressions")
    assert masked.status is Status.REPAIRED
    assert not smepo.audit(masked, verifier=smepo.verifier("math", workers=1)).expression_leaks


def test_other_domains_have_no_such_mode():
    with pytest.raises(ConfigError, match="is for the domain 'math'"):
        check(MaskOptions(domain="search", mode="expressions"))
