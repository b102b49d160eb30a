"""The code family: functions of a list of integers, specified by craft words, judged by tests.

    Write f(a0) for a list of integers a0. Steps: 1) raise 7, 2) moor 2, 3) reef 3. Return the list.

    Step 1: add 7.
    Step 2: rotate left by 2.
    Step 3: add 3 times the index.
    ```python
    def f(a0):
        a1 = [x + 7 for x in a0]
        a2 = a1[2:] + a1[:2]
        a3 = [x + 3 * i for i, x in enumerate(a2)]
        return a3
    ```

A solver has to know two things that the question does not say: the *plan*, which operation a word
stands for, and the *code*, how an operation is written. Masking hides the code and shows the plan.

The target is five calls with their results, and a problem is one only if they tell its function
from every function that has another operation, another operand or a wrong expression in one step.
Every operation can be undone, so that no step hides what an earlier one did.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from smepo.testbed.family import LEVELS, Family, Level, Problem, collect, name_of

Numbers = list[int]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do with a list: its sentence in the plan, its expression, and slips of the pen,
    expressions that do something else. ``{k}`` is the operand and ``{a}`` the list.
    """

    says: str
    code: str
    slips: tuple[str, ...] = ()


ADD = Operation("add {k}", "[x + {k} for x in {a}]")
TAKE = Operation("subtract {k}", "[x - {k} for x in {a}]")
TIMES = Operation("multiply by {k}", "[x * {k} for x in {a}]")
PLAIN = (ADD, TAKE, TIMES)

RARE = (
    Operation(
        "rotate left by {k}",
        "{a}[{k}:] + {a}[:{k}]",
        ("{a}[-{k}:] + {a}[:-{k}]", "{a}[{k}:] + {a}[{k}:]"),
    ),
    Operation(
        "reverse the first {k}",
        "{a}[:{k}][::-1] + {a}[{k}:]",
        ("{a}[:-{k}][::-1] + {a}[-{k}:]", "{a}[{k}::-1] + {a}[{k}:]"),
    ),
    Operation(
        "reverse all but the first {k}",
        "{a}[:{k}] + {a}[{k}:][::-1]",
        ("{a}[:{k}] + {a}[:{k}:-1]", "{a}[-{k}:] + {a}[:-{k}][::-1]"),
    ),
    Operation(
        "add {k} times the index",
        "[x + {k} * i for i, x in enumerate({a})]",
        ("[x * {k} + i for i, x in enumerate({a})]", "[x + {k} * i for i, x in enumerate({a}, 1)]"),
    ),
    Operation(
        "add the number at distance {k}",
        "[x + {a}[i - {k}] for i, x in enumerate({a})]",
        (
            "[x - {a}[i - {k}] for i, x in enumerate({a})]",
            "[x + {a}[i] - {k} for i, x in enumerate({a})]",
        ),
    ),
    Operation(
        "multiply every second number by {k}",
        "[x * {k} if i % 2 else x for i, x in enumerate({a})]",
        (
            "[x if i % 2 else x * {k} for i, x in enumerate({a})]",
            "[x * {k} if x % 2 else x for x in {a}]",
        ),
    ),
    Operation(
        "flip the bits of {k}",
        "[x ^ {k} for x in {a}]",
        ("[x | {k} for x in {a}]", "[x & ~{k} for x in {a}]"),
    ),
    Operation(
        "subtract the first number times {k}",
        "[x - {k} * {a}[0] for x in {a}]",
        ("[x * {k} - {a}[0] for x in {a}]", "[x - {k} * {a}[-1] for x in {a}]"),
    ),
    Operation(
        "append the sum of the first {k}",
        "{a} + [sum({a}[:{k}])]",
        ("{a} + [sum({a}[-{k}:])]", "[sum({a}[:{k}])] + {a}"),
    ),
    Operation(
        "repeat the last {k}",
        "{a} + {a}[-{k}:]",
        ("{a} + {a}[:-{k}]", "{a} + {a}[-{k}]"),
    ),
    Operation(
        "deal into {k} piles",
        "[x for i in range({k}) for x in {a}[i::{k}]]",
        (
            "[x for i in range({k}) for x in {a}[::{k}]]",
            "[x for i in range({k}) for x in {a}[i:{k}]]",
        ),
    ),
    Operation(
        "negate the first {k}",
        "[-x for x in {a}[:{k}]] + {a}[{k}:]",
        ("[-x for x in {a}[{k}:]] + {a}[:{k}]", "[x for x in {a}[:-{k}]] + {a}[{k}:]"),
    ),
)

_PLAIN_WORDS = {ADD: "raise lift", TAKE: "lower sink", TIMES: "scale grow"}
_RARE_WORDS = (
    "anchor dock launch rudder tack",
    "bail drift moor sail tar",
    "beach ferry net scud tow",
    "berth fish oar scull trawl",
    "board float paddle sheet veer",
    "brace haul pilot ship wade",
    "buoy helm ply shore wake",
    "cable hoist port sound warp",
    "caulk hull reef splice wharf",
    "chart keel rig steer winch",
    "kedge heave row stow yaw",
    "hitch swab wind yoke punt",
)
PLAIN_WORDS: Mapping[str, Operation] = {
    word: operation for operation, words in _PLAIN_WORDS.items() for word in words.split()
}
RARE_WORDS: Mapping[str, Operation] = {
    word: operation
    for operation, words in zip(RARE, _RARE_WORDS, strict=True)
    for word in words.split()
}
WORDS: Mapping[str, Operation] = {**PLAIN_WORDS, **RARE_WORDS}

PLAIN_OPERANDS = tuple(range(2, 10))
RARE_OPERANDS = (2, 3, 4)
ENTRY = "f"
_CALLS = 5


@dataclass(frozen=True, slots=True)
class Chain:
    """The content of a question: a word and an operand for every step."""

    words: tuple[str, ...]
    operands: tuple[int, ...]

    @property
    def operations(self) -> list[Operation]:
        """What the words stand for."""
        return [WORDS[word] for word in self.words]


def question(chain: Chain) -> str:
    """What the solver is told."""
    steps = ", ".join(
        f"{i}) {word} {k}"
        for i, (word, k) in enumerate(zip(chain.words, chain.operands, strict=True), start=1)
    )
    return f"Write {ENTRY}(a0) for a list of integers a0. Steps: {steps}. Return the list."


def trace(operations: Sequence[Operation], operands: Sequence[int], lines: Sequence[str]) -> str:
    """An expert's solution: a sentence a step, then the program.

    ``lines`` has the expressions, with ``{k}`` and ``{a}``: the training script passes wrong ones.
    """
    plan = [
        f"Step {i}: {operation.says.format(k=k)}."
        for i, (operation, k) in enumerate(zip(operations, operands, strict=True), start=1)
    ]
    return "\n".join([*plan, f"```python\n{program(lines, operands)}\n```"])


def program(lines: Sequence[str], operands: Sequence[int]) -> str:
    """The function of which each step is one of ``lines``."""
    body = [
        f"    a{i} = {line.format(k=k, a=f'a{i - 1}')}"
        for i, (line, k) in enumerate(zip(lines, operands, strict=True), start=1)
    ]
    return "\n".join([f"def {ENTRY}(a0):", *body, f"    return a{len(lines)}"])


@cache
def function(line: str) -> Callable[[Numbers, int], Numbers]:
    """The expression as a function of the list and the operand."""
    made: Callable[[Numbers, int], Numbers] = eval(f"lambda a, k: {line.format(a='a', k='k')}")
    return made


def run(numbers: Numbers, lines: Sequence[str], operands: Sequence[int]) -> list[Numbers]:
    """The list before the first step and after every step."""
    lists = [numbers]
    for line, k in zip(lines, operands, strict=True):
        lists.append(function(line)(lists[-1], k))
    return lists


def mutants(line: str, k: int) -> Iterator[tuple[str, int]]:
    """Every other step that could stand in the place of one: its line and its operand."""
    for operation in (*PLAIN, *RARE):
        for other in (operation.code, *operation.slips):
            for operand in {k, *RARE_OPERANDS}:
                if (other, operand) != (line, k):
                    yield other, operand


def calls(rng: random.Random, chain: Chain) -> dict[str, Any] | None:
    """Inputs and outputs that no mutant passes; None if the lists drawn do not tell them apart."""
    lines = [operation.code for operation in chain.operations]
    inputs = [rng.sample(range(-20, 21), rng.randint(6, 9)) for _ in range(_CALLS)]
    lists = [run(numbers, lines, chain.operands) for numbers in inputs]
    for i, (line, k) in enumerate(zip(lines, chain.operands, strict=True)):
        rest = lines[i + 1 :], chain.operands[i + 1 :]
        for other in mutants(line, k):
            if all(_agrees(one[i], *other, *rest, one[-1]) for one in lists):
                return None
    return {
        "inputs": [[numbers] for numbers in inputs],
        "outputs": [one[-1] for one in lists],
        "entry_point": ENTRY,
    }


def _agrees(
    numbers: Numbers,
    line: str,
    k: int,
    lines: Sequence[str],
    operands: Sequence[int],
    wanted: Numbers,
) -> bool:
    """True if a step and the steps behind it lead to the wanted list."""
    try:
        return run(numbers, [line, *lines], [k, *operands])[-1] == wanted
    except (IndexError, TypeError):  # a mutant that makes something else of the list
        return False


def draw(rng: random.Random, level: Level) -> Chain:
    """A random chain: plain steps, then rare ones."""
    plain = level.steps - level.rare
    words = [rng.choice(tuple(PLAIN_WORDS)) for _ in range(plain)]
    words += [rng.choice(tuple(RARE_WORDS)) for _ in range(level.rare)]
    operands = [rng.choice(PLAIN_OPERANDS) for _ in range(plain)]
    operands += [rng.choice(RARE_OPERANDS) for _ in range(level.rare)]
    return Chain(tuple(words), tuple(operands))


def problem(chain: Chain, level: str) -> Problem | None:
    """The problem that a chain stands for, if tests can judge it."""
    text = question(chain)
    target = calls(random.Random(text), chain)
    if target is None:
        return None
    operations = chain.operations
    return Problem(
        id=name_of("code", level, text),
        question=text,
        target=target,
        trace=trace(operations, chain.operands, [operation.code for operation in operations]),
        level=level,
    )


def generate(split: str, level: str, n: int, seed: int) -> list[Problem]:
    """``n`` different problems of one split and level."""
    return collect(
        lambda rng: problem(draw(rng, LEVELS[level]), level),
        split,
        n,
        f"code/{split}/{level}/{seed}",
    )


FAMILY = Family("code", domain="code", levels=LEVELS, generate=generate)
