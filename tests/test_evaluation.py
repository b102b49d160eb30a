"""Unguided accuracy: estimators, intervals, and a model that is left as it was."""

from __future__ import annotations

import itertools
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_policy
from smepo.errors import InputError
from smepo.evaluation import ProblemRecord, bootstrap, evaluate, pass_at_k, wilson, write
from smepo.evaluation.results import collect
from smepo.types import Row, Verdict, VerdictStatus

C, W, T = VerdictStatus.CORRECT, VerdictStatus.WRONG, VerdictStatus.TIMEOUT


@given(st.integers(1, 7), st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_correct_one(samples: int, data: Any) -> None:
    correct = data.draw(st.integers(0, samples))
    k = data.draw(st.integers(1, samples))
    draws = list(itertools.combinations(range(samples), k))
    hits = sum(any(i < correct for i in draw) for draw in draws)
    assert pass_at_k(samples, correct, k) == pytest.approx(hits / len(draws))


def test_pass_at_k_needs_k_completions() -> None:
    with pytest.raises(ValueError, match="pass@5"):
        pass_at_k(4, 1, 5)


def test_wilson_matches_published_values() -> None:
    low, high = wilson(81, 263)  # Newcombe 1998, table I, method 3
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 20)[0] == 0.0


def test_the_bootstrap_is_seeded_and_covers_the_mean() -> None:
    draw = random.Random(0)
    values = [draw.random() for _ in range(200)]
    low, high = bootstrap(values, seed=1)
    mean = sum(values) / len(values)
    error = math.sqrt(sum((v - mean) ** 2 for v in values)) / len(values)
    assert bootstrap(values, seed=1) == (low, high)
    assert low == pytest.approx(mean - 1.96 * error, abs=0.3 * error)
    assert high == pytest.approx(mean + 1.96 * error, abs=0.3 * error)


def record(id: str, *statuses: VerdictStatus) -> ProblemRecord:
    return ProblemRecord(id, "q", "t", ("",) * len(statuses), statuses, (0.0,) * len(statuses))


def summed(*records: ProblemRecord, k: int) -> Any:
    return collect(records, k=k, seed=0, seconds=0.0, truncated=0, settings={})


def test_timeouts_are_in_no_denominator_and_counted() -> None:
    result = summed(record("a", C, W), record("b", C, T), record("c", T, T), k=2)

    assert result.avg_at_k.value == (0.5 + 1.0) / 2
    assert result.avg_at_k.problems == 2
    assert result.undecided_problems == 1
    assert result.statuses == {"correct": 2, "timeout": 3, "wrong": 1}
    assert result.pass_at[2].problems == 1  # only "a" has two judged completions
    assert result.pass_at[2].value == 1.0


def test_a_mean_over_nothing_is_null_in_json() -> None:
    nothing = summed(record("a", T, T), k=2).summary()
    assert nothing["avg_at_k"] == {"value": None, "low": None, "high": None, "problems": 0}
    json.dumps(nothing, allow_nan=False)


def test_intervals_never_claim_certainty_from_equal_outcomes() -> None:
    none = summed(*(record(str(i), W, W) for i in range(20)), k=2).avg_at_k
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(wilson(0, 20)[1])


class Digits:
    """A verifier of the tests: correct if the completion holds a digit."""

    def __call__(self, completion: str, target: Any) -> Verdict:
        hit = any(letter.isdigit() for letter in completion)
        return Verdict(float(hit), C if hit else W)

    def wrap(self, candidate: str) -> str:
        return candidate


ROWS = [
    Row(str(a), "What is the sum of " + "1 " * a + "?", str(a), (), {"level": "easy"})
    for a in range(1, 8)
]


@pytest.fixture(scope="module")
def policy() -> tuple[Any, Any]:
    tokenizer = tiny_policy.tokenizer()
    return tiny_policy.model(len(tokenizer)), tokenizer


@pytest.mark.trainer
def test_equal_seeds_give_equal_records_and_the_model_is_left_alone(
    policy: tuple[Any, Any], tmp_path: Path
) -> None:
    import torch

    model, tokenizer = policy
    model.train()
    torch.manual_seed(5)
    before = torch.get_rng_state()

    one = evaluate(model, tokenizer, ROWS, Digits(), k=4, max_new_tokens=6, seed=1)
    two = evaluate(model, tokenizer, ROWS, Digits(), k=4, max_new_tokens=6, seed=1)
    other = evaluate(model, tokenizer, ROWS, Digits(), k=4, max_new_tokens=6, seed=2)

    assert one.records == two.records != other.records
    assert torch.equal(torch.get_rng_state(), before)
    assert model.training
    assert [r.id for r in one.records] == [row.id for row in ROWS]
    assert all(len(r.completions) == 4 for r in one.records)
    correct = [sum(s is C for s in r.statuses) for r in one.records]
    assert one.avg_at_k.value == pytest.approx(sum(correct) / 28)
    assert one.pass_at[4].value == pytest.approx(sum(c > 0 for c in correct) / 7)
    write(one, tmp_path / "result.json")
    lines = (tmp_path / "result.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["columns"] == {"level": "easy"}
    assert json.loads((tmp_path / "result.json").read_text())["settings"]["guided"] is False


@pytest.mark.trainer
def test_greedy_completions_do_not_depend_on_the_batch(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    results = [
        evaluate(
            model, tokenizer, ROWS, Digits(), temperature=0.0, max_new_tokens=6, batch_size=size
        )
        for size in (1, 3, 100)
    ]
    texts = [[r.completions for r in result.records] for result in results]
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.parametrize(
    ("question", "columns"),
    [("Add [NUMBER_1] to 3", {}), ("Add 2 to 3", {"guidance": "Add them."})],
)
def test_rows_that_carry_guidance_are_refused(question: str, columns: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="guidance"):
        evaluate(None, None, [Row("1", question, "5", (), columns)], Digits())


def test_brackets_that_are_no_placeholder_are_fine() -> None:
    from smepo.evaluation import refuse_guidance

    refuse_guidance([Row("1", "The area [ABC] of a triangle", "5", ())])
