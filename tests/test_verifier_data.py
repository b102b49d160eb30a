"""Real answers: every ground truth equals itself, and the answer that its own solution states."""

import json

import pytest

import smepo

pytestmark = pytest.mark.data


def rows(public, name):
    path = public / "math" / name
    if name.startswith("gsm8k"):
        lines = map(json.loads, path.read_text().splitlines())
        return [(r["answer"].split("####")[1].strip(), r["answer"]) for r in lines]
    if name.startswith("math500"):
        lines = map(json.loads, path.read_text().splitlines())
        return [(r["answer"], r["solution"]) for r in lines]
    if name.startswith("aime"):
        return [(r["answer"], r["solution"]) for r in json.loads(path.read_text())]
    return [(r["ground_truth"], r["full_reasoning"]) for r in json.loads(path.read_text())]


# how many solutions must state their row's answer: the others were read one by one
FILES = [
    ("scaf800.json", 777),  # 19 state another value or form than the row, 4 are cut off
    ("math500.jsonl", 500),
    ("aime_1983_2023.json", 973),  # 2 solutions box nothing
    ("gsm8k_train.jsonl", 7473),
    ("gsm8k_test.jsonl", 1319),
]


@pytest.mark.parametrize(("name", "stated"), FILES)
def test_ground_truths(public, name, stated):
    math = smepo.verifier("math", timeout=30.0)
    found = rows(public, name)
    wrapped = math.many([(math.wrap(str(target)), target) for target, _ in found])
    assert [v for v in wrapped if v.score != 1.0] == []
    own = math.many([(solution, target) for target, solution in found])
    assert sum(v.score for v in own) >= stated
