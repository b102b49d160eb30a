"""Exponents, indices and brackets: what stands above, below and around the values of a side."""

from __future__ import annotations

from smepo.masking.math.kinds import (
    BAR,
    BRACE,
    BRACKET,
    BRACKET_END,
    CIRC,
    NUM,
    OPEN_LAST,
    PAREN,
    PAREN_END,
)
from smepo.masking.math.lexicon import LETTER, PI
from smepo.masking.math.opened import OpenSide

_MATRICES = ("pmatrix", "bmatrix", "vmatrix", "matrix", "Bmatrix", "Vmatrix", "smallmatrix")


class ScriptedSide(OpenSide):
    """The open side with its exponents, indices and brackets."""

    def superscript(self, i: int) -> int:
        tokens = self.tokens
        j = i + 1
        if j >= tokens.size:
            return j
        close = tokens.close[j]
        if close == j + 2 and tokens.kinds[j + 1] == CIRC:
            self.extend_to(j + 3)
            return j + 3
        if tokens.kinds[j] == CIRC:
            self.extend_to(j + 1)
            return j + 1
        self.raises = i > 0 and tokens.kinds[i - 1] == NUM
        self.applies = i > 0 and tokens.kinds[i - 1] == PAREN_END
        self.exponent_until = max(self.exponent_until, (close if close > 0 else j) + 1)
        if self.side is not None:
            self.side.operators = True
            if not tokens.words[i - 1].bits & (PI | LETTER):  # \\pi^2 is worked out, 2^10 is not
                self.side.multiplies = True
        return j

    def power(self, i: int) -> None:
        """``36²``: an exponent of its own kind."""
        if self.side is not None:
            self.side.operators = self.side.multiplies = True
            self.side.last = self.value_end = i + 1

    def subscript(self, i: int) -> int:
        tokens = self.tokens
        j = i + 1
        if j >= tokens.size:
            return j
        end = tokens.close[j] if tokens.close[j] > 0 else j
        if self.side is not None:
            self.side.last = self.value_end = end + 1
            if self.square[1] == i - 1 and self.square[0] >= self.side.first:
                self.side.evaluated = self.square
            elif tokens.kinds[i - 1] == BAR and tokens.kinds[self.side.first] != BAR:
                self.side.evaluated = (self.side.first - 1, i - 1)
        return end + 1

    def bracket(self, i: int, kind: int) -> None:
        if kind <= OPEN_LAST:
            side = self.open(i)
            if kind == PAREN and i == self.value_end:
                side.operators = side.multiplies = True
            self.depth += 1
            side.last = i + 1
            if kind == BRACKET:
                self.square = (i, -1)
        elif self.side is not None and self.depth > 0:
            if kind == BRACKET_END:
                self.square = (self.square[0], i)
            self.depth -= 1
            self.side.last = self.value_end = i + 1
        else:
            self.close()

    def environment(self, i: int, begins: bool) -> int:
        tokens = self.tokens
        j = i + 1
        if j >= tokens.size or tokens.kinds[j] != BRACE or tokens.close[j] < 0:
            return j
        after = tokens.close[j] + 1
        if tokens.text[tokens.ends[j] : tokens.starts[after - 1]] not in _MATRICES:
            self.close()
            return after
        if begins:
            side = self.open(i)
            side.listed = True
            self.depth += 1
            self.matrix += 1
        elif self.side is not None and self.depth > 0:
            self.depth -= 1
            self.matrix -= 1
            self.side.last = self.value_end = after
        return after
