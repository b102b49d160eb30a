"""Where a completion states its answer. Linear in the length of the completion.

In this order: the last ``\\boxed{}`` or ``\\fbox{}``; ``<answer>`` tags; ``####`` on the last line;
"answer is ..." or "Answer: ..."; a choice letter alone on the last line; a completion that is
nothing but an answer. Boxes that stand in one statement are one answer, a list: naming several
values is not a way to name one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BOX_TOKEN = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*(\{?)|\\[\\{}]|[{}]")
_BARE_BOX = re.compile(r"[ \t]*(\\[A-Za-z]+|[+\-]?[\d.,]*\d|[A-Za-z0-9])")
_STATEMENT_END = re.compile(r"\n|[。！？]|[.!?][\s$)\]}*]*\s(?=\S)")
_TAG = re.compile(r"<answer>([^<]*)</answer>", re.IGNORECASE)
_ANSWER = re.compile(
    r"\banswer\b(?:\s+(?:to|of|for|in)\b[^.\n:=]{0,60}?)?[*_\s]{0,4}(?::|=|\bis\b\s*:?|\bare\b\s*:?)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"\.(?:\s|$)|[\n!?]")
_MATH = re.compile(r"\$\$?([^$\n]+)\$\$?|\\\(([^\n]+?)\\\)|\\\[([^\n]+?)\\\]")
_DISPLAY = re.compile(r"\$\$([^$]{1,500})\$\$|\\\[(.{1,500}?)\\\]", re.DOTALL)
_CHOICE = re.compile(
    r"[\s*_#>-]*(?:(?:the\s+)?(?:correct\s+)?(?:final\s+)?(?:option|choice|answer)(?:\s+is)?[\s:*_]*)?"
    r"(\(?(?:\\text(?:bf)?\{\(?)?[A-J]\)?\}?\)?)[\s*_.$]*\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Extraction:
    """``parts`` are the values that the last statement names; one part unless it joins several."""

    parts: tuple[str, ...]
    rule: str

    @property
    def text(self) -> str:
        """The answer as one text; several parts as a list."""
        return ", ".join(self.parts)


def extract(completion: str) -> Extraction | None:
    """The stated answer, or ``None`` where the completion states none that can be read.

    After ``</think>`` counts before what was thought.
    """
    thought = completion.rfind("</think>")
    if thought >= 0:
        found = _stated(completion[thought + len("</think>") :])
        if found is not None:
            return found
    return _stated(completion)


def _stated(completion: str) -> Extraction | None:
    if "\\boxed" in completion or "\\fbox" in completion:
        boxes = _last_boxes(completion)
        if boxes is not None:
            return boxes
        return None  # a box that is never closed: the completion was cut off
    tags = _TAG.findall(completion) if "<answer>" in completion.lower() else []
    if tags:
        return _one(tags[-1], "tag")
    tail = completion.rstrip()
    line = tail[tail.rfind("\n") + 1 :]
    if "####" in line:
        return _one(line.rsplit("####", 1)[1], "hashes")
    return _announced(completion) or _choice(line) or _bare(tail)


def _one(text: str, rule: str) -> Extraction | None:
    text = text.strip()
    return Extraction((text,), rule) if text else None


def _last_boxes(text: str) -> Extraction | None:
    """Outermost boxes of the last statement that holds one; None if the last never closes."""
    boxes: list[tuple[int, int, int]] = []  # start of the box, start and end of its content
    stack: list[tuple[int, int] | None] = []  # None for a plain brace
    opened = 0
    for token in _BOX_TOKEN.finditer(text):
        word = token.group()
        if word == "{":
            stack.append(None)
        elif word == "}":
            if not stack:
                continue
            top = stack.pop()
            if top is not None:
                while boxes and boxes[-1][0] > top[0]:
                    boxes.pop()
                boxes.append((top[0], top[1], token.start()))
        elif word[1] in "bf":
            opened = token.start()
            if token.group(1):
                stack.append((token.start(), token.end()))
            elif (bare := _BARE_BOX.match(text, token.end())) is not None:
                boxes.append((token.start(), bare.start(1), bare.end(1)))
    if not boxes or boxes[-1][2] < opened:
        return None
    first = len(boxes) - 1
    while first and _STATEMENT_END.search(text, boxes[first - 1][2] + 1, boxes[first][0]) is None:
        first -= 1
    parts = dict.fromkeys(text[a:b].strip() for _, a, b in boxes[first:])
    return Extraction(tuple(parts), "box")


def _announced(text: str) -> Extraction | None:
    found = list(_ANSWER.finditer(text))
    if not found:
        return None
    last = found[-1]
    rest = text[last.end() : last.end() + 2000].lstrip(" \t*_:\n")
    end = _SENTENCE_END.search(rest)
    display = _DISPLAY.match(rest)
    if display is not None:
        return _one(display.group(1) or display.group(2), "announced")
    said = (rest[: end.start()] if end else rest).strip().rstrip("*_ ")
    maths = list(_MATH.finditer(said))
    if maths:
        parts = dict.fromkeys(next(g for g in m.groups() if g).strip() for m in maths)
        return Extraction(tuple(parts), "announced")
    return _one(said, "announced")


def _choice(line: str) -> Extraction | None:
    match = _CHOICE.match(line) if len(line) < 80 else None
    return None if match is None else _one(match.group(1), "choice")


def _bare(text: str) -> Extraction | None:
    text = text.strip()
    if "\n" in text or len(text) > 200:
        return None
    if text.startswith("$") and text.endswith("$") and text.count("$") == 2:
        return _one(text[1:-1], "bare")
    return _one(text, "bare") if re.fullmatch(r"[-+−]?[\d.,/\s]*\d[\d.,/\s]*%?", text) else None
