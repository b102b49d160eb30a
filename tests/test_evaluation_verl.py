"""verl's reward function, called as verl calls it: by keyword, from a pool of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from smepo.errors import ConfigError
from smepo.verl import compute_score, domain_of


def score(n: int) -> dict[str, Any]:
    answer = rf"so it is \boxed{{\frac{{{n}}}{{7}}}}" if n % 2 else rf"\boxed{{{n}+1}}"
    return compute_score(
        data_source="smepo/math",
        solution_str=answer,
        ground_truth=rf"\frac{{{n}}}{{7}}",
        extra_info={"index": n},
        reward_router_address=None,
        reward_model_tokenizer=None,
    )


def test_threads_score_as_one_thread_does() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(score, range(200)))
    assert [one["score"] for one in found] == [float(n % 2) for n in range(200)]
    assert {one["undecided"] for one in found} == {0.0}
    assert found == [score(n) for n in range(200)]


def test_the_domain_comes_from_the_row() -> None:
    assert domain_of("smepo/math", None) == "math"
    assert domain_of("math_dapo", {}) == "math"
    assert domain_of("gsm8k", {"domain": "math"}) == "math"
    assert domain_of("x", {"verifier": "mine:reward", "domain": "math"}) == "mine:reward"
    for source in (None, "gsm8k", "mathematics", "math/code"):
        with pytest.raises(ConfigError, match="names no domain"):
            domain_of(source, None)


def test_options_reach_the_verifier() -> None:
    completion, target = r"\boxed{6*7}", "42"
    assert compute_score("math", completion, target)["score"] == 0.0
    assert compute_score("math", completion, target, final_form=False)["score"] == 1.0
