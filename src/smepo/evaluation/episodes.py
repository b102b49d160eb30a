"""Unguided episodes: a policy that may search before it answers, and what it did.

The loop belongs to no trainer. A policy is a function from conversations to the next messages, so
a transformers model, an endpoint and a script are evaluated alike.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smepo.errors import InputError
from smepo.evaluation.evaluate import KEPT_COLUMNS, refuse_guidance
from smepo.evaluation.results import EvalResult, ProblemRecord, collect
from smepo.prompting.neutralise import Specials
from smepo.search.episode import Limits, Retriever, Tools
from smepo.search.index import key_of
from smepo.types import Row, Verifier
from smepo.verifiers.rewards import many, text_of, undecided_of
from smepo.verifiers.search import SearchVerifier

Message = dict[str, Any]
# The next message of every conversation, in order. A message that calls tools has ``tool_calls``;
# one that the length limit ended has ``truncated``.
Policy = Callable[[Sequence[Sequence[Message]]], Sequence[Message]]

_CALL = re.compile(r"<tool_call>\s*(\{.*?\})\s*(?:</tool_call>|$)", re.DOTALL)
NAMES = ("search", "read")


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode. ``turns`` counts tool calls that were answered; ``recall`` is the share of the
    gold titles that were shown, None where the row names none. ``em`` and ``f1`` are those of the
    answer, whatever the ``reward`` is."""

    id: str
    question: str
    target: Any
    messages: tuple[Message, ...]
    reward: float | None
    status: str
    turns: int
    recall: float | None = None
    em: float | None = None
    f1: float | None = None
    counts: Mapping[str, int] | None = None

    def as_json(self) -> str:
        """One line of episodes.jsonl."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(values, ensure_ascii=False, default=str)


def play(
    policy: Policy,
    prompts: Sequence[Sequence[Message]],
    retriever: Retriever,
    limits: Limits,
    specials: Specials | None = None,
) -> list[tuple[list[Message], Tools]]:
    """Let ``policy`` act from every prompt until it answers: a message without a tool call.

    An episode ends at the latest one message behind its ``limits.calls``-th call. Nothing that the
    policy says raises.
    """
    games = [([dict(m) for m in prompt], Tools(retriever, limits, specials)) for prompt in prompts]
    live = list(range(len(games)))
    for turn in range(limits.calls + 2):
        if not live:
            break
        said = policy([games[i][0] for i in live])
        going = []
        for i, message in zip(live, said, strict=True):
            messages, tools = games[i]
            messages.append(dict(message))
            calls = message.get("tool_calls") or []
            if calls and turn <= limits.calls:
                messages += [_answer(tools, call) for call in calls]
                going.append(i)
        live = going
    return games


def _answer(tools: Tools, call: Mapping[str, Any]) -> Message:
    """The tool's message for a call, whatever the call looks like."""
    wanted = call.get("function")
    function: Mapping[str, Any] = wanted if isinstance(wanted, Mapping) else {}
    name, arguments = str(function.get("name")), function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            arguments = None
    made: Message = {"role": "tool", "name": name}
    if "id" in call:
        made["tool_call_id"] = call["id"]
    if name not in NAMES or not isinstance(arguments, Mapping):
        tools.record.counts["bad_call"] += 1
        said = f"There is no such call. Tools: {', '.join(NAMES)}."
    else:
        try:
            said = getattr(tools, name)(**arguments)
        except TypeError:  # unknown or missing arguments
            tools.record.counts["bad_call"] += 1
            said = f"The arguments of {name} are wrong."
    return {**made, "content": said}


def parse(text: str) -> Message:
    """A completion as a message: `<tool_call>` around JSON, as Qwen and Hermes models write it.

    >>> parse('<tool_call>{"name": "read", "arguments": {}}</tool_call>')["tool_calls"]
    [{'type': 'function', 'function': {'name': 'read', 'arguments': {}}}]
    """
    calls = []
    for found in _CALL.findall(text):
        try:
            value = json.loads(found)
        except ValueError:
            continue
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            arguments = value.get("arguments", value.get("parameters", {}))
            function = {"name": value["name"], "arguments": arguments}
            calls.append({"type": "function", "function": function})
    if not calls:
        return {"role": "assistant", "content": text}
    content = text[: text.index("<tool_call>")].rstrip()
    return {"role": "assistant", "content": content, "tool_calls": calls}


def ended(message: Message, *, truncated: bool) -> Message:
    """The message, which says so if the length limit ended it."""
    return {**message, "truncated": True} if truncated else message


def evaluate_episodes(
    policy: Policy,
    rows: Sequence[Row],
    prompts: Sequence[Sequence[Message]],
    verifier: Verifier,
    retriever: Retriever,
    *,
    limits: Limits | None = None,
    specials: Specials | None = None,
    k: int = 1,
    seed: int = 0,
    batch_size: int = 64,
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[EvalResult, list[Episode]]:
    """avg@k over ``k`` episodes a row, unguided, and the episodes, row by row.

    ``prompts`` are the rows' first messages. ``batch_size`` counts episodes at a time. The
    summary's ``episodes`` has the means of EM, F1, turns, recall of gold titles, the share that
    answered before any search, and counts of faults.

    Raises:
        InputError: no rows, or rows that carry guidance (law 2).
    """
    if not rows:
        raise InputError("evaluation: there are no rows")
    refuse_guidance(rows)
    started = time.perf_counter()
    repeated = [prompt for prompt in prompts for _ in range(k)]
    games: list[tuple[list[Message], Tools]] = []
    for start in range(0, len(repeated), batch_size):
        part = repeated[start : start + batch_size]
        games += play(policy, part, retriever, limits or Limits(), specials)
        if progress is not None:
            progress(len(part))
    asked = [row for row in rows for _ in range(k)]
    finals = [text_of(messages) for messages, _ in games]
    verdicts = many(verifier, [(f, r.target) for f, r in zip(finals, asked, strict=True)])
    exact, partial = SearchVerifier(), SearchVerifier(metric="f1")
    episodes = [
        Episode(
            id=row.id,
            question=row.question,
            target=row.target,
            messages=tuple(messages),
            reward=verdict.score,
            status=verdict.status.value,
            turns=tools.record.calls,
            recall=_recall(gold_titles(row.columns), tools.record.titles),
            em=exact(final, row.target).score,
            f1=partial(final, row.target).score,
            counts=dict(tools.record.counts),
        )
        for row, (messages, tools), verdict, final in zip(
            asked, games, verdicts, finals, strict=True
        )
    ]
    records = [
        ProblemRecord(
            id=row.id,
            question=row.question,
            target=row.target,
            completions=tuple(finals[i * k : (i + 1) * k]),
            statuses=tuple(v.status for v in verdicts[i * k : (i + 1) * k]),
            scores=tuple(v.score for v in verdicts[i * k : (i + 1) * k]),
            extracted=tuple(v.extracted for v in verdicts[i * k : (i + 1) * k]),
            columns={key: row.columns[key] for key in KEPT_COLUMNS if key in row.columns},
            undecided=undecided_of(verifier),
        )
        for i, row in enumerate(rows)
    ]
    result = collect(
        records,
        k=k,
        seed=seed,
        seconds=time.perf_counter() - started,
        truncated=sum(any(m.get("truncated") for m in messages) for messages, _ in games),
        settings={**(settings or {}), "guided": False},
    )
    return replace(result, extra={"episodes": summary(episodes)}), episodes


def summary(episodes: Sequence[Episode]) -> dict[str, Any]:
    """Means over episodes; recall over those whose row names gold titles."""
    count = len(episodes)
    recalls = [e.recall for e in episodes if e.recall is not None]
    faults: Counter[str] = Counter()
    for episode in episodes:
        faults.update(episode.counts or {})
    return {
        "count": count,
        "em": sum(e.em or 0.0 for e in episodes) / count,
        "f1": sum(e.f1 or 0.0 for e in episodes) / count,
        "turns": sum(e.turns for e in episodes) / count,
        "recall": sum(recalls) / len(recalls) if recalls else None,
        "answered_before_search": sum(_unsearched(e) for e in episodes) / count,
        "faults": dict(sorted(faults.items())),
    }


def _unsearched(episode: Episode) -> bool:
    return episode.turns == 0 and not episode.messages[-1].get("tool_calls")


def _recall(gold: Sequence[str], shown: Sequence[str]) -> float | None:
    """Titles are compared as `Index.read` does: in any case, without outer blanks and marks."""
    wanted, seen = {key_of(title) for title in gold}, {key_of(title) for title in shown}
    return len(wanted & seen) / len(wanted) if wanted else None


def gold_titles(columns: Mapping[str, Any]) -> list[str]:
    """The titles that a row names as its evidence: `titles` of our converters, `supporting_facts`
    of HotpotQA and 2Wiki, `paragraphs` of MuSiQue; none elsewhere."""
    found = columns.get("titles")
    if isinstance(found, list):
        return [str(title) for title in found]
    facts = columns.get("supporting_facts")
    if isinstance(facts, Mapping):
        return [str(title) for title in facts.get("title", [])]
    if isinstance(facts, list):
        return [str(fact[0]) for fact in facts if isinstance(fact, list) and fact]
    paragraphs = columns.get("paragraphs")
    held = paragraphs if isinstance(paragraphs, list) else []
    return [str(p["title"]) for p in held if isinstance(p, Mapping) and p.get("is_supporting")]


def write_episodes(episodes: Sequence[Episode], path: Path) -> None:
    """One line an episode, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text("".join(e.as_json() + "\n" for e in episodes), encoding="utf-8")
    temporary.replace(path)


def local_policy(
    model: Any,
    tokenizer: Any,
    *,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    seed: int = 0,
) -> Policy:
    """A transformers model whose chat template knows tools. ``max_new_tokens`` a turn."""
    from smepo.evaluation.generate import generate
    from smepo.search.schemas import schemas

    tools, calls = schemas(), 0

    def act(conversations: Sequence[Sequence[Message]]) -> list[Message]:
        nonlocal calls
        calls += 1
        prompts = [
            tokenizer.apply_chat_template(
                list(c), tools=tools, add_generation_prompt=True, tokenize=True, return_dict=False
            )
            for c in conversations
        ]
        done = generate(
            model,
            tokenizer,
            prompts,
            k=1,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_p=top_p,
            batch_size=max(1, len(prompts)),
            seed=seed + 1_000_003 * calls,
        )
        return [ended(parse(one[0].text), truncated=one[0].truncated) for one in done]

    return act
