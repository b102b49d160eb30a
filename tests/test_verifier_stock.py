"""The math verifier as math-verify alone, and what is kept of what math-verify says."""

import pytest

import smepo
from smepo.errors import ConfigError
from test_verifier import HANG


def test_stock_is_what_math_verify_says_of_the_whole_completion():
    from math_verify import parse, verify

    stock = smepo.verifier("math", stock=True, timeout=30.0)
    completions = [
        r"So \boxed{42}.",
        r"It is $\boxed{6*7}$",
        r"\boxed{41} or \boxed{42}",
        "The answer is $42$.",
        "The final answer is $\\frac{84}{2}$. I hope it is correct.",
        r"\boxed{42.0000001}",
        r"\boxed{5!}",
        "42 43",
        "no idea",
    ]
    targets = ["42", "41", "120", r"\{41, 42\}"]
    pairs = [(completion, target) for completion in completions for target in targets]
    wanted = [
        bool(verify(parse(f"\\boxed{{{target}}}"), parse(completion)))
        for completion, target in pairs
    ]
    assert any(wanted)
    assert [verdict.score == 1 for verdict in stock.many(pairs)] == wanted
    assert [stock(*pair).score == 1 for pair in pairs] == wanted
    assert stock("", "42").status == "empty"
    assert stock("no idea", "42").status == "unparsed"
    assert [v.score for v in stock.announced(["6*7", "43"], "42")] == [1, 0]
    with pytest.raises(ConfigError, match="tolerance"):
        smepo.verifier("math", stock=True, tolerance=0.1)


def test_cached_verdicts_are_those_of_their_own_target_and_options(monkeypatch):
    fresh = smepo.verifier("math", timeout=30.0, workers=2)
    same, other = r"\frac{3^{n+1} + a}{2}", r"\frac{3^{n+1} + b}{2}"
    target = r"\frac{3 \cdot 3^{n} + a}{2}"
    for _ in range(2):
        assert fresh(fresh.wrap(same), target).score == 1
        assert fresh(fresh.wrap(other), target).score == 0
        assert fresh(fresh.wrap(same), target.replace("a", "b")).score == 0
        assert fresh(fresh.wrap(same), ["7", target]).score == 1
    jobs = fresh.pool.counts["jobs"]
    assert fresh(fresh.wrap(same), target).seconds < 30
    assert fresh.pool.counts["jobs"] == jobs  # said once, kept
    monkeypatch.setattr("smepo.verifiers.math.CACHE", 1)
    fresh(fresh.wrap(same.replace("3", "5")), target.replace("3", "5"))
    assert len(fresh._cache) == 1
    assert fresh(fresh.wrap(same), target).score == 1


def test_time_outs_and_errors_are_not_kept(monkeypatch):
    fresh = smepo.verifier("math", timeout=0.3, final_form=False, workers=2)
    assert fresh(fresh.wrap(HANG), "x+1").status == "timeout"
    assert not fresh._cache
