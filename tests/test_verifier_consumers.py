"""A status other than correct and wrong is counted by each consumer, and never a 0 in silence. And
a tolerance that a row brings."""

from __future__ import annotations

import json

import pytest

import smepo
from smepo.auditing.attack import attack
from smepo.auditing.candidates import Candidate
from smepo.evaluation.evaluate import _record
from smepo.evaluation.generate import Completion
from smepo.evaluation.results import collect
from smepo.types import Row, Verdict, VerdictStatus
from smepo.verifiers.programs import extract
from smepo.verifiers.rewards import undecided_of
from smepo.verifiers.sandbox import Limits
from smepo.verl import compute_score

UNDECIDED = (VerdictStatus.TIMEOUT, VerdictStatus.ERROR)
LIMITS = Limits(seconds=0.3, total_seconds=0.5, memory=512 << 20)
ADD = {"tests": ["assert add(1, 2) == 3"], "entry_point": "add"}
HANG = "```python\ndef add(a, b):\n    while True: pass\n```"


class Ends:
    """A verifier whose verdict is the status that the completion names."""

    domain = "math"

    def __call__(self, completion, target):
        status = VerdictStatus(completion)
        return Verdict(float(status is VerdictStatus.CORRECT), status)

    def wrap(self, candidate):
        return candidate


EVERY = [status.value for status in VerdictStatus]


def test_the_reward_of_trl_counts_and_logs_every_status():
    reward, logged = smepo.verifiers.Reward(Ends(), "ends"), {}
    scores = reward(completions=EVERY, target=[""] * len(EVERY), log_metric=logged.__setitem__)
    told = dict(zip(EVERY, scores, strict=True))
    assert told == {
        "correct": 1, "wrong": 0, "unparsed": 0, "empty": 0, "timeout": None, "error": None,
    }  # fmt: skip
    assert reward.counts == dict.fromkeys(EVERY, 1)
    assert logged == {f"verifier/{name}": 1 / len(EVERY) for name in EVERY}


@pytest.mark.parametrize("status", EVERY)
def test_verl_is_told_every_status(monkeypatch, status):
    monkeypatch.setattr("smepo.verl.score.judge_for", lambda *_: Ends())
    told = compute_score("math", status, "")
    assert told["status"] == status
    assert told["score"] == (status == "correct")
    assert told["undecided"] == (status in ("timeout", "error"))
    apart = {name: told[name] for name in ("unparsed", "timeout", "error", "empty")}
    assert apart == {name: float(name == status) for name in apart}


def evaluated(statuses, verifier):
    completions = [Completion(status, 1, False) for status in statuses]
    verdicts = [Verdict(float(s == "correct"), VerdictStatus(s)) for s in statuses]
    row = Row("a", "q", "t", ())
    record = _record(row, completions, verdicts, undecided_of(verifier))
    return collect([record], k=len(statuses), seed=0, seconds=0.0, truncated=0, settings={})


def test_evaluation_counts_every_status_and_leaves_the_undecided_out():
    result = evaluated(EVERY, smepo.verifier("math"))
    assert result.statuses == dict.fromkeys(EVERY, 1)
    assert result.avg_at_k.value == 1 / 4
    nothing = evaluated(["timeout", "error"], smepo.verifier("math"))
    assert nothing.undecided_problems == 1


def test_a_program_that_does_not_end_is_wrong_for_every_consumer():
    """Left out of the denominator, a policy that hangs would look better than one that is wrong."""
    code = smepo.verifier("code", limits=LIMITS)
    assert evaluated(["correct", "timeout"], code).avg_at_k.value == 1 / 2
    assert code(HANG, ADD).status is VerdictStatus.TIMEOUT
    reward = smepo.reward("code", limits=LIMITS)
    assert reward(completions=[HANG], target=[ADD]) == [0.0]
    assert reward.counts["timeout"] == 1
    told = compute_score("code", HANG, ADD, timeout=0.3, total=0.5)
    assert (told["score"], told["undecided"], told["timeout"]) == (0, 0, 1)


@pytest.mark.parametrize("status", ["timeout", "error"])
def test_the_audit_takes_nothing_undecided_for_safe(status):
    found = attack([Candidate(status, "word", ((0, 1),))], frozenset(), "7", Ends())
    assert (found.undecided, found.leaks) == (1, ())


def test_rewards_are_zero_or_one_unless_partial_credit_is_asked_for():
    two = {"tests": ["assert f(1) == 1", "assert f(2) == 2"], "entry_point": "f"}
    half = "```python\ndef f(n): return 1\n```"
    assert smepo.reward("code", limits=LIMITS)(completions=[half], target=[two]) == [0.0]
    partial = smepo.reward("code", limits=LIMITS, partial=True)
    assert partial(completions=[half], target=[two]) == [0.5]
    name = {"completions": ["<answer>John Smith</answer>"], "target": ["J Smith"]}
    assert smepo.reward("search")(**name) == [0]
    assert smepo.reward("search", metric="f1")(**name) == [0.5]


@pytest.mark.parametrize("form", [dict, json.dumps])
def test_a_row_may_bring_a_tolerance(form):
    math = smepo.verifier("math")
    near, far, exact = (math.wrap(text) for text in ("0.333", "0.34", "1/3"))
    row = form({"answer": "1/3", "tolerance": 0.001})
    assert [math(one, row).score for one in (near, far, exact)] == [1, 0, 1]
    plain = form({"answer": "1/3", "tolerance": None})
    assert [math(one, plain).score for one in (near, far, exact)] == [0, 0, 1]
    assert [v.score for v in math.announced(["0.333", "0.34"], row)] == [1, 0]
    loose = smepo.verifier("math", tolerance=0.1)
    assert [loose(far, one).score for one in (row, plain)] == [0, 1]
    broken = form({"answer": "1/3", "tolerance": "a bit"})
    assert math(near, broken).status is VerdictStatus.ERROR
    assert math.announced(["0.333"], broken)[0].status is VerdictStatus.ERROR


def test_a_set_is_no_mapping_though_it_begins_with_a_brace():
    math = smepo.verifier("math")
    assert math(math.wrap(r"\{2, 1\}"), "{1, 2}").score == 1


def test_the_program_after_the_thoughts_counts():
    thought = "<think>\n```python\ndef f(): return 1\n```\n</think>"
    assert extract(thought + "\n```python\nf = 2\n```", "f") == "f = 2\n"
    assert extract(thought + "\nSo that is it.", "f") == "def f(): return 1\n"


def test_processes_are_allowed_in_namespaces_only():
    limits = Limits(processes=2)
    assert smepo.verifier("code", limits=limits).isolation == "unshare"
    assert smepo.verifier("code", limits=limits, isolation="bubblewrap").isolation == "bubblewrap"


def test_a_reward_of_the_users_own_has_a_time_limit_where_it_is_asked_for():
    reward = smepo.reward("audit_rewards:hang", timeout=0.3, workers=2)
    right, hangs = "{7}", "{8}"
    scores = reward(completions=[right, hangs, right, hangs], target=["7"] * 4)
    assert reward.counts["timeout"] == 2
    assert [score is None for score in scores] == [False, True, False, True]
    verdict = reward.verifier(hangs, "7")
    assert (verdict.score, verdict.status) == (0, VerdictStatus.TIMEOUT)
    assert "took longer than 0.3 s" in verdict.detail
