"""Is a math answer right: extraction, exact comparison, and math-verify in killable children."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from smepo.errors import ConfigError
from smepo.types import Verdict, VerdictStatus
from smepo.verifiers.algebra import UnreadableError
from smepo.verifiers.answers import Answer, read
from smepo.verifiers.exact import equal
from smepo.verifiers.extract import extract
from smepo.verifiers.final import final
from smepo.verifiers.foreign import foreign
from smepo.verifiers.pool import Outcome, Pool, default_size
from smepo.verifiers.samples import sample
from smepo.verifiers.sieve import may_be_right, needles

MAX_ANSWER = 2000  # characters; nobody writes a longer answer, and parsers choke on them
CACHE = 1 << 15
COMPARE = "smepo.verifiers.stock:compare"
STOCK = "smepo.verifiers.stock:judge"
WARM = "smepo.verifiers.stock:warm"
DIGITS = 6  # decimals: what math-verify itself rounds to

_Key = tuple[str, tuple[str, ...]]
_Tolerance = tuple[Fraction, ...]  # one for all values of an answer, or one for each

_shared: dict[tuple[int, int], Pool] = {}


def shared_pool(workers: int | None = None, memory: int = 4 << 30) -> Pool:
    """The process-wide pool of math-verify children of this size; starts nothing by itself."""
    key = (workers or default_size(), memory)
    return _shared.get(key) or _shared.setdefault(key, Pool(key[0], memory=memory, preload=[WARM]))


class MathVerifier:
    """Judges a completion by its stated answer.

    ``final_form``: reject unevaluated arithmetic (``6*7``, ``5!``, ``10/4``) and rounded values
    (0.333333333333 for 1/3); without it, whatever we or math-verify call equal is right.
    ``stock``: math-verify alone finds the answer and decides, as in a reward function that calls
    it (but in a killable child), whatever that makes of ``6*7`` or of several boxes.
    ``timeout``: seconds of CPU time for one comparison by math-verify. ``tolerance``: accept a
    number that differs from a numeric target by at most this much, absolute, unless the row has a
    tolerance of its own. ``workers``: at most so many children; ``memory``: bytes for each.
    """

    domain = "math"

    def __init__(
        self,
        *,
        final_form: bool = True,
        stock: bool = False,
        timeout: float = 5.0,
        tolerance: float | None = None,
        workers: int | None = None,
        memory: int = 4 << 30,
    ) -> None:
        if stock and tolerance is not None:
            raise ConfigError("stock: math-verify knows no tolerance; leave one of the two out")
        self.final_form = final_form and not stock
        self.stock = stock
        self._function = STOCK if stock else COMPARE
        self.timeout = timeout
        self.tolerance = None if tolerance is None else (Fraction(tolerance),)
        self._workers, self._memory = workers, memory
        # no lock, which a fork could copy while it is held: single operations on a dict are atomic
        self._cache: dict[_Key, Verdict] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cache": {}}

    @property
    def pool(self) -> Pool:
        """The children that this verifier uses."""
        return shared_pool(self._workers, self._memory)

    def __call__(self, completion: str, target: Any) -> Verdict:
        """Judge one completion.

        ``target`` is a string, a number, a list of accepted ones, or a mapping (or its JSON) with
        such an ``answer`` and the row's own ``tolerance``: a number, or for an answer of several
        values a list with one for each.
        """
        began = time.perf_counter()
        job = self._quick(completion, target)
        if isinstance(job, _Open):
            outcome = self.pool.call(self._function, job.arguments, timeout=self.timeout)
            job = self._close(job, outcome)
        return _timed(job, time.perf_counter() - began)

    def many(self, pairs: Sequence[tuple[str, Any]]) -> list[Verdict]:
        """Judge ``(completion, target)`` pairs in order; the slow ones are spread over the pool."""
        results: list[Verdict | _Open] = []
        for completion, target in pairs:
            began = time.perf_counter()
            job = self._quick(completion, target)
            if isinstance(job, Verdict):
                job = _timed(job, time.perf_counter() - began)
            results.append(job)
        return self._closed(results)

    def announced(self, candidates: Sequence[str], target: Any) -> list[Verdict]:
        """Judge bare candidates as ``many`` judges them wrapped, several times quicker.

        Those that cannot be right (see ``sieve``) are all the same ``WRONG``, unread.
        """
        golds = targets_of(target)
        try:
            tolerance = self._tolerance(target)
        except (TypeError, ValueError):
            return self._closed([self._quick(self.wrap(c), target) for c in candidates])
        sieves = [needles(gold) for gold in golds]
        exact = self.final_form and tolerance is None and all(sieves)
        digits = tuple(needle for found in sieves for needle in found) if exact else ()
        results: list[Verdict | _Open] = []
        for candidate in candidates:
            if self.stock:
                results.append(self._quick(self.wrap(candidate), target))
            elif not may_be_right(candidate, digits):
                results.append(_SIFTED)
            elif "box" in candidate or "think" in candidate:  # a box in the box, an end of thought
                results.append(self._quick(self.wrap(candidate), target))
            else:
                results.append(self._decide(_balanced(candidate).strip(), golds, tolerance))
        return self._closed(results)

    def _closed(self, results: list[Verdict | _Open]) -> list[Verdict]:
        waiting = {j.key: j for j in results if isinstance(j, _Open)}
        rows = [j.arguments for j in waiting.values()]
        outcomes = self.pool.map(self._function, rows, timeout=self.timeout) if rows else []
        closed = {
            j.key: _timed(self._close(j, o), o.seconds)
            for j, o in zip(waiting.values(), outcomes, strict=True)
        }
        return [closed[r.key] if isinstance(r, _Open) else r for r in results]

    def quick(self, completion: str, target: Any) -> Verdict | None:
        """The verdict where it is exact and needs no math-verify, else None."""
        job = self._quick(completion, target)
        return job if isinstance(job, Verdict) else None

    def wrap(self, candidate: str) -> str:
        """A completion that announces ``candidate``, whatever it holds, as its one answer."""
        return "The answer is \\boxed{" + _balanced(candidate) + "}."

    def _quick(self, completion: str, target: Any) -> Verdict | _Open:
        """A verdict without math-verify, or what is left open for it."""
        if not completion.strip():
            return Verdict(0.0, VerdictStatus.EMPTY, detail="empty completion")
        found = extract(completion)
        text = found.text if found is not None else ""
        if self.stock:
            return self._stock(completion, text, targets_of(target))
        try:
            tolerance = self._tolerance(target)
        except (TypeError, ValueError) as error:
            return Verdict(
                0.0, VerdictStatus.ERROR, text, detail=f"the target's tolerance: {error}"
            )
        return self._decide(text, targets_of(target), tolerance)

    def _stock(self, completion: str, text: str, golds: list[str]) -> Verdict | _Open:
        if not golds:
            return Verdict(0.0, VerdictStatus.ERROR, text, detail="the target is empty")
        key = (completion, tuple(golds))
        return self._cache.get(key) or _Open(text, key, (golds, completion, DIGITS))

    def _tolerance(self, target: Any) -> _Tolerance | None:
        """The row's own, else that of this verifier; raises TypeError, ValueError."""
        row = _mapping(target)
        own = None if row is None else row.get("tolerance")
        if own is None:
            return self.tolerance
        return tuple(Fraction(one) for one in (own if isinstance(own, list | tuple) else [own]))

    def _decide(self, text: str, golds: list[str], tolerance: _Tolerance | None) -> Verdict | _Open:
        """As ``_quick``, for an answer that is cut out already."""
        if not text:
            return Verdict(0.0, VerdictStatus.UNPARSED, detail="no answer found")
        if len(text) > MAX_ANSWER:
            detail = f"the answer has {len(text)} characters; at most {MAX_ANSWER} are read"
            return Verdict(0.0, VerdictStatus.UNPARSED, text[:100], detail=detail)
        answer, undecided, detail = read(text), [], ""
        if not golds:
            return Verdict(0.0, VerdictStatus.ERROR, text, detail="the target is empty")
        for gold_text in golds:
            gold = read(gold_text)
            decision = equal(gold, answer)
            if decision is not True and _near(gold, answer, tolerance):
                decision = True
            if self.final_form:
                if decision is not False and not final(answer, gold):
                    decision, detail = False, "not in final form"
                elif decision is None and foreign(answer, gold):
                    decision = False
            elif decision is False and not _apart(gold, answer):
                decision = None
            if decision:
                return Verdict(1.0, VerdictStatus.CORRECT, text)
            if decision is None:
                undecided.append(gold_text)
        if not undecided:
            return Verdict(0.0, VerdictStatus.WRONG, text, detail=detail)
        key = (text, tuple(undecided))
        return self._cache.get(key) or _Open(text, key, (undecided, text, DIGITS))

    def _close(self, job: _Open, outcome: Outcome) -> Verdict:
        """The verdict on an open comparison; time-outs and errors are not kept."""
        if outcome.kind == "timeout":
            detail = f"math-verify took longer than {self.timeout:g} s of CPU"
            return Verdict(0.0, VerdictStatus.TIMEOUT, job.text, detail=detail)
        if outcome.kind != "ok":
            return Verdict(0.0, VerdictStatus.ERROR, job.text, detail=outcome.detail)
        verdict = _STOCK[outcome.value](job.text)
        if len(self._cache) >= CACHE:
            self._cache.clear()
        self._cache[job.key] = verdict
        return verdict


@dataclass(frozen=True, slots=True)
class _Open:
    """A comparison that only math-verify can make: its key in the cache, and its arguments."""

    text: str
    key: _Key
    arguments: tuple[list[str], str, int]


_SIFTED = Verdict(0.0, VerdictStatus.WRONG, detail="holds no digits of the target")
_STOCK = {
    "equal": lambda text: Verdict(1.0, VerdictStatus.CORRECT, text, detail="by math-verify"),
    "different": lambda text: Verdict(0.0, VerdictStatus.WRONG, text, detail="by math-verify"),
    "unparsed": lambda text: Verdict(0.0, VerdictStatus.UNPARSED, text, detail="by math-verify"),
}


def _near(gold: Answer, answer: Answer, tolerance: _Tolerance | None) -> bool:
    """Whether a number, or each of several in any order, is within the tolerance of its target."""
    if tolerance is None:
        return False
    if gold.kind == answer.kind == "items":
        each = tolerance * len(gold.items) if len(tolerance) == 1 else tolerance
        bare = {gold.brackets, answer.brackets} <= {"", "{}"}
        return bare and len(each) == len(gold.items) and _paired(gold, answer, each)
    if gold.value is None or answer.value is None or len(tolerance) != 1:
        return False
    return abs(gold.value - answer.value) <= tolerance[0]


def _paired(gold: Answer, answer: Answer, each: _Tolerance) -> bool:
    """Whether each target has a near answer of its own, and none is left: a perfect matching, found
    by augmenting paths (Kuhn's algorithm)."""
    if len(gold.items) != len(answer.items):
        return False
    near = [
        [equal(target, one) is True or _near(target, one, (within,)) for one in answer.items]
        for target, within in zip(gold.items, each, strict=True)
    ]
    taken: dict[int, int] = {}  # an answer, and the target that has it

    def place(target: int, tried: set[int]) -> bool:
        for one, fits in enumerate(near[target]):
            if fits and one not in tried:
                tried.add(one)
                if one not in taken or place(taken[one], tried):
                    taken[one] = target
                    return True
        return False

    return all(place(target, set()) for target in range(len(near)))


def _timed(verdict: Verdict, seconds: float) -> Verdict:
    return Verdict(verdict.score, verdict.status, verdict.extracted, seconds, verdict.detail)


def _apart(gold: Answer, answer: Answer) -> bool:
    """Whether two values are too far apart for math-verify's rounding to call them equal."""
    kinds = {gold.kind, answer.kind} | {gold.unit, answer.unit}
    if gold.node is None or answer.node is None or not kinds <= {"number", "expression", ""}:
        return False
    try:
        x, y = sample(gold.node, 0), sample(answer.node, 0)
    except UnreadableError:
        return False
    return abs(x - y) > 1e-3 * max(1.0, abs(x), abs(y))


def _mapping(target: Any) -> Mapping[str, Any] | None:
    """A target that is an answer with a tolerance of its own, as a mapping or as its JSON."""
    if isinstance(target, str) and target.startswith("{") and '"answer"' in target:
        try:
            target = json.loads(target)
        except ValueError:
            return None
    return target if isinstance(target, Mapping) and "answer" in target else None


def targets_of(target: Any) -> list[str]:
    """The accepted answers: one text, one number, a list of them, or a mapping with an ``answer``.

    Boxes are taken off.
    """
    row = _mapping(target)
    if row is not None:
        return targets_of(row["answer"])
    if isinstance(target, str):
        return _one_target(target)
    if hasattr(target, "tolist"):
        target = target.tolist()
    if isinstance(target, list | tuple):
        return [text for each in target for text in targets_of(each)]
    return [] if target is None else [str(target)]


@lru_cache(maxsize=1 << 12)
def _boxed_target(target: str) -> str:
    found = extract(target)
    return target if found is None else found.text


def _one_target(target: str) -> list[str]:
    text = _boxed_target(target) if "\\boxed" in target else target.strip()
    return [text] if text else []


def _balanced(candidate: str) -> str:
    """The candidate with every brace that has no partner escaped, so that it closes no box."""
    if "{" not in candidate and "}" not in candidate and not candidate.endswith("\\"):
        return candidate
    stray, stack, escaped = set(), [], False
    for at, c in enumerate(candidate):
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = True
        elif c == "{":
            stack.append(at)
        elif c == "}" and not stack:
            stray.add(at)
        elif c == "}":
            stack.pop()
    stray.update(stack)
    text = "".join("\\" + c if at in stray else c for at, c in enumerate(candidate))
    return text + " " if escaped else text
