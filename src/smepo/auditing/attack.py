"""The copy attack: put every candidate to the reward that the run will use (law 3)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smepo.auditing.candidates import Candidate, form, spelled
from smepo.auditing.values import computes
from smepo.types import Leak, Verdict, VerdictStatus, Verifier

BLIND = (
    "the reward does not accept the target itself, wrapped as an answer: give the function a "
    "wrap(candidate) that writes what it reads, and a score above that of an empty completion"
)
UNRELATED = "qzxv"  # no answer to anything
_OPEN = (VerdictStatus.TIMEOUT, VerdictStatus.ERROR)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the attack found in one text."""

    leaks: tuple[Leak, ...]
    expression_leaks: tuple[Leak, ...]
    incidental: int
    undecided: int
    detail: str = ""  # of the first check that could not be decided
    candidates: int = 0  # that were tried


def attack(
    candidates: Sequence[Candidate], exempt: frozenset[str], target: Any, verifier: Verifier
) -> Finding:
    """Which candidates score, wrapped as an answer.

    To score is to be correct, or to be paid more than ``UNRELATED`` and an empty completion are:
    partial credit is credit. One whose form is in ``exempt`` may score, and so may one that holds
    such a one: ``x = 1``, where the question has the 1 that scores. Of leaks inside each other the
    inner one is named.
    """
    texts: list[str] = []
    owners: list[Candidate] = []
    for candidate in candidates:
        digits = spelled(candidate.text, candidate.attack)
        for text in (candidate.text,) if digits is None else (candidate.text, digits):
            texts.append(text)
            owners.append(candidate)
    verdicts = judge(verifier, texts, target)
    scoring: set[str] = set()
    opened: dict[str, str] = {}
    paid = _paid(verifier, target, verdicts)
    for owner, verdict in zip(owners, verdicts, strict=True):
        if _scores(verdict, paid):
            scoring.add(owner.text)
        elif verdict.status in _OPEN and form(owner.text) not in exempt:
            opened.setdefault(owner.text, verdict.detail or verdict.status.value)
    found = [c for c in candidates if c.text in scoring]
    stated = [c for c in found if form(c.text) in exempt]
    scored = [c for c in found if form(c.text) not in exempt]
    accepted = _accepted(target)
    undone = [
        c
        for c in candidates
        if not c.text.isalnum()
        and c.text not in scoring
        and any(computes(c.text, t) for t in accepted)
        and form(c.text) not in exempt
    ]
    if _blind(target, verifier, paid):
        opened["\0target"] = BLIND
    open_only = [text for text in opened if text not in scoring]
    return Finding(
        leaks=_inner(_places(scored), [place for c in stated for place in c.places]),
        expression_leaks=_inner(_places(undone), []),
        incidental=sum(len(c.slot_places) for c in scored),
        undecided=len(open_only),
        detail=opened[open_only[0]] if open_only else "",
        candidates=len(candidates),
    )


def _inner(leaks: list[Leak], stated: list[tuple[int, int]]) -> tuple[Leak, ...]:
    """Leaks that hold neither another leak nor a place where the question's own text scores."""
    kept: list[Leak] = []
    stated = sorted(stated, key=lambda place: (place[1], -place[0]))
    at, latest = 0, -1  # the latest start of a stated place that ends by the end of this leak
    for leak in sorted(leaks, key=lambda one: (one.end, -one.start)):
        while at < len(stated) and stated[at][1] <= leak.end:
            latest = max(latest, stated[at][0])
            at += 1
        if latest >= leak.start or (kept and kept[-1].start >= leak.start):
            continue
        kept.append(leak)
    return tuple(kept)


def judge(verifier: Verifier, candidates: Sequence[str], target: Any) -> list[Verdict]:
    """One verdict a bare candidate: by the verifier's own way for many where it has one."""
    announced = getattr(verifier, "announced", None)
    if announced is not None:
        own: list[Verdict] = announced(candidates, target)
        return own
    completions = [verifier.wrap(candidate) for candidate in candidates]
    many = getattr(verifier, "many", None)
    if many is not None and completions:
        found: list[Verdict] = many([(completion, target) for completion in completions])
        return found
    return [verifier(completion, target) for completion in completions]


def _scores(verdict: Verdict, paid: float) -> bool:
    if verdict.status in _OPEN:
        return False
    return verdict.status is VerdictStatus.CORRECT or verdict.score > paid


def _paid(verifier: Verifier, target: Any, verdicts: Sequence[Verdict]) -> float:
    """What the reward pays for nothing, say for the form alone.

    A verifier of ours is asked only where it pays in part.
    """
    foreign = ":" in getattr(verifier, "domain", ":")
    if not foreign and not any(v.score and v.status is not VerdictStatus.CORRECT for v in verdicts):
        return 0.0
    nothing = [verifier("", target), verifier(verifier.wrap(UNRELATED), target)]
    return max([v.score for v in nothing if v.status not in _OPEN], default=math.inf)


def _accepted(target: Any) -> tuple[str, ...]:
    from smepo.verifiers.math import targets_of

    return tuple(targets_of(target))


def _blind(target: Any, verifier: Verifier, paid: float) -> bool:
    """Whether a reward of the user's own refuses even its target, wrapped as candidates are.

    Then that it refuses the candidates proves nothing. Targets that are no answers, such as tests,
    cannot be asked about.
    """
    if ":" not in getattr(verifier, "domain", "") or isinstance(target, Mapping):
        return False
    return not any(_scores(v, paid) for v in judge(verifier, _accepted(target), target))


def _places(candidates: Sequence[Candidate]) -> list[Leak]:
    return [Leak(c.text, c.attack, start, end) for c in candidates for start, end in c.places]
