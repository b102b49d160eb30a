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
_GROUP = re.compile(r"\d{3}(?!\d)")
_SPACED = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?\Z")
_MIXED = re.compile(r"([-+]?)(\d+) (?:\\frac\{(\d+)\}\{(\d+)\}|(\d+)/(\d+))\Z")
_CHOICE = re.compile(
    r"(?:\\text\{)?\s*(\(?)\s*(?:\\text\{\s*)?(\(?)([A-Za-z])(\)?)\s*(\}?)\s*(\)?)[.:]?\s*(\}?)\s*(.*)\Z",
    re.DOTALL,
)
_WORDS = re.compile(r"[^\W\d_]+(?:[ '-]+[^\W\d_]+)*\Z")
_LHS = re.compile(
    r"(?:[A-Za-z](?:_\{?\w+\}?)?'?(?:\([A-Za-z,\s]*\))?|\\[A-Za-z]+|\\text\{[^{}]*\})\s*\Z"
)
_BASE = re.compile(r"([0-9A-F]+)_(?:\{(\d+)\}|(\d))\Z")
_MATRIX = re.compile(r"\\begin\{[pbBvV]?matrix\}(.*)\\end\{[pbBvV]?matrix\}\Z", re.DOTALL)
_JOINTS = re.compile(
    r"\\text\{\s*(?:,?\s*and|,?\s*or)\s*\}|(?<![A-Za-z\\])(?:,?\s*(?:and|or))(?![A-Za-z])|;", re.I
)
_RELATION = re.compile(r"\\leq|\\geq|\\neq|<|>|=")
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
    rest: Answer | None = None  # what follows a choice letter


@lru_cache(maxsize=1 << 15)
def read(text: str) -> Answer:
    """Read one answer, without delimiters around it. Never raises; ``opaque`` if not understood."""
    if len(text) < 40 and _PLAIN.match(text):
        value = Fraction(text.replace(",", ""))
        return Answer("number", text, value, ("num", value))
    return _read(normalise(text), 0)


def _read(text: str, depth: int) -> Answer:
    source = re.sub(r"\s+", "", text)
    if depth > 4 or not text:
        return Answer("opaque", source)
    for rule in (_words, _choice, _assignment, _collection, _number, _expression):
        answer = rule(text, source, depth)
        if answer is not None:
            return answer
    return Answer("relation" if _RELATION.search(text) else "opaque", source)


def _words(text: str, source: str, depth: int) -> Answer | None:
    if text.lower() in _NOTHING:
        return Answer("items", source, brackets="{}")
    bare = text.removeprefix("\\text{").removesuffix("}") if text.startswith("\\text{") else text
    if len(bare) < 2 or not _WORDS.match(bare.strip()):
        return None
    if bare == text and len(text) == 2:
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
    parts = split(text, "=")
    if len(parts) == 2 and "," not in parts[0] and _LHS.match(parts[0]) and parts[1].strip():
        inner = _read(parts[1].strip(), depth + 1)
        name = re.sub(r"\s+", "", parts[0])
    elif text.count("\\in ") == 1 and _LHS.match(text.split("\\in ")[0]):
        inner = _read(text.split("\\in ")[1].strip(), depth + 1)
        name = text.split("\\in ")[0].strip()
    else:
        return None
    if inner.kind in ("opaque", "relation") or inner.name or "\\text" in name:
        name = "" if "\\text" in name else name
        if inner.kind in ("opaque", "relation"):
            return None
    return _with(inner, name=name)


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
    if _wrapped(text):
        inner = split(text[1:-1], ",")
        if len(inner) > 1 and not (text[0] + text[-1] == "()" and _ALL_GROUPED.match(text[1:-1])):
            return _items(text[1:-1], source, depth, text[0] + text[-1])
    if _JOINTS.search(text) or "," in text or "\\pm" in text:
        return _listed(text, source, depth)
    return None


def _row(cells: list[Answer]) -> Answer:
    return Answer("items", "&".join(c.source for c in cells), items=tuple(cells), brackets="M")


def _wrapped(text: str) -> bool:
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
    if _ALL_GROUPED.match(text):
        return None
    joined = _JOINTS.sub(",", text)
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
        return _with(inner, unit=unit) if inner.kind in ("number", "expression") else None
    match = _MIXED.match(text)
    if match:
        sign, whole = match.group(1), int(match.group(2))
        top, bottom = int(match.group(3) or match.group(5)), int(match.group(4) or match.group(6))
        if 0 < top < bottom and math.gcd(top, bottom) == 1:
            value = (whole + Fraction(top, bottom)) * (-1 if sign == "-" else 1)
            return Answer("number", source, value, ("num", value))
    if _SPACED.match(text):
        value = Fraction(source)
        return Answer("number", source, value, ("num", value))
    if "overline" in text:
        found = numerals.parse(text)
        return None if found is None else Answer("number", source, found, ("num", found))
    base = _BASE.match(source)
    if base:
        return Answer(
            "base", source, words=base.group(1), name="", unit=base.group(2) or base.group(3)
        )
    return None


def _expression(text: str, source: str, depth: int) -> Answer | None:
    plain = _GROUPED.sub(lambda m: m.group().replace(",", ""), text)
    try:
        node = algebra.parse(plain)
    except (UnreadableError, RecursionError):
        return None
    try:
        value = values.rational(node)
    except UnreadableError:
        return Answer("expression", source, node=node)
    return Answer("number", source, value, node)
