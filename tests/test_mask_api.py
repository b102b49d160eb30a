"""``smepo.mask``: mask, audit, mask what the audit finds, and say what became of it."""

import dataclasses
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smepo
from smepo.auditing import walls
from smepo.auditing.candidates import cut, form
from smepo.errors import InputError
from smepo.masking import mask_trace
from smepo.masking.render import render
from smepo.pipeline.mask import mask_and_audit
from smepo.pipeline.messages import join, masked_contents
from smepo.types import Kind, MaskedTrace, Role, Span, Status, Verdict, VerdictStatus

MATH = smepo.verifier("math", workers=1)
QUESTION = "A shop sells 6 boxes with 7 pens each. How many pens is that?"
TRACE = "Step 1: multiply 6*7.\nStep 2: 6*7 = 42.\nThe answer is \\boxed{42}."


def blind(text, context):
    """A detector that sees nothing."""
    return []


def clumsy(text, context):
    """A detector that hides the first number only."""
    at = next((i for i, c in enumerate(text) if c.isdigit()), None)
    return [] if at is None else [Span(at, at + 1, Kind.NUMBER, Role.RESULT)]


def scores(masked, verifier, stated):
    """What still scores, found without the audit's own attack."""
    allowed = {form(c.text) for c in cut(stated, (), masked.target)}
    pieces = [
        c
        for c in cut(masked.text, tuple(walls(masked)), masked.target)
        if c.places and form(c.text) not in allowed
    ]
    verdicts = verifier.many([(verifier.wrap(c.text), masked.target) for c in pieces])
    return [c.text for c, v in zip(pieces, verdicts, strict=True) if v.score]


def whole(masked):
    """The masked text, put together from the trace and the blanks."""
    pieces, at = [], 0
    for blank in masked.blanks:
        assert masked.trace[blank.start : blank.end] == blank.text
        pieces += [masked.trace[at : blank.start], blank.placeholder]
        at = blank.end
    return "".join([*pieces, masked.trace[at:]])


def test_a_clean_mask():
    masked = smepo.mask(TRACE, domain="math", question=QUESTION, target="42", verifier=MATH)
    assert masked.status is Status.CLEAN
    assert "42" not in masked.text
    assert "multiply 6*7" in masked.text


def test_what_the_detector_misses_the_audit_hides():
    masked = smepo.mask(TRACE, domain=blind, question=QUESTION, target="42", verifier=MATH)
    assert masked.status is Status.REPAIRED
    assert [b.text for b in masked.blanks] == ["42", "42"]
    assert all(b.audit for b in masked.blanks)
    assert masked.text == whole(masked)


@pytest.mark.parametrize(
    ("trace", "target", "text"),
    [
        ("so \\frac12 is left", "1/2", "so [NUMBER_1] is left"),
        ("so \\sqrt2 is left", "2", "so [EXPR_1] is left"),
        ("it is $x = -\\frac{3}{4}$ now", "-3/4", "it is $x = [NUMBER_1]$ now"),
        ("it is $x = -3$ now", "3", "it is $x = [NUMBER_1]$ now"),
        ("for 5-3 we get", "3", "for 5-[NUMBER_1] we get"),
        ("with 1 1/2 hours", "3/2", "with [NUMBER_1] hours"),
        ("the day \\text{Tuesday} it", "Tuesday", "the day \\text{[ANSWER_1]} it"),
        ("the value is 50\\% then", "50\\%", "the value is [NUMBER_1]\\% then"),
        ("we get $n^2+1$ here", "n^2+1", "we get $[EXPR_1]$ here"),
        ("option (C) wins", "C", "option [CHOICE_1] wins"),
        ("a point $(3,-1)$ is", "(3,-1)", "a point $[EXPR_1]$ is"),
    ],
)
def test_repair_breaks_nothing(trace, target, text):
    masked = smepo.mask(trace, domain=blind, target=target, verifier=MATH)
    assert (masked.status, masked.text) == (Status.REPAIRED, text)


def test_two_masks_of_one_trace_share_placeholders():
    masked = smepo.mask("8 = 8. So 9 = 9.", domain=blind, target="9", verifier=MATH)
    assert masked.text == "8 = 8. So [NUMBER_1] = [NUMBER_1]."


def test_without_a_target_there_is_no_audit():
    masked, report = mask_and_audit(TRACE, domain="math", question=QUESTION)
    assert masked.status is Status.UNAUDITED
    assert "target" in masked.reason
    assert report is None


def test_the_audit_can_be_switched_off():
    masked = smepo.mask(TRACE, domain=blind, target="42", audit=False)
    assert masked.status is Status.UNAUDITED
    assert masked.text == TRACE


def test_code_is_audited_with_its_own_tests():
    masked = smepo.mask("```python\nf(1)\n```", domain="code", target={"tests": "assert f(1)"})
    assert masked.status is Status.CLEAN


@pytest.mark.parametrize("mode", ["paper", "random"])
def test_controls_are_measured_and_not_repaired(mode):
    trace = "There are forty-two of them, see \\boxed{x+y}."
    masked, report = mask_and_audit(trace, domain="math", target="42", mode=mode, verifier=MATH)
    assert masked.status is Status.CONTROL
    assert report.candidates
    assert not any(blank.audit for blank in masked.blanks)


def test_a_mask_that_still_leaks_says_so():
    masked = smepo.mask("1 2 3 4 5 6 7 8", domain=blind, target="42", verifier=OneByOne())
    assert masked.status is Status.LEAKS
    assert not masked.status.shown
    assert masked.reason == "number '5' still scores"


def test_what_nobody_can_decide_is_an_error():
    masked = smepo.mask("6 and 7", domain=blind, target="42", verifier=Stuck())
    assert masked.status is Status.ERROR
    assert "2 candidates" in masked.reason


@dataclasses.dataclass
class OneByOne:
    """Accepts the first of what it is asked at once: there is always one more."""

    def __call__(self, completion, target):
        return Verdict(1.0, VerdictStatus.CORRECT)

    def many(self, pairs):
        wrong = Verdict(0.0, VerdictStatus.WRONG)
        return [self(*pairs[0]), *[wrong for _ in pairs[1:]]]

    def wrap(self, candidate):
        return candidate


@dataclasses.dataclass
class Stuck:
    """Decides nothing about single digits."""

    def __call__(self, completion, target):
        status = VerdictStatus.TIMEOUT if completion.isdigit() else VerdictStatus.WRONG
        return Verdict(0.0, status)

    def wrap(self, candidate):
        return candidate


def test_a_reward_that_accepts_arithmetic_hides_it():
    lenient = smepo.verifier("audit_rewards:arithmetic")
    masked = smepo.mask(TRACE, domain="math", question=QUESTION, target="42", verifier=lenient)
    assert masked.status is Status.REPAIRED
    assert "6*7" not in masked.text


def test_context_counts_as_stated():
    trace = "Use 9 first: 9 + 1 = 10."
    assert "Use 9" not in smepo.mask(trace, domain="math", target="10", verifier=MATH).text
    shown = smepo.mask(trace, domain="math", target="10", context="There are 9.", verifier=MATH)
    assert "Use 9" in shown.text


def test_a_trace_must_be_text_or_messages():
    with pytest.raises(InputError, match="trace"):
        smepo.mask(42, domain="math")
    with pytest.raises(InputError, match="message 1"):
        smepo.mask([{"role": "assistant", "content": "a"}, "b"], domain="math")


REACT = [
    {"role": "user", "content": "In which city was the composer of Winter Lanterns born?"},
    {
        "role": "assistant",
        "content": "Thought: find the composer.\nAction: search[Winter Lanterns]",
    },
    {"role": "user", "content": "Observation: Winter Lanterns is by Maren Okafor."},
    {"role": "assistant", "content": "Thought: now Okafor.\nAction: search[Maren Okafor born]"},
    {"role": "user", "content": "Observation: Okafor was born in Port Alder."},
    {"role": "assistant", "content": "Thought: it is Port Alder.\nAction: finish[Port Alder]"},
]
CALL = {"name": "search", "arguments": {"query": "Winter Lanterns composer"}}
TOOLS = [
    {"role": "system", "content": "You may search."},
    {"role": "user", "content": REACT[0]["content"]},
    {"role": "assistant", "content": None, "tool_calls": [{"function": CALL}]},
    {"role": "tool", "content": [{"type": "text", "text": "Maren Okafor, born in Port Alder."}]},
    {"role": "assistant", "content": "The city is Port Alder."},
]


@pytest.mark.parametrize(("messages", "kept"), [(REACT, [1, 2, 3, 4, 5]), (TOOLS, [2, 3, 4])])
def test_messages_are_masked_together_and_blanks_name_theirs(messages, kept):
    question, target = REACT[0]["content"], ["Port Alder"]
    masked = smepo.mask(messages, domain="search", question=question, target=target)
    assert masked.status.shown
    assert masked.text == whole(masked)
    assert "Alder" not in masked.text
    assert {b.message for b in masked.blanks if "Alder" in b.text} == {kept[-2], kept[-1]}
    contents = masked_contents(masked, join(messages))
    assert list(contents) == kept
    assert "Winter Lanterns" in contents[kept[0]]
    assert "\n".join(contents.values()) == masked.text


def test_a_blank_over_several_messages_hides_in_each():
    joined = join([{"role": "assistant", "content": c} for c in ("ab", "cd", "ef")])
    text, blanks = render(joined.text, [Span(1, 7, Kind.NUMBER, Role.RESULT)], indexed=True)
    masked = MaskedTrace(joined.text, text, blanks, "search", "", Status.UNAUDITED)
    assert masked_contents(masked, joined) == {0: "a[NUMBER_1]", 1: "[NUMBER_1]", 2: "[NUMBER_1]f"}


PIECES = r"""
42 forty-two 6*7 = = 4 2 42.0 4,2 \frac{84}{2} \boxed{42} Step 42: x x=42 {42} (42) -42 ½ 7 $42$
a_{42} 42% \sqrt{42} 42! 4242 =42 is **42** "42" 四十二 ４２ XLII \text{42} 84/2 1 42/1 , and
"""


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from(PIECES.split()), min_size=1, max_size=14),
    st.sampled_from([" ", "", "\n"]),
)
def test_nothing_scores_in_what_may_be_shown(pieces, joint):
    trace, question = joint.join(pieces), "What is 6 times 7?"
    for domain in (blind, clumsy, "math"):
        masked = smepo.mask(trace, domain=domain, question=question, target="42", verifier=MATH)
        assert masked.text == whole(masked)
        held_back = [Status.LEAKS] if domain == "math" else []  # a repair that would point (law 4)
        assert masked.status in (Status.CLEAN, Status.REPAIRED, *held_back)
        assert not scores(masked, MATH, question)


OTHERS = {
    "\\frac{1}{2}": r"1/2 \frac{1}{2} \frac12 0.5 50\% ½ half a_{1/2} 2/4 x= $ - ( ) 1 2 one-half",
    "x^2+1": r"x^2+1 1+x^2 (x^2+1) = y= $ \boxed{x^2+1} x^2 +1 f(x)= \frac{x^2+1}{1} - { }",
    "\\text{Tuesday}": r"Tuesday \text{Tuesday} tuesday, **Tuesday** (Tuesday) 'Tuesday' is .",
    "(3,-1)": r"(3,-1) (3, -1) 3 , -1 ( ) \left(3,-1\right) P=(3,-1) {3,-1} $",
    "2\\sqrt{3}": r"2\sqrt{3} \sqrt{12} 2 \sqrt{3} \sqrt3 2√3 \cdot x= $ ( ) { }",
    "C": r"C (C) **C** answer option C. \text{C} A (A) is c \boxed{C} : $C$",
}


@settings(deadline=None, max_examples=150)
@given(st.data(), st.sampled_from(sorted(OTHERS)), st.sampled_from([" ", ""]))
def test_nothing_scores_whatever_the_target(data, target, joint):
    pieces = data.draw(st.lists(st.sampled_from(OTHERS[target].split()), min_size=1, max_size=10))
    masked = smepo.mask(joint.join(pieces), domain=blind, target=target, verifier=MATH)
    assert masked.text == whole(masked)
    assert masked.status in (Status.CLEAN, Status.REPAIRED)
    assert not scores(masked, MATH, "")


def test_nothing_scores_in_real_masks(public):
    rows = json.loads((public / "math" / "scaf800.json").read_text())
    for row in random.Random(4).sample(rows, 25):
        target, question = row["ground_truth"], row["query"]
        masked = smepo.mask(
            row["full_reasoning"], domain="math", question=question, target=target, verifier=MATH
        )
        assert masked.status.shown
        assert masked.text == whole(masked)


def test_masks_do_not_know_the_target(public):
    """Law 4: byte-identical for the true and for another target, before the audit adds anything."""
    rows = json.loads((public / "math" / "scaf800.json").read_text())[:200]
    for row, other in zip(rows, rows[1:] + rows[:1], strict=True):
        masks = [
            mask_trace(
                row["full_reasoning"], domain="math", question=row["query"], target=target
            ).text
            for target in (row["ground_truth"], other["ground_truth"])
        ]
        assert masks[0] == masks[1]


def test_a_blank_over_what_the_question_implies_would_point_so_the_row_is_held_back():
    question = "Mia cuts a cake into 4 parts and gives half of them away. How many are left?"
    trace = "She gives away 4/2 = 2 parts. So 4 - 2 = 2 parts are left. The answer is 2."
    masked = smepo.mask(trace, domain="math", question=question, target="2")
    assert masked.status is Status.LEAKS
    assert masked.reason == "to hide '2', which the question implies, would point"
    other = smepo.mask(trace, domain="math", question=question, target="7")
    assert other.status is Status.CLEAN
    assert "4/2" in other.text


def test_a_notebook_shows_blanks_by_kind_with_their_text_on_hover():
    masked = smepo.mask("So <b> 6*7 = 42.", domain="math", question="What is 6*7?", target="42")
    shown = masked._repr_html_()
    assert "&lt;b&gt;" in shown
    assert 'title="42">[NUMBER_1]</span>' in shown
    assert "math, critical-path, 1 blanks, clean" in shown
