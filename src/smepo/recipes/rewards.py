"""The reward as other trainers call it, for rows of `convert`. Imports none of them.

OpenRLHF    --remote_rm_url .../smepo/recipes/rewards.py    (it loads `reward_func` of a file)
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
    """OpenRLHF: ``queries`` are prompts with their completions; tensors of one number a query."""
    import torch

    verdicts = [
        judge(query.removeprefix(prompt), label)
        for query, prompt, label in zip(queries, prompts, labels, strict=True)
    ]
    scores = torch.tensor([float(one.score) for one in verdicts])
    undecided = torch.tensor([float(one.status.value in _UNDECIDED) for one in verdicts])
    return {"rewards": scores, "scores": scores, "extra_logs": {"undecided": undecided}}


async def slime_reward(args: Any, sample: Any, **more: Any) -> Any:
    """slime: a sample with ``response`` and ``label``, or a list of them."""
    if isinstance(sample, list):
        return list(await asyncio.gather(*(slime_reward(args, one) for one in sample)))
    return float((await asyncio.to_thread(judge, sample.response, sample.label)).score)


async def score(completion: Any, info: Mapping[str, Any] | str, **more: Any) -> float:
    """verifiers: the last message of the completion against the row's ``info``."""
    return float((await asyncio.to_thread(judge, text_of(completion), info)).score)
