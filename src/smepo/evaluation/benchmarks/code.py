"""Programs with tests: HumanEval and HumanEval+, MBPP and MBPP+, LeetCode.

HumanEval: openai/human-eval; HumanEval+ and MBPP+: EvalPlus, as tables with a `test` column, and
HumanEval+ also as released, with `base_input` and `plus_input`. MBPP: google-research, whole
(`text`) and sanitized (`prompt`). LeetCode: newfacade/LeetCodeDataset.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from typing import Any

from smepo.data.rows import UnusableError
from smepo.evaluation.benchmarks.benchmark import (
    Asked,
    Benchmark,
    Record,
    fenced,
    has,
    some,
    text,
    texts,
)

COMPLETE = "Complete this function; write it whole, in one Python code block."
FUNCTION = "Write the whole function in one Python code block."
PROGRAM = "Write the whole program in one Python code block."


def _read_humaneval(row: Record) -> Asked:
    """The prompt goes before the program as well: some tests call helpers that it defines."""
    target = {
        "tests": text(row, "test"),
        "entry_point": text(row, "entry_point"),
        "setup": text(row, "prompt"),
    }
    return Asked(text(row, "prompt").rstrip(), target, COMPLETE)


def _humaneval_solution(row: Record) -> str | None:
    body = row.get("canonical_solution")
    return fenced(text(row, "prompt") + body) if isinstance(body, str) else None


# Judged as EvalPlus does: equal, or near where floats are expected; a root of a polynomial is right
# where the polynomial is near zero.
_PLUS = """
import copy
import json

INPUTS = json.loads({inputs!r})
TOLERANCE = {tolerance!r}
_space = {{}}
exec({reference!r}, _space)
_reference = _space[{entry!r}]


def _floats(value):
    if isinstance(value, (list, tuple)):
        return all(isinstance(one, float) for one in value)
    return isinstance(value, float)


def _near(got, want, tolerance):
    if isinstance(want, (list, tuple)):
        same = isinstance(got, (list, tuple)) and len(got) == len(want)
        return same and all(_near(g, w, tolerance) for g, w in zip(got, want))
    if not isinstance(got, (int, float)) or not isinstance(want, (int, float)):
        return got == want
    return abs(got - want) <= tolerance + 1e-7 * abs(want)


def _right(got, arguments):
    if {entry!r} == "find_zero":
        return abs(sum(c * got**i for i, c in enumerate(arguments[0]))) <= (TOLERANCE or 1e-4)
    want = _reference(*copy.deepcopy(arguments))
    tolerance = TOLERANCE or (1e-6 if _floats(want) else 0)
    return got == want or bool(tolerance and _near(got, want, tolerance))


def check(candidate):
    for arguments in INPUTS:
        assert _right(candidate(*copy.deepcopy(arguments)), arguments), arguments
"""


def _read_plus(row: Record) -> Asked:
    """Inputs without outputs: the reference solution runs in the judge's process, beside them."""
    inputs = [*_inputs(row, "base_input"), *_inputs(row, "plus_input")]
    if not inputs:
        raise UnusableError("base_input", "no inputs to test with")
    prompt, entry = text(row, "prompt"), text(row, "entry_point")
    test = _PLUS.format(
        inputs=json.dumps(inputs),
        tolerance=float(row.get("atol") or 0),
        reference=prompt + text(row, "canonical_solution"),
        entry=entry,
    )
    return Asked(prompt.rstrip(), {"tests": test, "entry_point": entry, "setup": prompt}, COMPLETE)


def _inputs(row: Record, name: str) -> list[Any]:
    found = row.get(name)
    if found is None or found == {}:  # EvalPlus writes {} for none
        return []
    if not isinstance(found, list):
        raise UnusableError(name, "not a list of inputs")
    return found


def _read_mbpp(row: Record) -> Asked:
    """The name of the function stands in the tests alone, so they are shown, as is usual."""
    tests = texts(row, "test_list")
    if not tests:
        raise UnusableError("test_list", "no tests")
    question = text(row, "text" if "text" in row else "prompt").strip()
    shown = f"Your code should pass these tests:\n\n{fenced(chr(10).join(tests))}\n\n{FUNCTION}"
    whole = row.get("test")  # of MBPP+
    setup = row.get("test_setup_code") or "\n".join(texts(row, "test_imports"))
    if not isinstance(whole, str):
        return Asked(question, {"tests": tests, "setup": setup}, shown)
    target = {"tests": whole, "setup": setup, "entry_point": _tested(row, tests)}
    return Asked(question, {key: value for key, value in target.items() if value != ""}, shown)


def _tested(row: Record, tests: Sequence[str]) -> str:
    """The one function of the row's code that its assertions call; empty where it is not one.

    The whole tests of MBPP+ do not tell it: they call built-in functions, too, and some tasks ask
    for a function of such a name.
    """
    try:
        own = {n.name for n in ast.parse(text(row, "code")).body if isinstance(n, ast.FunctionDef)}
        calls = [n for test in tests for n in ast.walk(ast.parse(test)) if isinstance(n, ast.Call)]
    except (SyntaxError, ValueError) as error:
        raise UnusableError("code", f"no Python: {error}") from error
    called = {call.func.id for call in calls if isinstance(call.func, ast.Name)} & own
    return called.pop() if len(called) == 1 else ""


RELEASED_MBPP_PLUS = (
    "MBPP+ as EvalPlus releases it (base_input, plus_input), which is not read: its inputs are "
    "JSON, which has no tuples, sets and complex numbers, and which task takes which stands in "
    "EvalPlus's code alone. Take the table of the same tasks, evalplus/mbppplus of Hugging Face: "
    "its column test holds the inputs as Python"
)


def released_mbpp_plus(rows: Sequence[Record]) -> bool:
    """Whether it is the file that EvalPlus downloads for MBPP+, whose tests are not whole."""
    inputs = has(rows, "entry_point", "base_input", "plus_input")
    return inputs and all(str(row.get("task_id", "")).startswith("Mbpp/") for row in rows)


def _mbpp(rows: Sequence[Record]) -> bool:
    described = has(rows, "text") != has(rows, "prompt")
    return described and has(rows, "test_list", "code")


def _read_leetcode(row: Record) -> Asked:
    target = {
        "tests": text(row, "test"),
        "entry_point": text(row, "entry_point"),
        "setup": row.get("prompt") or "",
    }
    if isinstance(row.get("query"), str):
        return Asked(text(row, "query"), target, PROGRAM)
    return Asked(
        text(row, "problem_description").strip(), target, start_from(text(row, "starter_code"))
    )


def start_from(code: str) -> str:
    """The form of a problem that comes with code to start from."""
    return f"Start from this code:\n\n{fenced(code)}\n\n{PROGRAM}"


def _leetcode(rows: Sequence[Record]) -> bool:
    asks = has(rows, "query") or has(rows, "problem_description", "starter_code")
    return has(rows, "test", "entry_point") and asks


def _block(row: Record, name: str) -> str | None:
    code = row.get(name)
    return fenced(code) if isinstance(code, str) and code.strip() else None


HUMANEVAL = Benchmark(
    "HumanEval",
    "code",
    "prompt, test, entry_point, canonical_solution (HumanEval+ of Hugging Face too)",
    lambda rows: (
        has(rows, "prompt", "test", "entry_point", "canonical_solution")
        and not some(rows, "plus_input")
    ),
    _read_humaneval,
    _humaneval_solution,
    ids=("task_id",),
)
HUMANEVAL_PLUS = Benchmark(
    "HumanEval+",
    "code",
    "prompt, entry_point, canonical_solution, base_input, plus_input, task_id HumanEval/...",
    lambda rows: (
        has(rows, "prompt", "entry_point", "canonical_solution", "base_input", "plus_input")
        and all(str(row.get("task_id", "")).startswith("HumanEval") for row in rows)
    ),
    _read_plus,
    _humaneval_solution,
    ids=("task_id",),
)
MBPP = Benchmark(
    "MBPP or MBPP+",
    "code",
    "text or prompt, test_list, code; with test it is MBPP+",
    _mbpp,
    _read_mbpp,
    lambda row: _block(row, "code"),
    ids=("task_id",),
)
LEETCODE = Benchmark(
    "LeetCode",
    "code",
    "query or problem_description with starter_code, test, entry_point",
    _leetcode,
    _read_leetcode,
    lambda row: _block(row, "completion"),
    ids=("task_id",),
)
