"""SFT: cross-entropy on the traces, by TRL's own trainer.

The policy reads the unguided prompt, token for token as in evaluation, and learns to write the
trace. This is another objective than GRPO's: a baseline. A row without a trace cannot be learned
from and is left out; the run counts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
from trl import SFTConfig, SFTTrainer

from smepo.errors import ConfigError
from smepo.guidance import Example
from smepo.training import assemble
from smepo.training.baselines.luffy import trace_tokens
from smepo.training.config import RunConfig
from smepo.training.prompts import Prompts
from smepo.training.records import write_text
from smepo.training.trainer import STATE_FILE

SHARED = frozenset(  # what a step is, for both trainers
    "output_dir max_steps seed logging_steps eval_strategy save_strategy save_steps "
    "save_total_limit warmup_steps per_device_train_batch_size gradient_accumulation_steps "
    "learning_rate lr_scheduler_type weight_decay adam_beta1 adam_beta2 max_grad_norm".split()
)


def build(
    config: RunConfig,
    model: Any,
    tokenizer: Any,
    examples: Sequence[Example],
    prompts: Prompts,
    callbacks: Sequence[TrainerCallback],
) -> SFTTrainer:
    """The trainer. Raises ConfigError if no row has a trace."""
    fields = {k: v for k, v in assemble.argument_fields(config).items() if k in SHARED}
    if config.baseline is not None and config.baseline.sft_learning_rate is not None:
        fields["learning_rate"] = config.baseline.sft_learning_rate
    return SFTTrainer(
        model,
        args=SFTConfig(**{**assemble.defaults(), **fields, "max_length": None}),
        train_dataset=_dataset(examples, tokenizer, prompts),
        processing_class=tokenizer,
        callbacks=[*callbacks, _Marker()],
        peft_config=assemble.adapter(config),
    )


def _dataset(examples: Sequence[Example], tokenizer: Any, prompts: Prompts) -> Dataset:
    """Prompt, trace and end as tokens; the loss is on trace and end alone."""
    rows = []
    for example in examples:
        if isinstance(example.trace, str):
            prompt = prompts.render(example.id, example.question).ids
            trace = trace_tokens(tokenizer, example.trace)
            mask = [0] * len(prompt) + [1] * len(trace)
            rows.append({"input_ids": [*prompt, *trace], "completion_mask": mask})
    if not rows:
        raise ConfigError("baseline: SFT needs traces, and no row of data.path has one")
    return Dataset.from_list(rows)


class _Marker(TrainerCallback):  # type: ignore[misc]
    """A checkpoint without this file is not whole; it is written last, as GRPO's is."""

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        folder = Path(args.output_dir) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
        if state.is_world_process_zero:
            write_text(folder / STATE_FILE, "{}\n")
