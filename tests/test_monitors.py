"""Copying by domain, reward by difficulty, and the alarm on scripted series."""

from __future__ import annotations

import json
import math
import random
import tomllib
from pathlib import Path

import pytest

import tiny_run
from smepo.training import parse, train
from smepo.training.alarm import Probe, check
from smepo.training.copying import count_copied
from smepo.training.difficulty import Difficulty
from smepo.training.monitors import Rollout, Shown
from smepo.training.records import read_lines

QUESTION = "Write double_all(xs): every element of xs twice as large."
CODE = "def double_all(xs):\n    return [2 * x for x in xs]"


def test_code_that_stands_in_the_guidance_is_copied_and_a_plan_is_not() -> None:
    answer = f"Here it is:\n```python\n{CODE}\n```"
    full = count_copied(answer, f"Use a comprehension.\n```python\n{CODE}\n```", QUESTION, "code")
    masked = count_copied(answer, "Use a comprehension.\n[CODE_1]", QUESTION, "code")
    assert full is not None
    assert masked is not None
    assert full.new_copied == full.new_tokens > 5
    assert masked.copied == 0
    own = count_copied(f"```python\n{CODE.replace('2 * x', 'x + x')}\n```", CODE, QUESTION, "code")
    assert own is not None
    assert 0 < own.copied < own.tokens, "the head is the same, the body is not"


def test_entities_that_the_question_does_not_name_are_copied() -> None:
    shown = "Search for Velmar Institute. It was founded by Tomas Orlen in 1932."
    question = "Who founded the Velmar Institute?"
    answer = "The Velmar Institute was founded by Tomas Orlen, says Ada Brask."
    found = count_copied(answer, shown, question, "search")
    assert found is not None
    assert (found.tokens, found.copied) == (3, 2)
    assert (found.new_tokens, found.new_copied) == (2, 1)


def rollouts(*rewards: tuple[str, float]) -> list[Rollout]:
    return [Rollout(row_id, Shown(), reward) for row_id, reward in rewards]


def test_reward_is_split_by_a_column() -> None:
    split = Difficulty({"a": "easy", "b": "hard"})
    found = split.metrics(rollouts(("a", 1.0), ("a", 0.0), ("b", 0.0), ("b", math.nan)))
    assert found == {"reward/difficulty/easy": 0.5, "reward/difficulty/hard": 0.0}


def test_without_a_column_rows_stand_in_thirds_of_their_rewards_so_far() -> None:
    split = Difficulty()
    assert split.metrics(rollouts(("a", 0.0), ("b", 0.5), ("c", 1.0))) == {}, "nothing seen yet"
    again = Difficulty()
    again.load_state_dict(json.loads(json.dumps(split.state_dict())))
    found = again.metrics(rollouts(("a", 0.25), ("b", 0.5), ("c", 0.75), ("d", 1.0)))
    assert found == {
        "reward/difficulty/easy": 0.75,
        "reward/difficulty/hard": 0.25,
        "reward/difficulty/middle": 0.5,
    }


def series(
    guided: list[float], unguided: list[float], *, seed: int, problems: int = 32, k: int = 4
) -> list[Probe]:
    """Probes of problems of different difficulty with the given mean accuracies."""
    draw = random.Random(seed)
    hard = [draw.uniform(0.6, 1.4) for _ in range(problems)]

    def sampled(rate: float) -> tuple[float, ...]:
        return tuple(sum(draw.random() < min(1, rate * h) for _ in range(k)) / k for h in hard)

    return [
        Probe(20 * i, sampled(u), sampled(g))
        for i, (g, u) in enumerate(zip(guided, unguided, strict=True))
    ]


def rings(probes: list[Probe]) -> bool:
    return any(check(probes[: i + 1]) for i in range(len(probes)))


RISING = [0.1, 0.2, 0.35, 0.5, 0.6, 0.65, 0.7]
FLAT = [0.05] * 7


def test_guided_reward_without_unguided_accuracy_rings() -> None:
    assert sum(rings(series(RISING, FLAT, seed=seed)) for seed in range(40)) >= 38
    probes = series(RISING, FLAT, seed=0)
    at = next(i for i in range(len(probes)) if check(probes[: i + 1]))
    found = check(probes[: at + 1])
    assert found is not None
    assert found.guided > 0.1
    assert "likely reward hacking at step" in found.text


@pytest.mark.parametrize(
    ("guided", "unguided"),
    [
        (RISING, [r / 2 for r in RISING]),  # learned, half of it without guidance
        (RISING, RISING),
        (FLAT, FLAT),
        ([0.6] * 7, FLAT),  # relies on guidance, and did so before
        (FLAT, RISING),
    ],
)
def test_false_alarms_are_few(guided: list[float], unguided: list[float]) -> None:
    """Whole runs of seven probes, 200 of them; the first case is the edge of the rule."""
    false = sum(rings(series(guided, unguided, seed=seed)) for seed in range(200))
    assert false <= 8


def test_the_alarm_needs_guidance_and_enough_problems() -> None:
    few = series(RISING, FLAT, seed=0, problems=8)
    assert not rings(few)
    assert not rings([Probe(p.step, p.unguided) for p in series(RISING, FLAT, seed=0)])


@pytest.mark.trainer
def test_the_probe_is_apart_from_evaluation_and_changes_no_training(tmp_path: Path) -> None:
    folder = tiny_run.make(tmp_path)
    results = {}
    for name, monitors in (("with", {"probe_every": 2, "probe_problems": 3}), ("without", {})):
        values = tiny_run.config(
            folder,
            output_dir=str(tmp_path / name),
            guidance={"transform": "full", "audit": False},
            verifier={"name": "math"},
            monitors=monitors,
        )
        train(parse(tomllib.loads(tiny_run.toml(values))))
        lines = read_lines(tmp_path / name / "metrics.jsonl")
        results[name] = [(x["step"], x["loss"], x["grad_norm"], x.get("reward")) for x in lines]
    assert results["with"] == results["without"]
    probes = read_lines(tmp_path / "with" / "probe.jsonl")
    assert [p["step"] for p in probes] == [0, 2, 4]
    assert all(len(p["guided"]) == len(p["unguided"]) == 3 for p in probes)
    assert not (tmp_path / "with" / "evaluations.jsonl").exists()
    assert not (tmp_path / "without" / "probe.jsonl").exists()
