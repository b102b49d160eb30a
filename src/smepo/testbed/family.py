"""What every family of the testbed has: problems, levels, and splits that share none."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smepo.errors import ConfigError
from smepo.types import Row

SPLITS = ("train", "heldout")
_HELDOUT_SHARE = 5  # one problem in five is held out, by the hash of its question
_PATIENCE = 20_000  # draws in a row that bring nothing new


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem with its exact target and an expert's trace, as the verifier and the masks of
    its domain take them."""

    id: str
    question: str
    target: Any
    trace: Any
    level: str
    extra: Mapping[str, Any] = field(default_factory=dict)  # further columns

    def row(self) -> Row:
        """The problem as a row of a data set."""
        columns = {
            "id": self.id,
            "question": self.question,
            "target": self.target,
            "trace": self.trace,
            "level": self.level,
            **self.extra,
        }
        return Row(self.id, self.question, self.target, (self.trace,), columns)


@dataclass(frozen=True, slots=True)
class Level:
    """How hard a chain is: its steps, and how many of them, the last ones, are rare."""

    steps: int
    rare: int


# Of both families of chains, math and code.
LEVELS: Mapping[str, Level] = {
    "easy": Level(steps=3, rare=0),
    "medium": Level(steps=4, rare=1),
    "hard": Level(steps=4, rare=3),
    "hardest": Level(steps=5, rare=4),
    "long": Level(steps=7, rare=3),  # for larger policies: those that ship know five steps
}


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of problems. ``domain`` names its masks and its verifier, ``levels`` what each level
    of difficulty means, and ``generate(split, level, n, seed)`` makes ``n`` different problems:
    equal arguments give equal lists, and the splits share no question.
    """

    name: str
    domain: str
    levels: Mapping[str, Any]
    generate: Callable[[str, str, int, int], list[Problem]]

    @property
    def policy(self) -> Path | None:
        """The folder of the family's base policy, if one ships."""
        path = Path(__file__).parent / "policies" / self.name
        return path if (path / "config.json").is_file() else None


def split_of(question: str) -> str:
    """``"train"`` or ``"heldout"``: decided by the hash of the question alone."""
    digest = hashlib.sha256(question.encode()).digest()
    return "heldout" if digest[0] % _HELDOUT_SHARE == 0 else "train"


def name_of(family: str, level: str, question: str) -> str:
    """The id of a problem, made from its question."""
    return f"{family}-{level}-{hashlib.sha256(question.encode()).hexdigest()[:12]}"


def collect(
    draw: Callable[[random.Random], Problem | None], split: str, n: int, seed: str
) -> list[Problem]:
    """The first ``n`` different problems of a split that ``draw`` makes from the dice of ``seed``.

    ``draw`` returns None for what is no good problem.

    Raises:
        ConfigError: there are not so many.
    """
    rng = random.Random(seed)
    found: dict[str, Problem] = {}
    misses = 0
    while len(found) < n:
        candidate = draw(rng)
        misses += 1
        if misses > _PATIENCE:
            raise ConfigError(f"n: {n} problems asked for, {seed} has about {len(found)}")
        if candidate is None or candidate.id in found or split_of(candidate.question) != split:
            continue
        found[candidate.id] = candidate
        misses = 0
    return list(found.values())
