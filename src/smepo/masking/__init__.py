"""The method: detect (text to spans), select (which spans), render (blanks).

    spans = detector(trace, Context(question))   # one detector a domain: math, code, search
    hidden = critical_path(spans)                # or paper, or random
    text, blanks = render(trace, hidden)

Each step is a plain function of plain data. Nothing here knows a verifier: what still scores is
found by the audit, which hands its finds back as ``extra`` spans.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Literal

from smepo.errors import ConfigError
from smepo.masking import foreign
from smepo.masking import paper as paper_rules
from smepo.masking.detector import Context, Detector, Passages, Turn
from smepo.masking.pause import collector_paused
from smepo.masking.render import literals, render
from smepo.masking.select import (
    LEVELS,
    MODES,
    REPAIRED,
    at_random,
    check,
    critical_path,
)
from smepo.types import MaskedTrace, Span, Status

__all__ = [
    "DOMAINS",
    "LEVELS",
    "MODES",
    "REPAIRED",
    "Context",
    "Detector",
    "Passages",
    "Turn",
    "check",
    "detect",
    "detector",
    "family",
    "mask_trace",
    "spans",
]

DOMAINS = {
    "math": "smepo.masking.math:spans",
    "code": "smepo.masking.code:spans",
    "search": "smepo.masking.search:spans",
}
SKELETON = "smepo.masking.code.skeleton:spans"
_BUILT_IN: dict[str, Detector] = {}  # those of ``DOMAINS`` that were imported


def detector(domain: str | Detector, level: str = "block") -> Detector:
    """The detector of a domain: a name in ``DOMAINS``, ``package.module:function``, or a callable.

    Raises:
        ConfigError: for an unknown name, or one that cannot be imported; for a level that the
            domain does not have.
    """
    if level == "skeleton":
        if domain != "code":
            raise ConfigError("level: 'skeleton' is for the domain 'code'; leave it out")
        domain = SKELETON
    if callable(domain):
        return domain
    if domain in _BUILT_IN:
        return _BUILT_IN[domain]
    path = DOMAINS.get(domain, domain)
    module, _, name = path.partition(":")
    if not name:
        raise ConfigError(
            f"domain: {domain!r} is unknown; use one of {', '.join(DOMAINS)}, "
            "or package.module:function for a detector of your own"
        )
    try:
        found: Detector = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"domain: {domain!r} cannot be imported: {error}") from error
    if path != domain:
        _BUILT_IN[domain] = found
    return found


def family(domain: str | Detector) -> str:
    """The built-in domain that ``domain`` is or stands on, else its own name.

    A detector of one's own that adds to a built-in one says so by its attribute ``base``; it knows
    what that one knows (aliases, the target in search) and is judged by its verifier.
    """
    if isinstance(domain, str) and domain in DOMAINS:
        return domain
    base = getattr(detector(domain), "base", None)
    if isinstance(base, str) and base in DOMAINS:
        return base
    return domain if isinstance(domain, str) else getattr(domain, "__name__", "custom")


def detect(
    trace: str, domain: str | Detector, context: Context, level: str = "block"
) -> list[Span]:
    """What the detector of a domain finds in ``trace``; one that is not ours is checked.

    Raises:
        ConfigError: for an unknown domain or level; if a detector of one's own fails, or returns
            anything but spans of the trace.
    """
    find = detector(domain, level)
    if isinstance(domain, str) and domain in DOMAINS:
        return find(trace, context)
    name = domain if isinstance(domain, str) else getattr(domain, "__qualname__", repr(domain))
    return foreign.found(find, name, trace, context)


def spans(
    trace: str, domain: str | Detector, context: Context, mode: str, level: str = "block"
) -> list[Span]:
    """The spans of ``trace`` that ``mode`` hides, before the audit adds any.

    Raises:
        ConfigError: for an unknown mode, domain or level, or for a detector that fails.
    """
    check(mode, level)
    if mode == "paper" and isinstance(domain, str) and domain in paper_rules.RULES:
        return paper_rules.RULES[domain](trace, context)
    hidden = critical_path(detect(trace, domain, context, level))
    if mode == "expressions" and domain == "math":
        from smepo.masking.math.expressions import expressions

        hidden += expressions(trace)
    return hidden


def mask_trace(
    trace: str,
    *,
    domain: str | Detector,
    question: str = "",
    mode: str = "critical-path",
    level: str = "block",
    placeholders: Literal["indexed", "plain"] | None = None,
    seed: int = 0,
    aliases: Sequence[str] = (),
    target: Any = None,
    passages: Passages = "whole",
    turns: Sequence[Turn] = (),
    extra: Sequence[Span] = (),
) -> MaskedTrace:
    """Mask one trace, without an audit.

    Args:
        trace: the expert's solution.
        domain: ``"math"``, ``"code"``, ``"search"``, ``"module:function"`` or a detector.
        question: what it solves; operands that it states stay visible.
        mode: ``critical-path`` (default); ``expressions`` hides closed arithmetic besides (math);
            ``paper`` or ``random``.
        level: of code: ``block`` (default), or ``skeleton``, which keeps the shape of Python.
        placeholders: ``indexed`` (``[NUMBER_2]``, default but for ``paper``) or ``plain``.
        seed: of the ``random`` mode.
        aliases: other names of the answer (search).
        target: kept in the result; a detector sees it in the search domain alone (law 4).
        passages: observations (search) are hidden ``whole``, or their values ``inside`` them.
        turns: the messages that ``trace`` was joined from (search).
        extra: spans to hide besides, such as those that an audit found.

    Raises:
        ConfigError: for an unknown mode, domain, level, placeholder style or handling of passages;
            for a detector of one's own that fails or returns no spans of the trace.
    """
    if passages not in ("whole", "inside"):
        raise ConfigError(f"passages: {passages!r} is neither 'whole' nor 'inside'")
    if placeholders not in (None, "indexed", "plain"):
        raise ConfigError(f"placeholders: {placeholders!r} is neither 'indexed' nor 'plain'")
    name = family(domain)
    seen = target if name == "search" else None
    context = Context(question, tuple(aliases), seen, passages, tuple(turns))
    indexed = placeholders == "indexed" or (placeholders is None and mode != "paper")
    with collector_paused():
        hidden = spans(trace, domain, context, mode, level)
        if mode == "random":
            hidden = at_random(trace, sum(span.end - span.start for span in hidden), seed)
        text, blanks = render(
            trace, [*literals(trace), *hidden, *extra], indexed=indexed, added=frozenset(extra)
        )
    return MaskedTrace(
        trace, text, blanks, name, mode, Status.UNAUDITED, question=question, target=target
    )
