"""Unguided episodes of a model behind an OpenAI-compatible endpoint that calls tools.

All conversations take a turn together, so an episode waits for the slowest of its turn. Answers are
kept in the journal of `smepo.asking`, by conversation: a run that was cut off plays the turns that
are in it again without asking, and goes on with the rest.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from smepo.asking import Plan, Question, ask_all, digest
from smepo.endpoint import Answer, Endpoint
from smepo.errors import InputError
from smepo.evaluation.episodes import Episode, Message, Policy, ended, evaluate_episodes, parse
from smepo.evaluation.results import EvalResult
from smepo.search.episode import Limits, Retriever
from smepo.search.schemas import FOR_ENDPOINTS
from smepo.types import Row, Verifier

Progress = Callable[[int, int, int], None]  # turn (from 1), answers of this turn, asked for


def evaluate_endpoint_episodes(
    endpoint: Endpoint,
    rows: Sequence[Row],
    verifier: Verifier,
    retriever: Retriever,
    plan: Plan,
    journal: Path,
    *,
    limits: Limits | None = None,
    system: str | None = None,
    progress: Progress = lambda turn, done, total: None,
) -> tuple[EvalResult, list[Episode]]:
    """As `evaluate_episodes`, with ``plan.samples`` episodes a row. The tools go into every
    request; control strings of common model families are broken in what they find.

    Raises:
        InputError: no rows, rows that carry guidance, or answers that did not come.
        ConfigError: as `smepo.asking.ask_all`.
    """
    told = [{"role": "system", "content": system}] if system else []
    return evaluate_episodes(
        endpoint_policy(endpoint, plan, journal, progress),
        rows,
        [[*told, {"role": "user", "content": row.asked}] for row in rows],
        verifier,
        retriever,
        limits=limits,
        k=plan.samples,
        seed=plan.seed or 0,
        batch_size=max(1, len(rows) * plan.samples),
        settings={
            **plan.settings,
            "endpoint": endpoint.url,
            "model": endpoint.model,
            "seed": plan.seed,
            "system": system,
        },
    )


def endpoint_policy(
    endpoint: Endpoint,
    plan: Plan,
    journal: Path,
    progress: Progress = lambda turn, done, total: None,
) -> Policy:
    """The next message of every conversation. Equal conversations are samples of one question:
    each gets an answer of its own, with a seed of its own."""
    settings = {**plan.settings, "tools": FOR_ENDPOINTS}
    seen: Counter[str] = Counter()  # answers that were handed out, by conversation
    turn = 0

    def act(conversations: Sequence[Sequence[Message]]) -> list[Message]:
        nonlocal turn
        turn += 1
        sent = [[_sendable(message) for message in one] for one in conversations]
        names = [digest(one) for one in sent]
        needed = seen + Counter(names)
        asked = ask_all(
            endpoint,
            [Question(name, one) for name, one in dict(zip(names, sent, strict=True)).items()],
            replace(plan, settings=settings, samples=max(needed[name] for name in names)),
            journal,
            wanted=lambda id, so_far: len(so_far.of(id, needed[id])) < needed[id],
            progress=lambda done, _: progress(turn, done, len(names)),
        )
        said = []
        for name in names:
            answers = asked.of(name, needed[name])
            if len(answers) < needed[name]:
                why = f"; the first: {asked.failures[0]}" if asked.failures else ""
                raise InputError(
                    f"turn {turn}: answers did not come{why}. Those that came are in {journal}: "
                    "run the same command again"
                )
            answer = answers[seen[name]]
            said.append(ended(_message(answer), truncated=answer.truncated))
            seen[name] += 1
        return said

    return act


def _message(answer: Answer) -> Message:
    """An answer as a message. Calls that a server left in the text, as models write them, are read
    there and get ids."""
    if not answer.calls:
        message = parse(answer.text)
        for number, call in enumerate(message.get("tool_calls", ())):
            call["id"] = f"call_{number}"
        return message
    calls = [
        {
            "id": call["id"],
            "type": "function",
            "function": {"name": call["name"], "arguments": call["arguments"]},
        }
        for call in answer.calls
    ]
    return {"role": "assistant", "content": answer.text, "tool_calls": calls}


def _sendable(message: Mapping[str, Any]) -> Message:
    """A message as servers take it back: arguments are the JSON of an object, also where the model
    wrote something else, since chat templates read them."""
    sent = {key: value for key, value in message.items() if key not in ("name", "truncated")}
    if "tool_calls" in sent:
        sent["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": _object(call["function"])}}
            for call in sent["tool_calls"]
        ]
    return sent


def _object(function: Mapping[str, Any]) -> str:
    arguments = function["arguments"]
    if not isinstance(arguments, str):
        return json.dumps(arguments if isinstance(arguments, Mapping) else {"value": arguments})
    try:
        whole = isinstance(json.loads(arguments), dict)
    except ValueError:
        whole = False
    return arguments if whole else json.dumps({"value": arguments})
