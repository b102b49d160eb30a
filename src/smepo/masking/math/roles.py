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

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from smepo.masking.math import values
from smepo.masking.math.atoms import FRACTIONAL, POWERED, SLASHED, SURD, WORDS, Atom
from smepo.masking.math.formulas import is_general, is_identity, is_structural
from smepo.masking.math.givens import Givens, squeeze
from smepo.masking.math.kinds import MINUS, PAREN, PLUS, PRIME, WORD
from smepo.masking.math.lexicon import INVISIBLE, SIZE
from smepo.masking.math.page import Page
from smepo.masking.math.sides import (
    BY_CONCLUDES,
    BY_EQ,
    BY_MAKES,
    BY_ORDER,
    BY_STATES,
    BY_TELLS,
    BY_YIELDS,
    GIVEN_CUE,
    RESULT_CUE,
    Side,
)
from smepo.masking.math.tokens import Tokens
from smepo.types import Kind, Role, Span

_BOUNDS: Final = frozenset("\\le \\leq \\leqslant ≤ <= \\ge \\geq \\geqslant ≥ >=".split())
_NUMBER: Final = Kind.NUMBER
# From the tuple of all fields, at a third of the cost of ``Span(...)``.
_new_span: Final[Callable[[tuple[Any, ...]], Span]] = partial(tuple.__new__, Span)
_STRUCTURAL: Final = Role.STRUCTURAL
_OPERAND: Final = Role.OPERAND
_RESULT: Final = Role.RESULT
_CONCLUSION: Final = Role.CONCLUSION


def read(page: Page, side: Side, found: list[Span]) -> bool:
    """Append the spans of one side to ``found``; true if it concludes."""
    role = _whole_role(page, side)
    left = side.left
    if left is not None and is_name(left) and (side.operators or side.letters):
        page.worked.add(page.text(left))
    if role is not None:
        found.append(whole(page.tokens, side, role))
        return role is _CONCLUSION
    for atom in side.atoms:
        _value(page, side, atom, found)
    if side.evaluated[1] and _is_problems(page, side):
        found.append(_evaluated(page.tokens, side))
    if left is not None and _is_turned(page, side, left):
        start = page.tokens.starts[left.first]
        while found and found[-1].start >= start:
            found.pop()
        found.append(whole(page.tokens, left, _RESULT))
    return False


def _is_turned(page: Page, side: Side, left: Side) -> bool:
    """True for ``7 = x`` and ``1/2 < x``: what is found stands on the left."""
    if not is_name(side) or left.opened in (BY_EQ, BY_ORDER) or left.cue >= GIVEN_CUE:
        return False
    if len(left.atoms) != 1 or not is_final(left) or left.operators or left.letters:
        return False
    value = left.atoms[0].value
    if side.opened == BY_ORDER:
        return not page.givens.states(value)
    return not (side.followed or page.givens.names(page.text(side), value))


def is_final(side: Side) -> bool:
    """True if a closed side is a value that nobody would work out further."""
    if side.continued or side.factorial or not side.balanced:
        return False
    if side.letters and not _is_complex(side):
        return False
    if not side.atoms and not side.irreducible:
        return False
    if side.operators and (side.multiplies or not (side.irreducible or side.letters)):
        return False
    return all(not _unreduced(atom) for atom in side.atoms)


def _is_complex(side: Side) -> bool:
    """True for ``3 + 4i``, and for ``±2i`` with its sign."""
    for letter in side.letters:
        if letter != "i":
            return False
    return len(side.atoms) > 0 and (side.operators or side.first < side.atoms[0].first)


def _unreduced(atom: Atom) -> bool:
    """True for ``847/7``: a division to be carried out, not a fraction in lowest terms."""
    if not atom.parts or (atom.form != SLASHED and atom.form != FRACTIONAL):
        return False
    bottom = atom.parts[1].value
    return atom.value != "" and bottom != "" and bottom != values.bottom(atom.value)


def _whole_role(page: Page, side: Side) -> Role | None:
    """The role of a side that is hidden whole, or ``None``."""
    opened = side.opened
    if opened == BY_CONCLUDES and side.followed:
        return _CONCLUSION if _is_equation(page.tokens, side) else None
    if opened == BY_CONCLUDES:
        open_ended = side.balanced and (side.operators or len(side.letters) > 0)
        return _CONCLUSION if open_ended or is_final(side) else None
    if opened == BY_EQ:
        if not (side.followed and side.operators) and is_final(side):
            return None if _restated(page, side) else _RESULT
        if side.followed or not side.balanced:
            return None
        return _RESULT if _derived(page, side) else None
    if opened == BY_ORDER:
        return _RESULT if _is_bound(page, side) else None
    if opened == BY_TELLS:
        told = is_final(side) and not side.followed and not side.listed
        return _RESULT if told and side.atoms and side.atoms[0].form != WORDS else None
    if side.followed or (opened != BY_MAKES and opened != BY_STATES and opened != BY_YIELDS):
        return None
    if not is_final(side):
        return _RESULT if _announces_formula(page, side) else None
    if opened == BY_MAKES:
        return None if _all_given(page, side) and not _computes(side) else _RESULT
    if opened == BY_STATES:
        return None if _repeats(page, side) else _RESULT
    return _RESULT


def _is_bound(page: Page, side: Side) -> bool:
    r"""True for "so $x + y \ge 25$", unless the question says it; ``2x \ge 8`` is to be solved."""
    left = side.left
    if side.cue != RESULT_CUE or side.followed or left is None or left.opened == BY_ORDER:
        return False
    if len(left.letters) < 2 or len(side.atoms) != 1 or side.atoms[0].value == "0":
        return False
    if page.tokens.at(side.first - 1) not in _BOUNDS or not is_final(side):
        return False
    for atom in left.atoms:
        if not atom.exponent:
            return False
    return not page.givens.says(page.tokens.between(left.first, side.last))


def _is_equation(tokens: Tokens, side: Side) -> bool:
    """True for the left of "the answer is 2x + 3y = 12"; ``y`` and ``f(x)`` only name it."""
    if not (side.balanced and side.operators and side.atoms) or side.unevaluated:
        return False
    if len(set(side.letters)) < 2:
        return False
    return tokens.kinds[min(side.first + 1, tokens.size - 1)] != PAREN


def _computes(side: Side) -> bool:
    """True if the clause before the side computes something."""
    return side.computes > side.computed or side.counted or side.cue == RESULT_CUE


def _restated(page: Page, side: Side) -> bool:
    """True for ``n = 10`` or ``4x + 3 = 0`` that only repeat what the question states."""
    givens = page.givens
    if is_identity(page, side):
        return True
    if side.chain > 1 or not _all_given(page, side):
        return False
    left = side.left
    if left is None:
        return side.cue != RESULT_CUE and _repeats(page, side)
    if left.opened == BY_EQ or left.opened == BY_ORDER or not left.letters:
        return False
    if givens.says(page.tokens.between(left.first, side.last)):
        return True
    if side.cue == RESULT_CUE:
        return False
    if side.cue >= GIVEN_CUE or side.listed:
        return True
    if not left.operators:
        name = page.text(left)
        if givens.uses(left.letters) or givens.speaks_of(name):
            return givens.names(name, side.atoms[0].value)
        return name not in page.worked
    return all(_is_given(atom, givens, False) for atom in left.atoms)


def is_name(side: Side) -> bool:
    """True for a variable alone."""
    return len(side.letters) == 1 and not (side.atoms or side.operators or side.irreducible)


def _all_given(page: Page, side: Side) -> bool:
    """True if every value itself is stated; that its parts are does not make it given here.

    Stated values make no stated pair, set or matrix: that stands in the question as it is, or is
    chosen ("let A = (0, 3)").
    """
    if side.listed and not _is_chosen(side):
        return page.givens.lists(page.text(side))
    for atom in side.atoms:
        value = values.negated(atom.value) if _is_negative(page.tokens, atom) else atom.value
        if not page.givens.states(value):
            return False
    return len(side.atoms) > 0


def _is_chosen(side: Side) -> bool:
    """True for the pair of "let A = (0, 3)", and not for "the union with A is A ∪ B = {1, 2}"."""
    return side.cue == GIVEN_CUE and (side.left is None or not side.left.operators)


def _is_negative(tokens: Tokens, atom: Atom) -> bool:
    return atom.sign >= 0 and tokens.kinds[atom.sign] == MINUS


def _repeats(page: Page, side: Side) -> bool:
    """True if the question counts the same thing with the same value."""
    if side.counted or side.cue == RESULT_CUE or not _all_given(page, side):
        return False
    if not side.atoms[0].value:
        return False
    if side.listed and side.operators:  # a union of intervals
        return True
    near = page.givens.near(side.atoms[0].value, alone=not side.operators)
    for k in range(side.computed, side.computes):
        if page.clause.computes[k].stem not in near:
            return False
    for k in range(side.subject, side.said):
        word = page.clause.words[k]
        if len(word.lower) > 2 and word.stem in near:
            return True
    tokens, after = page.tokens, side.last
    return after < tokens.size and tokens.kinds[after] == WORD and tokens.words[after].stem in near


def _derived(page: Page, side: Side) -> bool:
    """True for the last side of a derivation that has variables: ``... = x^2 - i^2 = x^2+1``."""
    if not side.letters or side.unevaluated:
        return False
    if not (side.atoms or side.operators or side.calls):
        return False
    if side.chain <= 1 and side.cue != RESULT_CUE:
        return side.operators and _is_found(page, side.left) and _is_problems(page, side)
    if side.chain <= 1 and (side.rules or "dots" in page.text(side)) and is_general(page, side):
        return False
    return not page.givens.says(page.text(side))


def _is_found(page: Page, left: Side | None) -> bool:
    """True for the left of "the antiderivative is $F(x) = x^3$": a letter or a function of it."""
    if left is None or left.opened != BY_STATES or not left.letters:
        return False
    if left.atoms or len(left.letters) > 2 or len(left.letters[0]) > 1:
        return False
    return is_name(left) or page.tokens.kinds[left.first + 1] in (PAREN, PRIME)


def _is_problems(page: Page, side: Side) -> bool:
    """True for a formula in the letters of the question, and not one of its own."""
    if not side.letters or not side.atoms or not page.givens.letters.issuperset(side.letters):
        return False
    return not page.givens.says(page.text(side))


def _announces_formula(page: Page, side: Side) -> bool:
    """True for "is $n(k-1)^2$": an answer in the variables of the question, not a general rule."""
    if not side.letters or side.unevaluated or not side.balanced:
        return False
    if not side.operators or not page.givens.uses(side.letters):
        return False
    if not side.atoms and (side.opened != BY_YIELDS or len(set(side.letters)) < 2):
        return False
    return not page.givens.says(page.text(side))


def whole(tokens: Tokens, side: Side, role: Role) -> Span:
    """The span of a side that is hidden whole; a value alone leaves what stands around it."""
    if len(side.atoms) == 1 and not (side.letters or side.irreducible or side.operators):
        return _span(tokens, side.atoms[0], role, True, False)
    first = side.first
    if first > 0 and tokens.words[first - 1].bits & SIZE:
        first -= 1
    numeric = is_final(side) and not side.listed and not side.operators
    start, end = tokens.starts[first], tokens.ends[side.last - 1]
    kind = _NUMBER if numeric else Kind.EXPRESSION
    return Span(start, end, kind, role, squeeze(tokens.text[start:end]))


def _evaluated(tokens: Tokens, side: Side) -> Span:
    r"""The antiderivative of ``\left[x^3\right]_0^2``, without its brackets."""
    first, last = side.evaluated[0] + 1, side.evaluated[1]
    if tokens.words[last - 1].bits & INVISIBLE:
        last -= 1
    start, end = tokens.starts[first], tokens.ends[last - 1]
    return Span(start, end, Kind.EXPRESSION, _RESULT, squeeze(tokens.text[start:end]))


def _value(page: Page, side: Side, atom: Atom, found: list[Span]) -> None:
    """The spans of one value inside a side that is not hidden whole."""
    tokens, givens = page.tokens, page.givens
    stands = side.opened != BY_EQ or not atom.parts
    if is_structural(page, side, atom):
        found.append(_span(tokens, atom, _STRUCTURAL, False, False))
    elif stands and _is_given(atom, givens, _is_negative(tokens, atom)):
        found.append(_span(tokens, atom, _OPERAND, False, True))
    elif atom.form in (SURD, POWERED):
        given = _surd_given(tokens, atom, givens)
        found.append(_span(tokens, atom, _OPERAND, not given, given))
    elif atom.parts and atom.form in (SLASHED, FRACTIONAL):
        known = _computed_from(side)
        for part in atom.parts:
            given = _is_given(part, givens, False) and (not known or part.value in known)
            found.append(_span(tokens, part, _OPERAND, False, given))
    else:
        found.append(_span(tokens, atom, _OPERAND, True, False))


def _computed_from(side: Side) -> set[str]:
    """The numerals of ``7/12 - 3/12``, left of ``= 4/12``: what they do not hold is worked out."""
    left = side.left
    if side.opened != BY_EQ or len(side.atoms) != 1 or left is None or not left.operators:
        return set()
    if left.letters or left.irreducible or side.operators:
        return set()
    known = {atom.value for atom in left.atoms}
    return known.union([part.value for atom in left.atoms for part in atom.parts])


def _is_given(atom: Atom, givens: Givens, negative: bool) -> bool:
    value = atom.value
    if not value:
        return False
    whole = not atom.parts or "/" in value  # 35/7 is no form of a given 5
    if whole and givens.states(values.negated(value) if negative else value):
        return True
    return _parts_given(atom, givens)


def _parts_given(atom: Atom, givens: Givens) -> bool:
    for part in atom.parts:
        if not _is_given(part, givens, False):
            return False
    return len(atom.parts) > 0


def _surd_given(tokens: Tokens, atom: Atom, givens: Givens) -> bool:
    written = squeeze(tokens.between(atom.first, atom.last))
    return written in givens.surds or _parts_given(atom, givens)


def _span(tokens: Tokens, atom: Atom, role: Role, signed: bool, given: bool) -> Span:
    """The span of one value, with its sign if ``signed``."""
    first = atom.sign if signed and atom.sign >= 0 else atom.first
    key = atom.value or squeeze(tokens.between(atom.first, atom.last))
    if first < atom.first and tokens.kinds[first] != PLUS:
        key = values.negated(key) if _is_negative(tokens, atom) else f"±{key}"
    start, end = tokens.starts[first], tokens.ends[atom.last - 1]
    return _new_span((start, end, _NUMBER, role, key, given, ""))
