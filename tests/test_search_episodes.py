"""Episodes: what a policy does over several turns, in evaluation, in TRL, and in `smepo train`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tantivy", reason="the extra search is not installed")
pytest.importorskip("transformers", reason="tool schemas need transformers")

import smepo
from smepo.errors import ConfigError, InputError
from smepo.evaluation.episodes import (
    Message,
    evaluate_episodes,
    gold_titles,
    parse,
    play,
    write_episodes,
)
from smepo.search import Found, Index, Limits
from smepo.search.remote import RetrieverError
from smepo.testbed import problems, search
from smepo.training.config import load
from smepo.training.search import SearchConfig, retriever
from smepo.types import Row

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def world() -> Index:
    found: Index = retriever(SearchConfig(index="testbed:search"))
    return found


def tagged(value: Any) -> str:
    return f"<tool_call>\n{json.dumps(value)}\n</tool_call>"


def searching(query: str) -> Message:
    return parse(tagged({"name": "search", "arguments": {"query": query}}))


def expert(conversations: Sequence[Sequence[Message]]) -> list[Message]:
    """Follows the trace of the problem whose question it reads."""
    known = {p.question: p for p in problems("search", split="heldout", level="hard", n=20)}
    said = []
    for turns in conversations:
        problem = known[turns[0]["content"]]
        lines = problem.trace.split("\n")
        queries = [line[len("Action: search[") : -1] for line in lines if "search[" in line]
        done = sum(turn["role"] == "tool" for turn in turns)
        if done < len(queries):
            said.append(searching(queries[done]))
        else:
            said.append({"role": "assistant", "content": f"<answer>{problem.target[0]}</answer>"})
    return said


def test_every_page_is_the_first_hit_for_its_person_and_relation(world: Index) -> None:
    for split in ("train", "heldout"):
        for page in list(search.world(split).values())[:40]:
            for relation in search.RELATIONS:
                assert world.search(f"{page.title} {relation}", 1)[0].title == page.title


def test_the_worlds_share_no_person_and_the_traces_are_true() -> None:
    assert not set(search.world("train")) & set(search.world("heldout"))
    for level in search.LEVELS:
        for problem in problems("search", level=level, n=50, seed=3):
            masked = smepo.mask(
                problem.trace, domain="search", question=problem.question, target=problem.target
            )
            assert masked.status.value == "clean"
            hidden = {
                line.split()[1].rstrip(":")
                for line in problem.trace.split("\n")
                if line.startswith("Observation")
            } | set(problem.target)
            start = problem.question.split()[2].rstrip(":")
            assert not any(name in masked.text for name in hidden - {start})
            plan = problem.trace.split("\n")[0]
            assert plan in masked.text  # the plan stays byte for byte


def test_an_expert_scores_and_is_measured(world: Index, tmp_path: Path) -> None:
    rows = [p.row() for p in problems("search", split="heldout", level="hard", n=20)]
    prompts = [[{"role": "user", "content": row.question}] for row in rows]
    result, episodes = evaluate_episodes(
        expert, rows, prompts, smepo.verifier("search"), world, limits=Limits(calls=3, k=1)
    )
    found = result.summary()["episodes"]
    assert (result.avg_at_k.value, found["em"], found["f1"], found["recall"]) == (1, 1, 1, 1)
    assert (found["turns"], found["answered_before_search"]) == (2, 0)
    write_episodes(episodes, tmp_path / "episodes.jsonl")
    line = json.loads((tmp_path / "episodes.jsonl").read_text().split("\n")[0])
    assert {"id", "question", "target", "messages", "reward", "status", "turns"} <= line.keys()
    assert [m["role"] for m in line["messages"]] == [
        *("user", "assistant", "tool", "assistant", "tool", "assistant")
    ]


def test_answering_without_a_look_and_searching_for_ever_are_told_apart(world: Index) -> None:
    rows = [p.row() for p in problems("search", split="heldout", level="hard", n=2)]
    prompts = [[{"role": "user", "content": row.question}] for row in rows]

    def policy(conversations: Sequence[Sequence[Message]]) -> list[Message]:
        return [
            {"role": "assistant", "content": "<answer>Nobody</answer>"}
            if turns[0]["content"] == rows[0].question
            else searching("Bako mentor")
            for turns in conversations
        ]

    result, episodes = evaluate_episodes(
        policy, rows, prompts, smepo.verifier("search"), world, limits=Limits(calls=2, k=1)
    )
    assert result.summary()["episodes"]["answered_before_search"] == 0.5
    assert [e.turns for e in episodes] == [0, 2]
    assert [e.status for e in episodes] == ["wrong", "empty"]
    assert episodes[1].counts == {"over_limit": 1}


@pytest.mark.parametrize(
    "value",
    [
        {"name": "delete", "arguments": {}},
        {"name": "reset", "arguments": {}},
        {"name": "__init__", "arguments": {}},
        {"name": "search", "arguments": "no object"},
        {"name": "search", "arguments": {"q": "x"}},
        {"name": "search", "arguments": {}},
        {"name": "search", "arguments": None},
    ],
)
def test_calls_that_no_tool_takes_are_answered_and_counted(world: Index, value: Any) -> None:
    said = iter([parse(tagged(value)), {"role": "assistant", "content": "<answer>x</answer>"}])
    [(messages, tools)] = play(
        lambda _: [next(said)], [[{"role": "user", "content": "?"}]], world, Limits()
    )
    assert messages[-2]["role"] == "tool"
    assert tools.record.counts["bad_call"] == 1


def test_what_is_no_call_is_text() -> None:
    for text in ("<tool_call>{", "<tool_call>[1]</tool_call>", "plain", "", "<tool_call>"):
        assert parse(text) == {"role": "assistant", "content": text}


class Broken:
    def __init__(self, kind: str) -> None:
        self.kind = kind

    def search(self, query: str, k: int = 5) -> list[Found]:
        raise RetrieverError(self.kind, "on purpose")

    def read(self, title: str) -> Found | None:
        raise RetrieverError(self.kind, "on purpose")


@pytest.mark.parametrize("kind", ["timeout", "refused", "status", "garbage", "too_large"])
def test_an_episode_goes_on_when_the_retriever_fails(kind: str) -> None:
    row = Row("1", "Who?", ["Ilse"], ())
    said = iter([searching("Ilse"), {"role": "assistant", "content": "<answer>Ilse</answer>"}])
    result, [episode] = evaluate_episodes(
        lambda _: [next(said)],
        [row],
        [[{"role": "user", "content": "Who?"}]],
        smepo.verifier("search"),
        Broken(kind),
    )
    assert episode.reward == 1.0
    assert result.summary()["episodes"]["faults"] == {kind: 1}


def test_gold_titles_of_every_format() -> None:
    assert gold_titles({"titles": ["a"]}) == ["a"]
    assert gold_titles({"supporting_facts": [["a", 0], ["b", 1]]}) == ["a", "b"]
    assert gold_titles({"supporting_facts": {"title": ["a"], "sent_id": [0]}}) == ["a"]
    assert gold_titles({"paragraphs": [{"title": "a", "is_supporting": True}, {"title": "b"}]}) == [
        "a"
    ]
    assert gold_titles({"question": "Bamboogle has none"}) == []


def test_rows_with_guidance_are_refused(world: Index) -> None:
    row = Row("1", "Who?", ["x"], (), {"guidance": "look at [ENTITY_1]"})
    with pytest.raises(InputError, match="guidance"):
        evaluate_episodes(expert, [row], [[]], smepo.verifier("search"), world)


def test_what_does_not_go_with_episodes_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "search.toml").read_text()
    for more, field in (("[monitors]\nprobe_every = 5\n", "probe"), ("", "calls")):
        file = tmp_path / "run.toml"
        file.write_text(text.replace("calls = 3", "calls = 0") if not more else text + more)
        with pytest.raises(ConfigError, match=field):
            load(file)
