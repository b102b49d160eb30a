"""Sides: maximal runs of mathematics between relations, words and marks.

    "Then 20 + 3 = 23 apples"   ->   [20 + 3] opened by a word, followed by "="
                                     [23]     opened by "=", followed by a word

A side knows what opened it and what it is made of; ``roles`` reads the roles off that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from smepo.masking.math.atoms import Atom


class Opened(StrEnum):
    """What stands before a side."""

    START = "start"
    EQ = "eq"
    ORDER = "order"
    YIELDS = "yields"
    STATES = "states"
    MAKES = "makes"
    CONCLUDES = "concludes"


@dataclass(slots=True)
class Side:
    """Tokens ``first`` to ``last`` (half open). ``left`` is the side before its ``=``."""

    first: int
    last: int
    opened: Opened
    left: Side | None = None
    chain: int = 0  # relations before it in its chain
    followed: bool = False  # a relation follows
    cue: str = ""  # "result" or "given": the latest cue of the clause
    subject: tuple[str, ...] = ()  # the last words of the clause
    computed: tuple[str, ...] = ()  # words of the clause that compute something
    counted: bool = False  # a value stands shortly before
    atoms: list[tuple[int, Atom, bool]] = field(default_factory=list)  # sign, atom, is exponent
    letters: set[str] = field(default_factory=set)
    operators: bool = False  # arithmetic that could be carried out
    multiplies: bool = False  # ... of an explicit product or function
    irreducible: bool = False  # surds, pi, functions
    factorial: bool = False
    unevaluated: bool = False  # a sum, an integral, a binomial
    listed: bool = False  # commas inside brackets
    balanced: bool = True
    continued: bool = False  # an operator follows after a unit: "240 students - 224 students"

    @property
    def closed(self) -> bool:
        """True if no variable occurs."""
        return not self.letters
