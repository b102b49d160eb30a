"""What roles are read from besides the side."""

from __future__ import annotations

from smepo.masking.math.clause import Clause
from smepo.masking.math.givens import Givens
from smepo.masking.math.sides import Side
from smepo.masking.math.tokens import Tokens


class Page:
    """What a role is read from besides the side: the text, its words, and the question."""

    def __init__(self, tokens: Tokens, clause: Clause, givens: Givens) -> None:
        self.tokens = tokens
        self.clause = clause
        self.givens = givens
        self.worked: set[str] = set()  # names that were set equal to something to be worked out

    def text(self, side: Side) -> str:
        """The text of a side."""
        return self.tokens.between(side.first, side.last)
