"""A user's own reward function as a verifier."""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from smepo.errors import ConfigError
from smepo.types import Verdict, VerdictStatus
from smepo.verifiers.math import MathVerifier
from smepo.verifiers.pool import Outcome, Pool, default_size

SCORE = "smepo.verifiers.user:score"


class UserVerifier:
    """Calls ``function(completion, target) -> float | bool``.

    ``timeout``: seconds of CPU time for one call, ten times as many for one that only waits. Then
    the function runs in a killable child that imports its module; ``workers``: at most so many.
    Without, it runs in this process, as a reward with a state of its own or a device needs it, and
    nothing stops it. What it raises, and a score that is no finite number, become status ``error``;
    a score of at least ``threshold`` counts as correct. A function may bring its own
    ``wrap(candidate)``, and ``candidates(text)``: what the audit of its domain cuts out besides
    numbers, words and quotes.
    """

    def __init__(
        self,
        path: str,
        *,
        threshold: float = 1.0,
        timeout: float | None = None,
        workers: int | None = None,
    ) -> None:
        self.domain = path
        self.threshold = threshold
        self.timeout, self.workers = timeout, workers
        self._function = load(path)

    def __getstate__(self) -> dict[str, Any]:
        names = ("domain", "threshold", "timeout", "workers")
        return {name: self.__dict__[name] for name in names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._function = load(self.domain)

    def __call__(self, completion: str, target: Any) -> Verdict:
        """Judge one completion."""
        return self.many([(completion, target)])[0]

    def many(self, pairs: Sequence[tuple[str, Any]]) -> list[Verdict]:
        """Judge pairs one after the other, or side by side in the children."""
        if self.timeout is None:
            return [self._verdict(self._here(completion, target)) for completion, target in pairs]
        rows = [(self.domain, completion, _plain(target)) for completion, target in pairs]
        pool = _pool(self.domain.partition(":")[0], self.workers or default_size())
        return [self._verdict(o) for o in pool.map(SCORE, rows, timeout=self.timeout)]

    def _here(self, completion: str, target: Any) -> Outcome:
        began = time.perf_counter()
        try:
            value, kind, detail = float(self._function(completion, target)), "ok", ""
        except Exception as error:  # foreign code
            value, kind, detail = 0.0, "error", f"{type(error).__name__}: {error}"[:500]
        return Outcome(kind, value, detail, time.perf_counter() - began)

    def _verdict(self, outcome: Outcome) -> Verdict:
        if outcome.kind == "timeout":
            detail = f"{self.domain} took longer than {self.timeout:g} s of CPU"
            return Verdict(0.0, VerdictStatus.TIMEOUT, None, outcome.seconds, detail)
        if outcome.kind != "ok":
            return Verdict(0.0, VerdictStatus.ERROR, None, outcome.seconds, outcome.detail)
        score = float(outcome.value)
        if not math.isfinite(score):
            detail = f"the score is {score}"
            return Verdict(0.0, VerdictStatus.ERROR, None, outcome.seconds, detail)
        status = VerdictStatus.CORRECT if score >= self.threshold else VerdictStatus.WRONG
        return Verdict(score, status, None, outcome.seconds)

    @property
    def wraps(self) -> bool:
        """Whether the function brings its own ``wrap``."""
        return hasattr(self._function, "wrap")

    def wrap(self, candidate: str) -> str:
        """As the function's own ``wrap`` does it, else as the math verifier does."""
        own = getattr(self._function, "wrap", None)
        return str(own(candidate)) if own is not None else MathVerifier().wrap(candidate)

    def candidates(self, text: str) -> list[tuple[int, int]]:
        """Start and end of every piece of ``text`` that the function's own ``candidates`` names.

        Raises ConfigError for pieces that are not in the text.
        """
        own = getattr(self._function, "candidates", None)
        found = [(int(start), int(end)) for start, end in own(text)] if own is not None else []
        for start, end in found:
            if not 0 <= start <= end <= len(text):
                raise ConfigError(
                    f"verifier {self.domain}: candidates() names {start}:{end} in a text of "
                    f"{len(text)} characters"
                )
        return found


def score(path: str, completion: str, target: Any) -> float:
    """What a child of the pool runs."""
    return float(load(path)(completion, target))


@cache
def _pool(module: str, workers: int) -> Pool:
    """Children that have the module imported; started when first needed."""
    return Pool(workers, memory=0, preload=[module])


def _plain(target: Any) -> Any:
    """A target as it travels to a child: arrays as lists."""
    return target.tolist() if hasattr(target, "tolist") else target


@cache
def load(path: str) -> Callable[[str, Any], Any]:
    """The function behind ``package.module:function``; raises ConfigError if there is none."""
    module, _, name = path.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"verifier {path!r} cannot be imported ({error}); write it as package.module:function "
            "and make sure that the module is on PYTHONPATH"
        ) from error
    if not callable(function):
        raise ConfigError(f"verifier {path!r} is not a function")
    return function  # type: ignore[no-any-return]
