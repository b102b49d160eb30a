"""Questions with short answers, asked closed-book: HotpotQA, 2WikiMultihopQA, MuSiQue, Bamboogle,
and sets in FlashRAG's form (`golden_answers`). Passages in the file are not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smepo.data.rows import UnusableError
from smepo.evaluation.benchmarks.benchmark import Asked, Benchmark, Record, has, some, text

FORM = "Give the answer alone between <answer> and </answer>."


def _answers(value: Any, column: str) -> list[str]:
    """One answer, or a list of accepted ones. Raises UnusableError where there is none."""
    found = value if isinstance(value, list) else [value]
    kept = [str(one) for one in found if isinstance(one, str | int | float) and str(one).strip()]
    if not kept:
        raise UnusableError(column, "no answer")
    return kept


def _target(answers: list[str]) -> str | list[str]:
    unique = list(dict.fromkeys(answers))
    return unique[0] if len(unique) == 1 else unique


def _read_multihop(row: Record) -> Asked:
    if row.get("answerable") is False:
        raise UnusableError("answerable", "the question has no answer in its passages")
    answers = _answers(row.get("answer"), "answer")
    aliases = row.get("answer_aliases")
    if isinstance(aliases, list):
        answers += [one for one in aliases if isinstance(one, str) and one.strip()]
    return Asked(text(row, "question"), _target(answers), FORM)


def _read_golden(row: Record) -> Asked:
    answers = _answers(row.get("golden_answers"), "golden_answers")
    return Asked(text(row, "question"), _target(answers), FORM)


def _read_bamboogle(row: Record) -> Asked:
    return Asked(text(row, "Question"), _target(_answers(row.get("Answer"), "Answer")), FORM)


def _bamboogle(rows: Sequence[Record]) -> bool:
    """These two columns and no other, and not numbers alone: that is a contest."""
    return all(set(row) == {"Question", "Answer"} for row in rows) and not all(
        str(row["Answer"]).strip().isdecimal() for row in rows
    )


def _multihop(rows: Sequence[Record]) -> bool:
    evidence = some(rows, "supporting_facts") or some(rows, "paragraphs", "question_decomposition")
    return has(rows, "question") and some(rows, "answer") and evidence


def _tagged(answer: Any) -> str | None:
    first = answer[0] if isinstance(answer, list) and answer else answer
    return f"<answer>{first}</answer>" if isinstance(first, str | int | float) else None


MULTIHOP = Benchmark(
    "HotpotQA, 2Wiki or MuSiQue",
    "search",
    "question, answer, supporting_facts or paragraphs with question_decomposition",
    _multihop,
    _read_multihop,
    lambda row: _tagged(row.get("answer")),
    ids=("_id", "id"),
)
GOLDEN = Benchmark(
    "FlashRAG",
    "search",
    "question, golden_answers",
    lambda rows: has(rows, "question", "golden_answers"),
    _read_golden,
    lambda row: _tagged(row.get("golden_answers")),
)
BAMBOOGLE = Benchmark(
    "Bamboogle",
    "search",
    "Question, Answer and no other column",
    _bamboogle,
    _read_bamboogle,
    lambda row: _tagged(row.get("Answer")),
)
