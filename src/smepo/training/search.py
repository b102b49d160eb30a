"""Training over several turns: the table ``[search]``, its retriever, and what episodes log."""

from __future__ import annotations

import atexit
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from smepo.errors import ConfigError
from smepo.training.tables import Table
from smepo.types import Row, Verifier

if TYPE_CHECKING:
    from smepo.evaluation import EvalResult
    from smepo.evaluation.episodes import Episode

WORLD = "testbed:search"


class SearchConfig(Table):
    """The policy may call `search` and `read` before it answers.

    ``index`` is a folder of `smepo index`, the address of a retrieval server, or
    ``testbed:search``. ``sampling.max_completion_length`` counts the tokens of a whole episode,
    what the tools say included; ``turn_tokens`` those that the policy writes in one turn.
    """

    index: str
    calls: int = Field(default=4, gt=0)  # an episode
    k: int = Field(default=3, gt=0)  # passages a search
    characters: int = Field(default=1200, gt=0)  # of a passage
    turn_tokens: int | None = Field(default=None, gt=0)
    timeout: float = Field(default=10.0, gt=0.0)  # seconds, of a server


def retriever(plan: SearchConfig) -> Any:
    """What the tools ask. Raises InputError where there is no index."""
    from smepo.search import Index, Remote

    if plan.index == WORLD:
        return _world()
    if plan.index.startswith(("http://", "https://")):
        return Remote(plan.index, plan.timeout)
    return Index.open(plan.index)


@cache
def _world() -> Any:
    """The index of the testbed's two worlds, made for this process."""
    from smepo.search import Index, build
    from smepo.testbed.search import corpus

    folder = tempfile.TemporaryDirectory(prefix="smepo-world-")
    atexit.register(folder.cleanup)
    rows = Path(folder.name) / "pages.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in corpus()), encoding="utf-8")
    build(rows, Path(folder.name) / "index")
    return Index.open(Path(folder.name) / "index")


def limits(plan: SearchConfig) -> Any:
    """The limits of an episode."""
    from smepo.search import Limits

    return Limits(calls=plan.calls, k=plan.k, characters=plan.characters)


def factory(plan: SearchConfig, tokenizer: Any) -> Callable[[], Any]:
    """TRL's ``environment_factory``."""
    from smepo.prompting.neutralise import special_tokens
    from smepo.search.episode import environment

    return environment(retriever(plan), limits(plan), special_tokens(tokenizer))


def limit_turns(trainer: Any, plan: SearchConfig) -> None:
    """Let a turn end after ``turn_tokens``; TRL itself limits episodes only."""
    if plan.turn_tokens is None:
        return
    if trainer.use_vllm:
        trainer.vllm_generation.max_completion_length = plan.turn_tokens
    else:
        trainer.generation_config.max_new_tokens = plan.turn_tokens


def evaluate_local(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    judge: Verifier,
    plan: SearchConfig,
    *,
    max_new_tokens: int,
    k: int = 1,
    temperature: float = 1.0,
    top_p: float = 1.0,
    batch_size: int = 64,
    seed: int = 0,
    budget: int | None = None,
    system: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[EvalResult, list[Episode]]:
    """`evaluate_episodes` for a transformers model; arguments as `smepo.evaluation.evaluate` has
    them, with ``max_new_tokens`` those of a turn unless ``plan.turn_tokens`` says less."""
    from smepo.evaluation.backends import context_length
    from smepo.evaluation.episodes import evaluate_episodes, local_policy
    from smepo.evaluation.evaluate import prompt_limit
    from smepo.prompting import render
    from smepo.prompting.neutralise import special_tokens
    from smepo.search.schemas import schemas

    limit = prompt_limit(budget, context_length(model), max_new_tokens)
    template = {"tools": schemas()}
    prompts = [
        render(
            tokenizer, r.asked, budget=limit, system=system, row_id=r.id, template=template
        ).messages
        for r in rows
    ]
    if any(prompt is None for prompt in prompts):
        raise ConfigError("search: the tokenizer has no chat template, so it cannot call tools")
    policy = local_policy(
        model,
        tokenizer,
        max_new_tokens=plan.turn_tokens or max_new_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
    )
    return evaluate_episodes(
        policy,
        rows,
        [prompt for prompt in prompts if prompt is not None],
        judge,
        retriever(plan),
        limits=limits(plan),
        specials=special_tokens(tokenizer),
        k=k,
        seed=seed,
        batch_size=batch_size,
        settings={
            "search": plan.model_dump(),
            "max_new_tokens": max_new_tokens,
            "temperature": temperature,
            "top_p": top_p,
            "budget": limit,
            "system": system,
        },
        progress=progress,
    )


class EpisodeReward:
    """A reward of the last message, which also logs what the episodes did: calls of tools, the
    share that answered before any search, and the share of episodes with each fault."""

    def __init__(self, reward: Any) -> None:
        self.reward = reward
        self.verifier = reward.verifier
        self.counts = reward.counts
        self.__name__ = reward.__name__

    def __call__(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Any] = (),
        *,
        environments: Sequence[Any] = (),
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Scores in the order of ``completions``, as the wrapped reward gives them."""
        scores: list[float | None] = self.reward(
            prompts, completions, log_metric=log_metric, **columns
        )
        if log_metric is not None and environments:
            for name, value in _episodes(environments).items():
                log_metric(f"search/{name}", value)
        return scores


# Every kind of fault on every rank: ranks gather metrics by name.
FAULTS = (
    *("empty_query", "over_limit", "nothing_found", "timeout", "refused", "status", "garbage"),
    *("too_large", "cut", "neutralised"),
)


def _episodes(environments: Sequence[Any]) -> dict[str, float]:
    records = [environment.record for environment in environments]
    faults: Counter[str] = Counter(kind for record in records for kind in record.counts)
    return {
        "calls": sum(record.calls for record in records) / len(records),
        "before_search": sum(record.calls == 0 for record in records) / len(records),
        **{kind: faults[kind] / len(records) for kind in FAULTS},
    }
