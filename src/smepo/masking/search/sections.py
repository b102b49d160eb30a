"""The parts of a search trajectory: thoughts, queries, observations, answers.

Reads ReAct text, tags such as ``<think>``, and JSON tool calls, mixed as they come. Labels, tags,
tool names and JSON syntax belong to no section: they stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from smepo.masking.detector import Turn
from smepo.masking.search.marks import (
    BRIEF,
    ENVIRONMENT,
    FINISHES,
    LABELS,
    SETTINGS,
    TAGS,
    Mark,
    Part,
    conclusion,
    ends_observation,
    finishes,
    first_place,
    mark_at,
    names_tool,
    places,
    step,
)
from smepo.masking.search.objects import Value, blocks, is_json, values
from smepo.masking.search.views import View

_BOX: Final = re.compile(r"\\(?:boxed|fbox)[ \t]*\{((?:[^{}\n]|\{[^{}\n]{0,200}\}){1,400})")
_BRACKETED: Final = re.compile(
    r"[^\[\]\n]{0,1000}(?:\[[^\[\]\n]{0,200}\][^\[\]\n]{0,400}){0,4}(?=\]|\n|\Z)"
)
_PARENTHESES: Final = re.compile(
    r"[^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,400}){0,4}(?=\)|\n|\Z)"
)
_KEYWORD: Final = re.compile(r"\s*\w{1,40}\s*=\s*(?=[\"'])")
_SETTING = rf"(?:{'|'.join(sorted(SETTINGS))})[ ]*=[ ]*\d{{1,4}}"
_SETTINGS_FIRST: Final = re.compile(rf"\s*(?:{_SETTING}[ ]*,[ ]*){{1,4}}", re.IGNORECASE)
_SETTINGS_LAST: Final = re.compile(
    rf"(?:,[ ]*{_SETTING}){{1,4}}\s*\Z|(?<=[\"'])(?:,[ ]*\d{{1,2}}){{1,2}}\s*\Z", re.IGNORECASE
)
_LONGEST_SETTINGS: Final = 80
_SAYS: Final = re.compile(r"\w")


class Section:
    """One part of a trajectory. ``bare``: a value of JSON that is no string."""

    def __init__(self, part: Part, view: View, bare: bool = False) -> None:
        self.part = part
        self.view = view
        self.bare = bare


def split(text: str, turns: Sequence[Turn] = ()) -> list[Section]:
    """The sections of ``text`` in order; they never overlap.

    ``turns`` are the messages that it was joined from: what is not the assistant's is observed.
    """
    reader = _Reader()
    whole = View(text)
    if not turns:
        reader.read(whole, Part.THOUGHT)
    for turn in turns:
        view = whole.part(turn.start, turn.end)
        if turn.role in ENVIRONMENT:
            reader.observe(view)
        else:
            reader.read(view, Part.THOUGHT)
    return reader.found


class _Reader:
    """Collects sections."""

    def __init__(self) -> None:
        self.found: list[Section] = []

    def read(self, view: View, part: Part) -> None:
        """Sections of a text; what no label, tag or call claims is of kind ``part``."""
        text = view.text
        if is_json(text):
            self._json(view, part)
            return
        current, at, tag, around, one_line = part, 0, "", "", False
        last_close: dict[str, int] = {}
        used: set[str] = set()  # marks that the trajectory gave its steps before
        limit = blank = -1  # where a blank line ends what was observed; the blank line ahead
        ahead, read = blocks(text), 0
        ahead.reverse()
        for place in places(text):
            while ahead and place >= ahead[-1][0]:  # marks in JSON are those of its strings
                start, read = ahead.pop()
                if current is not Part.OBSERVATION:
                    self._flush(view, at, start, current, one_line)
                    if one_line and text[at:start].strip():
                        current = part
                    self._json(view.part(start, read), current)
                    at = read
                    if one_line:  # text or JSON, it was the answer
                        current, one_line = part, False
            if place < at or place < read:
                continue
            mark = mark_at(text, place)
            if mark is None or mark.start < at:
                continue
            if 0 <= limit <= mark.start:
                self._flush(view, at, limit, current)
                at, current, limit = limit, part, -1
            name = step(text, mark)
            if (
                current is Part.OBSERVATION
                and not (name in used and not tag)
                and not ends_observation(mark, tag, around)
            ):
                continue
            if mark.form == "call":
                if name and current is not Part.OBSERVATION:
                    used.add(name)
                end = -1 if current is Part.ANSWER else _argument_end(text, mark.end)
                if end >= 0:
                    self._leave(view, at, mark.start, current, tag)
                    if current is Part.OBSERVATION:
                        current = part
                    inner = Part.ANSWER if mark.word in FINISHES else Part.QUERY
                    self._argument(view, mark.end, end, inner)
                    at = end
                continue
            self._leave(view, at, mark.start, current, tag, one_line)
            named = current is Part.QUERY and finishes(text[at : mark.start].strip())
            at = mark.end
            current, tag = _after(mark, part)
            if names_tool(text, mark):
                current = Part.QUERY
            if name and current is not Part.OBSERVATION:
                used.add(name)
            limit = -1
            if mark.form == "label" and mark.word in BRIEF:
                if blank < at:  # nobody looks twice for it
                    blank = text.find("\n\n", at)
                    blank = len(text) if blank < 0 else blank
                limit = blank if blank < len(text) else -1
            if mark.form == "tag":
                around = mark.word if current is not Part.OBSERVATION else ""
            elif mark.form == "close":
                around = ""
            one_line = mark.form == "label" and current is Part.ANSWER
            if named and current is Part.QUERY:  # Action: finish, then Action Input: the answer
                current = Part.ANSWER
            if tag and current is Part.OBSERVATION and not mark.special:
                if tag not in last_close:
                    last_close[tag] = text.lower().rfind(f"</{tag}")
                tag = tag if last_close[tag] >= at else ""
        if limit >= 0:
            self._flush(view, at, limit, current)
            at, current = limit, part
        self._leave(view, at, len(text), current, tag, one_line)

    def observe(self, view: View) -> None:
        """A message of the environment: all of it is observed, but for the marks around it."""
        text = view.text
        start, end = 0, len(text)
        if is_json(text):
            self._json(view, Part.OBSERVATION)
            return
        first = first_place(text)
        mark = mark_at(text, first) if first >= 0 else None
        if mark is not None and not text[: mark.start].strip():
            if mark.form == "label" and LABELS[mark.word] is Part.OBSERVATION:
                start = mark.end
            elif mark.form == "tag" and TAGS[mark.word] is Part.OBSERVATION:
                start = mark.end
                close = text.rfind("</", start)
                last = mark_at(text, close) if close >= 0 else None
                if last is not None and last.word == mark.word and not text[last.end :].strip():
                    end = close
        self._flush(view, start, end, Part.OBSERVATION)

    def _argument(self, view: View, start: int, end: int, part: Part) -> None:
        """The argument of a call: ``x``, ``"x"`` or ``query="x"``, without settings beside it."""
        text = view.text
        if text.find(",", start, end) >= 0:
            start, end = _without_settings(text, start, end)
        if text.find("=", start, end) >= 0:
            keyword = _KEYWORD.match(text, start, end)
            if keyword is not None:
                start = keyword.end()
        if end - start > 1 and text[start] in "\"'" and text[end - 1] == text[start]:
            start, end = start + 1, end - 1
        self._flush(view, start, end, part)

    def _leave(
        self,
        view: View,
        start: int,
        end: int,
        part: Part,
        tag: str,
        one_line: bool = False,
    ) -> None:
        """``_flush`` before a mark: what was observed outside tags may end in a conclusion."""
        if part is Part.OBSERVATION and not tag:
            line = conclusion(view.text, start, end)
            self._flush(view, start, line, part)
            if line < end:
                self._flush(view, line, end, Part.THOUGHT)
        else:
            self._flush(view, start, end, part, one_line)

    def _flush(
        self, view: View, start: int, end: int, part: Part, first_line: bool = False
    ) -> None:
        """``text[start:end]`` as sections, without the space around; JSON inside is taken apart."""
        text = view.text
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start >= end or (end - start < 4 and _SAYS.search(text, start, end) is None):
            return
        if first_line:
            line = text.find("\n", start, end)
            if line >= 0:
                self._flush(view, start, line, part)
                self._flush(view, line, end, Part.THOUGHT)
                return
        if part is Part.ANSWER:
            start, end = _inside_bold(text, start, end)
            if text.endswith("**", start, end) and text.count("**", start, end) == 1:
                end -= 2  # that of the label: **Final answer: Orsholm**
        if part is not Part.OBSERVATION and text.find("{", start, end) >= 0:
            self._with_json(view.part(start, end), part)
        else:
            self.found.append(Section(part, view.part(start, end)))

    def _boxes(self, view: View, start: int, end: int, part: Part) -> None:
        """Text that is not JSON; what stands in ``\\boxed`` is an answer, and no more of one is."""
        at = start
        for box in _BOX.finditer(view.text, start, end):
            part = Part.THOUGHT if part is Part.ANSWER else part
            self._text(view, at, box.start(), part)
            self.found.append(Section(Part.ANSWER, view.part(box.start(1), box.end(1))))
            at = box.end() + view.text.startswith("}", box.end())
        self._text(view, at, end, part)

    def _text(self, view: View, start: int, end: int, part: Part) -> None:
        if view.text[start:end].strip():
            self.found.append(Section(part, view.part(start, end)))

    def _with_json(self, view: View, part: Part) -> None:
        """JSON that fills the section, or stands on lines of its own."""
        if is_json(view.text):
            self._json(view, part)
            return
        at = 0
        for start, end in blocks(view.text):
            self._boxes(view, at, start, part)
            self._json(view.part(start, end), part)
            at = end
        self._boxes(view, at, len(view.text), part)

    def _json(self, view: View, part: Part) -> None:
        """The values of a JSON text. Where it was observed, all of them were."""
        for value in values(view.text):
            if part is Part.OBSERVATION:
                value.part = part
            if value.string:
                self._string(view.unescaped(value.start, value.end), value, part)
            elif value.is_fact(view.text):
                own = value.part or Part.QUERY
                self.found.append(Section(own, view.part(value.start, value.end), bare=True))

    def _string(self, inner: View, value: Value, part: Part) -> None:
        own = value.part
        nested = is_json(inner.text)
        if nested and own is not None and (own is Part.OBSERVATION or value.finishes):
            first = len(self.found)
            self.read(inner, own)
            for section in self.found[first:]:
                section.part = own
        elif own is Part.OBSERVATION or (own is Part.ANSWER and not nested):
            self._flush(inner, 0, len(inner.text), own)
        else:
            self.read(inner, own or Part.THOUGHT)


def _after(mark: Mark, part: Part) -> tuple[Part, str]:
    """The part that a mark starts, and its tag."""
    if mark.form == "label":
        return LABELS[mark.word], ""
    if mark.form == "close":
        return part, ""
    return TAGS[mark.word], mark.word


def _argument_end(text: str, start: int) -> int:
    """Where the argument of a call that starts at ``start`` ends, before a tag at the latest.

    -1 if it does not.
    """
    square = text[start - 1] == "["
    end = text.find("]" if square else ")", start, start + 1000)
    if end < 0 or text.find("[" if square else "(", start, end) >= 0 or "\n" in text[start:end]:
        match = (_BRACKETED if square else _PARENTHESES).match(text, start)
        if match is None:
            return -1
        end = match.end()
    at = text.find("<", start, end)
    while at >= 0:
        if mark_at(text, at) is not None:
            return at
        at = text.find("<", at + 1, end)
    return end


def _without_settings(text: str, start: int, end: int) -> tuple[int, int]:
    """``"x", top_k=5`` and ``k=3, query="x"`` without what is a setting of the tool."""
    first = _SETTINGS_FIRST.match(text, start, end)
    if first is not None:
        start = first.end()
    last = _SETTINGS_LAST.search(text, max(start, end - _LONGEST_SETTINGS), end)
    return start, end if last is None else last.start()


def _inside_bold(text: str, start: int, end: int) -> tuple[int, int]:
    """``**Orsholm**``, with or without a full stop, without the marks around."""
    last = end - 1 if text[end - 1] == "." else end
    for marks in ("**", "__"):
        first, close = start + 2, last - 2
        if (
            first < close
            and text.startswith(marks, start)
            and text.find(marks, first, last) == close
        ):
            return first, close
    return start, end
