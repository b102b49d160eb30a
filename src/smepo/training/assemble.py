"""From a configuration to what TRL takes: model, tokenizer, arguments, dataset."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig

from smepo.errors import MissingExtraError
from smepo.evaluation.attention import leave_cudnn_attention
from smepo.guidance import Example
from smepo.training.checks import model_path
from smepo.training.config import LoraConfig, RunConfig
from smepo.training.prompts import Prompts
from smepo.training.rows import columns_of


def load_tokenizer(config: RunConfig) -> Any:
    """The model's tokenizer, padding on the left; without a pad token it pads with the end."""
    tokenizer = AutoTokenizer.from_pretrained(model_path(config.model), padding_side="left")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(config: RunConfig, folder: str | None = None) -> Any:
    """The policy, in float32 unless ``trl.model_init_kwargs`` says otherwise (TRL's default).

    ``folder`` holds the weights where they are not those of ``model``. From here on the process
    leaves cuDNN's attention, see `smepo.evaluation.attention`.
    """
    leave_cudnn_attention()
    options = {"dtype": torch.float32, **config.trl.get("model_init_kwargs", {})}
    return AutoModelForCausalLM.from_pretrained(folder or model_path(config.model), **options)


def adapter(config: RunConfig) -> Any:
    """PEFT's configuration of the run's adapters, None without. Raises MissingExtraError."""
    if config.lora is None:
        return None
    try:
        from peft import LoraConfig as Adapter
    except ImportError as error:
        raise MissingExtraError("lora: needs PEFT: pip install 'smepo[lora]'") from error
    return Adapter(task_type="CAUSAL_LM", **adapter_fields(config.lora))


def adapter_fields(plan: LoraConfig) -> dict[str, Any]:
    """The table ``lora`` in PEFT's names."""
    return {
        "r": plan.r,
        "lora_alpha": plan.alpha,
        "lora_dropout": plan.dropout,
        "target_modules": plan.target_modules,
    }


def arguments(config: RunConfig) -> GRPOConfig:
    """TRL's arguments, with defaults for this machine."""
    return GRPOConfig(**{**defaults(), **argument_fields(config)})


def argument_fields(config: RunConfig) -> dict[str, Any]:
    """What the run decides of them. Every step is logged, because every step is measured."""
    batch, sampling, checkpoints = config.batch, config.sampling, config.checkpoints
    optimizer = config.optimizer.model_dump(exclude={"warmup_ratio"})
    fixed: dict[str, Any] = {
        "output_dir": str(config.output_dir / "checkpoints"),
        "max_steps": config.steps,
        "seed": config.seed,
        "logging_steps": 1,
        "eval_strategy": "no",
        "save_strategy": "steps" if checkpoints.save_steps else "no",
        "save_steps": checkpoints.save_steps or config.steps,
        "save_total_limit": checkpoints.keep,
        "remove_unused_columns": False,
        "warmup_steps": math.ceil(config.optimizer.warmup_ratio * config.steps),
        "per_device_train_batch_size": batch.per_device_train_batch_size,
        "gradient_accumulation_steps": batch.gradient_accumulation_steps,
        "steps_per_generation": config.steps_per_generation,
        **config.objective.model_dump(),
        **optimizer,
        **sampling.model_dump(),
    }
    if config.search is not None:  # one more, in which the tools say that the calls are used up
        fixed["max_tool_calling_iterations"] = config.search.calls + 1
    passed = {key: value for key, value in config.trl.items() if key != "model_init_kwargs"}
    return {**passed, **fixed}


def defaults() -> dict[str, Any]:
    """Where TRL's defaults are meant for a GPU: mixed precision and recomputation slow a CPU."""
    quiet = {"report_to": "none", "disable_tqdm": True}
    if torch.cuda.is_available():
        return quiet
    return {**quiet, "bf16": False, "gradient_checkpointing": False, "dataloader_pin_memory": False}


def as_dataset(examples: Sequence[Example], prompts: Prompts) -> Dataset:
    """Rows as TRL takes them: the unguided ``prompt``, and what guidance and reward need.

    Raises:
        QuestionTooLongError: a question that is over the budget even alone (law 7).
    """
    return Dataset.from_list(
        [{"prompt": prompts.render(e.id, e.question).request, **columns_of(e)} for e in examples]
    )
