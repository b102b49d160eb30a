"""Kinds of tokens: small integers, so that a comparison costs nothing.

Kinds that the rules ask for together stand together: ``OP_FIRST <= kind <= OP_LAST``.
"""

from __future__ import annotations

from typing import Final

SPACE: Final = 0  # makes no token
NEWLINE: Final = 1
NUM: Final = 2
WORD: Final = 3
NAME: Final = 4  # letters and digits: a1, x2
CMD: Final = 5  # a LaTeX command that has no kind of its own
CJK: Final = 6  # Chinese numerals
VULGAR: Final = 7  # a fraction in one character

EQ: Final = 10
ORDER: Final = 11
IMPLIES: Final = 12

PLUS: Final = 20
MINUS: Final = 21
PLUSMINUS: Final = 22
TIMES: Final = 23
SLASH: Final = 24
CARET: Final = 25
ROOT: Final = 26
CIRC: Final = 27
OTHER_OP: Final = 28
UNION: Final = 29  # of sets: nobody works out a union of intervals
OP_FIRST: Final = PLUS
OP_LAST: Final = UNION
SIGNED_LAST: Final = PLUSMINUS  # the first operators may be signs

BRACE: Final = 30  # {
PAREN: Final = 31
BRACKET: Final = 32
SET: Final = 33  # \{
OPEN_FIRST: Final = BRACE
OPEN_LAST: Final = SET
BRACE_END: Final = 35
PAREN_END: Final = 36
BRACKET_END: Final = 37
SET_END: Final = 38
CLOSE_FIRST: Final = BRACE_END
CLOSE_LAST: Final = SET_END

COMMA: Final = 40
STOP: Final = 41
COLON: Final = 42
BANG: Final = 43
SUB: Final = 44
POW: Final = 45  # superscript digits
DOLLAR: Final = 46
DELIMITER: Final = 47  # \( \) \[ \] \$
AMP: Final = 48  # & and \\
PERCENT: Final = 49
DEGREE: Final = 50
STAR2: Final = 51  # markdown: ** and __
ANN: Final = 52  # << of a calculator note
ANN_END: Final = 53
BAR: Final = 54
PRIME: Final = 55
TAIL: Final = 58  # x₁, ∞: goes on with the open side
OTHER: Final = 56
BACKSLASH: Final = 57  # a lexer's class only: it opens a command
