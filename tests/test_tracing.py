"""Traces from an expert: verified, the best kept, each answer paid for once."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from endpoint_server import Server, said, serving
from smepo.asking import Plan, Question, ask_all
from smepo.cli import trace as command
from smepo.endpoint import Endpoint
from smepo.errors import ConfigError, GateError, InputError
from smepo.tracing import Prices, trace
from smepo.types import Row
from smepo.verifiers import verifier

MATH = verifier("math")
QUESTIONS = [Question(f"q{n}", [{"role": "user", "content": f"Double {n}."}]) for n in range(6)]


def rows(count: int) -> list[Row]:
    return [
        Row(f"r{n}", f"Double {n}.", str(2 * n), (), {"id": f"r{n}", "level": "easy"})
        for n in range(count)
    ]


def number_in(body: dict[str, Any]) -> int:
    return int(body["messages"][-1]["content"].split()[1].rstrip("."))


def right(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
    n = number_in(body)
    return 200, said(f"Twice {n} is \\boxed{{{2 * n}}}.")


def endpoint(server: Server, **options: Any) -> Endpoint:
    return Endpoint(server.url, "expert", **{"pause": 0.01, "timeout": 2.0, **options})


def test_every_row_stays_and_the_shortest_right_trace_is_kept(tmp_path: Path) -> None:
    def script(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        n, sample = number_in(body), body["seed"] - 7
        value = 2 * n if sample != 1 and n != 2 else 999
        return 200, said(f"{'So. ' * (3 - sample)}It is \\boxed{{{value}}}.")

    out = tmp_path / "out.parquet"
    with serving(script) as server:
        plan = Plan(3, {"temperature": 0.5}, seed=7)
        found = trace(rows(3), out, endpoint(server), MATH, plan, system="Do.", prices=Prices(1, 2))
    table = pq.read_table(out).to_pylist()
    assert [row["trace_status"] for row in table] == ["solved", "solved", "wrong"]
    assert table[1]["trace"] == "So. It is \\boxed{2}."
    assert table[2]["trace"] is None
    assert [row["trace_correct"] for row in table] == [2, 2, 0]
    assert table[0]["level"] == "easy"
    assert (found.rows, found.solved, found.samples) == (3, 2, 9)
    assert found.statuses == {"correct": 4, "wrong": 5}
    assert found.cost == pytest.approx((90 * 1 + 45 * 2) / 1e6)
    note = json.loads((tmp_path / "out.parquet.expert.json").read_text())
    assert (note["model"], note["system"], note["solved"]) == ("expert", "Do.", 2)
    assert server.requests[0]["messages"][0] == {"role": "system", "content": "Do."}


def test_a_solved_row_is_asked_no_further(tmp_path: Path) -> None:
    def script(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        n = number_in(body)
        return 200, said(f"\\boxed{{{2 * n if n < 2 else 999}}}")

    with serving(script) as server:
        found = trace(
            rows(4),
            tmp_path / "out.jsonl",
            endpoint(server),
            MATH,
            Plan(4),
            system="",
            until_solved=True,
        )
    assert len(server.requests) == 4 + 3 * 2
    assert found.solved == 2


def test_an_answer_that_was_cut_off_is_no_trace(tmp_path: Path) -> None:
    with serving(lambda n, body: (200, said("\\boxed{0} and", finish="length"))) as server:
        found = trace(rows(1), tmp_path / "out.jsonl", endpoint(server), MATH, Plan(1), system="")
    assert (found.solved, found.statuses) == (0, {"correct": 1})


def test_faults_are_tried_again_and_what_fails_is_asked_the_next_time(tmp_path: Path) -> None:
    faults = [(429, b"slow down"), (500, b"oops"), (0, b""), (200, b"{nonsense"), (200, b"[]")]

    def script(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        if number_in(body) == 5:
            return 503, b"never"
        return faults.pop() if faults else right(number, body)

    journal = tmp_path / "journal.jsonl"
    with serving(script) as server:
        asked = ask_all(endpoint(server, tries=7), QUESTIONS[:5], Plan(1), journal)
        assert asked.counts == {"answered": 5}
        came = len(server.requests)
        assert came == 10
        asked = ask_all(endpoint(server, tries=2), QUESTIONS, Plan(1), journal)
        assert asked.counts == {"from_journal": 5, "failed": 1}
        assert "q5" in asked.failures[0]
        assert "status 503" in asked.failures[0]
        assert len(server.requests) == came + 2


def test_what_no_retry_mends_ends_at_once_and_loses_nothing(tmp_path: Path) -> None:
    def script(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        return right(number, body) if number < 3 else (401, b"no such key")

    journal = tmp_path / "journal.jsonl"
    with serving(script) as server:
        with pytest.raises(ConfigError, match="status 401 no such key"):
            ask_all(endpoint(server), QUESTIONS, Plan(1, concurrency=1), journal)
        server.script = right
        asked = ask_all(endpoint(server), QUESTIONS, Plan(1), journal)
    assert asked.counts == {"from_journal": 3, "answered": 3}


def test_a_budget_ends_the_asking(tmp_path: Path) -> None:
    with serving(right) as server:
        plan = Plan(1, budget=40, concurrency=1)
        asked = ask_all(endpoint(server), QUESTIONS, plan, tmp_path / "journal.jsonl")
    assert asked.counts == {"answered": 3, "not_asked": 3}
    assert asked.prompt_tokens + asked.completion_tokens == 45


def test_requests_are_bounded_in_number_and_spread_over_time(tmp_path: Path) -> None:
    def slow(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        time.sleep(0.05)
        return right(number, body)

    with serving(slow) as server:
        plan = Plan(2, concurrency=3)
        ask_all(endpoint(server), QUESTIONS, plan, tmp_path / "a.jsonl")
        assert server.most <= 3
        began = time.monotonic()
        plan = Plan(1, concurrency=6, rate=60 / 0.05)
        ask_all(endpoint(server), QUESTIONS, plan, tmp_path / "b.jsonl")
        assert time.monotonic() - began >= 5 * 0.05


def test_a_journal_answers_only_the_same_questions_and_settings(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    with serving(right) as server:
        ask_all(endpoint(server), QUESTIONS[:2], Plan(1), journal)
        other = [Question("q0", [{"role": "user", "content": "Double 3."}]), QUESTIONS[1]]
        asked = ask_all(endpoint(server), other, Plan(1), journal)
        assert asked.answers["q0", 0].text == "Twice 3 is \\boxed{6}."
        assert asked.counts == {"from_journal": 1, "answered": 1}
        with pytest.raises(ConfigError, match="holds answers to"):
            ask_all(endpoint(server), QUESTIONS, Plan(1, {"temperature": 1}), journal)
        with pytest.raises(ConfigError, match="same id"):
            ask_all(endpoint(server), [QUESTIONS[0]] * 2, Plan(1), journal)
        with journal.open("ab") as file:
            file.write(b'{"id": "q1", "sam')
        asked = ask_all(endpoint(server), QUESTIONS[:2], Plan(2), journal)
        assert asked.counts["from_journal"] == 2
        assert all(json.loads(line) for line in journal.read_text().splitlines())


def test_an_output_of_no_known_format_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.jsonl or \.parquet"):
        trace(rows(1), tmp_path / "x.csv", Endpoint("http://x", "m"), MATH, Plan(), system="")


def test_a_killed_run_goes_on_without_paying_twice(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    lines = [{"id": f"r{n}", "question": f"Double {n}.", "target": str(2 * n)} for n in range(30)]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    journal = tmp_path / "out.jsonl.journal.jsonl"
    app = typer.Typer()
    command.register(app)

    def slow(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        time.sleep(0.05)
        return right(number, body)

    with serving(slow) as server:
        arguments = [str(source), str(tmp_path / "out.jsonl"), "--url", server.url]
        arguments += ["--model", "expert", "--k", "1", "--concurrency", "2", "--json"]
        arguments += ["--question", "question", "--target", "target"]
        process = subprocess.Popen(
            [sys.executable, "-c", "from smepo.cli import main; main()", "trace", *arguments],
            stdout=subprocess.PIPE,
        )
        deadline = time.monotonic() + 60
        while not journal.exists() or len(journal.read_bytes().splitlines()) < 6:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        kept = len(journal.read_bytes().splitlines()) - 1
        before = len(server.requests)
        done = CliRunner().invoke(app, [*arguments, "--strict"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["asked"] == {"from_journal": kept, "answered": 30 - kept}
    late = len(server.requests) - before - (30 - kept)
    assert 0 <= late <= 2, "two of the killed process may have been on their way"
    assert told["solved"] == 30
    made = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in made] == [line["id"] for line in lines]
    assert made[4]["trace"] == "Twice 4 is \\boxed{8}."


def test_strict_fails_where_a_row_has_no_trace(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps({"question": "Double 2.", "target": "5"}) + "\n")
    app = typer.Typer()
    command.register(app)
    with serving(right) as server:
        arguments = [str(source), str(tmp_path / "o.jsonl"), "--url", server.url, "--model", "m"]
        arguments += ["--question", "question", "--target", "target", "--k", "1", "--strict"]
        done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, GateError)
