"""The values of a JSON text: where each stands, what its keys say it is."""

from __future__ import annotations

import json
import re
from typing import Final

from smepo.masking.search.marks import (
    FIXED,
    KEYS,
    NAMES,
    OPTIONS,
    SETTINGS,
    TOOL_NAME,
    Part,
    finishes,
)

_OPENS: Final = re.compile(r'\{(?=\s*["}])|\[(?=\s*[\[{"\]0-9-])')  # of JSON, not of code
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_NEXT: Final = re.compile(  # one token of JSON, and no other text
    r'\s*("[^"\\\n]*(?:\\.[^"\\\n]*)*"|[{}\[\]:,]|-?[0-9][0-9.eE+-]*|true\b|false\b|null\b)'
)
_ENVIRONMENT: Final = frozenset(("tool", "function", "observation", "ipython", "environment"))


class Value:
    """A string (without its quotes) or a bare value: ``text[start:end]`` of the JSON text.

    ``part`` is None where no key tells. ``finishes``: it is an argument of the tool that takes the
    answer; ``setting``: its key names no fact, as ``top_k`` does.
    """

    def __init__(
        self, start: int, end: int, part: Part | None, string: bool, finishes: bool, setting: bool
    ) -> None:
        self.start = start
        self.end = end
        self.part = part
        self.string = string
        self.finishes = finishes
        self.setting = setting

    def is_fact(self, text: str) -> bool:
        """True for a bare value that could tell something: any that is observed or an answer.

        Of the other arguments only numbers of three characters and more, such as years.
        """
        if text[self.start : self.end] == "null":
            return False
        if self.part is Part.ANSWER or self.part is Part.OBSERVATION:
            return True
        return not self.setting and self.end - self.start > 2 and not text[self.start].isalpha()


class _Level:
    """An object or array that is open while JSON is read."""

    def __init__(self, array: bool, key: str, outer: _Level | None) -> None:
        self.array = array
        self.key = key
        self.part: Part | None = KEYS.get(key)
        self.finishes = False
        self.tool = False  # a message of a tool
        if outer is not None:
            self.finishes = outer.finishes
            self.tool = outer.tool
            if self.part is None or outer.part is Part.OBSERVATION:
                self.part = outer.part


def is_json(text: str) -> bool:
    """True if ``text`` is a JSON object, or an array that holds one."""
    head = text[:64].lstrip()[:1]
    if head != "{" and head != "[":
        return False
    try:
        return _holds_object(json.loads(text))
    except (ValueError, RecursionError):
        return False


def _holds_object(found: object) -> bool:
    if isinstance(found, dict):
        return True
    return isinstance(found, list) and any(isinstance(item, dict) for item in found)


def blocks(text: str) -> list[tuple[int, int]]:
    """Where JSON stands on lines of its own, on one or over several, in order.

    Where JSON over several lines breaks off, only single lines are tried up to there: so nothing
    is read more than a few times.
    """
    found: list[tuple[int, int]] = []
    if text.find("{") < 0:
        return found
    at = tried = 0
    for opening in _OPENS.finditer(text):
        start = opening.start()
        if start < at or not _starts_line(text, start):
            continue
        end = text.find("\n", start)
        end = end if end >= 0 else len(text)
        line = text[start:end].rstrip()
        if not (line[-1] in "}]" and is_json(line)):
            if start < tried:
                continue
            end = tried = _balanced(text, start)
            if not (_ends_line(text, end) and is_json(text[start:end])):
                continue
        found.append((start, end))
        at = end
    return found


def _starts_line(text: str, at: int) -> bool:
    while at and text[at - 1] in " \t":
        at -= 1
    return not at or text[at - 1] == "\n"


def _ends_line(text: str, at: int) -> bool:
    """True if nothing follows in the line, or a tag that closes."""
    while at < len(text) and text[at] in " \t\r":
        at += 1
    return at == len(text) or text[at] in "\n<"


def _balanced(text: str, start: int) -> int:
    """Where the brackets of the JSON from ``start`` on are closed, or where it breaks off."""
    depth, at, before = 0, start, ""
    while (token := _NEXT.match(text, at)) is not None:
        sign = text[token.start(1)]
        if before == "{" and sign != '"' and sign != "}":
            return at
        at = token.end()
        if sign == "{" or sign == "[":
            depth += 1
        elif sign == "}" or sign == "]":
            depth -= 1
            if not depth:
                return at
        before = sign
    return at


def values(text: str) -> list[Value]:
    """The values of ``text``, which is valid JSON, in order; keys and names of tools are none."""
    found: list[Value] = []
    level = _Level(True, "", None)
    levels: list[_Level] = [level]
    key = ""
    expects_key = False
    for token in _TOKEN.finditer(text):
        start = token.start()
        sign = text[start]
        if sign == "{" or sign == "[":
            level = _Level(sign == "[", key, level)
            levels.append(level)
            expects_key = sign == "{"
        elif sign == "}" or sign == "]":
            levels.pop()
            level = levels[-1]
            expects_key = False
        elif sign == ",":
            expects_key = not level.array
            key = level.key if level.array else ""
        elif sign == ":":
            expects_key = False
        elif expects_key:
            key = text[start + 1 : token.end() - 1].lower()
        else:
            value = _value(text, start, token.end(), level, key)
            if value is not None:
                found.append(value)
    return found


def _value(text: str, start: int, end: int, level: _Level, key: str) -> Value | None:
    string = text[start] == '"'
    if string:
        start, end = start + 1, end - 1
    part = KEYS.get(key)
    if part is None or level.part is Part.OBSERVATION:
        part = level.part
    if part is not Part.OBSERVATION:
        if string and key in NAMES and not level.array and end - start <= 64:
            name = text[start:end]
            if TOOL_NAME.fullmatch(name):
                level.finishes = level.finishes or finishes(name)
                return None
        if key == "role":
            level.tool = text[start:end] in _ENVIRONMENT
            return None
        if key in FIXED and string:
            return None
    if level.finishes and part is not Part.OBSERVATION and key not in ("content", "thought"):
        part = Part.ANSWER
    if part is Part.QUERY and string and key in OPTIONS:
        part = Part.THOUGHT
    if level.tool and key in ("content", "text"):
        part = Part.OBSERVATION
    return Value(start, end, part, string, level.finishes, key in SETTINGS)
