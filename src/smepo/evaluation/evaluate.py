"""Unguided accuracy: the number that decides whether guidance taught anything (law 2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from smepo.errors import InputError
from smepo.evaluation.backends import Backend, Sampling, Transformers
from smepo.evaluation.generate import Completion
from smepo.evaluation.results import EvalResult, ProblemRecord, collect
from smepo.prompting import PLACEHOLDER, render
from smepo.types import Row, Verdict, VerdictStatus, Verifier
from smepo.verifiers.rewards import many, undecided_of

GUIDANCE_COLUMNS = ("guidance", "guidance_blanks", "guidance_trace")
KEPT_COLUMNS = ("level", "difficulty", "split", "source")  # travel into the records


def evaluate(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    verifier: Verifier,
    *,
    k: int = 1,
    max_new_tokens: int = 256,
    temperature: float = 1.0,
    top_p: float = 1.0,
    batch_size: int = 256,
    seed: int = 0,
    budget: int | None = None,
    system: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> EvalResult:
    """avg@k and pass@k of a transformers model on ``rows``, with 95 % intervals.

    ``batch_size`` counts completions; ``budget`` limits the prompt in tokens (None: the model's
    context less ``max_new_tokens``); ``progress`` is called with the number of completions done.
    Raises as `evaluate_backend`.
    """
    return evaluate_backend(
        Transformers(model, tokenizer),
        rows,
        verifier,
        Sampling(k, max_new_tokens, temperature, top_p, batch_size, seed),
        budget=budget,
        system=system,
        progress=progress,
    )


def evaluate_backend(
    backend: Backend,
    rows: Sequence[Row],
    verifier: Verifier,
    sampling: Sampling,
    *,
    budget: int | None = None,
    system: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> EvalResult:
    """As `evaluate`, for whatever completes prompts.

    Raises:
        InputError: no rows, or rows that carry guidance.
        QuestionTooLongError: a question over the budget; nothing is truncated (law 7).
    """
    started = time.perf_counter()
    if not rows:
        raise InputError("evaluation: there are no rows")
    refuse_guidance(rows)
    limit = prompt_limit(budget, backend.context, sampling.max_new_tokens)
    tokenizer = backend.tokenizer
    prompts = [
        render(tokenizer, row.asked, budget=limit, system=system, row_id=row.id).ids for row in rows
    ]
    settings = {k: v for k, v in asdict(sampling).items() if k != "k"}
    return judge(
        rows,
        backend.complete(prompts, sampling, progress),
        verifier,
        k=sampling.k,
        seed=sampling.seed,
        began=started,
        settings={**settings, "budget": limit, "system": system, "guided": False},
    )


def prompt_limit(budget: int | None, context: int, max_new_tokens: int) -> int:
    """Tokens that a prompt may have: ``budget``, else what a completion leaves of the context.

    Raises InputError if it leaves nothing.
    """
    if budget is not None:
        return budget
    if max_new_tokens >= context:
        raise InputError(
            f"max_new_tokens: {max_new_tokens:,} leave no room for a prompt: the model's context "
            f"is {context:,} tokens; ask for fewer (--max-new-tokens)"
        )
    return context - max_new_tokens


def judge(
    rows: Sequence[Row],
    completions: Sequence[Sequence[Completion]],
    verifier: Verifier,
    *,
    k: int,
    seed: int,
    began: float,
    settings: Mapping[str, Any],
) -> EvalResult:
    """Judge ``k`` completions of each row; ``began`` is when the evaluation did
    (`time.perf_counter`)."""
    pairs = [(c.text, row.target) for row, cs in zip(rows, completions, strict=True) for c in cs]
    verdicts = many(verifier, pairs)
    records = [
        _record(row, completions[i], verdicts[i * k : (i + 1) * k], undecided_of(verifier))
        for i, row in enumerate(rows)
    ]
    return collect(
        records,
        k=k,
        seed=seed,
        seconds=time.perf_counter() - began,
        truncated=sum(c.truncated for cs in completions for c in cs),
        settings=settings,
    )


def refuse_guidance(rows: Sequence[Row]) -> None:
    """Raise InputError if a row could show guidance: by a column, or by a blank in the question."""
    for n, row in enumerate(rows):
        where = f"{row.location.file}, row {row.location.row}" if row.location else f"row {n}"
        for column in GUIDANCE_COLUMNS:
            if row.columns.get(column) is not None:
                raise InputError(
                    f"{where}, column {column}: evaluation data must not carry guidance; "
                    "evaluate on the file that `smepo mask` read, or drop its guidance columns"
                )
        if found := PLACEHOLDER.search(row.asked):
            raise InputError(
                f"{where}, question: holds the placeholder {found.group()}; evaluation prompts "
                "must be free of guidance"
            )


def _record(
    row: Row,
    completions: Sequence[Completion],
    verdicts: Sequence[Verdict],
    undecided: tuple[VerdictStatus, ...],
) -> ProblemRecord:
    return ProblemRecord(
        id=row.id,
        question=row.question,
        target=row.target,
        completions=tuple(c.text for c in completions),
        statuses=tuple(v.status for v in verdicts),
        scores=tuple(v.score for v in verdicts),
        extracted=tuple(v.extracted for v in verdicts),
        tokens=tuple(c.tokens for c in completions),
        columns={key: row.columns[key] for key in KEPT_COLUMNS if key in row.columns},
        undecided=undecided,
    )
