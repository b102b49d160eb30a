"""Transforms: from a row to the text that its prompt carries.

Each is a frozen object with a name, called with the example, a level in (0, 1] and the seed. It
returns None where the example lacks what it needs. At a level below one, each shows a prefix of
what it shows at one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from smepo.guidance.draws import draw
from smepo.guidance.example import Example
from smepo.guidance.more import Levels
from smepo.guidance.schedules import check_share
from smepo.masking import REPAIRED, check, mask_trace
from smepo.masking.render import literals, render
from smepo.masking.select import at_random
from smepo.prompting.cuts import line_ends, outside, sentence_ends, structures
from smepo.prompting.neutralise import unblank


class Transform(Protocol):
    """From an example to guidance; pure, so that every rollout of a group sees the same text."""

    @property
    def name(self) -> str: ...

    def __call__(self, example: Example, *, level: float, seed: int) -> str | None: ...


@dataclass(frozen=True, slots=True)
class NoGuidance:
    """Nothing: plain GRPO."""

    name: ClassVar[str] = "none"

    def __call__(self, example: Example, *, level: float, seed: int) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Full:
    """The whole trace, unmasked: the control that the paper finds worse than no guidance."""

    name: ClassVar[str] = "full"

    def __call__(self, example: Example, *, level: float, seed: int) -> str | None:
        text = example.trace_text
        return None if text is None else prefix(unblank(text).text, level)


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first part of the trace, unmasked, cut at a line or sentence end near ``ratio``."""

    ratio: float = 0.5
    name: ClassVar[str] = "prefix"

    def __post_init__(self) -> None:
        check_share("ratio", self.ratio)

    def __call__(self, example: Example, *, level: float, seed: int) -> str | None:
        text = example.trace_text
        return None if text is None else prefix(unblank(text).text, level * self.ratio)


@dataclass(frozen=True, slots=True)
class RandomMask:
    """Words of the trace hidden at random, drawn per row: the control for *which* spans are hidden.

    ``share`` of the trace's characters is hidden; None hides as many as the row's own blanks do,
    which needs a row that `smepo mask` prepared.
    """

    share: float | None = None
    indexed: bool = True
    name: ClassVar[str] = "random"

    def __post_init__(self) -> None:
        if self.share is not None:
            check_share("share", self.share)

    def __call__(self, example: Example, *, level: float, seed: int) -> str | None:
        text = example.trace_text
        if text is None or (self.share is None and example.guidance is None):
            return None
        amount = sum(len(blank.text) for blank in example.blanks)
        if self.share is not None:
            amount = round(self.share * sum(not letter.isspace() for letter in text))
        spans = [*literals(text), *at_random(text, amount, draw("random", example.id, seed))]
        return prefix(render(text, spans, indexed=self.indexed)[0], level)


@dataclass(frozen=True, slots=True)
class Masked:
    """The masked trace: the method.

    ``critical-path`` and ``expressions`` show the guidance that `smepo mask` prepared, audit
    included, and nothing for a row that was not prepared. The other modes are controls and are made
    from the trace in ``domain``, code at ``level`` ("block" or "skeleton").
    """

    mode: str = "critical-path"
    domain: str = "math"
    level: str = "block"
    name: ClassVar[str] = "masked"

    def __post_init__(self) -> None:
        check(self.mode, self.level)

    def __repr__(self) -> str:
        """Checkpoints hold it: the default level is left out, as in those of before."""
        level = "" if self.level == "block" else f", level={self.level!r}"
        return f"Masked(mode={self.mode!r}, domain={self.domain!r}{level})"

    def __call__(self, example: Example, *, level: float, seed: int) -> str | None:
        if self.mode in REPAIRED:
            return None if example.guidance is None else prefix(example.guidance, level)
        text = example.trace_text
        if text is None:
            return None
        masked = mask_trace(
            text,
            domain=self.domain,
            question=example.question,
            mode=self.mode,
            level=self.level,
            seed=draw("masked", example.id, seed),
        )
        return prefix(masked.text, level)


TRANSFORMS: Mapping[str, Callable[..., Transform]] = {
    transform.name: transform
    for transform in (NoGuidance, Full, Prefix, RandomMask, Masked, Levels)
}


def prefix(text: str, ratio: float) -> str:
    """The start of ``text`` that ends nearest to ``ratio`` of its characters.

    It ends at the end of a line or a sentence, outside open LaTeX and fences where that can be, and
    never inside a blank. The whole text may be nearest; no text only at ratio 0.

    >>> prefix("Add them. Then double. Done.", 0.4)
    'Add them.'
    """
    if ratio >= 1.0 or not text.strip():
        return text
    if ratio <= 0.0:
        return ""
    points = sorted({*line_ends(text), *sentence_ends(text)})
    points = [*(outside(points, structures(text)) or points), len(text.rstrip())]
    wanted = ratio * points[-1]
    return text[: min(points, key=lambda point: (abs(point - wanted), point))]
