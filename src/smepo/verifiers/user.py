"""A user's own reward function as a verifier."""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from smepo.errors import ConfigError
from smepo.types import Verdict, VerdictStatus
from smepo.verifiers.math import MathVerifier


class UserVerifier:
    """Calls ``function(completion, target) -> float | bool`` in this process, without a time limit.

    What it raises, and a score that is no finite number, become status ``error``. A score of at
    least ``threshold`` counts as correct. A function may bring its own ``wrap(candidate)``, and
    ``candidates(text)``: what the audit of its domain cuts out besides numbers, words and quotes.
    """

    def __init__(self, path: str, *, threshold: float = 1.0) -> None:
        self.domain = path
        self.threshold = threshold
        self._function = load(path)

    def __getstate__(self) -> dict[str, Any]:
        return {"domain": self.domain, "threshold": self.threshold}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["domain"], threshold=state["threshold"])  # type: ignore[misc]

    def __call__(self, completion: str, target: Any) -> Verdict:
        """Judge one completion."""
        began = time.perf_counter()
        try:
            score = float(self._function(completion, target))
        except Exception as error:  # foreign code
            detail = f"{type(error).__name__}: {error}"[:500]
            return Verdict(0.0, VerdictStatus.ERROR, None, time.perf_counter() - began, detail)
        seconds = time.perf_counter() - began
        if not math.isfinite(score):
            return Verdict(0.0, VerdictStatus.ERROR, None, seconds, f"the score is {score}")
        status = VerdictStatus.CORRECT if score >= self.threshold else VerdictStatus.WRONG
        return Verdict(score, status, None, seconds)

    def many(self, pairs: Sequence[tuple[str, Any]]) -> list[Verdict]:
        """Judge pairs one after the other."""
        return [self(completion, target) for completion, target in pairs]

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
