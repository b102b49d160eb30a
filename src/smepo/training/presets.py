"""Named settings that other fields of a configuration override."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def paper() -> dict[str, Any]:
    """The objective and the optimiser of SMEPO (arXiv 2605.25198) for math, as far as TRL has them.

    A paper step is 32 prompts x 8 rollouts in mini-batches of 8 prompts, so four optimiser steps
    a round of generation: set ``batch.per_device_train_batch_size`` and
    ``batch.gradient_accumulation_steps`` so that their product, times the number of processes, is
    64, and ``batch.steps_per_generation`` to four times the accumulation. The values below do so
    for one process; ``steps`` then counts mini-batches (400 paper steps are 1600).

    GRPO with group-normalised advantages, no KL and no entropy bonus, sequence-mean token-mean
    aggregation (``loss_type = "grpo"``), clip range [1 - 0.0, 1 + 5.0], cosine schedule.

    What TRL 1.16 cannot express: dual clip 3 (a bound on the loss of *negative* advantages at
    large ratios; TRL's ``delta`` bounds the ratio on both sides, which is not the same, so it stays
    off). A lower clip of exactly 0.0 is kept as published: TRL clips the ratio at 1 from below,
    as the release does. With vLLM, TRL adds importance-sampling correction that the paper has not:
    set ``trl.vllm_importance_sampling_correction = false`` to turn it off.
    """
    return {
        "objective": {
            "loss_type": "grpo",
            "scale_rewards": "group",
            "beta": 0.0,
            "entropy_coef": 0.0,
            "epsilon": 0.0,
            "epsilon_high": 5.0,
            "num_iterations": 1,
        },
        "optimizer": {
            "learning_rate": 1e-6,
            "lr_scheduler_type": "cosine",
            "warmup_ratio": 0.1,
            "weight_decay": 0.1,
            "max_grad_norm": 1.0,
        },
        "sampling": {"num_generations": 8, "temperature": 0.8, "max_completion_length": 12288},
        "batch": {
            "per_device_train_batch_size": 8,
            "gradient_accumulation_steps": 8,
            "steps_per_generation": 32,
        },
        "prompt": {"budget": 4096},
    }


PRESETS: Mapping[str, Callable[[], dict[str, Any]]] = {"paper": paper}


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with the fields of ``over`` put in, table by table."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return result
