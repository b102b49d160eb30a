"""The copy attack: put every candidate to the reward that the run will use (law 3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smepo.auditing.candidates import Candidate, form, spelled
from smepo.auditing.values import computes, differ, sides
from smepo.auditing.words import shape
from smepo.types import Leak, Verdict, VerdictStatus, Verifier

_WORD = re.compile(r"[A-Za-zÀ-ÿ]+")
_OPEN = (VerdictStatus.TIMEOUT, VerdictStatus.ERROR)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the attack found in one text."""

    leaks: tuple[Leak, ...]
    expression_leaks: tuple[Leak, ...]
    incidental: int
    undecided: int
    detail: str = ""  # of the first check that could not be decided


def attack(
    candidates: Sequence[Candidate], exempt: frozenset[str], target: Any, verifier: Verifier
) -> Finding:
    """Which candidates score, wrapped as an answer; those whose form is in ``exempt`` may."""
    free = [c for c in candidates if c.form not in exempt]
    quick = compares_values(verifier)
    completions: list[str] = []
    owners: list[Candidate] = []
    for candidate in free:
        if quick and certainly_wrong(candidate.text, target):
            continue
        digits = spelled(candidate.text)
        for text in (candidate.text,) if digits is None else (candidate.text, digits):
            completions.append(verifier.wrap(text))
            owners.append(candidate)
    verdicts = judge(verifier, completions, target)
    scoring = {
        owner.text
        for owner, verdict in zip(owners, verdicts, strict=True)
        if verdict.status is VerdictStatus.CORRECT and not _ends_exempt(owner, exempt, target)
    }
    opened = {
        owner.text: verdict.detail or verdict.status.value
        for owner, verdict in zip(owners, verdicts, strict=True)
        if verdict.status in _OPEN and owner.text not in scoring
    }
    accepted = _accepted(target)
    undone = [
        c for c in free if c.text not in scoring and any(computes(c.text, t) for t in accepted)
    ]
    return Finding(
        leaks=_places(c for c in free if c.text in scoring),
        expression_leaks=_places(undone),
        incidental=sum(len(c.slot_places) for c in free if c.text in scoring),
        undecided=len(opened),
        detail=next(iter(opened.values()), ""),
    )


def _ends_exempt(candidate: Candidate, exempt: frozenset[str], target: Any) -> bool:
    """True for ``x = 1`` where the question holds the 1 that scores."""
    parts = sides(candidate.text)
    if len(parts) < 2 or any(len(sides(text)) > 1 for text in _accepted(target)):
        return False
    return form(parts[-1]) in exempt


def judge(verifier: Verifier, completions: Sequence[str], target: Any) -> list[Verdict]:
    """One verdict a completion, in one batch where the verifier takes batches."""
    pairs = [(completion, target) for completion in completions]
    many = getattr(verifier, "many", None)
    if many is not None and pairs:
        found: list[Verdict] = many(pairs)
        return found
    return [verifier(completion, target) for completion in completions]


def compares_values(verifier: Verifier) -> bool:
    """True for the package's own math verifier without a tolerance: values decide there alone."""
    from smepo.verifiers.math import MathVerifier

    return type(verifier) is MathVerifier and verifier.tolerance is None


def certainly_wrong(candidate: str, target: Any) -> bool:
    """True only if the package's math verifier rejects the candidate for every accepted target."""
    return all(_wrong(candidate, text) for text in _accepted(target))


def _wrong(candidate: str, target: str) -> bool:
    if shape(target) or len(_WORD.findall(target)) == 1 == len(target.strip("()$ .")):
        words = {word.casefold() for word in _WORD.findall(target)}
        return words.isdisjoint(word.casefold() for word in _WORD.findall(candidate))
    return differ(candidate, target)


def _accepted(target: Any) -> tuple[str, ...]:
    from smepo.verifiers.math import targets_of

    return tuple(targets_of(target))


def _places(candidates: Any) -> tuple[Leak, ...]:
    return tuple(
        sorted(
            (Leak(c.text, c.attack, start, end) for c in candidates for start, end in c.places),
            key=lambda leak: (leak.start, leak.end),
        )
    )
