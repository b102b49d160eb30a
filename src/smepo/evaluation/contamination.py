"""Does the evaluation ask what training has asked? n-grams of words, normalised.

A question is contaminated if it equals a training question, or if ``n`` consecutive words of it
stand in one: 13, as in Brown et al., "Language Models are Few-Shot Learners", arXiv 2005.14165,
appendix C. Shorter questions are compared whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from smepo.types import Row

WORDS = 13
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """An evaluation row and the first training row that it overlaps."""

    id: str
    train_id: str
    whole: bool  # the same words from first to last


def words(text: str) -> list[str]:
    """Words and numbers in small letters, without accents and punctuation.

    >>> words("What's 3,5 + x_1 — naïvely?")
    ['what', 's', '3', '5', 'x', '1', 'naively']
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return _WORD.findall(letters.casefold())


def overlaps(evaluation: Iterable[Row], training: Iterable[Row], n: int = WORDS) -> list[Overlap]:
    """Every evaluation row that overlaps a training row, in order."""
    grams: dict[bytes, str] = {}
    wholes: dict[bytes, str] = {}
    for row in training:
        said = words(row.question)
        wholes.setdefault(_key(said), row.id)
        for gram in _grams(said, n):
            grams.setdefault(gram, row.id)
    found = []
    for row in evaluation:
        said = words(row.question)
        same = wholes.get(_key(said))
        hit = (
            same
            if same is not None
            else next((grams[gram] for gram in _grams(said, n) if gram in grams), None)
        )
        if hit is not None:
            found.append(Overlap(row.id, hit, same is not None))
    return found


def _grams(said: list[str], n: int) -> Iterator[bytes]:
    return (_key(said[i : i + n]) for i in range(len(said) - n + 1))


def _key(said: list[str]) -> bytes:
    return blake2b(" ".join(said).encode(), digest_size=8).digest()
