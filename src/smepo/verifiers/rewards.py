"""A verifier as a TRL reward function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from smepo.errors import InputError
from smepo.types import Verdict, VerdictStatus

UNDECIDED = (VerdictStatus.TIMEOUT, VerdictStatus.ERROR)


def undecided_of(verifier: Any) -> tuple[VerdictStatus, ...]:
    """The statuses of a verifier that say nothing about the answer.

    A time-out does where the answer is a program: that it does not end is its own fault.
    """
    return tuple(getattr(verifier, "undecided", UNDECIDED))


class Reward:
    """``reward(prompts, completions, **columns) -> list[float | None]``, as TRL calls it.

    The target of each row is its column ``target``, or ``reward_model`` with ``ground_truth``.
    ``None`` (a time-out or an error of the verifier) excludes a completion from its group; it is
    never a 0. A program that does not end is its own fault and has its 0. ``counts`` has the number
    of completions by status since the start; where the trainer offers ``log_metric``, the shares of
    each call are logged as ``verifier/<status>``.
    """

    def __init__(self, verifier: Any, name: str) -> None:
        self.verifier = verifier
        self.__name__ = name
        self.counts = dict.fromkeys((s.value for s in VerdictStatus), 0)

    def __call__(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Any] = (),
        *,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Scores in the order of ``completions``; raises InputError without a target column."""
        targets = _targets(columns)
        pairs = [(text_of(c), t) for c, t in zip(completions, targets, strict=True)]
        verdicts: list[Verdict] = many(self.verifier, pairs)
        for verdict in verdicts:
            self.counts[verdict.status.value] += 1
        if log_metric is not None and verdicts:
            for status in VerdictStatus:  # all of them on every rank: ranks gather by name
                share = sum(v.status is status for v in verdicts) / len(verdicts)
                log_metric(f"verifier/{status.value}", share)
        undecided = undecided_of(self.verifier)
        return [None if v.status in undecided else v.score for v in verdicts]


def many(verifier: Any, pairs: Sequence[tuple[str, Any]]) -> list[Verdict]:
    """Judge pairs in order, batched where the verifier can."""
    if hasattr(verifier, "many"):
        verdicts: list[Verdict] = verifier.many(pairs)
        return verdicts
    return [verifier(completion, target) for completion, target in pairs]


def text_of(completion: Any) -> str:
    """The text of a completion: itself, or the content of its last assistant message."""
    if isinstance(completion, str):
        return completion
    for message in reversed(completion):
        if message.get("role", "assistant") == "assistant":
            content = message.get("content") or ""
            if isinstance(content, str):
                return content
            return "".join(part.get("text", "") for part in content)
    return ""


def _targets(columns: Mapping[str, Any]) -> list[Any]:
    if "target" in columns:
        return list(columns["target"])
    if "reward_model" in columns:
        return [row["ground_truth"] for row in columns["reward_model"]]
    raise InputError(
        "the reward needs a column 'target' (or 'reward_model' with 'ground_truth'); "
        f"the trainer passed {sorted(columns)}"
    )
