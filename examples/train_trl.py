"""Guided GRPO in a TRL script of your own: three lines differ from stock TRL.

smepo mask gsm8k_train.jsonl masked.parquet --domain math
python examples/train_trl.py masked.parquet Qwen/Qwen2.5-0.5B-Instruct runs/trl
"""

from __future__ import annotations

import sys

from transformers import AutoTokenizer
from trl import GRPOConfig

from smepo.trl import Guidance, GuidedGRPOTrainer, Masked, guided_dataset, reward

BUDGET = 1024  # tokens of the prompt, guidance included


def main(data: str, model: str, output_dir: str, *options: str) -> None:
    """``options`` are further fields of GRPOConfig as name=value, such as max_steps=10."""
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    args = GRPOConfig(
        output_dir=output_dir,
        num_generations=8,
        **{
            name: float(value) if "." in value or "e-" in value else int(value)
            for name, _, value in (option.partition("=") for option in options)
        },
    )
    trainer = GuidedGRPOTrainer(
        model,
        reward("math"),
        args=args,
        train_dataset=guided_dataset(data, tokenizer, budget=BUDGET),
        processing_class=tokenizer,
        guidance=Guidance(Masked()),  # None is stock GRPO, bit for bit
        budget=BUDGET,
    )
    trainer.train()
    trainer.save_model()


if __name__ == "__main__":
    main(*sys.argv[1:])
