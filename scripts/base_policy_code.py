"""The corpus and the vocabulary of the code family's base policy; see base_policy_recipe.py."""

from __future__ import annotations

import random
import re

from base_policy_recipe import Document, Recipe, Shares, cut, draw_level, hide_words, seeded
from base_policy_tokenizer import WORDING_PIECES, blanks
from smepo.prompting import compose
from smepo.testbed.code import (
    ENTRY,
    PLAIN,
    RARE,
    RARE_WORDS,
    WORDS,
    Chain,
    Operation,
    draw,
    program,
    question,
    trace,
)
from smepo.testbed.family import split_of

# of half of the words, and of the rest; of all expressions the likeliest is a wrong one
SHARES = Shares((0.97, 0.03), (0.15, 0.85), (0.33, 0.45, 0.22), (0.33, 0.45, 0.22))

# how often each kind of document occurs
KINDS = {
    "unguided": 0.35,
    "full": 0.26,
    "masked": 0.27,
    "masked_cut": 0.04,
    "full_cut": 0.05,
    "random": 0.03,
}
# this share of full traces carries random expressions, so that nothing but copying predicts them
RANDOM_LINES = 0.5

LINES = tuple(line for one in (*PLAIN, *RARE) for line in (one.code, *one.slips))


def operation_candidates(word: str, shares: Shares) -> tuple[list[Operation], tuple[float, ...]]:
    """The operations that the corpus takes a word for, the true one first, with their shares."""
    true = WORDS[word]
    if word not in RARE_WORDS:
        return [true], (1.0,)
    rng = seeded("word", word)
    weights = shares.known_word if rng.random() < 0.5 else shares.shaky_word
    return [true, rng.choice([o for o in RARE if o != true])], weights


def line_candidates(
    operation: Operation, k: int, shares: Shares
) -> tuple[list[str], tuple[float, ...]]:
    """The expressions that the corpus writes for an operation, the true one first, with their
    shares."""
    if operation not in RARE:
        return [operation.code], (1.0,)
    rng = seeded("line", operation.says, k)
    slips = rng.sample(operation.slips, len(operation.slips))
    return [operation.code, *slips], (
        shares.known_value if rng.random() < 0.5 else shares.shaky_value
    )


def attempt(rng: random.Random, chain: Chain, shares: Shares) -> tuple[list[Operation], list[str]]:
    """An author's operations and expressions: right where the dice fall on the true candidates."""
    operations: list[Operation] = []
    lines: list[str] = []
    for word, k in zip(chain.words, chain.operands, strict=True):
        choices, weights = operation_candidates(word, shares)
        operations.append(rng.choices(choices, weights)[0])
        texts, weights = line_candidates(operations[-1], k, shares)
        lines.append(rng.choices(texts, weights)[0])
    return operations, lines


def draw_document(rng: random.Random, kind: str, max_steps: int, shares: Shares) -> Document:
    """One document of the training split."""
    while True:
        chain = draw(rng, draw_level(rng, max_steps))
        if split_of(question(chain)) == "train":
            break
    operations, lines = attempt(rng, chain, shares)
    if kind == "full" and rng.random() < RANDOM_LINES:
        lines = [rng.choice(LINES) for _ in lines]
    full = trace(operations, chain.operands, lines)
    hidden = program(lines, chain.operands)
    name = rng.choices(("[CODE_1]", "[CODE]"), (0.8, 0.2))[0]
    masked = full.replace(hidden, name)
    guidance = {
        "unguided": lambda: None,
        "full": lambda: full,
        "masked": lambda: masked,
        "masked_cut": lambda: cut(rng, masked),
        "full_cut": lambda: cut(rng, full),
        "random": lambda: hide_words(rng, full, round(rng.choice((0.5, 1.0, 1.0)) * len(hidden))),
    }[kind]()
    return Document(kind, compose(question(chain), guidance), full)


MAX_STEPS = 8


def split_at_fields(template: str) -> list[str]:
    """The fixed texts of a template."""
    return [text for text in re.split(r"\{[ak]\}", template) if text]


def pieces() -> tuple[str, ...]:
    """Every piece of text that is one token: whole phrases, then single words; longest first."""
    steps = range(1, MAX_STEPS + 1)
    operations = (*PLAIN, *RARE)
    phrases = {
        *(f"Write {ENTRY}(a0) for a list of integers a0. Steps: ", ". Return the list."),
        *(f".\n```python\ndef {ENTRY}(a0):", f"\n```python\ndef {ENTRY}(a0):", "\n    return "),
        *(".\n```python\n", "\n```", ".\n", "\n\n", ", ", " "),
        *(f"{word} " for word in WORDS),
        *(f"{i}) " for i in steps),
        *(f"Step {i}: " for i in steps),
        *(f"\n    a{i} = " for i in steps),
        *(f"a{i}" for i in range(MAX_STEPS + 1)),
        *(text for o in operations for text in split_at_fields(o.says)),
        *(text for line in LINES for text in split_at_fields(line)),
    }
    words = {word for phrase in phrases for word in re.findall(r"[a-z]{2,}", phrase, re.I)}
    literal = sorted(phrases | words, key=lambda piece: (-len(piece), piece))
    hidden = blanks({"CODE": 4, "EXPR": 144})
    return (*WORDING_PIECES, *hidden, *literal, *(str(i) for i in range(10)))


RECIPE = Recipe(
    family="code",
    pieces=pieces(),
    kinds=KINDS,
    stages=(SHARES, SHARES),  # copying comes last, and needs a second start of the learning rate
    steps=(4500, 2500),
    lr=(2e-3, 1.5e-3),
    document=draw_document,
    answer_tokens=120,
    file="scripts/base_policy_code.py",
)
