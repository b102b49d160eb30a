"""What belongs to a formula and not to the problem: small exponents, constants of general rules."""

from __future__ import annotations

import re
from typing import Final

from smepo.masking.math import values
from smepo.masking.math.atoms import FRACTIONAL, SURD, WORDS, Atom
from smepo.masking.math.givens import squeeze
from smepo.masking.math.page import Page
from smepo.masking.math.sides import BY_EQ, Side

_FORMULA_LIMIT = 6  # constants of general formulas are small: 4/3 \pi r^3, n(n+1)(2n+1)/6
_FORMULAS: Final = frozenset(
    values.ratio(str(top), str(bottom))
    for top in range(-_FORMULA_LIMIT, _FORMULA_LIMIT + 1)
    for bottom in range(1, _FORMULA_LIMIT + 1)
    if bottom != 5 and (abs(top) != 5 or bottom < 3)  # 5/6 is somebody's probability
) | frozenset(("90", "180", "360"))  # and of angles: 180(n - 2)
# and of the equilateral triangle
_TRIANGLE: Final = re.compile(
    r"\\frac(?:[a-z]\^2(?:\\cdot)?\\sqrt34|\\sqrt3(?:\\cdot)?(?:[a-z]\^24|4(?:\\cdot)?[a-z]\^2))\Z"
)
_IDENTITY: Final = re.compile(
    r"\\sin\^2(.{1,24}?)\+\\cos\^2\1=1\Z|\\lim_(\\?[a-z]+)(?:\\to|\\rightarrow)0\\frac\\sin\2\2=1\Z"
)
_OF_WORDS: Final = frozenset(("2", "1/2", "1/3", "4/3"))  # 2 * (length + width)


def is_structural(page: Page, side: Side, atom: Atom) -> bool:
    """True for a value that is no value of the problem: an index, a small exponent, a constant."""
    if atom.index or (atom.value == "1" and is_identity(page, side)):
        return True
    if atom.exponent and (atom.value == "2" or atom.value == "3"):
        if atom.applies and atom.value == "3" and _is_applied(side):
            return False
        return not (atom.raises and _rewrites_numeral(side))
    if atom.exponent and atom.value == "1" and atom.sign >= 0:  # the inverse
        return True
    if atom.form == WORDS:
        return atom.value == "1" or atom.value == "1/2"
    if side.worded and atom.value in _OF_WORDS:
        return True
    if side.general < 0:  # one look at a side, however many values it has
        side.general = 1 if len(side.letters) > 0 and is_general(page, side) else 0
    return side.general == 1


def _rewrites_numeral(side: Side) -> bool:
    """True for the right of ``1000 = 10^3``: what is found there is the exponent."""
    left = side.left
    if side.opened != BY_EQ or side.followed or side.letters or left is None:
        return False
    return not left.letters and not left.operators


def _is_applied(side: Side) -> bool:
    """True for ``N(24) = 200(1/2)^3``: an exponent that no formula on the left has."""
    if side.opened != BY_EQ or side.letters or side.irreducible:
        return False
    return side.left is not None and not side.left.raised


def is_general(page: Page, side: Side) -> bool:
    """True for a general formula: variables that the question does not use, small constants.

    ``\\frac16 E = 1`` is an equation that the solution sets up.
    """
    surd = False
    for atom in side.atoms:
        if atom.form == SURD:
            surd = True
        elif atom.value not in _FORMULAS:
            return False
    if surd and _TRIANGLE.match(squeeze(page.text(side))) is None:
        return False
    return not (_is_multiple(side) or page.givens.uses(side.letters))


def _is_multiple(side: Side) -> bool:
    """True for the fraction of a letter on the left of an equation."""
    if not side.followed or side.opened == BY_EQ or len(side.atoms) != 1 or side.irreducible:
        return False
    return side.atoms[0].form == FRACTIONAL and len("".join(side.letters)) == 1


def is_identity(page: Page, side: Side) -> bool:
    r"""True for ``\sin^2 x + \cos^2 x = 1``, of which the question does not ask what it is."""
    left = side.left
    if left is None or not left.calls or side.operators or len(side.atoms) != 1:
        return False
    if side.atoms[0].value != "1" or page.givens.says(page.text(left)):
        return False
    return _IDENTITY.match(squeeze(page.tokens.between(left.first, side.last))) is not None
