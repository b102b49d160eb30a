"""Two further transforms: a mask that is lifted step by step, and the example of another row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from smepo.errors import ConfigError
from smepo.guidance.draws import draw
from smepo.guidance.example import Example
from smepo.prompting.neutralise import unblank
from smepo.types import Role

_GROUPING = re.compile(r"(?<=\d)(?:,|\{,\}|\\,)(?=\d{3}(?!\d))")
TRIES = 16  # rows that are looked at for one that does not hold the target


@dataclass(frozen=True, slots=True)
class Levels:
    """The masked trace with more or less of it uncovered, from its start.

    At level 1 only conclusions are hidden, towards 0 everything that `smepo mask` hides. What
    shares its placeholder with a conclusion, holds a conclusion's text, or was hidden by the audit,
    stays hidden at every level; a control all the same: uncovered values are not audited again.
    """

    name: ClassVar[str] = "levels"

    def __call__(self, example: Example, *, level: float, seed: int) -> str | None:
        trace = example.trace
        if not isinstance(trace, str) or example.guidance is None:
            return None
        ends = [b for b in example.blanks if b.role is Role.CONCLUSION]
        answers, texts = {b.placeholder for b in ends}, [b.text for b in ends]
        free = [
            b
            for b in example.blanks
            if b.placeholder not in answers and not b.audit and not holds(b.text, texts)
        ]
        shown = set(free[: round(level * len(free))])
        pieces, at = [], 0
        for blank in example.blanks:
            pieces += [unblank(trace[at : blank.start]).text]
            pieces += [blank.text if blank in shown else blank.placeholder]
            at = blank.end
        return "".join([*pieces, unblank(trace[at:]).text])


@dataclass(frozen=True, slots=True)
class AnotherRow:
    """A solved problem of the same data set in place of this one's trace.

    The row is drawn by id and seed from ``pool``: never this one, none that asks or wants the same,
    and none whose text holds this row's target as a whole word, in whatever case and grouping of
    digits; after `TRIES` such rows there is no guidance. ``masked`` shows its guidance instead of
    its trace.
    """

    pool: tuple[Example, ...] = field(repr=False)
    masked: bool = False
    name: ClassVar[str] = "another-row"

    def __post_init__(self) -> None:
        if len(self.pool) < 2:
            raise ConfigError("guidance.transform: another-row needs at least two rows")

    def __call__(self, example: Example, *, level: float, seed: int) -> str | None:
        for attempt in range(TRIES):
            other = self.pool[draw("another-row", example.id, seed, attempt) % len(self.pool)]
            text = other.guidance if self.masked else other.trace_text
            same = other.question == example.question or (
                other.target is not None and other.target == example.target
            )
            if other.id == example.id or same or text is None or not other.status.shown:
                continue
            shown = f"{other.question}\n\n{text if self.masked else unblank(text).text}"
            if not holds(shown, example.target):
                return shown
        return None


def holds(text: str, target: Any) -> bool:
    """Whether a target, or one of several, stands in a text as a whole word; a program does not.

    >>> holds("it makes 1,234 Apples", "1234"), holds("it makes 1,234 Apples", ["apple", "234"])
    (True, False)
    """
    several = target if isinstance(target, list | tuple) else [target]
    wanted = [_folded(str(one)) for one in several if not isinstance(one, dict)]
    text = _folded(text)
    return any(one and re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text) for one in wanted)


def _folded(text: str) -> str:
    """In small letters, digits without grouping, blank space and dollars single or none."""
    text = _GROUPING.sub("", text.casefold())
    return " ".join(text.replace("$", " ").split())
