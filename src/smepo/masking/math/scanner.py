"""The scanner: tokens to sides, in one pass."""

from __future__ import annotations

from smepo.masking.math.atoms import POWERED, SURD, WORDS, Atom, atom_at
from smepo.masking.math.kinds import (
    AMP,
    ANN,
    ANN_END,
    BANG,
    BAR,
    BRACKET,
    CARET,
    CLOSE_LAST,
    CMD,
    COLON,
    COMMA,
    DEGREE,
    DELIMITER,
    DOLLAR,
    EQ,
    IMPLIES,
    NAME,
    NEWLINE,
    NUM,
    OP_FIRST,
    OP_LAST,
    OPEN_FIRST,
    ORDER,
    OTHER_OP,
    PAREN,
    PAREN_END,
    PERCENT,
    POW,
    PRIME,
    ROOT,
    SIGNED_LAST,
    SLASH,
    STAR2,
    STOP,
    SUB,
    TAIL,
    TIMES,
    UNION,
    WORD,
)
from smepo.masking.math.lexicon import (
    CALLS,
    DOTS,
    ENVIRONMENT,
    EVALUABLE,
    FRACTION,
    FUNCTION,
    INVISIBLE,
    MODULUS,
    OPERATES,
    PI,
    PLAIN,
    PROSE,
    SHORT,
    SQRT,
    SYMBOL,
)
from smepo.masking.math.looks import (
    after_unit,
    continues,
    ends_ordinal,
    is_modulus,
    is_ordinal,
    is_sign,
    is_times,
    is_variable,
)
from smepo.masking.math.scripts import ScriptedSide
from smepo.masking.math.sides import (
    BY_CONCLUDES,
    BY_EQ,
    BY_NOTHING,
    BY_ORDER,
    NO_CUE,
    RESULT_CUE,
    Side,
)


class SideScanner(ScriptedSide):
    """Walks the tokens once and collects the sides."""

    def scan(self) -> list[Side]:
        """All sides in order. O(n)."""
        i, size = 0, self.tokens.size
        for first, after in self.skips:
            while i < first:
                i = self.step(i)
            if i < after:
                self.close()
                self.clause.start(BY_NOTHING)
                i = after
        while i < size:
            i = self.step(i)
        self.close()
        return self.sides

    def step(self, i: int) -> int:
        """What token ``i`` does; the token to go on with."""
        tokens = self.tokens
        kind = tokens.kinds[i]
        if kind in (WORD, NAME):
            return self.word(i, kind)
        if OP_FIRST <= kind <= OP_LAST:
            return self.operator(i, kind)
        if OPEN_FIRST <= kind <= CLOSE_LAST:
            if kind == PAREN and is_modulus(tokens, i + 1):
                self.close()
                return i + 2
            self.bracket(i, kind)
            return i + 1
        if kind < EQ and kind != NEWLINE:
            atom = atom_at(tokens, i)
            if atom is not None:
                return self.atom(i, atom)
            return self.command(i) if kind == CMD else i + 1
        if kind == COLON:
            return self.colon(i)
        if kind == SUB:
            return self.subscript(i)
        self.mark(i, kind)
        return i + 1

    def mark(self, i: int, kind: int) -> None:
        """A relation, a stop, or another mark of one token."""
        tokens = self.tokens
        if kind in (EQ, ORDER):
            self.relation(BY_EQ if kind == EQ else BY_ORDER)
        elif kind == COMMA:
            self.comma()
        elif kind in (AMP, NEWLINE):
            self.line_break(kind)
        elif kind in (DOLLAR, DELIMITER):
            self.close()
        elif kind == BANG and self.side is not None and tokens.starts[i] == tokens.ends[i - 1]:
            self.side.operators = self.side.factorial = True
            self.side.last = self.value_end = i + 1
        elif kind in (STOP, IMPLIES, BANG):
            self.end_chain()
            self.clause.start(BY_NOTHING, RESULT_CUE if kind == IMPLIES else NO_CUE)
        elif kind in (ANN, ANN_END):
            self.end_chain()
            self.clause.pending = BY_EQ if kind == ANN_END else BY_NOTHING
        elif kind == POW:
            self.power(i)
        elif kind == TAIL:
            if self.side is not None:
                self.side.last = self.value_end = i + 1
        elif kind == BAR and (self.side is not None or tokens.math[i]):
            self.open(i).last = i + 1
            self.extend(i)
        elif kind in (PERCENT, DEGREE, PRIME):
            self.extend(i)  # they belong to what they touch
        elif kind != STAR2:
            self.end_chain()

    def atom(self, i: int, atom: Atom) -> int:
        tokens = self.tokens
        if tokens.kinds[i] == NUM:
            if tokens.starts[i] in self.structural:
                self.end_chain()
                return i + 1
            if is_ordinal(tokens, i) and self.clause.pending != BY_CONCLUDES:
                self.close()
                return i + 2
        side = self.open(i)
        if i == self.value_end and tokens.kinds[i - 1] == PAREN_END:
            side.operators = side.multiplies = True  # (1/2) 18
        if self.sign == i - 1 and self.sign >= side.first:
            atom.sign = self.sign
        atom.exponent = i < self.exponent_until
        atom.raises, atom.applies = self.raises, self.applies
        if atom.exponent:
            side.raised = True
        atom.index = (
            i > 1 and tokens.kinds[i - 1] == BRACKET and tokens.words[i - 2].bits & SQRT != 0
        )
        side.atoms.append(atom)
        if atom.form == SURD:
            side.irreducible = True
        elif atom.form == POWERED:
            side.operators = side.multiplies = True
        side.last = self.value_end = atom.last
        self.called = False
        self.clause.value()
        return atom.last

    def word(self, i: int, kind: int) -> int:
        tokens = self.tokens
        word = tokens.words[i]
        argument = self.called and word.bits & SHORT != 0 and tokens.kinds[i - 1] == CMD  # \log xy
        if argument or kind == NAME or is_variable(tokens, i, i == self.value_end):
            if word.text == "x" and is_times(tokens, self.side, i):
                return self.operator(i, TIMES)
            if word.text == "e" and i + 1 < tokens.size and tokens.kinds[i + 1] == CARET:
                self.constant(i)
            else:
                self.letter(i, word.text)
            return i + 1
        if word.bits & PI and (self.side is not None or tokens.math[i] or word.text == "π"):
            self.constant(i)
            return i + 1
        atom = atom_at(tokens, i)
        if atom is not None and atom.form == WORDS:
            if ends_ordinal(tokens, atom.last):
                self.end_chain()
                return atom.last + 2
            if tokens.starts[i] in self.structural:
                self.end_chain()
                return atom.last
        if atom is not None and not (len(word.text) == 1 and self.side is not None):
            if self.side is not None and atom.form == WORDS:
                self.end_chain()
            following = self.atom(i, atom)
            self.close()
            return following
        if word.bits & FUNCTION and (self.side is not None or tokens.math[i]):
            self.function(i, word.bits)
            return i + 1
        self.leave_for_word(i)
        if self.side is not None and word.lower == "times":
            atoms = self.side.atoms
            self.side.continued |= not atoms or atoms[-1].form == WORDS  # half times the base
        self.end_chain()
        if word.bits & OPERATES and self.sides and self.sides[-1].last == i:
            self.sides[-1].continued = True
        self.clause.word(word)
        return i + 1

    def leave_for_word(self, i: int) -> None:
        """Word ``i`` ends the side; behind an operator it is a quantity: ``2 * (length + ...``."""
        if self.side is not None and self.value_end < i and self.side.opened == BY_EQ:
            self.side.worded = True

    def operator(self, i: int, kind: int) -> int:
        if kind == CARET:
            return self.superscript(i)
        if kind == ROOT:
            surd = atom_at(self.tokens, i)
            if surd is not None:
                return self.atom(i, surd)
        if kind == OTHER_OP and self.is_residue(i):
            self.close()
            return i + 1
        signed = kind <= SIGNED_LAST
        side = self.side
        if side is None:
            if continues(self.tokens, self.sides, i):
                self.sides[-1].continued = True
                self.clause.pending = BY_NOTHING
                return i + 1
            if not signed or i + 1 >= self.tokens.size:
                return i + 1
            side = self.open(i)
        if i == self.value_end:
            side.operators = True
            if kind == UNION:
                side.irreducible = True
            elif not signed and kind != SLASH:
                side.multiplies = True
        elif kind <= SIGNED_LAST and is_sign(self.tokens, side, i):
            self.sign = i
        if kind == ROOT:
            side.irreducible = True
        return i + 1

    def is_residue(self, i: int) -> bool:
        """True for the "bmod" of ``\\equiv 2 \\bmod 5``: it is no operator there."""
        words, side = self.tokens.words, self.side
        if side is None or side.first == 0 or words[i].lower != "bmod":
            return False
        return words[side.first - 1].lower == "equiv" or self.tokens.at(side.first - 1) == "≡"

    def colon(self, i: int) -> int:
        tokens = self.tokens
        if self.side is not None and 0 < i < tokens.size - 1:
            near = tokens.kinds[i - 1] == NUM and tokens.kinds[i + 1] == NUM
            if near and tokens.starts[i + 1] == tokens.ends[i]:
                self.side.irreducible = True
                return i + 1
        self.end_chain()
        self.clause.mark()
        return i + 1

    def command(self, i: int) -> int:
        word = self.tokens.words[i]
        bits = word.bits
        if bits & ENVIRONMENT:
            return self.environment(i, word.text == "\\begin")
        if bits & INVISIBLE:
            self.extend(i)
        elif bits & PROSE:
            self.leave_for_word(i)
            pending = self.clause.pending
            self.close()
            if self.tail is None:
                self.clause.pending = pending
            if i == self.value_end:
                return after_unit(self.tokens, i + 1)
        elif bits & PI:
            self.constant(i)
        elif bits & MODULUS:
            self.close()
        elif bits & FUNCTION:
            self.function(i, bits)
        elif bits & SYMBOL:
            self.letter(i, word.text[1:])
        return i + 1

    def function(self, i: int, bits: int) -> None:
        side = self.open(i)
        side.last = i + 1
        if bits & DOTS:
            self.value_end = i + 1
        elif bits & EVALUABLE:
            side.operators = side.multiplies = side.unevaluated = True
        elif bits & FRACTION:
            side.operators = True
        elif not bits & PLAIN:
            side.irreducible = True
        if bits & CALLS:
            side.calls = self.called = True
