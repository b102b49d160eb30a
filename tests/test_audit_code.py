"""The copy attack on code: what a mask has left is run against the row's tests."""

from __future__ import annotations

import random
import time

import pytest

import smepo
from smepo.auditing import repair
from smepo.auditing.code import Reading, candidates, fill, fragments
from smepo.auditing.inert import hopeless
from smepo.masking import mask_trace
from smepo.types import Kind, Leak, MaskedTrace, Status
from smepo.verifiers.sandbox import Limits

CODE = smepo.verifier("code", limits=Limits(seconds=0.5, total_seconds=1.0), workers=1)
TARGET = {
    "tests": "assert candidate([1, 2]) == 3\nassert candidate([]) == 0",
    "entry_point": "total",
}
QUESTION = "Add them up.\n```python\ndef total(xs):\n```"


def seen(text: str) -> MaskedTrace:
    return MaskedTrace(text, text, (), "code", "foreign", Status.UNAUDITED, QUESTION, TARGET)


@pytest.mark.parametrize(
    "text",
    [
        "Like this:\n```python\ndef total(xs):\n    return sum(xs)\n```",
        "Just write `return sum(xs)` in it.",
        "The answer is `sum(xs)`.",
        "First\n    s = 0\n    for x in xs:\n        s += x\nand then\n    return s\nat the end.",
        "def total(xs): return sum(xs)",
        "Here total = sum.",
        "Use from builtins import sum as total here.",
        "It returns sum(xs) in the end.",
        "Just return sum(xs) and be done.",
    ],
)
def test_code_that_is_left_and_scores_is_a_leak(text):
    report = smepo.audit(seen(text), verifier=CODE)
    assert report.leaks
    assert all(text[leak.start : leak.end] == leak.candidate for leak in report.leaks)


@pytest.mark.parametrize(
    "text",
    [
        "Add them up with `sum`.",
        "Use a loop over `xs` and an accumulator `s = 0`.",
        "```python\ndef total(xs):\n    [CODE_1]\n```",
        "No code at all, only a plan: walk over the list and add.",
    ],
)
def test_a_plan_is_clean(text):
    report = smepo.audit(seen(text), verifier=CODE)
    assert (report.leaks, report.undecided) == ((), 0)


def fenced_sum(completion: str, target: object) -> float:
    """A reward of the user's own, which reads fenced code."""
    return float("```python" in completion and "sum(xs)" in completion)


def test_a_reward_of_the_users_own_gets_its_candidates_in_a_fence():
    own = smepo.verifier(f"{__name__}:fenced_sum")
    assert smepo.audit(seen("Use `sum(xs)`."), verifier=own).leaks
    assert not smepo.audit(seen("Use `max(xs)`."), verifier=own).leaks


def test_code_over_several_lines_is_one_fragment():
    text = "Then\n    return sum(\n        xs\n    )\nand stop."
    assert smepo.audit(seen(text), verifier=CODE).leaks


def test_too_many_candidates_are_undecided_and_hostile_text_ends():
    text = "".join(f"x{i} = {i}\nprose about it\n" for i in range(5_000))
    began = time.process_time()
    found = candidates(text, (), QUESTION, TARGET)
    assert len(found) > 400
    assert time.process_time() - began < 4
    for piece in (
        "`" * 10**5,
        "- - " * 25_000,
        "a = (\n" * 15_000,
        "x = \n" * 20_000,
        "a return " * 10_000,
    ):
        began = time.process_time()
        candidates(piece, (), QUESTION, TARGET)
        assert time.process_time() - began < 4


def test_a_sentence_of_nothing_but_beginnings_is_given_up_and_said_so():
    report = smepo.audit(seen("x = ( " * 8_000), verifier=CODE)
    assert (report.undecided, report.detail) == (1, "more beginnings of statements than are read")


def test_what_the_question_does_alone_is_no_leak():
    question = "Give nothing.\n```python\ndef total(xs):\n    return sum(xs)\n```"
    masked = seen("Do as it says: `xs`")
    assert smepo.audit(masked, verifier=CODE, question=question).leaks == ()


def test_a_candidate_that_does_not_end_is_undecided_and_not_shown():
    report = smepo.audit(seen("Write `while True: pass`."), verifier=CODE)
    assert report.undecided
    assert "longer than" in report.detail


def test_leaks_are_repaired_as_code():
    trace = "Set `a = 1`, then\n```python\nx = 1\n```\nand `b = 2`, and say so."
    masked = mask_trace(trace, domain="code")
    start, end = masked.text.index("then"), masked.text.index(", and")
    leak = Leak(masked.text[start:end], "code joined", start, end)
    (span,) = repair.spans(masked, [leak])
    assert trace[span.start : span.end] == "then\n```python\nx = 1\n```\nand `b = 2`"
    assert span.kind is Kind.CODE
    again = mask_trace(trace, domain="code", extra=[span])
    assert again.text.startswith("Set `[CODE_1]`, [CODE_2], and")


def test_placeholders_are_filled_as_their_positions_need():
    def filled(text: str) -> str:
        walls, at = [], text.find("[CODE]")
        while at >= 0:
            walls.append((at, at + 6))
            at = text.find("[CODE]", at + 6)
        return fill(text, 0, len(text), walls)

    assert filled("def f(x):\n    [CODE]") == "def f(x):\n    pass"
    assert filled("return [CODE]") == "return None"
    assert filled("[CODE] = 3") == "_ = 3"
    assert filled("for [CODE] in [CODE]:\n    [CODE]") == "for _ in None:\n    pass"
    assert (
        filled("while [CODE]:\n    if x:\n        [CODE]")
        == "while None:\n    if x:\n        break"
    )


def test_fragments_are_cut_without_the_masker():
    text = "Set `x = 1` and\n    y = 2\n    z = 3\nthen\n```\nprint(x)\n```\nwords."
    assert {one.text for one in fragments(text, (), Reading())} == {
        "x = 1",
        "y = 2\nz = 3",
        "print(x)",
    }
    assert any(c.attack == "joined" for c in candidates(text, (), ""))


def test_the_prefilter_skips_only_what_cannot_score():
    pieces = ["xs", "'total'", "def other(a):\n    return sum(a)", "pass", "3", "def f(", "other"]
    pieces += ["total = sum", "def total(a): return sum(a)", "globals()['to' + 'tal'] = sum"]
    rng = random.Random(3)
    programs = {"\n".join(rng.sample(pieces, rng.randint(1, 4))) for _ in range(60)}
    skipped = [p for p in programs if hopeless(p, TARGET, CODE)]
    assert 5 < len(skipped) < len(programs)
    assert not any(v.score for v in CODE.many([(CODE.wrap(p), TARGET) for p in skipped]))
    assert not any(hopeless(p, TARGET, CODE) for p in pieces[7:])
