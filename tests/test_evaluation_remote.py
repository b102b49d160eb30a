"""Evaluation behind an endpoint, votes, two results side by side, contamination."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from endpoint_server import said, serving
from smepo.asking import Plan
from smepo.cli import eval as command
from smepo.endpoint import Endpoint
from smepo.errors import InputError
from smepo.evaluation import ProblemRecord, write
from smepo.evaluation.contamination import overlaps, words
from smepo.evaluation.flips import compare, mcnemar
from smepo.evaluation.remote import evaluate_endpoint
from smepo.evaluation.results import vote
from smepo.types import Row, VerdictStatus
from smepo.verifiers import verifier

MATH = verifier("math")
CORRECT, WRONG, UNPARSED = VerdictStatus.CORRECT, VerdictStatus.WRONG, VerdictStatus.UNPARSED


def row(n: int, question: str | None = None, **columns: Any) -> Row:
    return Row(f"r{n}", question or f"Double {n}.", str(2 * n), (), columns)


def answers(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
    """Right for small numbers; sample 1 is wrong for all."""
    n = int(body["messages"][-1]["content"].split()[1].rstrip("."))
    value = 2 * n if n < 3 and body["seed"] != 1 else 77
    return 200, said(f"\\boxed{{{value}}}", tokens=(9, 4), finish="length" if n == 5 else "stop")


def run(url: str, folder: Path, rows: list[Row], k: int = 3, **options: Any) -> Any:
    where = Endpoint(url, "m", tries=2, pause=0.01)
    plan = Plan(k, {"temperature": 1.0}, seed=0)
    return evaluate_endpoint(where, rows, MATH, plan, folder / "journal.jsonl", **options)


def test_an_endpoint_is_evaluated_as_a_model_is(tmp_path: Path) -> None:
    with serving(answers) as server:
        result = run(server.url, tmp_path, [row(n) for n in range(6)], system="Be brief.")
        assert result.avg_at_k.value == pytest.approx(3 * 2 / 3 / 6)
        assert result.pass_at[1].value == pytest.approx(1 / 3)
        assert result.maj_at_k is not None
        assert result.maj_at_k.value == 0.5
        assert (result.truncated, result.mean_tokens) == (3, 4.0)
        assert server.requests[0]["messages"][0]["content"] == "Be brief."
        assert result.settings["guided"] is False
        came = len(server.requests)
        run(server.url, tmp_path, [row(n) for n in range(6)], system="Be brief.")
        assert len(server.requests) == came, "every answer is in the journal"


def test_guidance_and_missing_answers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must not carry guidance"):
        run("http://127.0.0.1:9", tmp_path, [row(1, guidance="6*[NUMBER_1]")])
    why = r"2 answers did not come; the first: r1: .*status 503"
    with (
        serving(lambda n, body: (503, b"")) as server,
        pytest.raises(InputError, match=why),
    ):
        run(server.url, tmp_path, [row(1)], k=2)


def record(id: str, *ends: tuple[VerdictStatus, str | None]) -> ProblemRecord:
    statuses, texts = tuple(s for s, _ in ends), tuple(t for _, t in ends)
    return ProblemRecord(id, f"Question {id}", "1", texts, statuses, (0.0,) * len(ends), texts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ends", "chance"),
    [
        ([(CORRECT, "1/2"), (CORRECT, "0.5"), (WRONG, "3")], 1.0),
        ([(CORRECT, "1"), (WRONG, "3"), (WRONG, "3")], 0.0),
        ([(CORRECT, "1"), (WRONG, "3")], 0.5),
        ([(CORRECT, "1"), (WRONG, "3"), (WRONG, "4")], 1 / 3),
        ([(UNPARSED, None), (UNPARSED, None), (CORRECT, "1")], 1.0),
        ([(VerdictStatus.TIMEOUT, "9"), (VerdictStatus.TIMEOUT, "9"), (CORRECT, "1")], 1.0),
        ([(UNPARSED, None)], 0.0),
    ],
)
def test_the_most_frequent_answer_wins(ends: list[Any], chance: float) -> None:
    assert vote(record("p", *ends)) == pytest.approx(chance)


def written(path: Path, *records: ProblemRecord) -> Path:
    from smepo.evaluation.results import collect

    k = len(records[0].statuses)
    write(collect(records, k=k, seed=0, seconds=1.0, truncated=0, settings={}), path)
    return path


def test_two_results_say_what_flipped(tmp_path: Path) -> None:
    right, wrong = (CORRECT, "1"), (WRONG, "2")
    a = written(
        tmp_path / "a.json", *(record(f"p{n}", right if n < 4 else wrong) for n in range(9))
    )
    b = written(
        tmp_path / "b.json",
        *(record(f"p{n}", right if 2 <= n < 8 else wrong) for n in range(8)),
        record("new", right),
    )
    found = compare(a, b)
    assert [flip.id for flip in found.gained] == ["p4", "p5", "p6", "p7"]
    assert [flip.id for flip in found.lost] == ["p0", "p1"]
    assert (found.problems, found.only_a, found.only_b) == (8, 1, 1)
    assert (found.a, found.b, found.difference) == (0.5, 0.75, 0.25)
    assert found.low < 0.25 < found.high
    assert found.p == mcnemar(4, 2) == pytest.approx(0.6875)

    app = typer.Typer()
    command.register(app)
    done = CliRunner().invoke(app, ["--compare", str(a), str(b), "--json"])
    assert json.loads(done.stdout)["difference"] == 0.25
    done = CliRunner().invoke(app, ["--compare", str(a), str(b)])
    assert "4 gained" in done.stdout


def test_results_that_cannot_be_compared_say_why(tmp_path: Path) -> None:
    a = written(tmp_path / "a.json", record("p", (CORRECT, "1")))
    with pytest.raises(InputError, match="no such file"):
        compare(a, tmp_path / "b.json")
    b = written(tmp_path / "b.json", record("q", (CORRECT, "1")))
    with pytest.raises(InputError, match="no problem is in both"):
        compare(a, b)
    (tmp_path / "c.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match=r"c\.jsonl, row 0: no record"):
        compare(a, tmp_path / "c.json")


LONG = "A farmer has twelve cows and sells three of them to a neighbour for ninety coins each."


def test_questions_that_training_has_seen_are_found() -> None:
    training = [row(1, LONG), row(2, "What is 6*7?")]
    asked = [
        row(10, LONG.upper().replace(",", ";")),
        row(11, f"Listen: {LONG} How many are left?"),
        row(12, "what is 6 * 7"),
        row(13, "What is 6*8?"),
        row(14, "A farmer has twelve cows and sells two of them to a neighbour."),
    ]
    found = [(o.id, o.train_id, o.whole) for o in overlaps(asked, training)]
    assert found == [("r10", "r1", True), ("r11", "r1", False), ("r12", "r2", True)]


@given(st.text())
def test_words_are_normalised_once_and_for_all(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


def test_the_command_evaluates_an_endpoint_and_checks_for_contamination(tmp_path: Path) -> None:
    data, train = tmp_path / "d.jsonl", tmp_path / "t.jsonl"
    lines = [{"id": f"r{n}", "question": f"Double {n}.", "target": str(2 * n)} for n in range(4)]
    data.write_text("".join(json.dumps(line) + "\n" for line in lines))
    train.write_text(json.dumps(lines[2]) + "\n")
    app = typer.Typer()
    command.register(app)
    with serving(answers) as server:
        arguments = ["m", str(data), "--url", server.url, "--k", "2", "--json"]
        arguments += ["--question", "question", "--target", "target", "--train", str(train)]
        done = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "r.json")])
        refused = CliRunner().invoke(app, arguments)
    assert "--url: give --out" in str(refused.exception)
    told = json.loads(done.stdout)
    assert told["avg_at_k"]["value"] == pytest.approx(3 / 8)
    assert told["contamination"] == [{"id": "r2", "train_id": "r2", "whole": True}]
    assert (tmp_path / "r.json.journal.jsonl").is_file()
