"""With guidance off the trainer is TRL's own, bit for bit (law 1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tiny_policy

pytestmark = pytest.mark.trainer

ROWS = [
    {
        "prompt": [{"role": "user", "content": f"What is {a} plus {a + 2} ?"}],
        "id": str(a),
        "question": f"What is {a} plus {a + 2} ?",
        "target": str(2 * a + 2),
        "trace": None,
        "guidance": None,
        "guidance_blanks": "[]",
        "guidance_status": "no_trace",
    }
    for a in range(1, 7)
]


def length_reward(completions: list[Any], **columns: Any) -> list[float]:
    """Something that differs within a group."""
    return [float(len(c[0]["content"]) % 3) for c in completions]


def run(trainer_class: Any, folder: Path, **extra: Any) -> tuple[list[float], dict[str, Any]]:
    """Three steps over two epochs; the losses, and all weights."""
    import torch
    from datasets import Dataset
    from trl import GRPOConfig

    torch.set_num_threads(1)
    tokenizer = tiny_policy.tokenizer()
    args = GRPOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        num_generations=2,
        max_completion_length=8,
        max_steps=3,
        learning_rate=1e-2,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        bf16=False,
        gradient_checkpointing=False,
        disable_tqdm=True,
        seed=3,
    )
    trainer = trainer_class(
        tiny_policy.model(len(tokenizer)),
        length_reward,
        args=args,
        train_dataset=Dataset.from_list(ROWS),
        processing_class=tokenizer,
        **extra,
    )
    trainer.train()
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    return losses, {name: p.detach().clone() for name, p in trainer.model.named_parameters()}


def test_three_steps_without_guidance_are_stock_grpo_bit_for_bit(tmp_path: Path) -> None:
    import torch
    from trl import GRPOTrainer

    from smepo.training.trainer import GuidedGRPOTrainer

    start = dict(tiny_policy.model(len(tiny_policy.tokenizer())).named_parameters())
    losses, weights = run(GRPOTrainer, tmp_path / "stock")
    our_losses, our_weights = run(GuidedGRPOTrainer, tmp_path / "ours", guidance=None)

    assert our_losses == losses
    assert len(losses) == 3
    assert all(torch.equal(our_weights[name], weights[name]) for name in weights)
    assert any(not torch.equal(weights[name], start[name]) for name in weights)
