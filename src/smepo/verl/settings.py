"""A run in verl's words: every setting that the run decides, none left to verl's defaults.

What verl cannot do is refused with the field's name, not left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smepo.errors import ConfigError
from smepo.training.config import RunConfig
from smepo.verl.guide import TRAIN, TURNS, VALIDATION, optimiser_steps, settings_of

AGGREGATION = {
    "grpo": "seq-mean-token-mean",
    "dapo": "token-mean",
    "dr_grpo": "seq-mean-token-sum-norm",
}
SCHEDULERS = {
    "cosine": "cosine",
    "constant": "constant",
    "constant_with_warmup": "constant",
}
CALLS, SHOWN = 8, 4000  # of a user's tools: calls a rollout, characters of an answer
TITLE = 200  # characters of a passage's title, and what stands between two passages
DUAL_CLIP = 3.0  # of the paper, and verl's default; it bounds the loss of negative advantages


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a run is to go. ``tensor_parallel``: GPUs that share one copy of the sampler."""

    nodes: int = 1
    gpus: int = 8  # a node
    tensor_parallel: int = 1
    sampler: str = "vllm"  # or sglang


def settings(
    config: RunConfig, cluster: Cluster, out: Path, *, rows: int, tools: Path | None = None
) -> dict[str, Any]:
    """verl's configuration, nested, for data that lie in ``out``.

    The batch of ``config`` is that of one process, and is the whole batch here. ``rows``: training
    rows. ``tools``: a file of ``@function_tool`` functions.
    Raises ConfigError for what verl has no setting for.
    """
    refuse_unsupported(config)
    group = config.sampling.num_generations
    batch = config.batch.per_device_train_batch_size * config.steps_per_generation // group
    steps = math.ceil(config.steps / optimiser_steps(config))
    longest = config.prompt.budget + config.sampling.max_completion_length
    top_k = config.sampling.top_k or -1
    return {
        "data": {
            "train_files": str(out / f"{TRAIN}.parquet"),
            "val_files": str(out / f"{VALIDATION}.parquet"),
            "prompt_key": "prompt",
            "max_prompt_length": config.prompt.budget,
            "max_response_length": config.sampling.max_completion_length,
            "train_batch_size": batch,
            "shuffle": True,
            "validation_shuffle": False,
            "seed": config.seed,
            "filter_overlong_prompts": False,  # the export has measured them
            "truncation": "error",
        },
        "algorithm": {
            "adv_estimator": "grpo",
            "norm_adv_by_std_in_grpo": config.objective.scale_rewards == "group",
            "use_kl_in_reward": False,
        },
        "actor_rollout_ref": {
            "model": {
                "path": config.model,
                "enable_gradient_checkpointing": True,
                "use_remove_padding": True,
                **_adapters(config),
            },
            "actor": _actor(config, longest, steps),
            "rollout": {
                "name": cluster.sampler,
                "n": group,
                "temperature": config.sampling.temperature,
                "top_p": config.sampling.top_p,
                "top_k": top_k,
                "seed": config.seed,
                "tensor_model_parallel_size": cluster.tensor_parallel,
                "max_model_len": longest,
                "max_num_batched_tokens": max(8192, longest),
                "log_prob_use_dynamic_bsz": True,
                "log_prob_max_token_len_per_gpu": longest,
                "val_kwargs": _validation(config, top_k),
                "agent": {"default_agent_loop": _loop(config, tools)},
                "multi_turn": _turns(config, tools),
            },
            "ref": {
                "log_prob_use_dynamic_bsz": True,
                "log_prob_max_token_len_per_gpu": longest,
            },
        },
        "reward": {
            "custom_reward_function": {
                "path": "pkg://smepo.verl",
                "name": "compute_score",
                "reward_kwargs": dict(config.verifier.options),
            },
        },
        "trainer": _trainer(config, cluster, steps, epochs=_epochs(steps * batch, rows)),
        "smepo": {"run": settings_of(config)},
    }


def refuse_unsupported(config: RunConfig) -> None:
    """Raise ConfigError for a setting without a counterpart in verl."""
    objective = config.objective
    wrong = {
        "objective.loss_type": objective.loss_type not in AGGREGATION,
        "objective.scale_rewards": objective.scale_rewards == "batch",
        "objective.delta": objective.delta is not None,
        "objective.mask_truncated_completions": objective.mask_truncated_completions,
        "objective.importance_sampling_level": (
            objective.importance_sampling_level == "sequence" and objective.loss_type != "grpo"
        ),
        "optimizer.lr_scheduler_type": config.optimizer.lr_scheduler_type not in SCHEDULERS,
        "batch.steps_per_generation": bool(
            config.steps_per_generation % config.batch.gradient_accumulation_steps
        ),
        "baseline": config.baseline is not None,
        "lora.alpha": config.lora is not None and config.lora.alpha % 1 != 0,
    }
    known = {
        "objective.loss_type": ", ".join(AGGREGATION),
        "optimizer.lr_scheduler_type": ", ".join(SCHEDULERS),
        "batch.steps_per_generation": "multiples of batch.gradient_accumulation_steps",
        "lora.alpha": "whole numbers",
    }
    for field, bad in wrong.items():
        if bad:
            hint = f"; verl takes {known[field]}" if field in known else "; leave it out"
            raise ConfigError(f"{field}: verl has no setting that does the same{hint}")
    every = optimiser_steps(config)
    counted = {"checkpoints.save_steps": config.checkpoints.save_steps}
    if config.evaluation is None:
        raise ConfigError(
            "evaluation: verl validates while it trains and does not start without rows for it; "
            "add [evaluation.data]"
        )
    longest = config.sampling.max_completion_length
    if config.evaluation.max_new_tokens not in (None, longest):
        raise ConfigError(
            "evaluation.max_new_tokens: verl validates with the length of training; leave it out, "
            f"or set it to sampling.max_completion_length = {longest}"
        )
    counted["evaluation.every"] = config.evaluation.every
    for field, steps in counted.items():
        if steps is not None and steps % every:
            raise ConfigError(
                f"{field}: a step of verl is {every} optimiser steps (a round of generation); "
                f"{steps} is no multiple of it"
            )


def _adapters(config: RunConfig) -> dict[str, Any]:
    if config.lora is None:
        return {}
    plan = config.lora
    if plan.dropout:
        raise ConfigError("lora.dropout: verl has no setting for it; leave it out")
    return {
        "lora_rank": plan.r,
        "lora_alpha": int(plan.alpha),
        "target_modules": plan.target_modules,
    }


def _actor(config: RunConfig, longest: int, steps: int) -> dict[str, Any]:
    objective, optimizer = config.objective, config.optimizer
    mini = config.batch.per_device_train_batch_size * config.batch.gradient_accumulation_steps
    sequence = objective.importance_sampling_level == "sequence"
    loss: dict[str, Any] = {"loss_agg_mode": AGGREGATION[objective.loss_type]}
    if objective.loss_type == "dr_grpo":
        loss["loss_scale_factor"] = config.sampling.max_completion_length
    # "constant" of transformers, and so of `smepo train`, does not warm up; verl's would
    constant = optimizer.lr_scheduler_type == "constant"
    warmup = 0 if constant else math.ceil(optimizer.warmup_ratio * steps)
    high = objective.epsilon if objective.epsilon_high is None else objective.epsilon_high
    return {
        **loss,
        "policy_loss": {"loss_mode": "gspo" if sequence else "vanilla"},
        "ppo_mini_batch_size": mini // config.sampling.num_generations,  # in prompts
        "ppo_epochs": objective.num_iterations,
        "use_dynamic_bsz": True,
        "ppo_max_token_len_per_gpu": longest,
        "clip_ratio": objective.epsilon,
        "clip_ratio_low": objective.epsilon,
        "clip_ratio_high": high,
        "clip_ratio_c": DUAL_CLIP,
        "entropy_coeff": objective.entropy_coef,
        "use_kl_loss": objective.beta > 0.0,
        "kl_loss_coef": objective.beta,
        "kl_loss_type": "low_var_kl",
        "grad_clip": optimizer.max_grad_norm,
        "optim": {
            "lr": optimizer.learning_rate,
            "lr_scheduler_type": SCHEDULERS[optimizer.lr_scheduler_type],
            "lr_warmup_steps": warmup,
            "weight_decay": optimizer.weight_decay,
            "betas": [optimizer.adam_beta1, optimizer.adam_beta2],
            "clip_grad": optimizer.max_grad_norm,
        },
    }


def _validation(config: RunConfig, top_k: int) -> dict[str, Any]:
    plan = config.evaluation
    assert plan is not None  # refused before
    heat = config.sampling.temperature if plan.temperature is None else plan.temperature
    return {
        "n": plan.k,
        "do_sample": heat > 0.0,
        "temperature": heat,
        "top_p": config.sampling.top_p,
        "top_k": top_k,
    }


def _loop(config: RunConfig, tools: Path | None) -> str:
    """The agent loop of rows that name none: those of validation, and guided in the file."""
    if tools is None:
        return "single_turn_agent"
    return "tool_agent" if config.search is None else TURNS


def _turns(config: RunConfig, tools: Path | None) -> dict[str, Any]:
    if tools is None:
        return {"enable": False}
    plan, calls, shown = config.search, CALLS, SHOWN
    if plan is not None:
        calls, shown = plan.calls, plan.k * (plan.characters + TITLE)
    return {
        "enable": True,
        "format": "hermes",
        "function_tool_path": str(tools),
        "max_assistant_turns": calls + 1,  # the last one answers
        "max_tool_response_length": shown,
        "tool_response_truncate_side": "right",
    }


def _trainer(config: RunConfig, cluster: Cluster, steps: int, *, epochs: int) -> dict[str, Any]:
    plan, save = config.evaluation, config.checkpoints.save_steps
    assert plan is not None
    every = optimiser_steps(config)
    return {
        "use_v1": True,
        "v1": {"trainer_mode": "sync"},
        "nnodes": cluster.nodes,
        "n_gpus_per_node": cluster.gpus,
        "total_training_steps": steps,
        "total_epochs": epochs,
        "save_freq": -1 if save is None else save // every,
        "max_actor_ckpt_to_keep": config.checkpoints.keep,
        "test_freq": -1 if plan.every is None else plan.every // every,
        "val_before_train": plan.before,
        "resume_mode": "auto",
        "default_local_dir": str(config.output_dir.absolute() / "verl"),
        "project_name": "smepo",
        "experiment_name": config.output_dir.name,
        "logger": ["console"],
        "checkpoint_callback_class": "smepo.verl.callback.GuidanceCallback",
    }


def _epochs(prompts: int, rows: int) -> int:
    """Epochs that are enough for all steps; verl ends at the steps."""
    return math.ceil(prompts / rows) + 1


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and values. An empty table is a value."""
    for key, value in table.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and value:
            yield from flat(value, name)
        else:
            yield name, value
