"""Sides: maximal runs of mathematics between relations, words and marks.

    "Then 20 + 3 = 23 apples"   ->   [20 + 3] opened by a word, followed by "="
                                     [23]     opened by "=", followed by a word

A side knows what opened it and what it is made of; ``roles`` reads the roles off that.
"""

from __future__ import annotations

from typing import Final

from smepo.masking.math.atoms import Atom

# What stands before a side.
BY_NOTHING: Final = 0
BY_EQ: Final = 1
BY_ORDER: Final = 2
BY_YIELDS: Final = 3
BY_STATES: Final = 4
BY_MAKES: Final = 5
BY_CONCLUDES: Final = 6
BY_TELLS: Final = 7  # a value alone: "so it has 9", "the answer 9"

# The latest cue of a clause.
NO_CUE: Final = 0
RESULT_CUE: Final = 1
GIVEN_CUE: Final = 2
PLACE_CUE: Final = 3  # "at", "when": given, but chosen by nobody


class Side:
    """Tokens ``first`` to ``last`` (half open). ``left`` is the side before its ``=``."""

    def __init__(self, first: int, opened: int, left: Side | None, chain: int, cue: int) -> None:
        self.first = first
        self.last = first
        self.opened = opened
        self.left = left
        self.chain = chain  # relations before it in its chain
        self.cue = cue
        self.subject = 0  # the words of the clause before it: clause.words[subject:said]
        self.said = 0
        self.computed = 0  # and those that compute: clause.computes[computed:computes]
        self.computes = 0
        self.atoms: list[Atom] = []
        self.letters: list[str] = []
        self.rules = False  # its clause may state a general rule
        self.followed = False  # a relation follows
        self.worded = False  # its last operator or bracket has a word behind it
        self.counted = False  # a value stands shortly before
        self.operators = False  # arithmetic that could be carried out
        self.multiplies = False  # ... of an explicit product or function
        self.irreducible = False  # surds, pi, functions
        self.factorial = False
        self.raised = False  # has an exponent
        self.calls = False  # ... of a function with its argument: \sin 30^\circ
        self.unevaluated = False  # a sum, an integral, a binomial
        self.listed = False  # commas inside brackets
        self.balanced = True
        self.general = -1  # a general formula: not known yet, or 0, or 1
        self.evaluated = (0, 0)  # tokens between bounds: [x^3]_0^2
        self.continued = False  # an operator follows after a unit: "240 students - 224 students"
