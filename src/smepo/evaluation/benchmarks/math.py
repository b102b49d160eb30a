"""Mathematics: AIME and AMC in their many column namings, MATH without an answer column,
OlympiadBench. GSM8K and MATH-500 are schemas of `smepo.data.schema`.

Columns: AIME of Maxwell-Jia (`Problem`, `Answer`), gneubig (`Question`, `Answer`), OpenCompass
(`question`, `answer`), math-ai (`problem`, `solution` with a box); AMC of AI-MO and math-ai
(`answer` 142.0). OlympiadBench: OpenBMB/OlympiadBench, README.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from smepo.data.rows import UnusableError
from smepo.evaluation.benchmarks.benchmark import Asked, Benchmark, Record, has, some, text
from smepo.verifiers.extract import extract

_QUESTIONS = ("problem", "Problem", "question", "Question")
_ANSWERS = ("answer", "Answer")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_IMAGE = re.compile(r"<img_\d+>|<image[ _]?\d*>")
_BOX = "\\boxed"


def _question(row: Record) -> str | None:
    """The one column of the row that holds a question as text, if there is one."""
    found = [name for name in _QUESTIONS if isinstance(row.get(name), str)]
    return found[0] if len(found) == 1 else None


def _answer(row: Record) -> str | None:
    found = [name for name in _ANSWERS if row.get(name) is not None]
    return found[0] if len(found) == 1 else None


def _is_number(value: Any) -> bool:
    value = _only(value)
    if isinstance(value, str):
        return _NUMBER.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _only(value: Any) -> Any:
    """What stands in a list of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _contest(rows: Sequence[Record]) -> bool:
    """A question and an answer that is a number, and nothing that makes it another format.

    `problem` with `answer` is a schema of `smepo.data` already.
    """
    for row in rows:
        question, answer = _question(row), _answer(row)
        if question is None or answer is None or not _is_number(row[answer]):
            return False
        if (question, answer) == ("problem", "answer"):
            return False
    return not some(rows, "target") and not any(_is_multihop(row) for row in rows)


def _is_multihop(row: Record) -> bool:
    return any(name in row for name in ("supporting_facts", "paragraphs", "context"))


def _read_contest(row: Record) -> Asked:
    question, answer = _question(row), _answer(row)
    if question is None or answer is None:
        raise UnusableError("problem" if question is None else "answer", "missing")
    value = row[answer]
    if not _is_number(value):
        raise UnusableError(answer, "the answer is no number")
    return Asked(text(row, question), _plain(value))


def _plain(value: Any) -> str:
    """``142.0`` is written 142, and ``025`` 25: contests ask for whole numbers.

    >>> _plain(142.0), _plain("025"), _plain("0.5"), _plain(["-3.0"])
    ('142', '25', '0.5', '-3')
    """
    number = str(_only(value)).strip()
    return str(int(float(number))) if float(number) == int(float(number)) else number


def _boxed(rows: Sequence[Record]) -> bool:
    """No answer but the box in the solution."""
    return all(
        _question(row) is not None
        and _answer(row) is None
        and isinstance(row.get("solution"), str)
        and _BOX in row["solution"]
        for row in rows
    ) and not some(rows, "target")


def _read_boxed(row: Record) -> Asked:
    question = _question(row)
    if question is None:
        raise UnusableError("problem", "missing")
    solution = text(row, "solution")
    found = extract(solution) if _BOX in solution else None
    if found is None:
        raise UnusableError("solution", "no box with the answer")
    return Asked(text(row, question), found.text)


def _boxes(answer: str) -> str:
    return "The answer is \\boxed{" + answer + "}."


def _read_olympiad(row: Record) -> Asked:
    """Proofs have no answer and images cannot be shown: both are set aside, and say so."""
    kinds = f"{row.get('question_type')} {row.get('label')}"
    if "Theorem" in kinds or row.get("final_answer") is None:
        raise UnusableError("final_answer", "a proof: there is no answer to compare with")
    if "Need_human_evaluate" in str(row.get("answer_type")):
        raise UnusableError("answer_type", "Need_human_evaluate: no program can judge the answer")
    question = text(row, "question")
    context = row.get("context")
    if isinstance(context, str) and context.strip():
        question = f"{context.strip()}\n\n{question}"
    pictures = any(row[n] is not None for n in row if n.startswith("image_"))
    if pictures or _IMAGE.search(question):
        raise UnusableError("question", "needs an image, which a text model cannot be shown")
    answers = [a.strip() for a in _finals(row) if a.strip()]
    if not answers:
        raise UnusableError("final_answer", "a proof: there is no answer to compare with")
    several = bool(row.get("is_multiple_answer"))
    if len(answers) > 1 and not several:
        raise UnusableError("final_answer", "several answers, and is_multiple_answer is not true")
    answer = ", ".join(answers)
    unit = row.get("unit")
    form = []
    if unit:
        form.append(
            f"Give the answer in {str(unit).strip()} and leave the unit out of \\boxed{{}}."
        )
    if several:
        form.append("Put all answers into one \\boxed{}, with commas between them.")
    tolerance = _tolerance(row.get("error"))
    target = answer if tolerance is None else {"answer": answer, "tolerance": tolerance}
    return Asked(question, target, " ".join(form))


def _finals(row: Record) -> list[str]:
    """The texts of ``final_answer``, which some exports hold as the text of a Python list."""
    found = row["final_answer"]
    if isinstance(found, str) and found.startswith("['") and found.endswith("']"):
        try:
            found = ast.literal_eval(found)
        except (ValueError, SyntaxError):
            raise UnusableError("final_answer", "not a list of texts") from None
    found = found if isinstance(found, list) else [found]
    if not all(isinstance(one, str | int | float) for one in found):
        raise UnusableError("final_answer", "not a list of texts")
    return [str(one) for one in found]


def _tolerance(error: Any) -> str | list[str] | None:
    """The absolute error that an answer may have; of several answers one for all, or for each."""
    if error is None or not str(error).strip():
        return None
    parts = [part.strip() or "0" for part in str(error).split(",")]
    try:
        _ = [float(part) for part in parts]
    except ValueError:
        raise UnusableError("error", f"the tolerance is no number: {error}") from None
    return parts[0] if len(set(parts)) == 1 else parts


def _olympiad_solution(row: Record) -> str | None:
    answers = ", ".join(_finals(row)) if row.get("final_answer") is not None else ""
    return _boxes(answers.replace("$", "")) if answers else None


def _open_ended(rows: Sequence[Record]) -> bool:
    return has(rows, "question") and some(rows, "final_answer", "is_multiple_answer")


def _proofs(rows: Sequence[Record]) -> bool:
    return has(rows, "question", "subfield") and all(
        isinstance(row.get("solution"), list) for row in rows
    )


CONTEST = Benchmark(
    "AIME or AMC",
    "math",
    "problem or question and answer, also with capitals; the answer is a number",
    _contest,
    _read_contest,
    lambda row: None if (name := _answer(row)) is None else _boxes(_plain(row[name])),
    ids=("id", "ID", "problem_idx"),
)
BOXED = Benchmark(
    "MATH without answers",
    "math",
    "problem or question, solution with \\boxed{}",
    _boxed,
    _read_boxed,
    lambda row: row.get("solution"),
    ids=("unique_id", "id"),
)
OLYMPIAD = Benchmark(
    "OlympiadBench",
    "math",
    "question, final_answer, is_multiple_answer",
    lambda rows: _open_ended(rows) or _proofs(rows),
    _read_olympiad,
    _olympiad_solution,
)
