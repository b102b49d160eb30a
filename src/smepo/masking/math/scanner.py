"""The scanner: tokens to sides, in one pass."""

from __future__ import annotations

from smepo.masking.math.atoms import Atom, atom_at
from smepo.masking.math.clause import Clause
from smepo.masking.math.lexer import (
    AMP,
    ANN,
    BANG,
    CLOSE,
    CMD,
    COLON,
    COMMA,
    DOLLAR,
    EQ,
    FUNCTIONS,
    IMPLIES,
    INVISIBLE,
    NAME,
    NEWLINE,
    NUM,
    OP,
    OPEN,
    ORDER,
    PERCENT,
    POW,
    STAR2,
    STOP,
    SUB,
    WORD,
    Tokens,
)
from smepo.masking.math.looks import continues, is_ordinal, is_sign, is_times, is_variable
from smepo.masking.math.sides import Opened, Side

_MATRICES = ("pmatrix", "bmatrix", "vmatrix", "matrix", "Bmatrix", "Vmatrix", "smallmatrix")
_TEXT = ("text", "mathrm", "mbox", "textbf", "textit", "operatorname", "textrm", "emph")
_EVALUABLE = frozenset(
    "gcd lcm max min mod binom dbinom tbinom sum prod int lfloor lceil det".split()
)
_DOTS = ("dots", "ldots", "cdots", "infty", "vdots", "ddots")
_ATTACHED = ("'", "′", "″")  # primes belong to what they touch
_BARS = ("|", "\\|")


class SideScanner:
    """Walks the tokens once and collects the sides. State: the open side and the clause."""

    def __init__(self, tokens: Tokens, structural: set[int], skips: dict[int, int]) -> None:
        self.tokens = tokens
        self.structural = structural  # offsets of numerals that are labels
        self.skips = skips  # token index -> index after a region that others handle
        self.sides: list[Side] = []
        self.side: Side | None = None
        self.tail: Side | None = None  # the last side, while a relation may still follow it
        self.depth = 0
        self.matrix = 0
        self.exponent_until = -1
        self.value_end = -1  # the token after the last value: an operator there is binary
        self.sign = -1  # the last unary sign
        self.clause = Clause()

    def scan(self) -> list[Side]:
        """All sides in order. O(n)."""
        i, size = 0, len(self.tokens)
        while i < size:
            if i in self.skips:
                self.close()
                i = self.skips[i]
                self.clause.start(Opened.START)
                continue
            i = self.step(i)
        self.close()
        return self.sides

    def step(self, i: int) -> int:
        tokens = self.tokens
        kind = tokens.types[i]
        if kind in (WORD, NAME):
            return self.word(i, kind)
        atom = atom_at(tokens, i)
        if atom is not None:
            return self.atom(i, atom)
        if kind in (EQ, ORDER):
            self.relation(Opened.EQ if kind == EQ else Opened.ORDER)
        elif kind == OP:
            return self.operator(i)
        elif kind in (OPEN, CLOSE):
            self.bracket(i, kind)
        elif kind == CMD:
            return self.command(i)
        elif kind == SUB:
            return self.subscript(i)
        elif kind == COMMA:
            self.comma()
        elif kind == BANG and self.side is not None and tokens.starts[i] == tokens.ends[i - 1]:
            self.side.operators = self.side.factorial = True
            self.side.last = self.value_end = i + 1
        elif kind in (AMP, NEWLINE):
            self.line_break(kind)
        elif kind == ANN:
            self.close()
            self.tail = None
            self.clause.pending = Opened.EQ if tokens.at(i) == ">>" else Opened.START
        elif kind == COLON:
            return self.colon(i)
        elif kind == DOLLAR:
            self.close()
        elif kind in (STOP, IMPLIES, BANG):
            self.close()
            self.tail = None
            self.clause.start(Opened.START, cue="result" if kind == IMPLIES else "")
        elif kind == POW:
            self.power(i)
        elif tokens.at(i) in _BARS and (self.side is not None or tokens.math[i]):
            self.open(i).last = i + 1
            self.value_end += self.value_end == i
        elif kind == PERCENT or tokens.at(i) in _ATTACHED:
            self.value_end += self.value_end == i
        elif kind != STAR2:
            self.close()
            self.tail = None
        return i + 1

    def atom(self, i: int, atom: Atom) -> int:
        tokens = self.tokens
        if tokens.types[i] == NUM and tokens.starts[i] in self.structural:
            self.close()
            self.tail = None
            return i + 1
        if tokens.types[i] == NUM and is_ordinal(tokens, i):
            self.close()
            return i + 2
        side = self.open(i)
        if i == self.value_end and tokens.types[i - 1] == CLOSE and tokens.at(i - 1) == ")":
            side.operators = side.multiplies = True  # (1/2) 18
        sign = self.sign if self.sign == i - 1 and self.sign >= side.first else -1
        side.atoms.append((sign, atom, i < self.exponent_until))
        side.irreducible |= atom.form == "surd"
        side.last = self.value_end = atom.last
        self.clause.value()
        return atom.last

    def word(self, i: int, kind: str) -> int:
        tokens = self.tokens
        text = tokens.at(i)
        if kind == NAME or is_variable(tokens, i, after_value=i == self.value_end):
            if text == "x" and is_times(tokens, self.side, i):
                return self.operator(i)
            side = self.open(i)
            side.letters.add(text)
            side.last = self.value_end = i + 1
            return i + 1
        atom = atom_at(tokens, i)
        if atom is not None and not (len(text) == 1 and self.side is not None):
            if self.side is not None and atom.form == "word":
                self.close()
                self.tail = None
            following = self.atom(i, atom)
            self.close()
            return following
        if text.lower() in FUNCTIONS and (self.side is not None or tokens.math[i]):
            self.function(i, text.lower())
            return i + 1
        self.close()
        self.tail = None
        self.clause.word(text)
        return i + 1

    def open(self, i: int) -> Side:
        if self.side is None:
            chained = self.clause.pending is Opened.EQ and self.tail is not None
            self.side = Side(
                i,
                i,
                self.clause.pending,
                left=self.tail if self.clause.pending in (Opened.EQ, Opened.ORDER) else None,
                chain=self.tail.chain + 1 if chained and self.tail is not None else 0,
                cue=self.clause.cue,
                subject=self.clause.subject,
                computed=self.clause.computed,
                counted=self.clause.counted,
            )
            self.depth = 0
        return self.side

    def close(self) -> None:
        side = self.side
        if side is None:
            return
        self.side = None
        self.matrix = 0
        side.balanced = self.depth == 0
        self.clause.pending = Opened.START
        if side.atoms or side.letters or side.irreducible:
            self.sides.append(side)
            self.tail = side

    def relation(self, opened: Opened) -> None:
        self.close()
        if self.tail is not None:
            self.tail.followed = True
        self.clause.pending = (
            Opened.CONCLUDES if self.clause.answer and self.tail is None else opened
        )

    def operator(self, i: int) -> int:
        tokens = self.tokens
        mark = tokens.at(i)
        if mark == "^":
            return self.superscript(i)
        after = i + 1 < len(tokens)
        signed = mark in ("-", "−", "–", "+", "±", "\\pm", "\\mp")
        if self.side is None and after and continues(tokens, self.sides, i):
            self.sides[-1].continued = True
            self.clause.pending = Opened.START
            return i + 1
        if self.side is None and not (signed and after):
            return i + 1
        side = self.open(i)
        if i == self.value_end:
            side.operators = True
            side.multiplies |= not signed and mark not in "/⁄∕"
        elif mark in ("-", "−", "–", "+") and is_sign(tokens, side, i):
            self.sign = i
        if mark == "√":
            side.irreducible = True
        return i + 1

    def superscript(self, i: int) -> int:
        tokens = self.tokens
        j = i + 1
        if j >= len(tokens):
            return j
        if tokens.types[j] == OPEN and tokens.close[j] == j + 2 and tokens.at(j + 1) == "\\circ":
            self.value_end = j + 3
            return j + 3
        if tokens.at(j) == "\\circ":
            self.value_end = j + 1
            return j + 1
        end = tokens.close[j] if tokens.types[j] == OPEN and tokens.close[j] > 0 else j
        self.exponent_until = max(self.exponent_until, end + 1)
        if self.side is not None:
            self.side.operators = self.side.multiplies = True
        return j

    def power(self, i: int) -> None:
        """``36²``: an exponent of its own kind."""
        if self.side is not None:
            self.side.operators = self.side.multiplies = True
            self.side.last = self.value_end = i + 1

    def subscript(self, i: int) -> int:
        tokens = self.tokens
        j = i + 1
        if j >= len(tokens):
            return j
        end = tokens.close[j] if tokens.types[j] == OPEN and tokens.close[j] > 0 else j
        if self.side is not None:
            self.side.last = self.value_end = end + 1
        return end + 1

    def bracket(self, i: int, kind: str) -> None:
        if kind == OPEN:
            side = self.open(i)
            if i == self.value_end and self.tokens.at(i) == "(":
                side.operators = side.multiplies = True
            self.depth += 1
            side.last = i + 1
        elif self.side is not None and self.depth > 0:
            self.depth -= 1
            self.side.last = self.value_end = i + 1
        else:
            self.close()

    def comma(self) -> None:
        if self.side is not None and self.depth > 0:
            self.side.listed = True
            return
        self.close()
        self.tail = None

    def line_break(self, kind: str) -> None:
        if self.side is not None and self.matrix:
            return
        self.close()
        if kind == NEWLINE:
            keep = (
                self.clause.pending
                if self.clause.pending in (Opened.CONCLUDES, Opened.EQ)
                else Opened.START
            )
            tail = self.tail
            self.clause.start(keep)
            self.tail = tail

    def colon(self, i: int) -> int:
        tokens = self.tokens
        near = i > 0 and i + 1 < len(tokens) and tokens.types[i - 1] == tokens.types[i + 1] == NUM
        if near and self.side is not None and tokens.starts[i + 1] == tokens.ends[i]:
            self.side.irreducible = True
            return i + 1
        self.close()
        self.tail = None
        self.clause.mark()
        return i + 1

    def command(self, i: int) -> int:
        tokens = self.tokens
        name = tokens.command(i)
        if name in ("begin", "end"):
            return self.environment(i, name)
        if name in INVISIBLE:
            self.value_end += self.value_end == i
            return i + 1
        if name in _TEXT:
            pending = self.clause.pending
            self.close()
            self.clause.pending = (
                pending if self.side is None and not self.tail else self.clause.pending
            )
            return i + 1
        if name == "pi":
            side = self.open(i)
            side.irreducible = True
            side.last = self.value_end = i + 1
        elif name in FUNCTIONS:
            self.function(i, name)
        elif name.startswith("math") or name in ("bf", "it", "rm"):
            return i + 1
        elif name.isalpha():
            side = self.open(i)
            side.letters.add(name)
            side.last = self.value_end = i + 1
        return i + 1

    def function(self, i: int, name: str) -> None:
        side = self.open(i)
        side.last = i + 1
        if name in _DOTS:
            self.value_end = i + 1
        elif name in _EVALUABLE:
            side.operators = side.multiplies = side.unevaluated = True
        elif name in ("frac", "dfrac", "tfrac", "cfrac"):
            side.operators = True
        elif name not in ("sqrt", "angle", "triangle", "vec", "overline", "hat", "bar"):
            side.irreducible = True

    def environment(self, i: int, name: str) -> int:
        tokens = self.tokens
        j = i + 1
        if j >= len(tokens) or tokens.types[j] != OPEN or tokens.close[j] < 0:
            return j
        inner = tokens.text[tokens.ends[j] : tokens.starts[tokens.close[j]]]
        after = tokens.close[j] + 1
        if inner not in _MATRICES:
            self.close()
            return after
        if name == "begin":
            side = self.open(i)
            side.listed = True
            self.depth += 1
            self.matrix += 1
        elif self.side is not None and self.depth > 0:
            self.depth -= 1
            self.matrix -= 1
            self.side.last = self.value_end = after
        return after
