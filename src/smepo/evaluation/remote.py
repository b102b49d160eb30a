"""Unguided evaluation of a model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from smepo.asking import Plan, Question, ask_all
from smepo.endpoint import Endpoint
from smepo.errors import InputError
from smepo.evaluation.evaluate import judge, refuse_guidance
from smepo.evaluation.generate import Completion
from smepo.evaluation.results import EvalResult
from smepo.types import Row, Verifier


def evaluate_endpoint(
    endpoint: Endpoint,
    rows: Sequence[Row],
    verifier: Verifier,
    plan: Plan,
    journal: Path,
    *,
    system: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> EvalResult:
    """As `evaluate`, with ``plan.samples`` answers of the endpoint to every question.

    Answers are kept in ``journal``: the same call goes on where it was cut off. Every answer must
    have come: an accuracy over those that happened to arrive is none.

    Raises:
        InputError: no rows, rows that carry guidance, or answers that did not come.
        ConfigError: as `smepo.asking.ask_all`.
    """
    began = time.perf_counter()
    if not rows:
        raise InputError("evaluation: there are no rows")
    refuse_guidance(rows)
    told = [{"role": "system", "content": system}] if system else []
    asked = ask_all(
        endpoint,
        [Question(row.id, [*told, {"role": "user", "content": row.asked}]) for row in rows],
        plan,
        journal,
        progress=progress,
    )
    if missing := len(rows) * plan.samples - len(asked.answers):
        why = f"; the first: {asked.failures[0]}" if asked.failures else ""
        raise InputError(
            f"{missing} answers did not come{why}. Those that came are in {journal}: run the same "
            "command again"
        )
    completions = [
        [Completion(a.text, a.completion_tokens or 0, a.truncated) for a in answers]
        for answers in (asked.of(row.id, plan.samples) for row in rows)
    ]
    settings = {
        **plan.settings,
        "endpoint": endpoint.url,
        "model": endpoint.model,
        "seed": plan.seed,
        "system": system,
        "guided": False,
    }
    return judge(
        rows,
        completions,
        verifier,
        k=plan.samples,
        seed=plan.seed or 0,
        began=began,
        settings=settings,
    )
