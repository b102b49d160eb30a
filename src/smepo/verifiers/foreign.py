"""Answers that no algebra can make equal to a target, by their symbols alone.

An answer that cannot be read exactly goes to computer algebra, at some ten milliseconds each. Most
of what an audit cuts out of prose and formulas is nowhere near an answer: it names variables that
the target does not have, is cut off in the middle, or is an inequality where the target is a point.
"""

from __future__ import annotations

import re
from functools import lru_cache

from smepo.verifiers.answers import INEQUALITY, Answer, read, wrapped
from smepo.verifiers.exact import equal
from smepo.verifiers.latex import split
from smepo.verifiers.relations import disagree, ends, misses, settled

# Commands that are no symbols of their own: arithmetic, functions, brackets, constants.
_ARITHMETIC = frozenset(
    "frac sqrt binom text pi infty cup cap setminus emptyset pm mp leq geq neq in cdot times "
    "degree circ overline lfloor rfloor lceil rceil pmod bmod mod sin cos tan cot sec csc ln "
    "log lg exp arcsin arccos arctan sinh cosh tanh gcd lcm max min begin end to ldots cdots "
    "dots land lor prime quad lvert rvert langle rangle vdots ddots det deg vert Vert choose mid "
    "bar hat vec tilde widehat widetilde overrightarrow underline mathcal mathscr big Big cases "
    "arsinh arcosh artanh arcsinh arccosh arctanh arccot arcsec arccsc coth sech csch".split()
)
_BINDS = re.compile(r"\\(?:sum|prod|i*o?int|lim)(?![A-Za-z])|\\\{.*(?:[:|]|\\mid)", re.DOTALL)
_SETS = re.compile(r"\\mathbb(?![A-Za-z])")
_REALS = re.compile(r"\\mathbb\{?R|\\setminus")  # of an interval, or of all numbers but some
_PROSE = re.compile(r"\\text|(?<![A-Za-z\\])[A-Za-z]{2}")  # about 5 is approximately 5
_MUTE = re.compile(r"\\text\{[A-Za-z]{4,}\}|\\(?:degree|circ|left|right)(?![A-Za-z])")
_LETTER = re.compile(r"\\[A-Za-z]+|(?<=[^_^{])[A-Za-z]\Z|([A-Za-z])")  # commands, a unit; letters
_LAST_SIDE = re.compile(r".*(?:=|\\in(?![A-Za-z]))", re.DOTALL)
_TOKEN = re.compile(
    r"\\begin\{array\}\{[^{}]*\}|\\(?:begin|end)\{[^{}]*\}|\\text\{\s*([A-Za-z])\s*\}|\\text\{[^{}]*\}"
    r"|\\([A-Za-z]+)|([^\W\d_])"
)
_BRACKET = re.compile(
    r"\\(?:begin|lfloor|lceil)(?![A-Za-z])|\\(?:end|rfloor|rceil)(?![A-Za-z])|[()\[\]{}]"
)
_CUT_OFF = re.compile(
    r"\\(?:frac|sqrt|binom|sin|cos|tan|cot|ln|log|not|mid|mathbb|mathcal|mathfrak|vec|hat|bar|sum"
    r"|prod|lim|begin|left|right)\Z"
)


def foreign(answer: Answer, target: Answer) -> bool:
    """Whether an answer that has no exact value cannot equal a target that is no plain number."""
    if target.kind == "relation" and settled(target.source):
        return False
    if target.kind in ("opaque", "relation") and _misses_one(target, answer):
        return True
    if target.kind == answer.kind == "relation" and disagree(target.source, answer.source):
        return True
    if answer.kind == "relation" and wrapped(answer.source):
        inner = read(answer.source[1:-1])
        named = inner.node is not None and inner.name == target.name
        if named and target.node is not None and equal(target, inner) is False:
            return True
    side = answer.source.replace("->", "\\to ")
    if target.kind == "opaque":
        return _has_other_letters(side, target.source)
    if answer.node is not None:
        return False
    inequality = INEQUALITY.search(side) is not None
    sets = _SETS.search(side) is not None
    if answer.kind in ("opaque", "relation") and cut_off(answer.source):
        return True
    if target.kind == "relation":
        if sets:  # all numbers but 2 are x \neq 2
            told = INEQUALITY.search(target.source) is not None
            return not told or not (inequality or _REALS.search(side))
        pairs = answer.kind == "items" and target.source.startswith("(")  # (x,y)=(1,2) is x=1,y=2
        if (_is_point(answer) and not pairs) or misses(target.source, answer):
            return True
    elif _is_point(target):
        if inequality:
            return True
    elif inequality and (misses(side, target) or not _ends_of(target) <= _symbols(side)):
        return True
    elif inequality or sets:
        return False  # an interval may be said with a variable
    if answer.kind == "relation" and target.kind != "relation" and not target.name:
        side = _LAST_SIDE.sub("", side)  # the side that counts
        if equal(target, read(side)) is False:
            return True
    variables = _symbols(target.source)
    if target.kind == "expression" and not variables and _says_nothing(side):
        return True
    return _BINDS.search(side) is None and not _symbols(side) <= variables


def _says_nothing(side: str) -> bool:
    """Whether it is brackets, signs and words: nothing that has a value."""
    return not any(c.isalnum() or c == "\\" for c in _MUTE.sub("", side))


def _has_other_letters(side: str, unread: str) -> bool:
    """Whether an answer has letters that a target which is not read does not have.

    Sets and sentences may be said with others.
    """
    free = (INEQUALITY, _SETS, _BINDS, _PROSE)
    if any(rule.search(said) for rule in free for said in (side, unread)):
        return False
    return not _letters(_LAST_SIDE.sub("", side)) <= _letters(unread)


def _letters(said: str) -> frozenset[str]:
    """The letters that stand for themselves, without their case.

    No commands, which have synonyms, and no letter at the end, which may be a unit.
    """
    return frozenset(letter.lower() for letter in _LETTER.findall(said) if letter)


def _ends_of(target: Answer) -> frozenset[str]:
    """The variables of the ends of an interval, or of the parts of a tuple."""
    items = target.items if wrapped(target.source) else ()
    return frozenset().union(*(_symbols(item.source) for item in items))


def _misses_one(target: Answer, answer: Answer) -> bool:
    """Whether the target lists several things, and a single answer is not one of them."""
    parts = split(target.source, ",")
    if len(parts) < 2 or answer.kind == "items" or len(split(answer.source, ",;")) > 1:
        return False
    if any(equal(read(part), answer) is False for part in parts):
        return True
    if answer.kind != "relation" or INEQUALITY.search(answer.source) is None:
        return False
    return any(_no_interval(part) or misses(answer.source, read(part)) for part in parts)


def _no_interval(part: str) -> bool:
    """Whether a part of a list is a point or an equation, which an inequality cannot say."""
    return _is_point(read(part)) or ("=" in part and INEQUALITY.search(part) is None)


def _is_point(answer: Answer) -> bool:
    """A value, a tuple, a finite set, a matrix: nothing that an inequality describes."""
    if answer.kind != "items":
        return answer.kind in ("expression", "number", "choice", "words")
    if answer.brackets in ("{}", "M", ":") or len(answer.items) > 2:
        return all(item.kind != "relation" for item in answer.items)  # {x : x > 1} is a set
    return answer.brackets == "()" and not _rises(answer)


def _rises(pair: Answer) -> bool:
    """Whether the first of two ends is, or may be, below the second."""
    found = ends(pair)
    return found is None or found[0] < found[1]


@lru_cache(maxsize=1 << 12)
def _symbols(text: str) -> frozenset[str]:
    """The variables of a text: letters and unknown commands; not e, i and words in ``\\text``."""
    found: set[str] = set()
    for word, command, letter in _TOKEN.findall(text):
        name = word or letter
        if name and name not in "ei":
            found.add(name)
        elif command and command not in _ARITHMETIC:
            found.add("\\" + command)
    return frozenset(found)


def cut_off(text: str) -> bool:
    """Whether brackets or environments do not close, or a command lacks its argument."""
    depth = named = 0
    for token in _BRACKET.findall(text):
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        else:
            named += 1 if token[1] in "bl" else -1
        if depth < 0 or named < 0:
            return True
    return depth != 0 or named != 0 or _CUT_OFF.search(text) is not None
