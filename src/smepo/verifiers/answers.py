"""What a text says as an answer: number, expression, list, words, choice, relation.

``read`` is cached and never raises; what it does not understand is ``opaque``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from smepo import numerals
from smepo.verifiers import algebra, values
from smepo.verifiers.algebra import Node, UnreadableError
from smepo.verifiers.latex import normalise, split
from smepo.verifiers.units import split_unit

_PLAIN = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?\Z", re.ASCII)
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_ALL_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z")
_TEXT = re.compile(r"\\text\{([^{}]*[\d,][^{}]*|\s*[A-Z](?: and [A-Z]| or [A-Z])+\s*)\}\Z")
_SPACE = re.compile(r"(?<![\w,])\s+|\s+(?!\w)")  # 1 2 is not 12
_RATIO = re.compile(r"\d+(?:\.\d+)?(?::\d+(?:\.\d+)?)+\Z")
_GROUP = re.compile(r"\d{3}(?!\d)")
_SPACED = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?\Z")
_MIXED = re.compile(r"([-+]?)(\d+) (?:\\frac\{(\d+)\}\{(\d+)\}|(\d+)/(\d+))\Z")
_CHOICE = re.compile(
    r"(?:\\text\{)?\s*(\(?)\s*(?:\\text\{\s*)?(\(?)([A-Za-z])(\)?)\s*(\}?)\s*(\)?)[.:]?\s*(\}?)\s*(.*)\Z",
    re.DOTALL,
)
_LETTERS = re.compile(r"[A-Z](?:,? (?:and|or) [A-Z])+\Z")  # choices, no sentence
_WORDS = re.compile(r"[^\W\d_]+(?:[ '-]+[^\W\d_]+)*\Z")
_LHS = re.compile(
    r"(?:[A-Za-z](?:_\{?\\?\w+\}?)?'?(?:\([A-Za-z,\s]*\))?|\\[A-Za-z]+|\\text\{[^{}]*\}"
    r"|[A-Z]{2,4}|\|[A-Z]{2}\||m?\s*\\(?:angle|overline|widehat)\s*\{?[A-Z]{1,3}\}?)\s*\Z"
)
_INDEX = re.compile(r"_\{(\w)\}")
_POWER_OF_TEN = re.compile(r"[-+]?\d{1,20}(?:\.\d{1,20})?[eE][-+]?\d{1,2}\Z")
_BASE = re.compile(r"([0-9A-F]+)_(?:\{(\d+)\}|(\d))\Z")
_MATRIX = re.compile(r"\\begin\{[pbBvV]?matrix\}(.*)\\end\{[pbBvV]?matrix\}\Z", re.DOTALL)
_JOINTS = re.compile(
    r"\\text\{\s*(?:,?\s*and|,?\s*or)\s*\}|(?<![A-Za-z\\])(?:,?\s*(?:and|or))(?![A-Za-z])|;", re.I
)
_RELATION = re.compile(r"\\leq|\\geq|\\neq|<|>|=|!=")
INEQUALITY = re.compile(r"\\leq|\\geq|\\neq|<|>")
_NOTHING = {"\\emptyset", "\\{\\}", "\\text{none}", "none", "\\text{no solution}", "no solution"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text says. ``kind``: number, expression, items, words, choice, relation or opaque."""

    kind: str
    source: str  # normalised, without spaces
    value: Fraction | None = None
    node: Node | None = None
    items: tuple[Answer, ...] = ()
    brackets: str = ""  # of items: "(]" and the like, "{}" for a set or bare list, "U", "M"
    words: str = ""
    unit: str = ""
    name: str = ""  # x, where the text is x = ...
    letter: str = ""
    rest: Answer | None = None  # what follows a choice letter; the last side of an equation


@lru_cache(maxsize=1 << 15)
def read(text: str) -> Answer:
    """Read one answer, without delimiters around it. Never raises; ``opaque`` if not understood."""
    if len(text) < 40 and _PLAIN.match(text):
        value = Fraction(text.replace(",", ""))
        return Answer("number", text, value, ("num", value))
    return _read(normalise(text), 0)


def _read(text: str, depth: int) -> Answer:
    source = _SPACE.sub("", text)
    if depth > 4 or not text:
        return Answer("opaque", source)
    if (match := _TEXT.match(text)) is not None:
        return _with(_read(match.group(1).strip(), depth + 1), source=source)
    for rule in (_words, _choice, _assignment, _collection, _number, _expression):
        answer = rule(text, source, depth)
        if answer is not None:
            return answer
    return Answer("relation" if _RELATION.search(text) else "opaque", source)


def _words(text: str, source: str, depth: int) -> Answer | None:
    if text.lower() in _NOTHING:
        return Answer("items", source, brackets="{}")
    bare = text.removeprefix("\\text{").removesuffix("}") if text.startswith("\\text{") else text
    if len(bare) < 2 or not _WORDS.match(bare.strip()) or _LETTERS.match(bare):
        return None
    if bare == text and len(text) == 2 and text.lower() != "no":
        return None  # ab is a product
    words = " ".join(bare.lower().split())
    node = None
    if bare == text and " " not in text and text.isascii():
        node = ("mul", *(("sym", c) for c in text))
    return Answer("words", source, words=words, node=node)


def _choice(text: str, source: str, depth: int) -> Answer | None:
    match = _CHOICE.match(text)
    if match is None:
        return None
    rest = match.group(8).strip()
    dressed = "(" in text[: match.start(3)] or "text" in text[: match.start(3)]
    dressed = dressed or source.endswith(")")
    closed = ")" in (match.group(4), match.group(6))
    letter = match.group(3)
    if rest:
        if not (dressed and closed) or not "A" <= letter <= "J" or rest[0] in "+-*/^!=_":
            return None
        return Answer("choice", source, letter=letter, rest=_read(rest, depth + 1))
    if not dressed and not letter.isupper():
        return None
    return Answer("choice", source, letter=letter.upper(), node=("sym", letter))


def _assignment(text: str, source: str, depth: int) -> Answer | None:
    """``x = 5`` is 5, named x, and ``x \\in [0, 1]`` the interval. Other equations are relations;
    ``3 + 4 = 7`` has its last side as ``rest``.
    """
    parts = split(text, "=")
    member = len(parts) == 1 and text.count("\\in ") == 1
    if member:
        parts = text.split("\\in ")
    if any(_lists(part) for part in parts[: -1 if len(parts) == 2 else None]):
        return None  # a list of equations
    if len(parts) < 2 or not parts[-1].strip() or INEQUALITY.search(text):
        return None
    inner = _read(parts[-1].strip(), depth + 1)
    if inner.kind in ("opaque", "relation") or inner.name:
        return None
    if _LHS.match(parts[0]) is not None and _consistent(parts):
        name = "" if "\\text" in parts[0] else _INDEX.sub(r"_\1", _SPACE.sub("", parts[0]))
        return _with(inner, name=name, source=source)
    says = inner if _consistent(parts) and not member else None
    return Answer("relation", source, rest=says)


def _lists(text: str) -> bool:
    return len(split(text, ",;")) > 1 or _JOINTS.search(text) is not None


def _consistent(sides: list[str]) -> bool:
    """Whether the sides of an equation that are plain numbers agree, and it is not ``... = 0``."""
    found = set()
    for side in sides:
        try:
            found.add(values.rational(algebra.parse(split_unit(side.strip())[0])))
        except UnreadableError:
            continue
    return len(found) < 2 and not (found == {0} and re.search("[-+]", sides[0]))


def _with(a: Answer, *, name: str = "", unit: str = "", source: str = "") -> Answer:
    return Answer(
        a.kind, source or a.source, a.value, a.node, a.items, a.brackets, a.words,
        unit or a.unit, name or a.name, a.letter, a.rest,
    )  # fmt: skip


def _collection(text: str, source: str, depth: int) -> Answer | None:
    matrix = _MATRIX.match(text)
    if matrix:
        rows = re.split(r"\\\\", matrix.group(1).strip().removesuffix("\\\\"))
        cells = tuple(_row([_read(c.strip(), depth + 1) for c in r.split("&")]) for r in rows)
        return Answer("items", source, items=cells, brackets="M")
    if "\\cup" in text:
        parts = tuple(_read(p.strip(), depth + 1) for p in text.split("\\cup"))
        return Answer("items", source, items=parts, brackets="U")
    if text.startswith("\\{") and text.endswith("\\}") and len(split(text[2:-2], "")) == 1:
        return _items(text[2:-2], source, depth, "{}")
    if wrapped(text):
        inner = split(text[1:-1], ",")
        if len(inner) > 1 and not (text[0] + text[-1] == "()" and _ALL_GROUPED.match(text[1:-1])):
            return _items(text[1:-1], source, depth, text[0] + text[-1])
    if _RATIO.match(source):
        parts = tuple(_read(p.strip(), depth + 1) for p in text.split(":"))
        return Answer("items", source, items=parts, brackets=":")
    if _JOINTS.search(text) or "," in text or "\\pm" in text:
        return _listed(text, source, depth)
    return None


def _row(cells: list[Answer]) -> Answer:
    return Answer("items", "&".join(c.source for c in cells), items=tuple(cells), brackets="M")


def wrapped(text: str) -> bool:
    """Whether one pair of round or square brackets encloses the whole text."""
    if len(text) < 2 or text[0] not in "([" or text[-1] not in ")]":
        return False
    depth = 0
    for at, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if depth == 0 and at < len(text) - 1:
            return False
    return depth == 0


def _items(text: str, source: str, depth: int, brackets: str) -> Answer:
    items: list[Answer] = []
    for part in _separate(text) if brackets == "{}" else split(text, ","):
        signed = _signs(part.strip()) if brackets == "{}" else [part.strip()]
        items.extend(_read(s, depth + 1) for s in signed)
    return Answer("items", source, items=tuple(items), brackets=brackets)


def _listed(text: str, source: str, depth: int) -> Answer | None:
    """A bare list: ``1, 2``, ``9 and -7``, ``1 or 2``, ``1 \\pm 2``; ``1,000`` is none."""
    joined = _JOINTS.sub(",", text)
    if "," not in _ungrouped(joined) and "\\pm" not in text:
        return None
    parts = [p.strip() for p in _separate(joined) if p.strip()]
    parts = [s for p in parts for s in _signs(p)]
    if len(parts) < 2:
        return None
    items = tuple(_read(p, depth + 1) for p in parts)
    return Answer("items", source, items=items, brackets="{}")


def _separate(text: str) -> list[str]:
    """Split a list; where ``, `` separates, ``1,000`` inside an entry is a number."""
    parts = split(text, ",")
    if not any(p.startswith(" ") for p in parts[1:]):
        return parts
    merged = parts[:1]
    for part in parts[1:]:
        if _GROUP.match(part) and merged[-1][-1:].isdigit():
            merged[-1] += "," + part
        else:
            merged.append(part)
    return merged


def _signs(text: str) -> list[str]:
    if text.count("\\pm") != 1:
        return [text]
    return [text.replace("\\pm", "+", 1).removeprefix("+"), text.replace("\\pm", "-", 1)]


def _number(text: str, source: str, depth: int) -> Answer | None:
    bare, unit = split_unit(text)
    if bare != text:
        if not bare:
            return None
        inner = _read(bare, depth + 1)
        return _with(inner, unit=unit, source=source) if _measured(inner) else None
    match = _MIXED.match(text)
    if match:
        sign, whole = match.group(1), int(match.group(2))
        top, bottom = int(match.group(3) or match.group(5)), int(match.group(4) or match.group(6))
        if 0 < top < bottom and math.gcd(top, bottom) == 1:
            value = (whole + Fraction(top, bottom)) * (-1 if sign == "-" else 1)
            return Answer("number", source, value, ("num", value))
    if _SPACED.match(text):
        value = Fraction(text.replace(" ", ""))
        return Answer("number", source, value, ("num", value))
    if "overline" in text:
        found = numerals.parse(text)
        return None if found is None else Answer("number", source, found, ("num", found))
    if (match := _POWER_OF_TEN.match(source)) is not None:
        value = Fraction(source)
        return Answer("number", source, value, ("num", value))
    if (match := _BASE.match(source)) is not None:
        base = match.group(2) or match.group(3)
        return Answer("base", source, words=match.group(1), brackets=base)
    return None


def _ungrouped(text: str) -> str:
    return _GROUPED.sub(lambda m: m.group().replace(",", ""), text)


def _measured(a: Answer) -> bool:
    return a.kind in ("number", "expression") or a.brackets == ":"


def _expression(text: str, source: str, depth: int) -> Answer | None:
    try:
        node = algebra.parse(_ungrouped(text))
    except (UnreadableError, RecursionError):
        return None
    try:
        value = values.rational(node)
    except UnreadableError:
        return Answer("expression", source, node=node)
    return Answer("number", source, value, node)
