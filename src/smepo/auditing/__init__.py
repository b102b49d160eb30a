"""The audit: what of a masked trace could still be copied to score, and what the mask cost.

    report = audit(masked, verifier=verifier("math"))
    report.leaks, report.metrics["operators_share"], report.undecided

A candidate leaks if it stands free in the masked text, scores when it is wrapped as an answer and
put to the verifier of the run, and does not stand in the question (law 3).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from smepo.auditing import code
from smepo.auditing.attack import attack
from smepo.auditing.candidates import Candidate, cut, form
from smepo.auditing.metrics import structure
from smepo.auditing.tokens import TOKEN
from smepo.errors import ConfigError
from smepo.types import AuditReport, MaskedTrace, Verifier

__all__ = ["MOST_TOKENS", "audit", "walls"]

MOST_TOKENS = 100_000  # words, numbers, marks: more are not attacked, and no prompt holds them


def audit(
    masked: MaskedTrace,
    *,
    verifier: Verifier | None = None,
    question: str | None = None,
    target: Any = None,
) -> AuditReport:
    """Attack one masked trace and measure its structure.

    Args:
        masked: the masked trace.
        verifier: the reward that the run will use; that of the domain if not given.
        question: what the trace solves; ``masked.question`` if not given.
        target: what the verifier compares with; ``masked.target`` if not given.

    Returns:
        The report; of a text of more than ``MOST_TOKENS`` words, numbers and marks one that is
        undecided, without metrics.

    Raises:
        ConfigError: if there is no target, or the domain has no verifier.
    """
    question = masked.question if question is None else question
    target = masked.target if target is None else target
    if target is None:
        raise ConfigError("target: an audit needs the target that the verifier compares with")
    if verifier is None:
        if ":" in masked.domain:
            raise ConfigError(
                f"verifier: the domain {masked.domain!r} finds spans and judges nothing; "
                "name the reward of the run as module:function (--verifier)"
            )
        from smepo.verifiers import verifier as find

        verifier = find(masked.domain)
    tokens = TOKEN.finditer(masked.text)
    if len(masked.text) > MOST_TOKENS and next(islice(tokens, MOST_TOKENS, None), None) is not None:
        said = f"longer than {MOST_TOKENS:,} words, numbers and marks: not audited"
        return AuditReport((), undecided=1, detail=said)
    blanks = tuple(walls(masked))
    if masked.domain == "code":
        found = code.attack(masked.text, blanks, question, target, verifier)
    else:
        short = masked.domain == "search"
        candidates = cut(masked.text, blanks, target, short_answer=short)
        candidates += _own(verifier, masked.text, blanks)
        stated = _stated(question, _key(target), short)
        stated |= {form(c.text) for c in _own(verifier, question)}
        found = attack(candidates, stated, target, verifier)
    metrics = structure(masked)
    metrics["leaks"] = len(found.leaks)
    metrics["leaking"] = float(bool(found.leaks))
    return AuditReport(
        leaks=found.leaks,
        metrics=metrics,
        incidental=found.incidental,
        expression_leaks=found.expression_leaks,
        candidates=found.candidates,
        undecided=found.undecided,
        detail=found.detail,
    )


def walls(masked: MaskedTrace) -> Iterator[tuple[int, int]]:
    """Where the placeholders stand in the masked text."""
    shift = 0
    for blank in masked.blanks:
        start = blank.start + shift
        shift += len(blank.placeholder) - (blank.end - blank.start)
        yield start, start + len(blank.placeholder)


def _own(verifier: Verifier, text: str, walls: Sequence[tuple[int, int]] = ()) -> list[Candidate]:
    """The candidates that a reward of the user's own names, up to the placeholders in them."""
    cutter = getattr(verifier, "candidates", None)
    places: dict[str, dict[tuple[int, int], None]] = {}
    starts, ends = [wall[0] for wall in walls], [wall[1] for wall in walls]
    for start, end in cutter(text) if cutter is not None else ():
        inside = walls[bisect_right(ends, start) : bisect_left(starts, end)]
        at = start
        for first, last in (*inside, (end, end)):
            piece = text[at:first]
            if bare := piece.strip():
                begin = at + piece.index(bare)
                places.setdefault(bare, {})[begin, begin + len(bare)] = None
            at = max(at, last)
    return [Candidate(bare, "own", tuple(found)) for bare, found in places.items()]


def _key(target: Any) -> str | tuple[str, ...]:
    return tuple(map(str, target)) if isinstance(target, (list, tuple)) else str(target)


@lru_cache(maxsize=256)
def _stated(question: str, target: str | tuple[str, ...], short: bool) -> frozenset[str]:
    """The forms of all candidates that can be cut out of the question.

    A number behind a minus counts with it too: ``x^2 + 2x - 3`` holds ``- 3``.
    """
    found: set[str] = set()
    for candidate in cut(question, (), target, short_answer=short):
        if not candidate.places:
            continue
        found.add(form(candidate.text))
        if candidate.attack == "number" and any(
            question[max(0, start - 2) : start].rstrip().endswith(("-", "−"))
            for start, _ in candidate.places
        ):
            found.add(form(f"-{candidate.text}"))
    return frozenset(found)
