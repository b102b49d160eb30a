"""Episodes of a model behind an endpoint that calls tools, against a real server on loopback."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("tantivy", reason="the extra search is not installed")

from endpoint_server import said, serving
from smepo.asking import Plan
from smepo.cli import eval as command
from smepo.endpoint import Endpoint
from smepo.errors import ConfigError, InputError
from smepo.evaluation import EvalResult
from smepo.evaluation.episodes import Episode, Message, evaluate_episodes
from smepo.evaluation.remote_episodes import evaluate_endpoint_episodes
from smepo.search import Limits
from smepo.testbed import problems
from smepo.training.search import SearchConfig, retriever
from smepo.types import Row
from smepo.verifiers import verifier

PROBLEMS = {p.question: p for p in problems("search", split="heldout", level="hard", n=4)}
ROWS = [p.row() for p in PROBLEMS.values()]
JUDGE = verifier("search")
LIMITS = Limits(calls=3, k=1)


def called(*calls: Any, text: str | None = None) -> bytes:
    """A completion that calls tools."""
    message = {"role": "assistant", "content": text, "tool_calls": list(calls)}
    return json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]}).encode()


def call(arguments: Any, name: str = "search", id: str = "c") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def next_of(messages: Sequence[Message]) -> str:
    """What an expert does next: a query, or an answer in its tag."""
    problem = PROBLEMS[next(m["content"] for m in messages if m["role"] == "user")]
    lines = problem.trace.split("\n")
    queries = [line[len("Action: search[") : -1] for line in lines if "search[" in line]
    done = sum(m["role"] == "tool" for m in messages)
    return queries[done] if done < len(queries) else f"<answer>{problem.target[0]}</answer>"


def expert(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
    step = next_of(body["messages"])
    if step.startswith("<"):
        return 200, said(step)
    return 200, called(call(json.dumps({"query": step, "k": 1})))


def run(
    url: str, folder: Path, rows: Sequence[Row] = ROWS, k: int = 1, **options: Any
) -> tuple[EvalResult, list[Episode]]:
    return evaluate_endpoint_episodes(
        Endpoint(url, "m", tries=2, pause=0.01),
        rows,
        JUDGE,
        retriever(SearchConfig(index="testbed:search")),
        Plan(k, {"temperature": 1.0}, seed=0),
        folder / "journal.jsonl",
        limits=LIMITS,
        **options,
    )


def test_an_endpoint_plays_as_a_policy_in_this_process_does(tmp_path: Path) -> None:
    def local(conversations: Sequence[Sequence[Message]]) -> list[Message]:
        made: list[Message] = []
        for messages in conversations:
            step = next_of(messages)
            calls = [] if step.startswith("<") else [call(json.dumps({"query": step, "k": 1}))]
            more = {"tool_calls": calls} if calls else {}
            made.append({"role": "assistant", "content": "" if calls else step, **more})
        return made

    with serving(expert) as server:
        result, episodes = run(server.url, tmp_path)
    prompts = [[{"role": "user", "content": row.question}] for row in ROWS]
    index = retriever(SearchConfig(index="testbed:search"))
    same, theirs = evaluate_episodes(local, ROWS, prompts, JUDGE, index, limits=LIMITS)
    assert episodes == theirs
    assert result.summary()["episodes"] == same.summary()["episodes"]
    assert result.summary()["episodes"]["em"] == 1
    assert result.settings["guided"] is False
    assert [t["function"]["name"] for t in server.requests[0]["tools"]] == ["search", "read"]
    back = server.requests[-1]["messages"]
    assert [m["role"] for m in back] == ["user", "assistant", "tool", "assistant", "tool"]
    assert back[2]["tool_call_id"] == back[1]["tool_calls"][0]["id"]


def test_the_schemas_are_those_of_the_tools() -> None:
    pytest.importorskip("transformers", reason="it makes schemas out of functions")
    from smepo.search.schemas import FOR_ENDPOINTS, schemas

    made = schemas()
    for schema in made:
        del schema["function"]["return"]
    assert made == FOR_ENDPOINTS


ANSWER = said("<answer>x</answer>")
BAD = [
    (called(call("{not json")), "bad_call"),
    (called(call("[1]")), "bad_call"),
    (called(call(None)), "bad_call"),
    (called(call("{}")), "bad_call"),
    (called(call('{"q": "x"}')), "bad_call"),
    (called(call("{}", name="delete")), "bad_call"),
    (called(call("{}", name="reset")), "bad_call"),
    (called(7), "bad_call"),
    (called({"function": "search"}), "bad_call"),
    (called({}), "bad_call"),
    (called(call('{"query": 5}')), "empty_query"),
]


@pytest.mark.parametrize(("first", "kind"), BAD)
def test_calls_that_no_tool_takes_are_answered_and_counted(
    first: bytes, kind: str, tmp_path: Path
) -> None:
    with serving(lambda n, body: (200, ANSWER if n else first)) as server:
        result, [episode] = run(server.url, tmp_path, ROWS[:1])
        for one in server.requests[1]["messages"][1]["tool_calls"]:  # servers read them back
            assert isinstance(json.loads(one["function"]["arguments"]), dict)
    assert [m["role"] for m in episode.messages] == ["user", "assistant", "tool", "assistant"]
    assert result.summary()["episodes"]["faults"] == {kind: 1}
    assert (episode.turns, episode.status) == (0, "wrong")


def test_parallel_calls_are_answered_each_and_stop_at_the_limit(tmp_path: Path) -> None:
    start = ROWS[0].question.split()[2].rstrip(":")
    many = called(
        *(call({"query": start}, id=f"c{n}") for n in range(3)),  # an object, not its JSON
        call(json.dumps({"title": start}), "read", "c3"),
    )
    with serving(lambda n, body: (200, ANSWER if n else many)) as server:
        _, [episode] = run(server.url, tmp_path, ROWS[:1])
        told = server.requests[1]["messages"][2:]
    assert [m["tool_call_id"] for m in told] == ["c0", "c1", "c2", "c3"]
    assert all(m["content"].startswith(f"{start}: ") for m in told[:3])
    assert told[3]["content"] == "No more searches are allowed. Give the answer."
    assert (episode.turns, episode.counts) == (3, {"over_limit": 1})


def test_a_model_that_never_answers_is_stopped(tmp_path: Path) -> None:
    again = called(call('{"query": "Bako"}'))
    with serving(lambda n, body: (200, again)) as server:
        _, [episode] = run(server.url, tmp_path, ROWS[:1])
        assert len(server.requests) == LIMITS.calls + 2
    assert (episode.turns, episode.status) == (3, "empty")


def test_calls_that_a_server_left_in_the_text_are_read_there(tmp_path: Path) -> None:
    start = ROWS[0].question.split()[2].rstrip(":")
    wanted = json.dumps({"name": "search", "arguments": {"query": start}})
    tagged = said(f"I look.\n<tool_call>{wanted}</tool_call>")
    with serving(lambda n, body: (200, ANSWER if n else tagged)) as server:
        _, [episode] = run(server.url, tmp_path, ROWS[:1])
        back = server.requests[1]["messages"]
    assert back[1]["tool_calls"][0]["id"] == back[2]["tool_call_id"]
    assert json.loads(back[1]["tool_calls"][0]["function"]["arguments"]) == {"query": start}
    assert episode.turns == 1


def test_a_run_that_was_cut_off_plays_on_and_pays_nothing_twice(tmp_path: Path) -> None:
    def until(number: int, body: dict[str, Any]) -> tuple[int, bytes]:
        return expert(number, body) if number < 11 else (503, b"")

    with serving(until) as server, pytest.raises(InputError, match="turn 2: answers did not come"):
        run(server.url, tmp_path, k=2)
    with serving(expert) as server:
        whole, episodes = run(server.url, tmp_path, k=2)
        assert len(server.requests) == 3 * 2 * len(ROWS) - 11
        again, same = run(server.url, tmp_path, k=2)
        assert len(server.requests) == 3 * 2 * len(ROWS) - 11
    assert episodes == same
    assert whole.avg_at_k == again.avg_at_k
    assert whole.avg_at_k.value == 1


def test_turns_that_the_length_limit_ended_are_counted(tmp_path: Path) -> None:
    cut = said('<tool_call>{"name": "read", "arguments": {"title": "x"}}', finish="length")
    with serving(lambda n, body: (200, ANSWER if n else cut)) as server:
        result, _ = run(server.url, tmp_path, ROWS[:1])
        assert "truncated" not in server.requests[1]["messages"][1]
    assert result.truncated == 1


def test_samples_of_one_question_have_seeds_and_answers_of_their_own(tmp_path: Path) -> None:
    with serving(lambda n, body: (200, said(f"<answer>{body['seed']}</answer>"))) as server:
        _, episodes = run(server.url, tmp_path, ROWS[:1], k=3)
    assert [e.messages[-1]["content"] for e in episodes] == [f"<answer>{n}</answer>" for n in "012"]


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b'{"choices": [{"message": {"content": null, "tool_calls": "search"}}]}',
        b'{"choices": [{"message": {"content": null, "tool_calls": []}}]}',
        b'{"choices": [{"message": "text"}]}',
    ],
)
def test_what_is_no_answer_is_asked_again(data: bytes, tmp_path: Path) -> None:
    with serving(lambda n, body: (200, ANSWER if n else data)) as server:
        _, [episode] = run(server.url, tmp_path, ROWS[:1])
        assert len(server.requests) == 2
    assert episode.status == "wrong"


def test_guidance_and_a_server_without_tools_are_refused(tmp_path: Path) -> None:
    row = Row("1", "Who?", ["x"], (), {"guidance": "look at [ENTITY_1]"})
    with pytest.raises(InputError, match="guidance"):
        run("http://127.0.0.1:9", tmp_path, [row])
    with (
        serving(lambda n, body: (400, b"tools are not enabled")) as server,
        pytest.raises(ConfigError, match="tools are not enabled"),
    ):
        run(server.url, tmp_path, ROWS[:1])


def test_the_command_writes_transcripts(tmp_path: Path) -> None:
    app = typer.Typer()
    command.register(app)
    out = tmp_path / "r.json"
    with serving(expert) as server:
        arguments = ["m", "testbed:search", "--url", server.url, "--index", "testbed:search"]
        arguments += ["--option", "level=hard", "--option", "n=4", "--option", "split=heldout"]
        arguments += ["--calls", "3", "--passages", "1", "--out", str(out), "--json"]
        done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["episodes"]["recall"] == 1
    assert len((tmp_path / "episodes-r.jsonl").read_text().splitlines()) == 4
