"""Law 8: masks and audit take time in proportion to the trace, whatever it holds.

A trace of four times the length may take four times as long, and a generous factor more for noise;
a detector that looks back over all it has read takes sixteen times as long.
"""

import time

import pytest

from hostile_inputs import INPUTS
from smepo import auditing, mask
from smepo.auditing import audit
from smepo.masking import mask_trace
from smepo.types import Status, Verdict, VerdictStatus

SHORT, LONG = 8_000, 32_000
QUESTION = "What is 3 + 4, and who was Tilda Varrow?"
TARGETS = {"math": "7", "search": ["Orsholm"], "code": {"tests": "assert f(1) == 2"}}


class Equal:
    """A verifier that costs nothing: what is measured is the audit."""

    def __call__(self, completion, target):
        right = completion in target
        return Verdict(float(right), VerdictStatus.CORRECT if right else VerdictStatus.WRONG)

    def wrap(self, candidate):
        return candidate


def seconds(work, argument):
    """Processor seconds of ``work(argument)``."""
    began = time.process_time()
    work(argument)
    return time.process_time() - began


def is_linear(work, short, long):
    """True if one of six comparisons of a short and a long argument says so.

    Either each time, or by the fastest of each so far: a machine may slow down for a while.
    """
    shorts, longs = [], []
    for _ in range(6):
        longs.append(seconds(work, long))
        shorts.append(seconds(work, short))
        if longs[-1] < 7 * shorts[-1] + 0.05 or min(longs) < 7 * min(shorts) + 0.05:
            return True
    return False


@pytest.mark.parametrize("mode", ["critical-path", "paper"])
@pytest.mark.parametrize("domain", ["math", "code", "search"])
def test_masks_are_linear(domain, mode):
    def masked(text):
        mask_trace(text, domain=domain, question=QUESTION, mode=mode)

    slow = [name for name, make in INPUTS.items() if not is_linear(masked, make(SHORT), make(LONG))]
    assert slow == []


@pytest.mark.parametrize("domain", ["math", "search"])
def test_the_audit_is_linear(domain):
    def masked(text):
        return mask_trace(
            text, domain=domain, question=QUESTION, target=TARGETS[domain], mode="paper"
        )

    def audited(masked):
        audit(masked, verifier=Equal())

    slow = [
        name
        for name, make in INPUTS.items()
        if not is_linear(audited, masked(make(SHORT)), masked(make(LONG)))
    ]
    assert slow == []


def test_a_text_that_no_prompt_holds_is_not_attacked_and_said_so(monkeypatch):
    monkeypatch.setattr(auditing, "MOST_TOKENS", 50)
    masked = mask(
        "3 + 4 = 7. " * 12, domain="math", question=QUESTION, target="7", verifier=Equal()
    )
    assert masked.status is Status.ERROR
    assert masked.reason == "longer than 50 words, numbers and marks: not audited"
    report = audit(masked, verifier=Equal())
    assert (report.undecided, report.metrics) == (1, {})


def test_a_quadratic_detector_is_found():
    def quadratic(text):
        for at in range(0, len(text), 100):
            sum(sign == "b" for sign in text[:at])

    assert not is_linear(quadratic, "a" * SHORT, "a" * LONG)


@pytest.mark.parametrize("mode", ["critical-path", "paper", "random"])
@pytest.mark.parametrize("domain", ["math", "code", "search"])
def test_outside_the_blanks_hostile_text_is_as_it_was(domain, mode):
    """Law 5; fuzzing found that the random mode raised on lone surrogates."""
    for name, make in INPUTS.items():
        masked = mask_trace(make(1000), domain=domain, question=QUESTION, mode=mode)
        pieces, at = [], 0
        for blank in masked.blanks:
            assert at <= blank.start < blank.end, name
            assert masked.trace[blank.start : blank.end] == blank.text, name
            pieces += [masked.trace[at : blank.start], blank.placeholder]
            at = blank.end
        assert "".join([*pieces, masked.trace[at:]]) == masked.text, name
