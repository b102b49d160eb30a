"""A guided run of six steps, in as many processes as it is started in: `test_training_ranks.py`.

    python two_processes.py FOLDER
    torchrun --nproc_per_node=2 two_processes.py FOLDER

Sampling is the one thing that differs between layouts (each process has its own random numbers), so
completions are drawn here by prompt and place in the group.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from trl import GRPOConfig

import tiny_policy
import tiny_run
from smepo.guidance import Gate, Guidance, Masked
from smepo.guidance.draws import draw
from smepo.prompting import PLACEHOLDER
from smepo.training import parse
from smepo.training.assemble import as_dataset
from smepo.training.prompts import Prompts
from smepo.training.rows import training_rows
from smepo.training.trainer import GuidedGRPOTrainer

GROUP, GLOBAL = 8, 24  # three groups a step: the middle one lies on both ranks
TOKENS = 6


class Recorded(GuidedGRPOTrainer):  # type: ignore[misc]
    """Keeps the prompts of every step and draws completions instead of sampling them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.seen: list[Any] = []
        super().__init__(*args, **kwargs)

    def _guided(self, inputs: Any) -> Any:
        rows, shown = super()._guided(inputs)
        for row, one in zip(rows, shown, strict=True):
            prompt = json.dumps(row["prompt"])
            self.seen.append([self.state.global_step, row["id"], prompt, one.level])
        return rows, shown

    def _generate_single_turn(self, prompt_ids: Any, *args: Any, **kwargs: Any) -> Any:
        first = self.accelerator.process_index * len(prompt_ids)
        words = range(8, len(self.processing_class))
        made = []
        for place, ids in enumerate(prompt_ids, start=first):
            name = (str(list(ids)), place % GROUP, self.state.global_step)
            made.append([words[draw(*name, n) % len(words)] for n in range(TOKENS)])
        return made, None


def reward(completions: list[Any], id: list[str], **columns: Any) -> list[float]:
    """Differs within a group; some rows are solved, so the gate closes for them."""
    solved = [int(name[1:]) % 2 == 0 for name in id]
    texts = [one[0]["content"] for one in completions]
    return [float(done or draw(t) % 3 == 0) for t, done in zip(texts, solved, strict=True)]


def main(folder: Path) -> None:
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    rank = int(os.environ.get("RANK", "0"))
    torch.set_num_threads(1)
    tokenizer = tiny_policy.tokenizer()
    config = parse({**tiny_run.config(folder), "verifier": {}})
    examples = training_rows(config, lambda event: None).examples
    guidance = Guidance(Masked(), Gate(threshold=0.6), seed=0)
    trainer = Recorded(
        tiny_policy.model(len(tokenizer)),
        reward,
        args=GRPOConfig(
            output_dir=str(folder / f"out-{processes}"),
            per_device_train_batch_size=GLOBAL // processes,
            num_generations=GROUP,
            max_completion_length=TOKENS,
            max_steps=6,
            learning_rate=1e-2,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            disable_tqdm=True,
            seed=3,
        ),
        train_dataset=as_dataset(examples, Prompts(tokenizer, budget=200)),
        processing_class=tokenizer,
        guidance=guidance,
        budget=200,
    )
    trainer.train()
    assert any(PLACEHOLDER.search(prompt) for _, _, prompt, _ in trainer.seen)
    note = {"seen": trainer.seen, "state": guidance.state_dict(), "processes": processes}
    (folder / f"{processes}-{rank}.json").write_text(json.dumps(note), encoding="utf-8")
    if rank == 0:
        model = trainer.accelerator.unwrap_model(trainer.model)
        torch.save(model.state_dict(), folder / f"{processes}.pt")
    # What torch's group of processes does when it is torn down is not what is tested: one that ends
    # before the other was seen to abort.
    trainer.accelerator.wait_for_everyone()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
