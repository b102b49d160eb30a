r"""The math family: short chains of operations that are named by craft words.

    Start with 5: 1) gain 7, 2) mold 4, 3) iron 3, 4) cook 2. Give the last three values.

    Step 1: 5 + 7 = 12.
    Step 2: 12 \star 4 = 15.
    Step 3: 15 \star 3 = 16.
    Step 4: 16 \circ 2 = 19.
    The answer is \boxed{(15, 16, 19)}.

A solver has to know two things that the question does not say: the *plan*, which operator a word
stands for, and the *values*, what an operator yields. Masking hides the values and shows the plan.

`+` and `-` are the usual ones. With x in 10..20 and k in 2..4 the rare operators are

    x \star k    = 10 + (k x^3 + 1) mod 11
    x \diamond k = 10 + (x^3 + 5 k) mod 11
    x \circ k    = 10 + (k x^7 + 3) mod 11

bijections in x for every k, so that no result is likelier than another. Every number of a question
is below 10 and every result is 10 or more: no result stands in the question by coincidence. The
values of a problem differ from one another. The target is the last three together, of which there
are 990.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smepo.testbed.family import LEVELS, Family, Level, Problem, collect, name_of

PLUS, MINUS, STAR, DIAMOND, CIRC = "+", "-", r"\star", r"\diamond", r"\circ"
PLAIN = (PLUS, MINUS)
RARE = (STAR, DIAMOND, CIRC)

PLAIN_WORDS: Mapping[str, str] = {"add": PLUS, "gain": PLUS, "drop": MINUS, "lose": MINUS}

_CRAFTS: Mapping[str, str] = {
    STAR: "bend boil brew carve coil crush dye felt fold glaze "
    "grate hem iron knit mill mold peel pour roast sand",
    DIAMOND: "bind blend braid burn chop comb dip fire forge grind "
    "hew lace melt pack pleat press rinse seal sew spin",
    CIRC: "sift brush cook etch fry glue ink knead knot mix "
    "paint polish quilt roll stir tan trim twist weave weld",
}
RARE_WORDS: Mapping[str, str] = {
    word: operator for operator, words in _CRAFTS.items() for word in words.split()
}
WORDS: Mapping[str, str] = {**PLAIN_WORDS, **RARE_WORDS}

LOW, HIGH = 10, 20  # every result lies in this range
_MODULUS = HIGH - LOW + 1
_RARE_OPERANDS = (2, 3, 4)
_ANSWER_LENGTH = 3


@dataclass(frozen=True, slots=True)
class Chain:
    """The content of a question: a start value, then a word and an operand for every step."""

    start: int
    words: tuple[str, ...]
    operands: tuple[int, ...]


def apply(operator: str, x: int, k: int) -> int:
    """The value of ``x operator k``; the formulas are those of the module's docstring."""
    match operator:
        case "+":
            return x + k
        case "-":
            return x - k
        case r"\star":
            return LOW + (k * x**3 + 1) % _MODULUS
        case r"\diamond":
            return LOW + (x**3 + 5 * k) % _MODULUS
        case r"\circ":
            return LOW + (k * x**7 + 3) % _MODULUS
    raise ValueError(f"unknown operator {operator!r}")


def solve(chain: Chain) -> tuple[list[str], list[int]]:
    """The operators and the values of all steps."""
    operators = [WORDS[word] for word in chain.words]
    values: list[int] = []
    x = chain.start
    for operator, k in zip(operators, chain.operands, strict=True):
        x = apply(operator, x, k)
        values.append(x)
    return operators, values


def question(chain: Chain) -> str:
    """What the solver is told."""
    steps = ", ".join(
        f"{i}) {word} {k}"
        for i, (word, k) in enumerate(zip(chain.words, chain.operands, strict=True), start=1)
    )
    return f"Start with {chain.start}: {steps}. Give the last three values."


def target(values: Sequence[int]) -> str:
    """The last three values as a tuple."""
    return "(" + ", ".join(map(str, values[-_ANSWER_LENGTH:])) + ")"


def trace(
    start: int, operators: Sequence[str], operands: Sequence[int], values: Sequence[object]
) -> str:
    r"""An expert's worked solution, one line a step, then the answer in ``\boxed{}``.

    ``values`` are written as they are: the training script passes placeholders as well.
    """
    before = [start, *values]
    lines = [
        f"Step {i}: {x} {operator} {k} = {y}."
        for i, (x, operator, k, y) in enumerate(
            zip(before, operators, operands, values, strict=False), start=1
        )
    ]
    answer = ", ".join(map(str, values[-_ANSWER_LENGTH:]))
    return "\n".join([*lines, rf"The answer is \boxed{{({answer})}}."])


def draw(rng: random.Random, level: Level) -> Chain:
    """A random chain: an addition that lifts the start above the givens, plain and rare steps."""
    start = rng.randint(2, 9)
    words, operands = [rng.choice(("add", "gain"))], [rng.randint(max(2, LOW - start), 9)]
    x = start + operands[0]
    for i in range(1, level.steps):
        word, k = _draw_plain(rng, x) if i < level.steps - level.rare else _draw_rare(rng)
        words.append(word)
        operands.append(k)
        x = apply(WORDS[word], x, k)
    return Chain(start, tuple(words), tuple(operands))


def _draw_rare(rng: random.Random) -> tuple[str, int]:
    return rng.choice(tuple(RARE_WORDS)), rng.choice(_RARE_OPERANDS)


def _draw_plain(rng: random.Random, x: int) -> tuple[str, int]:
    """An addition or subtraction that stays in the range of results."""
    choices = [
        (word, k)
        for word, operator in PLAIN_WORDS.items()
        for k in range(2, 10)
        if LOW <= apply(operator, x, k) <= HIGH
    ]
    return rng.choice(choices)


def problem(chain: Chain, level: str) -> Problem:
    """The problem that a chain stands for."""
    text = question(chain)
    operators, values = solve(chain)
    return Problem(
        id=name_of("math", level, text),
        question=text,
        target=target(values),
        trace=trace(chain.start, operators, chain.operands, values),
        level=level,
    )


def generate(split: str, level: str, n: int, seed: int) -> list[Problem]:
    """``n`` different problems of one split and level; the values of each differ."""

    def one(rng: random.Random) -> Problem | None:
        chain = draw(rng, LEVELS[level])
        values = solve(chain)[1]
        return problem(chain, level) if len(set(values)) == len(values) else None

    return collect(one, split, n, f"math/{split}/{level}/{seed}")


FAMILY = Family("math", domain="math", levels=LEVELS, generate=generate)
