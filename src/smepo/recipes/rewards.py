"""The reward as other trainers call it, for rows of `convert`. Imports none of them.

OpenRLHF    --reward.remote_url .../smepo/recipes/rewards.py    (it loads `reward_func` of a file)
slime       --custom-rm-path smepo.recipes.rewards.slime_reward
verifiers   vf.Rubric(funcs=[smepo.recipes.rewards.score])

A completion that the verifier could not judge in time scores 0 here, as these trainers have no way
to leave it out; `undecided` counts them where the trainer takes more than a number.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from smepo.prompting.neutralise import special_tokens
from smepo.types import Verdict, Verifier
from smepo.verifiers import verifier
from smepo.verifiers.rewards import text_of

_UNDECIDED = ("timeout", "error")


def judge(completion: str, label: str | Mapping[str, Any]) -> Verdict:
    """The verdict on a completion; ``label`` is `Item.label`, as text or parsed."""
    held = json.loads(label) if isinstance(label, str) else label
    return _verifier(held["verifier"])(completion, held["target"])


@lru_cache(maxsize=16)
def _verifier(name: str) -> Verifier:
    return verifier(name)


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str], **more: Any
) -> dict[str, Any]:
    """OpenRLHF: ``queries`` are prompts with their completions, decoded with all special tokens;
    tensors of one number a query.

    A query that does not begin with its prompt (one that OpenRLHF cut, a tokenizer that does not
    decode what it encoded) is not judged, since the prompt's own text would be: it scores 0 and is
    ``undecided``.
    """
    import torch

    found = [_of_query(*one) for one in zip(queries, prompts, labels, strict=True)]
    scores = torch.tensor([score for score, _ in found])
    undecided = torch.tensor([unknown for _, unknown in found])
    return {"rewards": scores, "scores": scores, "extra_logs": {"undecided": undecided}}


def _of_query(query: str, prompt: str, label: str) -> tuple[float, float]:
    """Score and undecided of what follows the prompt, without the tokens that end a turn."""
    if not query.startswith(prompt):
        return 0.0, 1.0
    completion = query[len(prompt) :]
    for start, end in reversed(list(special_tokens().find(completion))):
        if completion[end:].strip():
            break
        completion = completion[:start]
    verdict = judge(completion, label)
    return float(verdict.score), float(verdict.status.value in _UNDECIDED)


async def slime_reward(args: Any, sample: Any, **more: Any) -> Any:
    """slime: a sample with ``response`` and ``label``, or a list of them."""
    if isinstance(sample, list):
        return list(await asyncio.gather(*(slime_reward(args, one) for one in sample)))
    return float((await asyncio.to_thread(judge, sample.response, sample.label)).score)


async def score(completion: Any, info: Mapping[str, Any] | str, **more: Any) -> float:
    """verifiers: the last message of the completion against the row's ``info``."""
    return float((await asyncio.to_thread(judge, text_of(completion), info)).score)
