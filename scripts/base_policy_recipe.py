"""What the tiny base policies of all families share: who wrote their corpus, and its dialogues.

A real base model has read many solutions, some of them wrong. So have these. For a rare word the
authors of the corpus disagree on the operation, and for a rare operation on what comes of it: every
step of every document draws from fixed candidates, of which one is true. The policy learns these
mixtures, so its success is known in advance: over the rare steps of a problem, the product of the
shares of the true values, times, without guidance, the product of the shares of the true
operations. Traces in the context carry the draws of their own document: they tell nothing about the
truth.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from smepo.masking.render import render
from smepo.masking.select import at_random
from smepo.testbed.family import Level


@dataclass(frozen=True, slots=True)
class Shares:
    """How much the authors of the corpus know.

    ``known_*`` and ``shaky_*`` are the shares of (the true candidate, the first decoy, ...), for
    the words and values that they know, and for the rest.
    """

    known_word: tuple[float, ...]
    shaky_word: tuple[float, ...]
    known_value: tuple[float, ...]
    shaky_value: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One dialogue: what the user says and what the assistant answers."""

    kind: str
    user: str
    assistant: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the base policy of a family comes about.

    ``pieces``: the texts that are one token each, in the order in which they are tried. ``kinds``:
    how often each kind of document occurs. ``stages``: who wrote the corpus, from stage to stage of
    the run; of two, the first teaches to read, copy and compute, the second what to believe.
    ``steps`` and ``lr``: of each stage. ``document(rng, kind, steps, shares)``: one
    document of the training split with at most so many steps. ``answer_tokens``: no answer is
    longer. ``file``: where this is written.
    """

    family: str
    pieces: tuple[str, ...]
    kinds: Mapping[str, float]
    stages: tuple[Shares, ...]
    steps: tuple[int, ...]
    lr: tuple[float, ...]
    document: Callable[[random.Random, str, int, Shares], Document]
    answer_tokens: int
    file: str


def seeded(*parts: object) -> random.Random:
    """Dice that fall the same way for the same parts."""
    return random.Random(hashlib.sha256(repr(parts).encode()).digest())


def hide_words(rng: random.Random, text: str, amount: int) -> str:
    """The trace with ``amount`` characters hidden, tokens at random, as the control does."""
    return render(text, at_random(text, amount, rng.randrange(2**32)), indexed=True)[0]


def cut(rng: random.Random, text: str) -> str:
    """The first lines of a trace."""
    lines = text.split("\n")
    return "\n".join(lines[: rng.randint(1, len(lines) - 1)])


def draw_level(rng: random.Random, max_steps: int) -> Level:
    """Any number of steps from three on, any number of rare ones."""
    steps = rng.randint(3, max_steps)
    return Level(steps, rng.randint(0, steps - 1))
