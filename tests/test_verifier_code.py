"""The code verifier: targets, extraction, statuses, hacks of the comparison."""

from __future__ import annotations

import gzip
import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import smepo
from smepo.errors import ConfigError
from smepo.types import VerdictStatus as S
from smepo.verifiers.programs import extract, fences, tree_of
from smepo.verifiers.sandbox import Limits
from smepo.verifiers.tasks import TargetError, task_of

DATA = Path(__file__).parents[2] / "shared" / "data" / "code"
LIMITS = Limits(seconds=1.0, total_seconds=3.0, memory=512 << 20, files=1 << 20)
CODE = smepo.verifier("code", limits=LIMITS)

ADD = {"tests": ["assert add(1, 2) == 3", "assert add(-1, 1) == 0"], "entry_point": "add"}
CHECK = {
    "tests": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 9",
    "entry_point": "Solution().square",
}
NODES = """
class Node:
    def __init__(self, val=0, next=None):
        self.val, self.next = val, next
"""


def fenced(code: str) -> str:
    return f"Here it is.\n```python\n{code}\n```\nDone."


def test_asserts_check_and_standard_input():
    assert CODE(fenced("def add(a, b):\n    return a + b"), ADD).score == 1
    method = "class Solution:\n    def square(self, n):\n        return n * n"
    assert CODE(fenced(method), CHECK).score == 1
    echo = {"inputs": ["3\n4\n", "1\n1\n"], "outputs": ["7\n", "2"]}
    assert CODE(fenced("print(int(input()) + int(input()))"), echo).score == 1
    calls = {"inputs": [[[1, 2]], [[]]], "outputs": [3, 0], "fn_name": "total"}
    assert CODE(fenced("def total(xs):\n    return sum(xs)"), json.dumps(calls)).score == 1


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("def add(a, b):\n    return a - b", S.WRONG, "AssertionError"),
        ("def add(a, b):\n    return [][0]", S.WRONG, "IndexError"),
        ("def sub(a, b):\n    return a - b", S.WRONG, "NameError"),
        ("def add(a, b):\n    while True: pass", S.TIMEOUT, "longer than 1 s"),
        ("def add(a, b):\n    return [0] * 10**9 and 3", S.WRONG, "MemoryError"),
        ("def add(a, b: return", S.UNPARSED, "no Python"),
        ("import no_such_module", S.WRONG, "ModuleNotFoundError"),
    ],
)
def test_a_program_that_is_not_right_says_why(code, status, says):
    verdict = CODE(fenced(code), ADD)
    assert (verdict.score, verdict.status) == (0, status)
    assert says in verdict.detail


def test_the_level_of_isolation_is_in_every_verdict():
    right, wrong = CODE.wrap("def add(a, b): return a + b"), CODE.wrap("def add(a, b): return 0")
    level = CODE(right, ADD).detail
    assert level in ("bubblewrap", "unshare", "rlimits")
    assert CODE(wrong, ADD).detail.startswith(f"{level}: ")


def test_empty_completions_and_no_code():
    assert CODE("  \n", ADD).status is S.EMPTY
    assert CODE("I do not know how.", ADD).status is S.UNPARSED
    assert CODE("```python\n```", ADD).status is S.UNPARSED


@pytest.mark.parametrize(
    "target",
    [
        {"tests": []},
        {"tests": ""},
        {"tests": "# nothing\npass"},
        {"inputs": [], "outputs": []},
        {"inputs": ["1"], "outputs": []},
        {"tests": "assert True", "entry_point": "add"},
        {"tests": "def check(candidate):\n    pass", "entry_point": "add"},
        {"tests": "assert add(1, 2) == undefined_helper(3)", "entry_point": "add"},
        "42",
        "not json",
        None,
    ],
)
def test_targets_that_test_nothing_are_errors_and_no_pass(target):
    verdict = CODE(fenced("def add(a, b):\n    return a + b"), target)
    assert (verdict.score, verdict.status) == (0, S.ERROR)


def test_partial_credit_is_an_option():
    half = fenced("def add(a, b):\n    return 3")
    assert CODE(half, ADD).score == 0
    partial = smepo.verifier("code", limits=LIMITS, partial=True)
    assert partial(half, ADD).score == 0.5
    assert partial(half, ADD).status is S.WRONG
    echo = {"inputs": ["1", "2", "3", "4"], "outputs": ["1", "1", "1", "1"]}
    assert partial(fenced("print(1 if input() != '2' else 0)"), echo).score == 0.75


def test_arguments_changed_in_place_and_objects_of_the_setup():
    target = {
        "setup": NODES,
        "entry_point": "work",
        "tests": (
            "ring = Node(1, Node(2))\nring.next.next = ring\nxs = [3, 1, 2]\n"
            "assert candidate(xs, ring) is None\n"
            "assert xs == [1, 2, 3]\nassert ring.val == 10 and ring.next.next is ring\n"
        ),
    }
    code = "def work(xs, node):\n    xs.sort()\n    node.val = 10"
    assert CODE(fenced(code), target).detail in ("bubblewrap", "unshare", "rlimits")
    same = dict(target, tests="n = Node(1)\nassert candidate([], n) is n")
    assert CODE(fenced("def work(xs, node):\n    return node"), same).score == 1
    assert CODE(fenced("def work(xs, node):\n    return Node(node.val)"), same).score == 0


def test_values_keep_their_types():
    values = "[1, (2, 3), {4: {5}}, None, True, 1.5, float('inf'), b'x', 'é', 2**70, range(3), 1j]"
    target = {"tests": f"v = {values}\nassert same(v) == v\nassert type(same(v)[1]) is tuple"}
    assert CODE(fenced("def same(v):\n    return v"), target).score == 1
    listed = {"tests": "assert same((1, 2)) == (1, 2)"}
    assert CODE(fenced("def same(v):\n    return list(v)"), listed).score == 0


def test_classes_of_the_program_stay_in_its_process():
    target = {
        "tests": [
            "s = Stack()\ns.push(3)\ns.push(4)\nassert s.pop() == 4\nassert len(s.all()) == 1"
        ]
    }
    stack = (
        "class Stack:\n    def __init__(self): self.items = []\n"
        "    def push(self, x): self.items.append(x)\n    def pop(self): return self.items.pop()\n"
        "    def all(self): return self.items"
    )
    assert CODE(fenced(stack), target).score == 1


def test_output_is_compared_line_by_line_and_numbers_by_value():
    target = {"inputs": [""], "outputs": ["2.5 x\n3\n"]}
    assert CODE(fenced("print('2.50 x  ')\nprint(3)\nprint()"), target).score == 1
    assert CODE(fenced("print('2.5 x 3')"), target).score == 0
    near = {"inputs": [""], "outputs": ["0.333333"]}
    assert CODE(fenced("print(1/3)"), near).score == 0
    assert smepo.verifier("code", limits=LIMITS, tolerance=1e-5)(fenced("print(1/3)"), near).score


def test_the_last_block_of_code_counts_and_python_before_others():
    text = "```python\ndef f(): return 1\n```\nthen\n```\n[0, 1]\n```"
    assert extract(text) == "def f(): return 1\n"
    assert extract("```python\nx = 1\n```\n~~~py\nx = 2\n~~~") == "x = 2\n"
    assert extract("```python\ndef f(): pass\n```\n```python\nf()\n```", "f") == "def f(): pass\n"
    assert extract("1. So:\n   ```python\n   x = 1\n   ```") == "x = 1\n"
    assert extract("```python\nx = 1") == "x = 1"
    assert extract("x = 1\ny = 2") == "x = 1\ny = 2"
    assert extract("no code here") is None
    assert [f.language for f in fences("```Python\na\n```\n````\n```\n````")] == ["python", ""]


def test_wrap_holds_code_with_fences_in_it():
    code = 'def add(a, b):\n    """```"""\n    return a + b'
    assert extract(CODE.wrap(code)) == code + "\n"


def test_targets_that_cannot_be_read_say_what_is_wanted():
    with pytest.raises(TargetError, match='"inputs" and "outputs"'):
        task_of({"entry_point": "f"})
    with pytest.raises(ConfigError, match="isolation"):
        smepo.verifier("code", isolation="none")
    with pytest.raises(ConfigError, match="/no/such is no folder"):
        smepo.verifier("code", paths=["/no/such"])


def test_a_reward_gives_zero_for_a_program_that_does_not_end():
    reward = smepo.reward("code", limits=LIMITS)
    loop, right = fenced("def add(a, b):\n    while 1: pass"), fenced("add = lambda a, b: a + b")
    assert reward(completions=[loop, right, right], target=[ADD, ADD, None]) == [0, 1, None]
    assert reward.counts["timeout"] == 1


def leetcode(count: int) -> list[tuple[str, str, dict[str, str]]]:
    path = DATA / "leetcode_train.jsonl.gz"
    if not path.exists():
        pytest.skip("no public data beside the checkout")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = random.Random(7).sample([json.loads(line) for line in lines], count)
    return [
        (
            row["completion"],
            row["response"],
            {"tests": row["test"], "entry_point": row["entry_point"], "setup": row["prompt"]},
        )
        for row in rows
    ]


@pytest.mark.data
def test_reference_solutions_and_fenced_responses_score():
    pairs = []
    for completion, response, target in leetcode(60):
        pairs += [(CODE.wrap(completion), target), (response, target)]
    assert [v.detail for v in CODE.many(pairs) if v.score != 1] == []


def test_programs_are_read_from_many_threads_at_once():
    texts = [f"def f(x):\n    return {'(' * 40}x + {n}{')' * 40}\n" * 20 for n in range(400)]
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(tree_of, texts))
    assert [len(tree.body) for tree in trees] == [20] * 400
