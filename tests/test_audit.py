"""The audit: what leaks is what the reward of the run accepts and the question does not hold."""

import time
from dataclasses import dataclass

import pytest

import smepo
from smepo.auditing import audit, walls
from smepo.errors import ConfigError
from smepo.masking.render import render
from smepo.types import Kind, MaskedTrace, Role, Span, Status, Verdict, VerdictStatus

MATH = smepo.verifier("math", workers=1)


def hidden(trace, *pieces, question="", target=None, domain="math"):
    """A trace in which the first of each piece is hidden as a number."""
    spans, at = [], 0
    for piece in pieces:
        at = trace.index(piece, at)
        spans.append(Span(at, at + len(piece), Kind.NUMBER, Role.RESULT))
        at += len(piece)
    text, blanks = render(trace, spans, indexed=True)
    return MaskedTrace(
        trace, text, blanks, domain, "critical-path", Status.UNAUDITED, question, target
    )


def leaks(masked, verifier=MATH):
    return {leak.candidate for leak in audit(masked, verifier=verifier).leaks}


def test_an_answer_left_in_the_trace_leaks():
    masked = hidden("6*7 = 42, so \\boxed{42}.", "42", target="42")
    report = audit(masked, verifier=MATH)
    assert [leak.candidate for leak in report.leaks] == ["42"]
    leak = report.leaks[0]
    assert masked.text[leak.start : leak.end] == "42"
    assert report.metrics["leaking"] == 1


def test_nothing_leaks_where_it_is_hidden():
    assert not leaks(hidden("6*7 = 42, so \\boxed{42}.", "42", "42", target="42"))


@pytest.mark.parametrize(
    ("trace", "target"),
    [
        ("there are twenty-seven words", "27"),
        ("the probability is ½", "\\frac{1}{2}"),
        ("thus two thirds", "\\frac{2}{3}"),
        ("答案是四十二。", "42"),
        ("the numeral is XIV.", "14"),
        ("shifting gives 1,234,000.", "1234000"),
        ("hence $x = 2\\sqrt{3}$ holds", "2\\sqrt{3}"),
        ("so it is \\boxed{\\pi}", "\\pi"),
        ("it is \\boxed{\\text{Tuesday}}", "\\text{Tuesday}"),
        ("the day is Tuesday here", "Tuesday"),
        ("the point is (3, -1) then", "(3,-1)"),
        ("so $f(n) = n^2+1$ works", "n^2+1"),
        ("the option is (C).", "C"),
        ("equal forms are 0.50 here", "1/2"),
        ("that is 50\\% of them", "0.5"),
        ("an interval $[0,1)$ is left", "[0,1)"),
    ],
)
def test_every_dress_of_the_target_leaks(trace, target):
    assert leaks(hidden(trace, target=target))


def test_what_the_question_holds_is_no_leak():
    masked = hidden("7 has no divisors.", question="Is 7 prime? Answer 7 or 0.", target="7")
    assert not leaks(masked)


def test_the_question_may_hold_it_in_words():
    assert not leaks(hidden("He has 5 now.", question="He has five apples.", target="5"))


def test_a_number_behind_a_minus_stands_in_the_question():
    assert not leaks(hidden("Here c = -3.", question="Solve x^2 + 2x - 3 = 0.", target="-3"))


def test_a_pronoun_is_no_number():
    assert not leaks(hidden("We use this one.", target="1"))
    assert leaks(hidden("So there is one.", target="1")) == {"one"}


def test_another_kind_of_number_is_another_candidate():
    masked = hidden("That is 50%.", question="What is half of one?", target="1/2")
    assert leaks(masked) == {"50%"}


def test_an_equation_whose_last_side_the_question_holds_is_no_leak():
    masked = hidden("So $x = 1$ here.", question="Where is the hole? Try 1 and 5.", target="1")
    assert not leaks(masked)


def test_digits_in_slots_are_incidental():
    report = audit(hidden("Step 4: add. Then a_4 follows.", target="4"), verifier=MATH)
    assert not report.leaks
    assert report.incidental == 2


def test_unevaluated_arithmetic_is_counted_apart():
    report = audit(hidden("Compute 6*7 = 42.", "42", target="42"), verifier=MATH)
    assert not report.leaks
    assert [leak.candidate for leak in report.expression_leaks] == ["6*7"]


def test_a_reward_that_accepts_arithmetic_changes_what_leaks():
    masked = hidden("Compute 6*7 = 42.", "42", target="42")
    lenient = smepo.verifier("audit_rewards:arithmetic")
    assert leaks(masked, lenient) == {"6*7"}


def test_what_the_verifier_cannot_decide_is_never_safe():
    masked = hidden("It is 41 or 43.", target="42")
    report = audit(masked, verifier=Stuck())
    assert not report.leaks
    assert report.undecided > 0


@dataclass
class Stuck:
    """A verifier that never gets ready."""

    def __call__(self, completion, target):
        return Verdict(0.0, VerdictStatus.TIMEOUT, detail="too slow")

    def wrap(self, candidate):
        return candidate


def test_an_audit_needs_a_target():
    with pytest.raises(ConfigError, match="target"):
        audit(hidden("It is 42."))


def test_walls_are_the_placeholders():
    masked = hidden("1 + 2 = 3 = 03", "1", "3", "03")
    assert [masked.text[a:b] for a, b in walls(masked)] == [b.placeholder for b in masked.blanks]


def test_search_answers_leak_as_words():
    question = "In which city was the composer born?"
    masked = hidden("Okafor was born in Port Alder.", question=question, target=["Port Alder"])
    masked = MaskedTrace(**{f: getattr(masked, f) for f in masked.__slots__} | {"domain": "search"})
    assert "Port Alder" in leaks(masked, smepo.verifier("search"))


@pytest.mark.parametrize(
    ("candidate", "target"),
    [
        ("15", r"15\mbox{ cm}^2"),
        (r"\emptyset", r"\varnothing"),
        (r"x_2 + x_{1}", "x_1 + x_2"),
        ("1 + y", r"\sin^2 x + \cos^2 x + y"),
    ],
)
def test_whatever_the_reward_pays_is_a_leak(candidate, target):
    masked = hidden(f"Then we write ${candidate}$ down.", target=target)
    assert MATH(MATH.wrap(candidate), target).status is VerdictStatus.CORRECT
    assert audit(masked, verifier=MATH).leaks


def test_an_audit_of_a_long_trace_is_quick():
    trace = "We add 12 and 30 to get 42 apples in step 3.\n" * 2000
    masked = hidden(trace, target="41")
    began = time.process_time()
    audit(masked, verifier=MATH)
    assert time.process_time() - began < 6


@pytest.mark.parametrize(
    "unit",
    [
        *r"\frac{1 \sqrt[1 { 1+ 1=1= ((((1)))) 1, <<1>> a aЖ \{1,2 (1,2 1: 1% ** =x".split(),
        '{"a":',
        '{"a":1}',
        "Step 1\n",
        "```\n",
        "\ud800\0",
        "one ",
        "is 1 ",
        "#### 1\n",
        " (1)",
    ],
)
@pytest.mark.parametrize("domain", ["math", "search"])
def test_an_audit_of_hostile_text_takes_linear_time(unit, domain):
    target = "42" if domain == "math" else "Port Alder"

    def seconds(size):
        text = (unit * (size // len(unit) + 1))[:size]
        masked = MaskedTrace(text, text, (), domain, "critical-path", Status.UNAUDITED, "?", target)
        began = time.process_time()
        audit(masked, verifier=MATH if domain == "math" else smepo.verifier("search"))
        return time.process_time() - began

    small, large = seconds(8_000), seconds(32_000)
    assert large < 12 * small + 1.0  # quadratic text takes 16 times as long, and seconds


def test_a_reward_that_refuses_its_own_target_proves_nothing() -> None:
    reward = smepo.verifier("audit_rewards:blind")
    masked = smepo.mask("x = 7", domain="math", question="?", target="7", verifier=reward)

    assert masked.status is Status.ERROR
    assert "does not accept the target itself" in masked.reason


def test_partial_credit_leaks_and_pay_for_the_form_does_not():
    reward = smepo.verifier("audit_rewards:half")
    masked = hidden("It is 41 or 42.", target="42")
    assert leaks(masked, reward) == {"42"}
    assert smepo.mask(masked.trace, domain="math", target="42", verifier=reward).status.shown


def test_a_reward_that_hangs_is_ended_and_counted():
    reward = smepo.verifier("audit_rewards:hang", timeout=0.3, workers=1)
    report = audit(hidden("It is 42 then.", target="42"), verifier=reward)
    assert {leak.candidate for leak in report.leaks} == {"42"}
    assert report.undecided > 0
    assert "took longer than 0.3 s" in report.detail


def in_search(text, target, verifier):
    masked = MaskedTrace(text, text, (), "search", "critical-path", Status.UNAUDITED, "", target)
    return {leak.candidate for leak in audit(masked, verifier=verifier).leaks}


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("born in Port Alder then", "Port Alder"),
        ("born in Port-Alder then", "Port Alder"),
        ("born in Port Alder then", "Port-Alder"),
        ("born in port\nalder then", "Port Alder"),
        ("the Duke of the Port won", "Duke of Port"),
        ("known as AC/DC there", "AC/DC"),
        ("they sang M*A*S*H again", "M*A*S*H"),
        ("on 5 October 1987 it fell", "October 5, 1987"),
        ("he saw A B C D E F G H I J K L once", "B C D E F G H I J K"),
        ("called Alder by some", ["Port Harbour", "Alder"]),
        ("about forty-two of them", "42"),
        ("so yes it is", "yes"),
    ],
)
def test_every_run_of_words_is_tried_on_a_search_reward(text, target):
    assert in_search(text, target, smepo.verifier("search"))


@pytest.mark.parametrize("text", ["born in Port of Alder then", "the big Port Alder city"])
def test_a_reward_of_word_overlap_with_a_threshold_finds_longer_runs(text):
    assert in_search(text, "Port Alder", smepo.verifier("audit_rewards:f1"))


def test_a_part_of_the_answer_leaks_where_overlap_is_paid():
    f1 = smepo.verifier("search", metric="f1")
    assert in_search("in the old Alder inn", "Port Alder", f1) == {"Alder"}
    assert not in_search("in the old inn", "Port Alder", f1)
