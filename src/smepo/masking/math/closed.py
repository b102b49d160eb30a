"""Closed arithmetic of numerals: its tokens, and what is read from one place of them on."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<number>\d{1,3}(?:(?:,|\{,\})\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<times>\*|[×·⋅]|\\(?:times|cdot|ast)(?![A-Za-z]))"
    r"|(?P<over>/|÷|\\div(?![A-Za-z]))"
    r"|(?P<sign>[-+−])"
    r"|(?P<power>\^)"
    r"|(?P<factorial>!)"
    r"|(?P<percent>\\?%|°)"
    r"|(?P<open>\\?\{|[(\[])|(?P<close>\\?\}|[)\]])"
    r"|(?P<two>\\[dtc]?(?:frac|binom)(?![A-Za-z]))"
    r"|(?P<root>\\sqrt(?![A-Za-z]))"
    r"|(?P<function>\\(?:sin|cos|tan|cot|sec|csc|ln|log|exp)(?![A-Za-z]))"
    r"|(?P<constant>\\pi(?![A-Za-z])|π|√)"
    r"|(?P<size>\\(?:left|right|[Bb]igg?[lr]?)(?![A-Za-z]))"
    r"|(?P<silent>\\[,;:! ]|[ \t~]+|\\\$(?=\d))"
    r"|(?P<subscript>_)"
    r"|(?P<word>\\?[^\W\d_]{2,})|(?P<letter>[^\W\d_])"
    r"|(?P<other>\S|\n)"
)
_CLOSES = {")": "(", "]": "[", "}": "{", "\\}": "\\{"}
_SHORT = 12  # tokens of a value in brackets: \\frac{2\\sqrt{3}}{5}
_BARE = frozenset(("number", "constant"))


@dataclass(slots=True)
class Reader:
    """Tokens as parallel lists without the silent ones; ``mate``: the other bracket, or -1.

    ``outer`` is where a token starts with the ``\\left`` before it.
    """

    text: str
    kinds: list[str]
    starts: list[int]
    outer: list[int]
    ends: list[int]
    mate: list[int]
    whole: list[bool]  # of an opening bracket: nothing but closed arithmetic is in it

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the tokens ``first`` to ``last`` (half open) stand."""
        return self.starts[first], self.ends[last - 1]


@dataclass(frozen=True, slots=True)
class Part:
    """Tokens up to ``last`` that are closed; ``undone`` if something is left to work out."""

    last: int
    undone: bool


def read(text: str, labels: Collection[int]) -> Reader:
    """The tokens of ``text``; numerals that start at ``labels`` are structure and no values."""
    made = Reader(text, [], [], [], [], [], [])
    sized = -1
    stack: list[tuple[int, bool]] = []  # opening brackets, and whether all in them is closed
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "silent":
            continue
        if kind == "size":
            sized = match.start()
            continue
        if kind == "number" and match.start() in labels:
            kind = "other"
        at = len(made.kinds)
        made.kinds.append(kind)
        made.starts.append(match.start())
        made.outer.append(sized if sized >= 0 else match.start())
        sized = -1
        made.ends.append(match.end())
        made.mate.append(-1)
        made.whole.append(False)
        if kind == "open":
            stack.append((at, True))
        elif kind == "close":
            _close(made, stack, at, match.group())
        elif kind in ("letter", "word", "other", "subscript") and stack:
            stack[-1] = stack[-1][0], False
    return made


def _close(made: Reader, stack: list[tuple[int, bool]], at: int, mark: str) -> None:
    """Match a bracket; one that does not fit closes nothing and opens the others for good."""
    if not stack:
        return
    opened, closed = stack.pop()
    bracket = made.text[made.starts[opened] : made.ends[opened]]
    closed = closed and bracket == _CLOSES[mark] and at > opened + 1
    if bracket == _CLOSES[mark]:
        made.mate[opened], made.mate[at] = at, opened
        made.whole[opened] = closed
    if stack and not closed:
        stack[-1] = stack[-1][0], False


def product(reader: Reader, first: int) -> Part | None:
    """Closed factors with or without marks between them; None if none starts at ``first``."""
    begun = factor(reader, first)
    if begun is None:
        return None
    last, undone = begun.last, begun.undone
    value = True  # still one value: 3/4, 2\\sqrt{3}, 3 \\times 10^8
    while last < len(reader.kinds):
        kind = reader.kinds[last]
        marked = kind in ("times", "over")
        at = last + 1 if marked else last
        if marked and at < len(reader.kinds) and reader.kinds[at] == "sign":
            at += 1
        if not marked and not _follows(reader, last):
            break
        following = factor(reader, at)
        if following is None:
            break
        value = value and last == first + 1 and _one_value(reader, first, last, at, following)
        undone = undone or not value or (following.undone and kind != "times")
        last = following.last
    return Part(last, undone)


def _one_value(reader: Reader, first: int, mark: int, at: int, second: Part) -> bool:
    """True if a numeral and what follows it are no arithmetic but one value."""
    if reader.kinds[first] not in _BARE:
        return False
    kind = reader.kinds[mark]
    if kind == "over":
        spans = reader.span(first, mark), reader.span(at, second.last)
        return second.last == at + 1 and _coprime(reader.text, *spans)
    if kind == "times":
        ten = reader.text[reader.starts[at] : reader.ends[at]] == "10"
        return ten and second.last > at + 1 and reader.kinds[at + 1] == "power"
    return kind in ("root", "constant", "two")


def _follows(reader: Reader, i: int) -> bool:
    """True if a factor stands at ``i`` without a mark: a bracket, root, fraction or constant."""
    kind = reader.kinds[i]
    if kind == "open":
        return reader.text[reader.starts[i]] == "(" and reader.whole[i]
    return kind in ("root", "two", "constant")


def _coprime(text: str, top: tuple[int, int], bottom: tuple[int, int]) -> bool:
    above, below = text[slice(*top)].strip("{} "), text[slice(*bottom)].strip("{} ")
    if not (above.isdecimal() and below.isdecimal()) or len(above) + len(below) > 40:
        return False
    return int(below) > 1 and math.gcd(int(above), int(below)) == 1


def factor(reader: Reader, i: int) -> Part | None:
    """A numeral, bracket, root, fraction or function, with what stands behind it."""
    base = _base(reader, i)
    if base is None:
        return None
    last, undone = base.last, base.undone
    while last < len(reader.kinds):
        kind = reader.kinds[last]
        if kind == "percent":
            last += 1
        elif kind == "factorial":
            last, undone = last + 1, True
        elif kind == "power":
            exponent = _argument(reader, last + 1)
            if exponent is None:
                break
            last, undone = exponent.last, True
        else:
            break
    return Part(last, undone)


def _base(reader: Reader, i: int) -> Part | None:
    if i >= len(reader.kinds):
        return None
    kind = reader.kinds[i]
    if kind in _BARE:
        return Part(i + 1, False)
    if kind == "open" and reader.whole[i] and reader.text[reader.starts[i]] in "([":
        return Part(reader.mate[i] + 1, undone_inside(reader, i))
    if kind == "root":
        return _root(reader, i)
    if kind == "two":
        return _fraction(reader, i)
    if kind == "function":
        part = _argument(reader, i + 1)
        return None if part is None else Part(part.last, True)
    return None


def undone_inside(reader: Reader, opened: int) -> bool:
    """True if a bracket holds more than a value."""
    first, last = opened + 1, reader.mate[opened]
    if reader.kinds[first] == "sign":
        first += 1
    if last - first > _SHORT:
        return True
    part = product(reader, first)
    return part is None or part.last < last or part.undone


def _argument(reader: Reader, i: int) -> Part | None:
    """A closed group in braces or brackets, or one token."""
    if i >= len(reader.kinds):
        return None
    if reader.kinds[i] == "open":
        return Part(reader.mate[i] + 1, undone_inside(reader, i)) if reader.whole[i] else None
    if reader.kinds[i] in _BARE:
        return Part(i + 1, False)
    return _base(reader, i)


def _root(reader: Reader, i: int) -> Part | None:
    at, degree = i + 1, False
    if at < len(reader.kinds) and reader.text[reader.starts[at]] == "[":
        if not reader.whole[at]:
            return None
        at, degree = reader.mate[at] + 1, True
    inner = _argument(reader, at)
    if inner is None:
        return None
    held = reader.text[slice(*reader.span(at, inner.last))].strip("{} ")
    surd = held.isdecimal() and len(held) < 10 and _squarefree(int(held))
    return Part(inner.last, inner.undone or not (surd or (degree and held.isdecimal())))


def _squarefree(number: int) -> bool:
    """True for what stays under a root; of large numbers only small squares are looked for."""
    return number > 1 and all(number % (n * n) for n in range(2, min(1000, math.isqrt(number) + 1)))


def _fraction(reader: Reader, i: int) -> Part | None:
    at = i + 1
    glued = at < len(reader.kinds) and reader.kinds[at] == "number"
    if glued and reader.ends[at] - reader.starts[at] == 2:  # \\frac12
        begin = reader.starts[at]
        value = _coprime(reader.text, (begin, begin + 1), (begin + 1, begin + 2))
        return Part(at + 1, not value)
    top = _argument(reader, at)
    bottom = None if top is None else _argument(reader, top.last)
    if top is None or bottom is None:
        return None
    spans = reader.span(at, top.last), reader.span(top.last, bottom.last)
    whole = all(reader.text[slice(*span)].strip("{} ").isdecimal() for span in spans)
    bare = reader.text[slice(*spans[1])].strip("{} ").isdecimal()
    value = _coprime(reader.text, *spans) if whole else bare and not top.undone
    return Part(bottom.last, not value or "binom" in reader.text[reader.starts[i] : reader.ends[i]])
