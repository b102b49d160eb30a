"""The corpus and the vocabulary of the math family's base policy; see base_policy_recipe.py."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from base_policy_recipe import Document, Recipe, Shares, cut, draw_level, hide_words, seeded
from base_policy_tokenizer import WORDING_PIECES, blanks
from smepo.prompting import compose
from smepo.testbed.family import split_of
from smepo.testbed.math import (
    HIGH,
    LOW,
    PLAIN,
    RARE,
    RARE_WORDS,
    WORDS,
    Chain,
    apply,
    draw,
    question,
    trace,
)

# of two thirds of the words and half of the values, and of the rest
STAGES = (
    Shares((0.84, 0.16), (0.48, 0.52), (0.52, 0.28, 0.20), (0.19, 0.46, 0.35)),
    Shares((0.97, 0.03), (0.15, 0.85), (0.33, 0.45, 0.22), (0.33, 0.45, 0.22)),
)

# how often each kind of document occurs
KINDS = {
    "unguided": 0.33,
    "full": 0.23,
    "masked": 0.26,
    "masked_cut": 0.04,
    "full_cut": 0.04,
    "numbers": 0.04,
    "random": 0.06,
}
# this share of traces that show values carries random ones: nothing but copying predicts them
RANDOM_VALUES = 0.5


def operator_candidates(word: str, shares: Shares) -> tuple[list[str], tuple[float, ...]]:
    """The operators that the corpus takes a word for, the true one first, with their shares."""
    true = WORDS[word]
    if word not in RARE_WORDS:
        return [true], (1.0,)
    rng = seeded("word", word)
    weights = shares.known_word if rng.random() < 2 / 3 else shares.shaky_word
    return [true, rng.choice([o for o in RARE if o != true])], weights


def value_candidates(
    operator: str, x: int, k: int, shares: Shares
) -> tuple[list[int], tuple[float, ...]]:
    """The values that the corpus gives ``x operator k``, the true one first, with their shares."""
    true = apply(operator, x, k)
    if operator not in RARE:
        return [true], (1.0,)
    rng = seeded("value", operator, x, k)
    decoys = rng.sample([v for v in range(LOW, HIGH + 1) if v != true], 2)
    return [true, *decoys], shares.known_value if rng.random() < 0.5 else shares.shaky_value


def attempt(rng: random.Random, chain: Chain, shares: Shares) -> tuple[list[str], list[int]]:
    """An author's operators and values: right where the dice fall on the true candidates."""
    operators: list[str] = []
    values: list[int] = []
    x = chain.start
    for word, k in zip(chain.words, chain.operands, strict=True):
        choices, weights = operator_candidates(word, shares)
        operators.append(rng.choices(choices, weights)[0])
        results, weights = value_candidates(operators[-1], x, k, shares)
        x = rng.choices(results, weights)[0]
        values.append(x)
    return operators, values


def mask(
    start: int,
    operators: Sequence[str],
    operands: Sequence[int],
    values: Sequence[int],
    answer: str = "[EXPR_1]",
) -> str:
    """The trace as critical-path masking leaves it: results and the answer hidden by index."""
    names: dict[int, str] = {}
    for value in values:
        names.setdefault(value, f"[NUMBER_{len(names) + 1}]")
    text = trace(start, operators, operands, [names[value] for value in values])
    return text[: text.rindex("{") + 1] + answer + "}."


def mask_some(rng: random.Random, text: str, share: float) -> str:
    """The trace with plain blanks for a share of its numbers; the control `paper` hides all."""

    def hide(number: re.Match[str]) -> str:
        return "[NUMBER]" if rng.random() < share else number[0]

    return re.sub(r"\b(?<!Step )\d+", hide, text)


def draw_document(rng: random.Random, kind: str, max_steps: int, shares: Shares) -> Document:
    """One document of the training split."""
    while True:
        chain = draw(rng, draw_level(rng, max_steps))
        if split_of(question(chain)) == "train":
            break
    operators, values = attempt(rng, chain, shares)
    if kind in ("full", "random") and rng.random() < RANDOM_VALUES:
        values = [rng.randint(LOW, HIGH) for _ in values]
    full = trace(chain.start, operators, chain.operands, values)
    answer = rng.choices(("[EXPR_1]", "[ANSWER_1]"), (0.8, 0.2))[0]
    masked = mask(chain.start, operators, chain.operands, values, answer)
    guidance = {
        "unguided": lambda: None,
        "full": lambda: full,
        "masked": lambda: masked,
        "masked_cut": lambda: cut(rng, masked),
        "full_cut": lambda: cut(rng, full),
        "numbers": lambda: mask_some(rng, full, rng.choice((0.3, 1.0))),
        "random": lambda: hide_words(rng, full, round(rng.choice((0.1, 0.2, 0.3)) * len(full))),
    }[kind]()
    return Document(kind, compose(question(chain), guidance), full)


MAX_STEPS = 8


def pieces() -> tuple[str, ...]:
    """Every piece of text that is one token, longest first where one begins another."""
    phrases = (
        "Start with ",
        ". Give the last three values.",
        "The answer is \\boxed{(",
        "The answer is \\boxed{",
        ")}.",
        "}.",
        ": ",
        ", ",
        " = ",
        ".\n",
        "\n\n",
    )
    steps = [f"Step {i}: " for i in range(1, MAX_STEPS + 1)]
    labels = [f"{i}) " for i in range(1, MAX_STEPS + 1)]
    operators = [f" {operator} " for operator in (*PLAIN, *RARE)]
    words = [f"{word} " for word in WORDS]
    numbers = [str(i) for i in range(2 * LOW + 1)]
    hidden = blanks({"NUMBER": 16, "ANSWER": 16, "EXPR": 16})
    return (
        *(*WORDING_PIECES, *phrases, *steps, *labels, *operators, *words),
        *(*hidden, *numbers),
    )


RECIPE = Recipe(
    family="math",
    pieces=pieces(),
    kinds=KINDS,
    stages=STAGES,
    steps=(2600, 600),
    lr=(2e-3, 1e-3),
    document=draw_document,
    answer_tokens=80,
    file="scripts/base_policy_math.py",
)
