"""The two parts of a reasoning model's trace: what it thought, and the solution it then wrote.

The part is taken before masking, so that the offsets of blanks are right in what is shown.
"""

from __future__ import annotations

import re
from typing import Literal

Part = Literal["both", "thinking", "solution"]
PARTS: tuple[Part, ...] = ("both", "thinking", "solution")

_TAG = re.compile(
    r"<(?:(?P<open>think|thinking)|(?P<close>/think|/thinking)"
    r"|(?P<open2>\|begin_of_thought\|)|(?P<close2>\|end_of_thought\|))>",
    re.IGNORECASE,
)
_SOLUTION_TAG = re.compile(r"<\|(?:begin|end)_of_solution\|>")


def split_thinking(trace: str) -> tuple[str, str]:
    """Thinking and solution of a trace, without their tags and without blank space around them.

    Knows `<think>`, `<thinking>` and OpenThoughts' `<|begin_of_thought|>`. A trace may begin inside
    the thinking (R1's template writes the opening tag), or end there (cut off: no solution).
    Several blocks are joined by an empty line. A trace without tags is all solution.

    >>> split_thinking("<think>Try 6.</think>It is 6.")
    ('Try 6.', 'It is 6.')
    >>> split_thinking("Try 6.</think>It is 6."), split_thinking("It is 6.")
    (('Try 6.', 'It is 6.'), ('', 'It is 6.'))
    """
    thinking: list[str] = []
    solution: list[str] = []
    inside, at, first = False, 0, True
    for tag in _TAG.finditer(trace):
        opens = bool(tag["open"] or tag["open2"])
        if first and not opens:
            inside = True
        if opens != inside:  # a repeated tag changes nothing
            (thinking if inside else solution).append(trace[at : tag.start()])
            inside, at = opens, tag.end()
        first = False
    (thinking if inside else solution).append(trace[at:])
    return _join(thinking), _SOLUTION_TAG.sub("", _join(solution)).strip()


def _join(pieces: list[str]) -> str:
    return "\n\n".join(piece.strip() for piece in pieces if piece.strip())


def thinking_part(trace: str, which: Part = "both") -> str:
    """The part of ``trace`` to show; "both" is the trace itself, byte for byte.

    Empty if the trace has no such part: no thinking without tags, no solution if it was cut off.
    """
    if which == "both":
        return trace
    thinking, solution = split_thinking(trace)
    return thinking if which == "thinking" else solution
