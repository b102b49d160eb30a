"""The parts of a search trajectory: thoughts, queries, observations, answers.

Reads ReAct text, tags such as ``<think>``, and JSON tool calls, mixed as they come. Labels, tags,
tool names and JSON syntax belong to no section: they stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from smepo.masking.search.views import View


class Part(Enum):
    """What a section is."""

    THOUGHT = "thought"  # and every text that is nothing else
    QUERY = "query"
    OBSERVATION = "observation"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a trajectory."""

    part: Part
    view: View


_FINISH = "finish|final_answer|finalanswer|submit|submit_answer|answer|terminate|conclude|complete"
_TOOL = "search|lookup|retrieve|find|query|google|bing|wikipedia|wiki|browse|open|web_search|read"
_LABELS = {
    Part.THOUGHT: "thought|thoughts|reasoning|reflection|plan|analysis|rationale|think|question",
    Part.QUERY: "action input|action|act|query|search query|search|tool input|tool call"
    "|sub-?question|follow[ -]?up",
    Part.OBSERVATION: "observations?|obs|tool output|tool response|tool result|search results?"
    "|results?|evidence|documents?|passages?|retrieved(?: documents?| passages?)?|information"
    "|context|intermediate answer",
    Part.ANSWER: "final answer|answer|so the final answer is",
}
_TAGS = {
    Part.THOUGHT: "think|thinking|thought|reasoning|plan|reflection|analysis|question",
    Part.QUERY: "search|query|tool_call|tool_calls|action|tool_use|function_call|begin_search_query"
    "|begin_of_query|search_query|sub_question|invoke|parameter",
    Part.OBSERVATION: "information|observation|observations|result|results|search_results?"
    "|documents?|passages?|context|tool_response|tool_result|function_results?|response|output|refine"
    "|begin_search_result|begin_of_documents|tool_output|evidence|snippet",
    Part.ANSWER: "answer|final_answer|final",
}
_KEYS = {
    Part.QUERY: "query|queries|q|search_query|input|question|keywords?|entity|title|text|url|search"
    "|arguments|args|parameters|action_input|tool_input|term|topic",
    Part.OBSERVATION: "observation|observations|result|results|output|outputs|passages?|documents?"
    "|information|tool_response|response|snippets?|contents|evidence|context",
    Part.ANSWER: "answer|final_answer|finish|final|answers|conclusion",
}
_FIXED = frozenset("role type id tool_call_id call_id function_name recipient model status".split())
_NAMES = frozenset(("name", "tool", "tool_name", "action", "function", "recipient"))


def _table(words: dict[Part, str]) -> list[tuple[Part, re.Pattern[str]]]:
    return [(part, re.compile(pattern, re.IGNORECASE)) for part, pattern in words.items()]


_LABEL_PARTS, _TAG_PARTS, _KEY_PARTS = _table(_LABELS), _table(_TAGS), _table(_KEYS)
_TOOL_NAME = re.compile(rf"(?i:{_FINISH}|{_TOOL})|[a-z]\w*|\w+_\w+|[A-Z][a-z]+[A-Z]\w*")
_FINISHES = re.compile(_FINISH, re.IGNORECASE)
_BOUNDARY = re.compile(
    rf"^[ \t>*_#-]*(?P<label>{'|'.join(_LABELS.values())})(?:[ \t]*\#?\d+)?[*_]{{0,2}}[ \t]*[:：]"
    r"[*_]{0,2}[ \t]*"
    rf"|<\|?(?P<close>/|end_(?=(?:of_)?\w+\|))?(?P<tag>{'|'.join(_TAGS.values())}"
    r"|(?<=end_)(?:of_)?\w+)\b[^<>\n]*>"
    rf"|(?P<call>(?<![\w.])(?:{_FINISH}|{_TOOL})(?P<bracket>[ \t]*\[|\())",
    re.MULTILINE | re.IGNORECASE,
)
_BOX = re.compile(r"\\(?:boxed|fbox)[ \t]*\{((?:[^{}\n]|\{[^{}\n]{0,200}\}){1,400})")
_ARGUMENT = {
    "[": re.compile(r"[^\[\]\n]{0,1000}(?:\[[^\[\]\n]{0,200}\][^\[\]\n]{0,400}){0,4}(?=\]|\n|\Z)"),
    "(": re.compile(r"[^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,400}){0,4}(?=\)|\n|\Z)"),
}
_KEYWORD = re.compile(r"\s*\w+\s*=\s*(?=[\"'])")
_SAYS = re.compile(r"\w")
_JSON_LINE = re.compile(r"^[ \t]*[{\[][^\n]*$", re.MULTILINE)
_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|[{}\[\]:,]|[^\s{}\[\]:,\"]+", re.DOTALL)
_STRONG = re.compile(
    r"thought|action|observation|final answer|answer|finish|question", re.IGNORECASE
)


def split(text: str) -> list[Section]:
    """The sections of ``text`` in order; they never overlap."""
    return list(_of_view(View(text), Part.THOUGHT))


def _part(table: list[tuple[Part, re.Pattern[str]]], word: str) -> Part | None:
    return next((part for part, pattern in table if pattern.fullmatch(word)), None)


def _of_view(view: View, part: Part) -> Iterator[Section]:
    """Sections of a text; what no label, tag or call claims is of kind ``part``."""
    if (found := _json(view.text)) is not None:
        yield from _of_json(view, found, part)
        return
    current, at, tag, one_line = part, 0, "", False
    last_close: dict[str, int] = {}
    for match in _BOUNDARY.finditer(view.text):
        if match.start() < at:
            continue
        if current is Part.OBSERVATION and not _ends_observation(match, tag):
            continue
        if match["call"]:
            argument = _ARGUMENT[match["bracket"][-1]].match(view.text, match.end())
            if argument is None or current is Part.ANSWER:
                continue
            end = argument.end()
            yield from _flush(view, at, match.start(), current)
            called = match["call"].rstrip("[(").rstrip()
            inner = Part.ANSWER if _FINISHES.fullmatch(called) else Part.QUERY
            yield from _argument(view, match.end(), end, inner)
            at = end
            continue
        yield from _flush(view, at, match.start(), current, first_line=one_line)
        named = current is Part.QUERY and _FINISHES.fullmatch(view.text[at : match.start()].strip())
        at = match.end()
        current, tag, one_line = _after(match, part)
        if named and current is Part.QUERY:  # Action: finish, then Action Input: the answer
            current = Part.ANSWER
        if tag and current is Part.OBSERVATION and not match[0].startswith("<|"):
            if tag not in last_close:
                last_close[tag] = view.text.lower().rfind(f"</{tag}")
            tag = tag if last_close[tag] >= at else ""
    yield from _flush(view, at, len(view.text), current, first_line=one_line)


def _after(match: re.Match[str], part: Part) -> tuple[Part, str, bool]:
    """The part that a boundary starts, its tag, and whether an answer ends with its line."""
    if match["label"]:
        labelled = _part(_LABEL_PARTS, match["label"]) or part
        return labelled, "", labelled is Part.ANSWER
    if match["close"]:
        return part, "", False
    return _part(_TAG_PARTS, match["tag"]) or part, match["tag"].lower(), False


def _ends_observation(match: re.Match[str], tag: str) -> bool:
    """An observation quotes the world: only its own closing tag, or a new step, ends it."""
    if tag:
        return bool(match["close"]) and (
            match["tag"].lower() == tag or "_of_" in match[0] or match[0].startswith("<|")
        )
    if match["tag"]:
        return not match["close"] or _part(_TAG_PARTS, match["tag"]) is Part.OBSERVATION
    return bool(match["label"]) and bool(_STRONG.match(match["label"]))


def _argument(view: View, start: int, end: int, part: Part) -> Iterator[Section]:
    """The argument of a call: ``x``, ``"x"`` or ``query="x"``."""
    if keyword := _KEYWORD.match(view.text, start, end):
        start = keyword.end()
    if end - start > 1 and view.text[start] in "\"'" and view.text[end - 1] == view.text[start]:
        start, end = start + 1, end - 1
    yield from _flush(view, start, end, part)


def _flush(
    view: View, start: int, end: int, part: Part, *, first_line: bool = False
) -> Iterator[Section]:
    """``text[start:end]`` as sections, without the space around; JSON inside is taken apart."""
    text = view.text
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start >= end or (end - start < 4 and not _SAYS.search(text, start, end)):
        return
    if first_line and (line := text.find("\n", start, end)) >= 0:
        yield from _flush(view, start, line, part)
        yield from _flush(view, line, end, Part.THOUGHT)
        return
    if part is not Part.OBSERVATION and text.find("{", start, end) >= 0:
        yield from _with_json(view.part(start, end), part)
    else:
        yield Section(part, view.part(start, end))


def _boxes(view: View, start: int, end: int, part: Part) -> Iterator[Section]:
    """Text that is not JSON; what stands in ``\\boxed`` is an answer."""
    at = start
    for box in _BOX.finditer(view.text, start, end):
        yield Section(part, view.part(at, box.start(1)))
        yield Section(Part.ANSWER, view.part(*box.span(1)))
        at = box.end()
    if view.text[at:end].strip():
        yield Section(part, view.part(at, end))


def _with_json(view: View, part: Part) -> Iterator[Section]:
    """JSON that fills the section, or stands on lines of its own."""
    if (found := _json(view.text)) is not None:
        yield from _of_json(view, found, part)
        return
    at = 0
    for line in _JSON_LINE.finditer(view.text):
        if (found := _json(line[0])) is not None:
            yield from _boxes(view, at, line.start(), part)
            yield from _of_json(view.part(line.start(), line.end()), found, part)
            at = line.end()
    yield from _boxes(view, at, len(view.text), part)


def _json(text: str) -> object | None:
    """The object or array that ``text`` is, or None."""
    head = text.lstrip()[:1]
    if head not in ("{", "[") or not head:
        return None
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) or (head == "[" and _has_objects(found)) else None


def _has_objects(found: object) -> bool:
    return isinstance(found, list) and any(isinstance(item, dict) for item in found)


@dataclass(slots=True)
class _Level:
    """An object or array that is open while JSON is read."""

    array: bool
    key: str
    part: Part | None
    finishes: bool = False
    tool: bool = False  # a message of a tool


def _of_json(view: View, found: object, part: Part) -> Iterator[Section]:
    """The values of a JSON text. ``found`` only tells that it parses; places come from the text."""
    levels = [_Level(True, "", None)]
    key, expects_key = "", False
    tokens = list(_TOKEN.finditer(view.text))
    for i, token in enumerate(tokens):
        word, level = token[0], levels[-1]
        if word in "{[":
            levels.append(
                _Level(word == "[", key, _inherits(level, key), level.finishes, level.tool)
            )
            expects_key = word == "{"
        elif word in "}]":
            levels.pop()
            expects_key = False
        elif word == ",":
            expects_key = not level.array
            key = level.key if level.array else ""
        elif word == ":":
            expects_key = False
        elif expects_key and i + 1 < len(tokens) and tokens[i + 1][0] == ":":
            key = word[1:-1].lower()
        else:
            yield from _value(view, token, level, key, part)


def _inherits(level: _Level, key: str) -> Part | None:
    return _part(_KEY_PARTS, key) or level.part


def _value(
    view: View, token: re.Match[str], level: _Level, key: str, part: Part
) -> Iterator[Section]:
    """One value: a string is read as text of its own, a bare number counts as an answer only."""
    word = token[0]
    text = word.strip('"')
    if key in _NAMES and not level.array and word[0] == '"' and _TOOL_NAME.fullmatch(text):
        level.finishes = level.finishes or bool(_FINISHES.fullmatch(text))
        return
    if key == "role":
        level.tool = text in ("tool", "function", "observation", "ipython", "environment")
        return
    if key in _FIXED:
        return
    own = _part(_KEY_PARTS, key) or level.part
    if level.finishes and own is not Part.OBSERVATION and key not in ("content", "thought"):
        own = Part.ANSWER
    if level.tool and key in ("content", "text"):
        own = Part.OBSERVATION
    if word[0] != '"':
        if own is Part.ANSWER and word != "null":
            yield Section(Part.ANSWER, view.part(token.start(), token.end()))
        return
    inner = view.unescaped(token.start() + 1, token.end() - 1)
    if own in (Part.ANSWER, Part.OBSERVATION) and _json(inner.text) is None:
        yield from _flush(inner, 0, len(inner.text), own)
    elif level.finishes and _json(inner.text) is not None:
        yield from (Section(Part.ANSWER, s.view) for s in _of_view(inner, Part.ANSWER))
    else:
        yield from _of_view(inner, own or Part.THOUGHT)
