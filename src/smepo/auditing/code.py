"""The copy attack on code: run what a mask has left against the row's own tests (law 3).

A cutter that knows nothing of the masker takes every fragment that may be code: fenced blocks, runs
of lines, what stands in backticks. Placeholders in them are filled with what their position needs.
Candidates are each fragment, all of them joined, and the question's starter code with them for a
body.
"""

from __future__ import annotations

import re
import textwrap
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from smepo.auditing.attack import Finding, judge
from smepo.auditing.inert import hopeless, means, returnable, weight
from smepo.types import Kind, Leak, MaskedTrace, Role, Span, Verdict, VerdictStatus, Verifier
from smepo.verifiers.programs import fence as in_fence
from smepo.verifiers.programs import fences, tree_of
from smepo.verifiers.user import UserVerifier

MAX_CANDIDATES = 400  # of one trace; what is over is undecided
MOST_READING = 5_000_000  # characters that are parsed of one trace, and _EACH for every try
_EACH = 200
_OPEN = (VerdictStatus.TIMEOUT, VerdictStatus.ERROR)

_TICKS = re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]{2,300})\1(?!`)")
_CODELIKE = re.compile(
    r"[=(\[{<>*/+%|&^~-]|:[ \t]*$|^[ \t]*(?:return|yield|pass|break|continue|else|try|import|from"
    r"|del|raise|global|nonlocal|lambda)\b"
)
_STARTER = re.compile(r"^(?:from|import|class|def|async def|@)\b", re.MULTILINE)
_ASSIGNS = re.compile(r"[ \t]*(?:[-+*/%&|^@<>]{0,3}=(?!=)|:[ \t]*\w+[ \t]*=|,)")
_NAMES = re.compile(r"\b(?:for|as|import|def|class|lambda)[ \t]+$")
_OPENS = ("(", "[", "{", ",", "\\")  # a line that the next one goes on
_LINE = re.compile(r"[^\n]+")
_HEADER = re.compile(r"[ \t]*(?:async[ \t]+)?(while|for|def|class)\b")


_PART = re.compile(
    r"(?:(?<=returns )|(?<=Returns )|(?<=Return ))(?=\S)"
    r"|\b(?:[^\W\d]\w*[ ]?=(?!=)|(?:import|from|def|return|lambda)[ ])"
)
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)")
_JOINING_WORD = re.compile(r"[ ](?:and|or|in|is|if|for|not)\b|,(?=[ ])")  # of prose as of code
_PART_LENGTH = 200  # characters of a part of a sentence
_CUTS = 5  # of one part, each where Python stops to understand it


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of the masked text that may be code: where it stands, and its filled text."""

    start: int
    end: int
    text: str
    whole: bool = True  # no part of a sentence


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program of an attacker, and the fragments that it is made of."""

    code: str
    attack: str  # fragment, joined, starter
    fragments: tuple[Fragment, ...]


Walls = Sequence[tuple[int, int]]


class Reading:
    """What may still be parsed of one trace: one of nothing but beginnings would take minutes."""

    def __init__(self) -> None:
        self.left = MOST_READING

    def weight(self, code: str) -> str | None:
        """As ``inert.weight``; of what is not read, that it may be code."""
        self.left -= len(code) + _EACH
        return weight(code) if self.left > 0 else "code"


def attack(text: str, walls: Walls, question: str, target: Any, verifier: Verifier) -> Finding:
    """Which candidates score. Those that do without the trace, by the question alone, may."""
    reading = Reading()
    found = candidates(text, walls, question, target, reading)
    tried = [c for c in found[:MAX_CANDIDATES] if not hopeless(c.code, target, verifier)]
    verdicts = _judged([c.code for c in tried], target, verifier)
    scoring = [c for c, v in zip(tried, verdicts, strict=True) if v.status is VerdictStatus.CORRECT]
    opened = [v.detail or v.status.value for v in verdicts if v.status in _OPEN]
    opened += [f"more than {MAX_CANDIDATES} candidates"] * max(0, len(found) - MAX_CANDIDATES)
    opened += ["more beginnings of statements than are read"] if reading.left <= 0 else []
    if scoring:
        scoring = _beyond(scoring, question, target, verifier)
    return Finding(
        leaks=tuple(_leaks(text, scoring)),
        expression_leaks=(),
        incidental=0,
        undecided=len(opened),
        detail=opened[0] if opened else "",
        candidates=len(found),
    )


def _judged(programs: Sequence[str], target: Any, verifier: Verifier) -> list[Verdict]:
    """One verdict a program, in a fence unless the reward has a way of its own to wrap it."""
    if not isinstance(verifier, UserVerifier) or verifier.wraps:
        return judge(verifier, programs, target)
    return verifier.many([(in_fence(program), target) for program in programs])


def _beyond(
    scoring: list[Candidate], question: str, target: Any, verifier: Verifier
) -> list[Candidate]:
    """The candidates that owe their score to the trace."""
    alone = [_with_body(starter, "pass") for starter in starters(question)]
    alone += [c.code for c in candidates(question, (), "")]
    verdicts = _judged(alone[:MAX_CANDIDATES], target, verifier)
    if any(v.status is VerdictStatus.CORRECT for v in verdicts):
        scoring = [c for c in scoring if c.attack != "starter"]
    stated = set(alone)
    return [c for c in scoring if c.code not in stated]


def _leaks(text: str, scoring: Sequence[Candidate]) -> Iterator[Leak]:
    """The fragments of the scoring candidates, from those made of the fewest on.

    A candidate that holds a fragment which leaks already is not told again.
    """
    told: dict[tuple[int, int], None] = {}
    for candidate in sorted(scoring, key=lambda c: len(c.fragments)):
        places = [(one.start, one.end) for one in candidate.fragments]
        if any(place in told for place in places):
            continue
        for start, end in places:
            told[start, end] = None
            yield Leak(text[start:end], f"code {candidate.attack}", start, end)


def candidates(
    text: str, walls: Walls, question: str, target: Any = None, reading: Reading | None = None
) -> list[Candidate]:
    """Every candidate once, with all the fragments that it can be made of.

    A fragment that does nothing (a comment, a bare name) is none as a statement: with it a program
    does what it does without. Returned, a bare name counts if it can mean anything there.
    """
    places: dict[str, list[Fragment]] = {}
    reading = Reading() if reading is None else reading
    pieces = islice(
        fragments(text, walls, reading), MAX_CANDIDATES + 1
    )  # more are undecided anyway
    for piece in sorted(pieces, key=lambda one: one.start):
        places.setdefault(piece.text, []).append(piece)
    weights = {code: weight(code) for code in places}
    active = [code for code, kind in weights.items() if kind == "code"]
    found: dict[str, Candidate] = {}

    def add(code: str, attack: str, made_of: Sequence[str]) -> None:
        pieces = tuple(one for text in made_of for one in places[text])
        found.setdefault(code, Candidate(code, attack, pieces))

    for code in places:
        add(code, "fragment", [code])
    whole = [code for code in active if any(one.whole for one in places[code])]
    joined = "\n".join(whole)
    if len(whole) > 1:
        add(joined, "joined", whole)
    if len(active) > max(1, len(whole)):
        imports_first = sorted(active, key=lambda code: not code.startswith(("import ", "from ")))
        add("\n".join(imports_first), "joined", imports_first)
    for starter in starters(question):
        for code in active:
            add(_with_body(starter, code), "starter", [code])
        if len(whole) > 1:
            add(_with_body(starter, joined), "starter", whole)
        for code in places:
            name = weights[code] != "name" or means(code, starter, target)
            if weights[code] and name and returnable(code):
                add(_with_body(starter, f"return ({code})"), "starter", [code])
    return list(found.values())


def starters(question: str) -> list[str]:
    """The code that a question begins: its last fenced block, else from its first definition on."""
    blocks = [fence for fence in fences(question) if fence.code.strip()]
    if blocks:
        return [blocks[-1].code.rstrip()]
    match = _STARTER.search(question)
    return [question[match.start() :].rstrip()] if match else []


def _with_body(starter: str, body: str) -> str:
    """Starter code with a body below its last line."""
    last = starter.rsplit("\n", 1)[-1]
    indent = last[: len(last) - len(last.lstrip())] + ("    " if last.endswith(":") else "")
    return f"{starter}\n{textwrap.indent(body, indent)}\n"


def fragments(text: str, walls: Walls, reading: Reading) -> Iterator[Fragment]:
    """What may be code: blocks, lines outside of them, backticks."""
    starts = [start for start, _ in walls]
    at = 0
    for fence in [*fences(text), None]:
        end = len(text) if fence is None else fence.start
        yield from _lines(text, at, end, walls, starts, reading)
        if fence is not None:
            for piece in _fragment(text, fence.start, fence.end, walls, starts):
                if reading.weight(piece.text) is not None:
                    yield piece
                else:
                    yield from _lines(text, fence.start, fence.end, walls, starts, reading)
            at = fence.end
    for match in _TICKS.finditer(text):
        for piece in _fragment(text, *match.span(2), walls, starts):
            yield from [piece] if reading.weight(piece.text) is not None else ()


def _lines(
    text: str, start: int, end: int, walls: Walls, starts: list[int], reading: Reading
) -> Iterator[Fragment]:
    """Runs of lines that may be code; line by line where a run is no code as a whole."""
    lines: list[tuple[int, int]] = []
    for match in _LINE.finditer(text, start, end):
        opened = bool(lines) and text[lines[-1][0] : lines[-1][1]].rstrip().endswith(_OPENS)
        if opened or _maybe(_filled(text, *match.span(), walls, starts), reading):
            lines.append(match.span())
        elif not match[0].isspace():
            yield from _run(text, lines, walls, starts, reading)
            yield from _parts(text, *match.span(), _inside(*match.span(), walls, starts), reading)
            lines = []
    yield from _run(text, lines, walls, starts, reading)


def _parts(text: str, start: int, end: int, walls: Walls, reading: Reading) -> Iterator[Fragment]:
    """Parts of a sentence that are code: from where a statement may start, as far as it parses."""
    edges = [start, *(edge for wall in walls for edge in wall), end]
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        for match in _PART.finditer(text, first, last):
            if reading.left <= 0:
                return
            at = match.start()
            stop = _SENTENCE_END.search(text, at, min(last, at + _PART_LENGTH))
            said = text[at : stop.start() if stop else min(last, at + _PART_LENGTH)]
            shorter = _JOINING_WORD.split(said, maxsplit=1)[0]
            for part in {_parsing(said, reading): 0, _parsing(shorter, reading): 0}:
                if part:
                    yield Fragment(at, at + len(part), part, whole=False)


def _parsing(part: str, reading: Reading) -> str:
    """The longest beginning of ``part`` that parses, cut where Python says that it does not."""
    for _ in range(_CUTS):
        part = part.rstrip(" \t,;:`*)]}" if part.count("(") < part.count(")") else " \t,;:`*")
        reading.left -= len(part) + _EACH
        try:
            tree_of(part)
        except SyntaxError as error:
            part = part[: max(0, min(len(part), error.offset or 1) - 1)]
        except (ValueError, RecursionError, MemoryError):
            return ""
        else:
            return part
    return ""


def _run(
    text: str, lines: list[tuple[int, int]], walls: Walls, starts: list[int], reading: Reading
) -> Iterator[Fragment]:
    if not lines:
        return
    for piece in _fragment(text, lines[0][0], lines[-1][1], walls, starts):
        if len(lines) == 1 or reading.weight(piece.text) is not None:
            yield piece
        else:
            for line in lines:
                yield from _fragment(text, *line, walls, starts)


def _maybe(line: str, reading: Reading) -> bool:
    """Whether a line looks like code and can be a statement, or the head of one."""
    bare = line.strip()
    if bare.startswith((")", "]", "}")):
        return True
    if not 2 <= len(bare) <= 1000 or not _CODELIKE.search(bare):
        return False
    return bare.endswith(_OPENS) or reading.weight(bare) is not None


def _inside(start: int, end: int, walls: Walls, starts: list[int]) -> Walls:
    return walls[bisect_left(starts, start) : bisect_left(starts, end)]


def _filled(text: str, start: int, end: int, walls: Walls, starts: list[int]) -> str:
    return fill(text, start, end, _inside(start, end, walls, starts))


def _fragment(
    text: str, start: int, end: int, walls: Walls, starts: list[int]
) -> Iterator[Fragment]:
    """A fragment, unless it is empty but for placeholders."""
    inside = _inside(start, end, walls, starts)
    edges = [start, *(edge for wall in inside for edge in wall), end]
    shown = "".join(text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
    if shown.strip():
        first = end - len(text[start:end].lstrip())
        stop = start + len(text[start:end].rstrip())
        yield Fragment(first, stop, fill(text, start, end, inside))


def fill(text: str, start: int, end: int, walls: Walls) -> str:
    """The code of ``text[start:end]`` with its placeholders filled as their positions need."""
    pieces, at = [], start
    for first, last in walls:
        line = text.rfind("\n", start, first) + 1 or start
        stop = text.find("\n", last, end)
        before, after = text[line:first], text[last : end if stop < 0 else stop]
        filling = _filling(before, after)
        if filling == "pass" and _in_while(text, start, line, before):
            filling = "break"  # it would not end
        pieces += [text[at:first], filling]
        at = last
    return textwrap.dedent("".join([*pieces, text[at:end]])).strip("\n")


def _filling(before: str, after: str) -> str:
    """What stands for a placeholder between the two parts of its line."""
    if not before.strip() and not after.strip():
        return "pass"
    if not before.strip() and re.match(
        r"[ \t]*(?:[-+*/%&|^@<>]{0,3}=(?!=)|:[ \t]*\w+[ \t]*=|,)", after
    ):
        return "_"  # what is assigned to
    if _NAMES.search(before):
        return "_"
    return "None"


def _in_while(text: str, start: int, line: int, before: str) -> bool:
    """Whether a line is in the body of a ``while``, by indentation; looks back a little way."""
    indent = len(before.expandtabs())
    at = line
    for _ in range(60):
        if at <= start:
            return False
        above = text.rfind("\n", start, at - 1) + 1 or start
        content = text[above : at - 1]
        depth = len(content.expandtabs()) - len(content.expandtabs().lstrip())
        if content.strip() and depth < indent:
            header = _HEADER.match(content)
            if header:
                return header[1] == "while"
            indent = depth
        at = above
    return False


def spans(masked: MaskedTrace, leaks: Sequence[Leak]) -> list[Span]:
    """Spans of the trace that hide the fragments of the leaks."""
    found: list[Span] = []
    for leak in leaks:
        start, end = _in_trace(masked, leak.start), _in_trace(masked, leak.end)
        hidden = masked.trace[start:end]
        found.append(Span(start, end, Kind.CODE, Role.RESULT, key=hidden.strip()))
    return found


def _in_trace(masked: MaskedTrace, offset: int) -> int:
    """An offset of the masked text as one of the trace."""
    longer = 0  # by how much the trace is up to here
    for blank in masked.blanks:
        if blank.start - longer + len(blank.placeholder) > offset:
            break
        longer += blank.end - blank.start - len(blank.placeholder)
    return offset + longer
