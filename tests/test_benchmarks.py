"""Known benchmarks: recognised by their columns, judged right, and nothing in a file is run."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from smepo.cli import eval as command
from smepo.data.records import Problem
from smepo.errors import ConfigError, InputError
from smepo.evaluation import write
from smepo.evaluation.benchmarks import BENCHMARKS, read_benchmark, recognise
from smepo.evaluation.benchmarks.livecodebench import LIVECODEBENCH, unpacked
from smepo.evaluation.contamination import overlaps
from smepo.evaluation.given import evaluate_given, references
from smepo.training import parse
from smepo.training.config import DataConfig
from smepo.training.rows import evaluation_rows, read
from smepo.types import Row
from smepo.verifiers import verifier

Read = Callable[..., tuple[str, list[Any]]]


@pytest.fixture
def rows_of(tmp_path: Path) -> Read:
    """Rows as a file: the name of its benchmark, and what it reads as."""

    def made(*rows: Mapping[str, Any]) -> tuple[str, list[Any]]:
        path = tmp_path / "data.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        benchmark = recognise(str(path))
        assert benchmark is not None
        return benchmark.name, list(read_benchmark(str(path), benchmark))

    return made


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    command.register(made)
    made.callback()(lambda: None)
    return made


ADD = "def add(a, b):\n    return a + b\n"
HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": 'def add(a: float, b: float):\n    """Add."""\n',
    "canonical_solution": "    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
    "entry_point": "add",
}
PLUS = {
    **{key: value for key, value in HUMANEVAL.items() if key != "test"},
    "base_input": [[1, 2]],
    "plus_input": [[0.1, 0.2], [[1], [2]]],
    "atol": 0,
    "contract": "",
}
MBPP = {
    "task_id": 3,
    "text": "Write a function to add.",
    "code": ADD,
    "test_setup_code": "",
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
    "challenge_test_list": [],
}
SANITIZED = {
    "source_file": "x",
    "task_id": 4,
    "prompt": "Write a function to add.",
    "code": ADD,
    "test_imports": ["import math"],
    "test_list": ["assert math.isclose(add(0.1, 0.2), 0.3)"],
}
LEETCODE = {
    "task_id": "sum",
    "query": "Add two numbers. class Solution: def add(self, a, b)",
    "prompt": "from typing import *\n",
    "completion": "class Solution:\n    def add(self, a: int, b: int):\n        return a + b\n",
    "entry_point": "Solution().add",
    "test": "def check(candidate):\n    assert candidate(a = 1, b = 2) == 3\n",
}


@pytest.mark.parametrize(
    ("row", "name", "wrong"),
    [
        (HUMANEVAL, "HumanEval", ADD.replace("+", "-")),
        (PLUS, "HumanEval+", "def add(a, b):\n    return int(a + b) if a != [1] else [1, 2]\n"),
        (MBPP, "MBPP or MBPP+", ADD.replace("+", "-")),
        (SANITIZED, "MBPP or MBPP+", ADD.replace("+", "-")),
        (
            {**SANITIZED, "test": "assert add(0.1, 0.2) != 0.3\nassert add(5, 5) == 10\n"},
            "MBPP or MBPP+",
            "def add(a, b):\n    return round(a + b, 9)\n",  # passes test_list, not the tests of +
        ),
        (
            {
                **HUMANEVAL,  # with the tests of EvalPlus
                "test": "import numpy as np\n\ndef check(candidate):\n"
                "    np.testing.assert_allclose(candidate(0.1, 0.2), 0.3, atol=1e-6)\n",
            },
            "HumanEval",
            ADD.replace("+", "-"),
        ),
        (LEETCODE, "LeetCode", LEETCODE["completion"].replace("+", "-")),
    ],
)
def test_programs_are_tested_as_their_benchmark_does(
    rows_of: Read, row: Mapping[str, Any], name: str, wrong: str
) -> None:
    found, (problem,) = rows_of(row)
    assert found == name
    benchmark = next(one for one in BENCHMARKS if one.name == name)
    right = benchmark.solution(row)
    assert right is not None
    judge = verifier("code", workers=1)
    assert judge(right, problem.target).score == 1.0
    verdict = judge(judge.wrap(wrong), problem.target)
    assert (verdict.score, verdict.status.value) == (0.0, "wrong"), verdict.detail
    assert problem.id == str(row["task_id"])
    assert "Python code block" in problem.asked


def test_the_tests_of_mbpp_are_shown_as_they_name_the_function(rows_of: Read) -> None:
    _, (problem,) = rows_of(MBPP)
    assert "assert add(1, 2) == 3" in problem.asked
    assert problem.question == "Write a function to add."
    assert "return a + b" not in problem.asked


def test_a_root_of_a_polynomial_is_right_where_the_polynomial_is_near_zero(rows_of: Read) -> None:
    row = {
        **PLUS,
        "task_id": "HumanEval/32",
        "prompt": 'def find_zero(xs: list):\n    """A root."""\n',
        "canonical_solution": "    return -xs[0] / xs[1]\n",
        "entry_point": "find_zero",
        "base_input": [[[-1, 0, 1]]],  # x^2 = 1: the reference would divide by zero
        "plus_input": [],
        "atol": 1e-4,
    }
    _, (problem,) = rows_of(row)
    judge = verifier("code", workers=1)
    for root, score in (("-1.00001", 1.0), ("1", 1.0), ("0.5", 0.0)):
        program = judge.wrap(f"def find_zero(xs):\n    return {root}\n")
        assert judge(program, problem.target).score == score, root


# As the table of Hugging Face writes its tests: typed inputs, numpy, an oracle of the task's own.
MBPP_PLUS_TEST = """import numpy as np

def near(out, exp, atol):
    if out != exp and atol != 0:
        assert np.allclose(out, exp, rtol=1e-07, atol=atol)
    else:
        assert out == exp, f"out: {out}, exp: {exp}"

inputs = [[(3, 4), (4, 5)], [(1,), (2,)]]
results = [(4,), ()]
for i, (inp, exp) in enumerate(zip(inputs, results)):
    near(similar(*inp), exp, 0)
"""


def test_mbpp_plus_is_judged_by_its_whole_test_with_typed_inputs(rows_of: Read) -> None:
    right = "def similar(a, b):\n    return tuple(set(a) & set(b))\n"
    row = {
        "task_id": 2,
        "code": right,
        "prompt": "Write a function to find the shared elements of two tuples.",
        "source_file": "Benchmark Questions Verification V2.ipynb",
        "test_imports": [],
        "test_list": ["assert set(similar((3, 4), (4, 5))) == set((4,))"],
        "test": MBPP_PLUS_TEST,
    }
    name, (problem,) = rows_of(row)
    assert name == "MBPP or MBPP+"
    judge = verifier("code", workers=1)
    assert judge(judge.wrap(right), problem.target).score == 1.0
    one = "def similar(a, b):\n    return (4,)\n"  # passes the assertion that the prompt shows
    assert judge(judge.wrap(one), problem.target).score == 0.0
    as_lists = right.replace("tuple(", "list(")
    assert judge(judge.wrap(as_lists), problem.target).score == 0.0


def test_a_function_with_a_built_in_name_is_told_from_those_that_the_test_calls(
    rows_of: Read,
) -> None:
    row = {
        "task_id": 126,
        "code": "def sum(a, b):\n    return a * b\n",
        "prompt": "Write a function.",
        "test_list": ["assert sum(2, 3) == 6"],
        "test_imports": [],
        "test": "inputs = [[2, 3]]\nfor i, inp in enumerate(inputs):\n"
        "    assert sum(*inp) == 6 and all([isinstance(sum(*inp), int)])\n",
    }
    _, (problem,) = rows_of(row)
    judge = verifier("code", workers=1)
    assert judge(judge.wrap(row["code"]), problem.target).score == 1.0
    cheat = "def sum(a, b):\n    return 0\ndef enumerate(x):\n    return []\n"
    assert judge(judge.wrap(cheat), problem.target).score == 0.0


def test_mbpp_plus_as_released_is_refused_and_says_what_to_take(rows_of: Read) -> None:
    row = {
        "task_id": "Mbpp/2",
        "prompt": '"""\nFind the shared elements.\nassert similar((3, 4), (4, 5)) == (4,)\n"""\n',
        "entry_point": "similar",
        "canonical_solution": "\ndef similar(a, b):\n    return tuple(set(a) & set(b))\n",
        "base_input": [[[3, 4], [4, 5]]],
        "atol": 0,
        "plus_input": [[[], []]],
        "contract": "",
        "assertion": "assert similar((3, 4), (4, 5)) == (4,)",
    }
    with pytest.raises(InputError, match=r"no tuples.*evalplus/mbppplus"):
        rows_of(row)


def _pack(value: Any) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def _lcb(private: Any, kind: str = "stdin", **changes: Any) -> dict[str, Any]:
    public = [{"input": "1\n2" if kind == "functional" else "1 2", "output": "3", "testtype": kind}]
    return {
        "question_title": "Sum",
        "question_content": "Add two numbers.",
        "platform": "atcoder",
        "question_id": "abc1_a",
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": json.dumps(public),
        "private_test_cases": private,
        "metadata": "{}",
        **changes,
    }


def test_livecodebench_is_read_from_parquet_with_the_columns_of_its_release(tmp_path: Path) -> None:
    hidden = _pack(json.dumps([{"input": "20 30", "output": "50", "testtype": "stdin"}]))
    row = _lcb(hidden, contest_id="abc1", contest_date=datetime(2024, 8, 3, 12, 0))
    path = str(tmp_path / "lcb.parquet")
    pq.write_table(pa.Table.from_pylist([row]), path)
    assert recognise(path) is LIVECODEBENCH
    (problem,) = read_benchmark(path, LIVECODEBENCH)
    assert isinstance(problem, Row)
    assert (problem.id, problem.target["outputs"]) == ("abc1_a", ["3", "50"])


@pytest.mark.parametrize("pack", [json.dumps, lambda tests: _pack(json.dumps(tests)), list])
def test_livecodebench_reads_hidden_tests_in_all_their_forms(rows_of: Read, pack: Any) -> None:
    hidden = [{"input": "20 30", "output": "50", "testtype": "stdin"}]
    name, (problem,) = rows_of(_lcb(pack(hidden)))
    assert name == "LiveCodeBench"
    assert problem.target["inputs"] == ["1 2", "20 30"]
    judge = verifier("code", workers=1)
    assert judge(judge.wrap("print(sum(map(int, input().split())))"), problem.target).score == 1.0
    assert judge(judge.wrap("input()\nprint(3)"), problem.target).score == 0.0


def test_livecodebench_calls_the_method_that_the_metadata_names(rows_of: Read) -> None:
    hidden = _pack(
        json.dumps([{"input": "[1]\n[2]", "output": "[1, 2]", "testtype": "functional"}])
    )
    row = _lcb(
        hidden,
        "functional",
        starter_code="class Solution:\n    def join(self, a: List[int], b: List[int]):\n        ",
        metadata='{"func_name": "join"}',
    )
    _, (problem,) = rows_of(row)
    assert "class Solution" in problem.asked
    judge = verifier("code", workers=1)
    right = "class Solution:\n    def join(self, a: List[int], b: List[int]):\n        return a + b"
    assert judge(judge.wrap(right), problem.target).score == 1.0
    assert judge(judge.wrap(right.replace("a + b", "b + a")), problem.target).score == 0.0
    _, (without,) = rows_of({**row, "metadata": "{}"})
    assert isinstance(without, Problem)
    assert "func_name" in without.reason


class _Evil:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (open, (self.path, "w"))


def test_a_pickle_in_a_data_set_runs_nothing(rows_of: Read, tmp_path: Path) -> None:
    mark = tmp_path / "it-ran"
    pickle.loads(pickle.dumps(_Evil(str(mark)))).close()
    assert mark.exists(), "a plain load would have run it"
    mark.unlink()
    _, (problem,) = rows_of(_lcb(_pack(_Evil(str(mark)))))
    assert isinstance(problem, Problem)
    assert (problem.column, mark.exists()) == ("private_test_cases", False)
    assert "open" in problem.reason
    for broken in (_pack(["a list"]), "no base64!", base64.b64encode(b"no zlib").decode()):
        with pytest.raises(ValueError, match="packed"):
            unpacked(broken)
    with pytest.raises(ValueError, match="over 1,000 bytes"):
        unpacked(_pack("0" * 100_000), largest=1_000)


OLYMPIAD = {
    "id": 2231,
    "subfield": "Geometry",
    "context": None,
    "question": "Find all x.",
    "solution": ["..."],
    "final_answer": ["$1$,$-2$"],
    "is_multiple_answer": True,
    "unit": None,
    "answer_type": "Numerical",
    "error": None,
    "question_type": "Open-ended",
}


def test_olympiadbench_wants_all_answers_units_and_tolerances(rows_of: Read) -> None:
    physics = {
        **OLYMPIAD,
        "id": 2,
        "context": "A ball falls.",
        "final_answer": ["$9.81$"],
        "is_multiple_answer": False,
        "unit": "$\\mathrm{m/s^2}$",
        "error": "1e-2",
    }
    pair = {**OLYMPIAD, "id": 3, "final_answer": "['$1.5$,$2.5$']", "error": "0.1,0.1"}
    own = {**pair, "id": 4, "error": "0.2,"}
    name, (several, measured, near, each) = rows_of(OLYMPIAD, physics, pair, own)
    assert name == "OlympiadBench"
    judge = verifier("math")

    def score(answer: str, problem: Row) -> float:
        return judge(judge.wrap(answer), problem.target).score

    assert [score(a, several) for a in ("-2, 1", "1", "1, 2")] == [1.0, 0.0, 0.0]
    assert "all answers" in several.asked
    assert [score(a, measured) for a in ("9.815", "9.8", "9.7")] == [1.0, 1.0, 0.0]
    assert measured.asked.startswith("A ball falls.\n\nFind all x.")
    assert "m/s^2" in measured.form
    assert [score(a, near) for a in ("2.45, 1.55", "1.55", "1.5, 2.7")] == [1.0, 0.0, 0.0]
    assert [score(a, each) for a in ("2.5, 1.7", "1.5, 2.6", "2.5")] == [1.0, 0.0, 0.0]


def test_what_olympiadbench_cannot_have_judged_is_set_aside_and_says_why(rows_of: Read) -> None:
    proof = {**OLYMPIAD, "final_answer": None, "question_type": "Theorem proof"}
    rows = [
        OLYMPIAD,
        proof,
        {**OLYMPIAD, "final_answer": []},
        {**OLYMPIAD, "question": "See <img_3362>."},
        {**OLYMPIAD, "error": "a little"},
        {**OLYMPIAD, "label": "Theorem_Proving", "final_answer": ["proof"]},
        {**OLYMPIAD, "answer_type": "Need_human_evaluate"},
    ]
    _, (good, *aside) = rows_of(*({**row, "id": n} for n, row in enumerate(rows)))
    assert isinstance(good, Row)
    assert [one.reason.split(":")[0].split(",")[0] for one in aside] == [
        "a proof",
        "a proof",
        "needs an image",
        "the tolerance is no number",
        "a proof",
        "Need_human_evaluate",
    ]


@pytest.mark.parametrize(
    ("row", "target"),
    [
        ({"ID": "2024-I-1", "Problem": "p", "Solution": "s", "Answer": 204}, "204"),
        ({"ID": "x", "Year": 1983, "Question": "p", "Answer": "025", "Part": "I"}, "25"),
        ({"question": "p", "answer": "70"}, "70"),
        ({"question": "p", "answer": ["3159.0"]}, "3159"),
        ({"id": 0, "answer": 27.0, "url": "u", "question": "p"}, "27"),
        ({"id": 1, "problem": "p", "solution": "So \\boxed{33}.", "url": "u"}, "33"),
        (
            {"problem": "p", "level": "Level 1", "type": "t", "solution": "$\\boxed{\\frac12}$"},
            None,
        ),
    ],
)
def test_contests_in_the_namings_they_come_in(
    rows_of: Read, row: Mapping[str, Any], target: str | None
) -> None:
    _, (problem,) = rows_of(row)
    assert (problem.question, problem.target) == ("p", target or "\\frac12")


@pytest.mark.parametrize(
    ("row", "answers"),
    [
        ({"_id": "a", "question": "q", "answer": "Rome", "supporting_facts": [], "context": []}, 1),
        (
            {
                "id": "2hop",
                "question": "q",
                "answer": "Rome",
                "answer_aliases": ["Roma"],
                "paragraphs": [],
                "question_decomposition": [],
                "answerable": True,
            },
            2,
        ),
        ({"id": "test_0", "question": "q", "golden_answers": ["Rome", "Roma"]}, 2),
        ({"Question": "q", "Answer": "Rome"}, 1),
    ],
)
def test_closed_book_questions(rows_of: Read, row: Mapping[str, Any], answers: int) -> None:
    _, (problem,) = rows_of(row)
    judge = verifier("search")
    assert judge("<answer>Rome</answer>", problem.target).score == 1.0
    assert judge("<answer>Roma</answer>", problem.target).score == float(answers == 2)
    assert problem.question == "q", "contamination compares the bare question"
    assert "<answer>" in problem.asked
    assert "Rome" not in problem.asked


def test_a_wrong_guess_is_an_error_that_names_the_columns(rows_of: Read) -> None:
    for row in ({"question": "Capital of Italy?", "answer": "Rome"}, {"q": "?", "a": "1"}):
        with pytest.raises(InputError) as error:
            rows_of(row)
        said = str(error.value)
        for part in (f"Columns found: {', '.join(row)}", "LiveCodeBench", "--question", "--domain"):
            assert part in said
    with pytest.raises(InputError, match="several known formats: HumanEval and LeetCode"):
        rows_of({**LEETCODE, **HUMANEVAL})


def test_what_all_rows_of_a_benchmark_say_is_no_contamination(rows_of: Read) -> None:
    other = {**HUMANEVAL, "task_id": "HumanEval/1", "prompt": "def sub(c, d):\n    '''Minus.'''\n"}
    words = {**MBPP, "task_id": 9, "text": "Sort a list of words."}
    hotpot = {"question": "Where is Rome?", "answer": "Italy", "supporting_facts": []}
    for one, two in ((HUMANEVAL, other), (MBPP, words), (hotpot, {**hotpot, "question": "Why?"})):
        _, (first, second) = rows_of(one, two)
        assert not overlaps([first], [second])
        assert overlaps([first], [Row("train", first.question, "", ())])


def test_eval_judges_the_solutions_that_a_file_holds(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "humaneval.jsonl"
    broken = {**HUMANEVAL, "task_id": "HumanEval/1", "canonical_solution": "    return a - b\n"}
    path.write_text("".join(json.dumps(row) + "\n" for row in (HUMANEVAL, broken)))
    out = tmp_path / "out.json"
    ran = CliRunner().invoke(app, ["eval", "reference:", str(path), "--json", "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    summary = json.loads(ran.stdout)
    assert (summary["avg_at_k"]["value"], summary["statuses"]) == (0.5, {"correct": 1, "wrong": 1})
    assert summary["settings"]["benchmark"] == "HumanEval"
    assert json.loads(out.read_text())["settings"]["domain"] == "code"


def test_a_benchmark_is_judged_in_its_own_domain(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "humaneval.jsonl"
    path.write_text(json.dumps(HUMANEVAL) + "\n")
    ran = CliRunner().invoke(app, ["eval", "m", str(path), "--domain", "math"])
    assert isinstance(ran.exception, ConfigError)
    assert "HumanEval, which needs 'code'" in str(ran.exception)


def test_a_run_may_be_evaluated_on_a_benchmark_of_its_own_domain(tmp_path: Path) -> None:
    path = tmp_path / "mbpp.jsonl"
    path.write_text(json.dumps(MBPP) + "\n")
    run = {
        "model": "some/model",
        "output_dir": "out",
        "steps": 10,
        "domain": "code",
        "data": {"path": "rows.jsonl"},
        "evaluation": {"data": {"path": str(path)}},
    }
    (row,) = evaluation_rows(parse(run, origin="run.toml"))
    assert "assert add(1, 2) == 3" in row.asked
    with pytest.raises(ConfigError, match="needs 'code', not 'math'"):
        evaluation_rows(parse({**run, "domain": "math"}, origin="run.toml"))


def test_completions_of_another_tool_are_judged_the_same_way(rows_of: Read, tmp_path: Path) -> None:
    _, rows = rows_of({"question": "p", "answer": "7"}, {"question": "p2", "answer": "8"})
    judge = verifier("math")
    given = {"0": ["\\boxed{7}", "\\boxed{6}"], "1": ["\\boxed{8}", "\\boxed{8}"]}
    result = evaluate_given(rows, given, judge)
    assert (result.k, result.avg_at_k.value, result.pass_at[2].value) == (2, 0.75, 1.0)
    write(
        evaluate_given([replace(rows[0], target="7 " * 10_000)], given, judge), tmp_path / "r.json"
    )
    (record,) = (tmp_path / "r.jsonl").read_text().splitlines()
    assert json.loads(record)["target"].endswith("... (20,002 characters)")
    with pytest.raises(InputError, match="1 rows have no completion; the first: 1"):
        evaluate_given(rows, {"0": ["x"]}, judge)
    with pytest.raises(InputError, match="row 1 has 1 completions, the first row 2"):
        evaluate_given(rows, {**given, "1": ["x"]}, judge)


FILES = {
    "math/math500.jsonl": ("math", 60),
    "math/gsm8k_test.jsonl": ("math", 60),
    "math/aime_1983_2023.json": ("math", 60),
    "code/HumanEval.jsonl.gz": ("code", 12),
    "code/mbpp.jsonl": ("code", 12),
    "code/leetcode_train.jsonl.gz": ("code", 6),
    "search/twowiki_train500.json": ("search", 60),
    "search/hotpotqa_train100.json": ("search", 60),
    "search/musique_train100.json": ("search", 60),
}


@pytest.mark.parametrize("name", FILES)
def test_reference_solutions_of_public_files_score(public: Path, name: str) -> None:
    domain, limit = FILES[name]
    path = str(public / name)
    rows, problems = read(
        DataConfig.model_validate({"path": path, "limit": limit}), "DATA", traces=False
    )
    held, completions = references(rows, recognise(path))
    result = evaluate_given(held, completions, verifier(domain))
    assert not problems
    assert result.statuses == {"correct": limit}
