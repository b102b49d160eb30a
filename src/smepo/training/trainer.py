"""Stock GRPO of TRL, with another prompt: the whole adapter.

Nothing but the prompt differs from `GRPOTrainer` (law 1), and only while the model trains (law 2).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from accelerate.utils import gather_object
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
from trl import GRPOTrainer

from smepo.prompting import WORDING, Wording
from smepo.training.copying import count_copied
from smepo.training.difficulty import Difficulty
from smepo.training.monitors import Rollout, Shown, summarize
from smepo.training.prompts import Prompts
from smepo.training.sampler import ResumableRepeatSampler
from smepo.verifiers.rewards import text_of

if TYPE_CHECKING:
    from smepo.guidance import Guidance

STATE_FILE = "smepo_state.json"  # written last: a checkpoint without it is not whole


class GuidedGRPOTrainer(GRPOTrainer):  # type: ignore[misc]
    """`GRPOTrainer` that puts guidance into the prompts of training rounds.

    Takes the arguments of `GRPOTrainer` and, by keyword:

    Args:
        guidance: what to show, or None for stock GRPO.
        budget: tokens that a prompt may take, template and guidance included; None: no limit.
        system: the system message of guided prompts; that of the unguided ones is in the rows.
        wording: the sentences around the guidance.
        domain: whose kind of token the copy rate counts.
        difficulty: which class of difficulty each row is in, for the reward by difficulty.

    With guidance, rows need the columns that `smepo.training.rows` writes: ``prompt`` (unguided),
    ``id``, ``question``, ``target``, ``trace`` and the guidance columns. Guidance is a function of
    row id, step and seed, so all rollouts of a group share one prompt, on every rank.
    """

    def __init__(
        self,
        *args: Any,
        guidance: Guidance | None = None,
        budget: int | None = None,
        system: str | None = None,
        wording: Wording = WORDING,
        domain: str = "math",
        difficulty: Difficulty | None = None,
        **kwargs: Any,
    ) -> None:
        self.guidance = guidance
        self.domain = domain
        self.difficulty = Difficulty() if difficulty is None else difficulty
        self.hook_seconds = 0.0  # time inside our hooks since the last round
        self._shown: list[Shown] | None = None
        super().__init__(*args, **kwargs)
        self.prompts = Prompts(
            self.processing_class,
            budget=budget,
            system=system,
            wording=wording,
            template=self._template(),
        )

    def _template(self) -> dict[str, Any]:
        """What TRL renders prompts with: tools, and the template it took for several turns."""
        used = dict(self.chat_template_kwargs)
        if self.tools:
            used["tools"] = self.tools
        if self.chat_template is not None:
            used["chat_template"] = self.chat_template
        return used

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        if not self.model.training:
            self._shown = None
            return super()._generate_and_score_completions(inputs)  # type: ignore[no-any-return]
        started = time.perf_counter()
        inputs, self._shown = self._guided(inputs)
        self.hook_seconds += time.perf_counter() - started
        output = super()._generate_and_score_completions(inputs)
        self._metrics["train"]["time/hooks"].append(self.hook_seconds)
        self.hook_seconds = 0.0
        return output  # type: ignore[no-any-return]

    def _guided(self, inputs: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Shown]]:
        """Copies of the rows with their prompts rewritten, and what each prompt shows."""
        if self.guidance is None:
            return inputs, [Shown()] * len(inputs)
        done: dict[str, tuple[Any, Shown]] = {}
        for row in inputs:
            if row["id"] not in done:
                step = self.state.global_step
                done[row["id"]] = self.prompts.guided(row, self.guidance, step)
        rows = [{**row, "prompt": done[row["id"]][0]} for row in inputs]
        return rows, [done[row["id"]][1] for row in inputs]

    def _calculate_rewards(
        self,
        inputs: list[dict[str, Any]],
        prompts: list[Any],
        completions: list[Any],
        completion_ids_list: list[list[int]],
    ) -> torch.Tensor:
        rewards = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        if self._shown is not None:
            started = time.perf_counter()
            self._monitor(inputs, completions, rewards)
            self.hook_seconds += time.perf_counter() - started
        return rewards

    def _monitor(
        self,
        inputs: Sequence[Mapping[str, Any]],
        completions: Sequence[Any],
        rewards: torch.Tensor,
    ) -> None:
        """Log what `summarize` finds in this round, over all processes."""
        assert self._shown is not None
        weighted = rewards * self.reward_weights.to(rewards.device)
        total = weighted.nansum(dim=1).masked_fill(rewards.isnan().all(dim=1), math.nan).tolist()
        first = self.accelerator.process_index * len(inputs)
        rollouts = []
        for i, (row, completion, shown) in enumerate(
            zip(inputs, completions, self._shown, strict=True)
        ):
            copied = None
            if shown.guidance is not None and total[first + i] > 0:
                question = str(row.get("question", ""))
                copied = count_copied(text_of(completion), shown.guidance, question, self.domain)
            rollouts.append(Rollout(str(row.get("id", "")), shown, total[first + i], copied))
        rollouts = gather_object(rollouts)
        self._observe(rollouts)
        metrics = summarize(rollouts, self.num_generations) | self.difficulty.metrics(rollouts)
        for name, value in metrics.items():
            self._metrics["train"][name].append(value)

    def _observe(self, rollouts: Sequence[Rollout]) -> None:
        """Tell the schedule every finished group, in the same order on every rank (law 6)."""
        if self.guidance is None:
            return
        for start in range(0, len(rollouts), self.num_generations):
            group = rollouts[start : start + self.num_generations]
            rewards = [None if math.isnan(r.reward) else r.reward for r in group]
            guided = group[0].shown.guidance is not None
            self.guidance.observe(group[0].row_id, self.state.global_step, rewards, guided=guided)

    def _get_train_sampler(self, dataset: Any = None) -> Any:
        stock = super()._get_train_sampler(dataset)
        per_batch = self._train_batch_size * self.args.world_size * self.args.steps_per_generation
        updates = math.ceil(len(stock) // per_batch / self.args.gradient_accumulation_steps)
        return ResumableRepeatSampler(stock, lambda: self.state.global_step // max(1, updates))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        if not self.args.should_save:
            return
        folder = Path(self._get_output_dir(trial=trial))
        file = folder / f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}" / STATE_FILE
        state = self.guidance.state_dict() if self.guidance is not None else None
        temporary = file.with_suffix(".tmp")
        saved = {"guidance": state, "difficulty": self.difficulty.state_dict()}
        temporary.write_text(json.dumps(saved), encoding="utf-8")
        temporary.replace(file)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is None:
            return
        state = json.loads((Path(checkpoint) / STATE_FILE).read_text(encoding="utf-8"))
        self.difficulty.load_state_dict(state["difficulty"])
        if self.guidance is not None and state["guidance"] is not None:
            self.guidance.load_state_dict(state["guidance"])
