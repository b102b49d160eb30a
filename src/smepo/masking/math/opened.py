"""The side that is open: what a token adds to it, and what ends it."""

from __future__ import annotations

from smepo.masking.math.clause import Clause
from smepo.masking.math.kinds import NEWLINE
from smepo.masking.math.sides import BY_CONCLUDES, BY_EQ, BY_NOTHING, BY_ORDER, Side
from smepo.masking.math.tokens import Tokens


class OpenSide:
    """The state of the scanner: the open side, its clause and the sides before it."""

    def __init__(self, tokens: Tokens, structural: set[int], skips: list[tuple[int, int]]) -> None:
        self.tokens = tokens
        self.structural = structural  # offsets of numerals that are labels
        self.skips = skips  # ranges of tokens that others handle, in order
        self.sides: list[Side] = []
        self.side: Side | None = None
        self.tail: Side | None = None  # the last side, while a relation may still follow it
        self.depth = 0
        self.matrix = 0
        self.exponent_until = -1
        self.value_end = -1  # the token after the last value: an operator there is binary
        self.sign = -1  # the last unary sign
        self.raises = False  # the last exponent is that of a numeral
        self.square = (-1, -1)  # the last square bracket: where it opened and closed
        self.applies = False  # ... or of a bracket
        self.called = False  # a function waits for its argument
        self.clause = Clause()

    def extend(self, i: int) -> None:
        """Token ``i`` belongs to the value before it, if there is one."""
        if self.value_end == i:
            self.extend_to(i + 1)

    def extend_to(self, last: int) -> None:
        """The value goes on up to token ``last``: a unit that is part of a function's argument."""
        self.value_end = last
        if self.side is not None and self.side.calls:
            self.side.last = last

    def end_chain(self) -> None:
        """Close the side; no relation goes on from it."""
        self.close()
        self.tail = None

    def open(self, i: int) -> Side:
        side = self.side
        if side is None:
            pending, tail = self.clause.pending, self.tail
            related = pending in (BY_EQ, BY_ORDER)
            chain = tail.chain + 1 if pending == BY_EQ and tail is not None else 0
            side = Side(i, pending, tail if related else None, chain, self.clause.cue)
            self.clause.describe(side)
            self.side = side
            self.depth = 0
        return side

    def close(self) -> None:
        side = self.side
        if side is None:
            return
        self.side = None
        self.matrix = 0
        side.balanced = self.depth == 0 and not self.called
        self.called = False
        self.clause.pending = BY_NOTHING
        if side.atoms or side.letters or side.irreducible:
            self.sides.append(side)
            self.tail = side

    def letter(self, i: int, name: str) -> None:
        side = self.open(i)
        side.letters.append(name)
        side.last = self.value_end = i + 1
        self.called = False

    def constant(self, i: int) -> None:
        """``\\pi``, or the ``e`` of ``e^2``."""
        side = self.open(i)
        side.irreducible = True
        side.last = self.value_end = i + 1
        self.called = False

    def relation(self, opened: int) -> None:
        self.close()
        if self.tail is not None:
            self.tail.followed = True
        tail = self.tail
        if tail is None:
            answers = self.clause.answer
        else:  # the answer is y = 3x
            answers = tail.opened == BY_CONCLUDES and len(tail.letters) > 0
        self.clause.pending = BY_CONCLUDES if answers else opened

    def comma(self) -> None:
        if self.side is not None and self.depth > 0:
            self.side.listed = True
            return
        self.end_chain()
        self.clause.join()

    def line_break(self, kind: int) -> None:
        if self.side is not None and self.matrix:
            return
        self.close()
        if kind == NEWLINE:
            pending = self.clause.pending
            keep = pending in (BY_CONCLUDES, BY_EQ)
            self.clause.start(pending if keep else BY_NOTHING)
