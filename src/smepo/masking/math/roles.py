"""Roles: what each side and each of its values does, read from syntax alone.

The rules, in the order in which they are asked:

1. A closed value in final form right of ``=``, or after "is", "gives", "makes", is a *result*,
   unless it only restates the question: ``with n = 10``, an equation that stands in the question,
   "the radius is 4" where the question speaks of a radius of 4.
2. The last side of a derivation that still has variables is a result as a whole.
3. After "the answer is" a side is a *conclusion* as a whole.
4. Everything else is read value by value: small exponents and the constants of general formulas
   are *structural*, all other values are *operands*, and those that the question states are given.
"""

from __future__ import annotations

from fractions import Fraction

from smepo.masking.math.atoms import Atom
from smepo.masking.math.givens import Givens, squeeze, stem
from smepo.masking.math.lexer import OP, WORD, Tokens
from smepo.masking.math.sides import Opened, Side
from smepo.types import Kind, Role, Span

_SMALL_EXPONENTS = (Fraction(2), Fraction(3))
_SIZES = ("left", "big", "Big", "bigg", "Bigg", "bigl", "Bigl", "biggl", "Biggl")
_FORMULA_LIMIT = 4  # constants of general formulas are small: 2(l + w), 4/3 \pi r^3


def read(tokens: Tokens, side: Side, givens: Givens) -> list[Span]:
    """The spans of one side."""
    whole = _whole_role(tokens, side, givens)
    if whole is not None:
        return [_whole(tokens, side, whole)]
    return [span for item in side.atoms for span in _value(tokens, side, item, givens)]


def is_final(side: Side) -> bool:
    """True if a closed side is a value that nobody would work out further."""
    if (
        not side.closed
        or side.continued
        or not side.balanced
        or not (side.atoms or side.irreducible)
    ):
        return False
    if side.factorial or any(_unreduced(atom) for _, atom, _ in side.atoms):
        return False
    return not side.operators or (side.irreducible and not side.multiplies)


def _unreduced(atom: Atom) -> bool:
    """True for ``847/7``: a division to be carried out, not a fraction in lowest terms."""
    if atom.form not in ("slash", "fraction") or not atom.parts or atom.value is None:
        return False
    bottom = atom.parts[1].value
    return bottom is not None and bottom != atom.value.denominator


def _whole_role(tokens: Tokens, side: Side, givens: Givens) -> Role | None:
    if side.opened is Opened.CONCLUDES and not side.followed:
        final = is_final(side) or (side.balanced and (side.operators or bool(side.letters)))
        return Role.CONCLUSION if final else None
    if side.opened is Opened.EQ:
        if is_final(side) and not (side.followed and side.operators):
            return None if _restated(tokens, side, givens) else Role.RESULT
        if side.followed or not side.balanced:
            return None
        return Role.RESULT if _derived(tokens, side, givens) else None
    if side.followed:
        return None
    if not is_final(side):
        return Role.RESULT if _announces_formula(tokens, side, givens) else None
    if side.opened is Opened.MAKES:
        return None if _all_given(side, givens) and not _computes(side) else Role.RESULT
    if side.opened is Opened.STATES:
        return None if _repeats(tokens, side, givens) else Role.RESULT
    return Role.RESULT if side.opened is Opened.YIELDS else None


def _computes(side: Side) -> bool:
    """True if the clause before the side computes something."""
    return bool(side.computed) or side.counted or side.cue == "result"


def _restated(tokens: Tokens, side: Side, givens: Givens) -> bool:
    """True for ``n = 10`` or ``4x + 3 = 0`` that only repeat what the question states."""
    if side.chain > 1 or not _all_given(side, givens):
        return False
    left = side.left
    if left is None:
        return side.cue != "result" and _repeats(tokens, side, givens)
    if left.opened in (Opened.EQ, Opened.ORDER) or left.closed:
        return False
    equation = tokens.text[tokens.starts[left.first] : tokens.ends[side.last - 1]]
    if givens.says(equation):
        return True
    if side.cue == "result":
        return False
    if side.cue == "given" or not left.operators:
        return side.cue == "given" or not (left.letters & givens.letters)
    return all(_is_given(atom, givens) for _, atom, _ in left.atoms)


def _all_given(side: Side, givens: Givens) -> bool:
    """True if every value itself is stated; that its parts are does not make it given here."""
    return bool(side.atoms) and all(
        givens.states(-atom.value if sign >= 0 and atom.value is not None else atom.value)
        for sign, atom, _ in side.atoms
    )


def _repeats(tokens: Tokens, side: Side, givens: Givens) -> bool:
    """True if the question counts the same thing with the same value."""
    if side.counted or side.cue == "result" or not _all_given(side, givens):
        return False
    _, atom, _ = side.atoms[0]
    if atom.value is None:
        return False
    near = givens.near.get(atom.value, frozenset())
    if any(stem(word) not in near for word in side.computed):
        return False
    spoken = {stem(w) for w in side.subject if len(w) > 2}
    if side.last < len(tokens) and tokens.types[side.last] == WORD:
        spoken.add(stem(tokens.at(side.last).lower()))
    return bool(spoken & near)


def _derived(tokens: Tokens, side: Side, givens: Givens) -> bool:
    """True for the last side of a derivation that has variables: ``... = x^2 - i^2 = x^2+1``."""
    if not side.letters or side.unevaluated or not (side.atoms or side.operators):
        return False
    text = tokens.text[tokens.starts[side.first] : tokens.ends[side.last - 1]]
    if givens.says(text):
        return False
    return side.chain > 1 or side.cue == "result"


def _announces_formula(tokens: Tokens, side: Side, givens: Givens) -> bool:
    """True for "is $n(k-1)^2$": an answer in the variables of the question, not a general rule."""
    if side.opened not in (Opened.YIELDS, Opened.MAKES, Opened.STATES) or not side.balanced:
        return False
    if not side.letters or side.unevaluated or not (side.operators and side.atoms):
        return False
    text = tokens.text[tokens.starts[side.first] : tokens.ends[side.last - 1]]
    return bool(side.letters & givens.letters) and not givens.says(text)


def _whole(tokens: Tokens, side: Side, role: Role) -> Span:
    first = side.first
    if first > 0 and tokens.command(first - 1) in _SIZES:
        first -= 1
    start, end = tokens.starts[first], tokens.ends[side.last - 1]
    single = len(side.atoms) == 1 and side.closed and not side.irreducible and not side.operators
    if single:
        sign, atom, _ = side.atoms[0]
        opening = sign if sign >= 0 else atom.first
        inner = tokens.starts[opening], tokens.ends[atom.last - 1]
        return Span(*inner, Kind.NUMBER, role, key=_key(tokens, atom, sign))
    numeric = is_final(side) and not side.listed and not side.operators
    kind = Kind.NUMBER if numeric else Kind.EXPRESSION
    return Span(start, end, kind, role, key=squeeze(tokens.text[start:end]))


def _value(tokens: Tokens, side: Side, item: tuple[int, Atom, bool], givens: Givens) -> list[Span]:
    """The spans of one value inside a side that is not hidden whole."""
    sign, atom, exponent = item
    if _structural(side, atom, exponent, givens):
        return [_span(tokens, atom, -1, Role.STRUCTURAL, given=False)]
    stands = side.opened is not Opened.EQ or not atom.parts
    if stands and _is_given(atom, givens, negative=sign >= 0):
        return [_span(tokens, atom, sign, Role.OPERAND, given=True)]
    if atom.form == "surd" and _surd_given(tokens, atom, givens):
        return [_span(tokens, atom, sign, Role.OPERAND, given=True)]
    if atom.form in ("slash", "fraction") and atom.parts:
        return [
            _span(tokens, part, -1, Role.OPERAND, given=_is_given(part, givens))
            for part in atom.parts
        ]
    return [_span(tokens, atom, sign, Role.OPERAND, given=False)]


def _structural(side: Side, atom: Atom, exponent: bool, givens: Givens) -> bool:
    if exponent and atom.value in _SMALL_EXPONENTS:
        return True
    if atom.form == "word":
        return atom.value == 1 or atom.value == Fraction(1, 2)
    return _general(side, givens)


def _general(side: Side, givens: Givens) -> bool:
    """True for a general formula: variables that the question does not use, small constants."""
    if not side.letters or side.letters & givens.letters:
        return False
    return all(
        atom.value is not None
        and max(abs(atom.value.numerator), atom.value.denominator) <= _FORMULA_LIMIT
        for _, atom, _ in side.atoms
    )


def _is_given(atom: Atom, givens: Givens, *, negative: bool = False) -> bool:
    if atom.value is None:
        return False
    whole = not atom.parts or atom.value.denominator > 1  # 35/7 is no form of a given 5
    if whole and givens.states(-atom.value if negative else atom.value):
        return True
    return bool(atom.parts) and all(_is_given(part, givens) for part in atom.parts)


def _surd_given(tokens: Tokens, atom: Atom, givens: Givens) -> bool:
    written = squeeze(tokens.text[tokens.starts[atom.first] : tokens.ends[atom.last - 1]])
    return written in givens.surds or all(_is_given(part, givens) for part in atom.parts)


def _span(tokens: Tokens, atom: Atom, sign: int, role: Role, *, given: bool) -> Span:
    first = sign if sign >= 0 and not given else atom.first
    return Span(
        tokens.starts[first],
        tokens.ends[atom.last - 1],
        Kind.NUMBER,
        role,
        key=_key(tokens, atom, first if first != atom.first else -1),
        given=given,
    )


def _key(tokens: Tokens, atom: Atom, sign: int) -> str:
    negative = sign >= 0 and tokens.types[sign] == OP and tokens.at(sign) != "+"
    if atom.value is not None:
        return str(-atom.value if negative else atom.value)
    written = squeeze(tokens.text[tokens.starts[atom.first] : tokens.ends[atom.last - 1]])
    return f"-{written}" if negative else written
