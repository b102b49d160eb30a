"""LUFFY: the expert's trace as one completion of each group (arXiv 2504.14945).

"Learning to Reason under Off-Policy Guidance" mixes off-policy traces into a group before the
advantages are taken, so that a group of failures still has one success to learn from, and shapes
the importance ratio on the tokens of the trace: with pi_expert taken as 1, the ratio is the
policy's own probability p, and f(p) = p / (p + gamma) takes its place, gamma = 0.1, unclipped. The
gradient of f is largest where p is small: unlikely steps of the trace count most.

This changes the objective: it is a baseline. The advantages are those of the run's settings over
the whole group, trace included, and losses are aggregated as ``loss_type`` says, off-policy tokens
like any others. The paper removes the length and standard-deviation normalisation, which is
``loss_type = "dr_grpo"`` with ``scale_rewards = "none"`` here; it also adds an entropy bonus.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from smepo.training.trainer import GuidedGRPOTrainer

LOSSES = ("grpo", "dr_grpo")


class LuffyTrainer(GuidedGRPOTrainer):
    """`GuidedGRPOTrainer` without guidance, whose groups end with the row's trace.

    The trace takes the place of the last rollout, so that a group is as large as in GRPO. A row
    without a trace, or with one that is longer than a completion may be, keeps its rollouts;
    ``luffy/traces`` logs the share of groups that have theirs.
    """

    def __init__(self, *args: Any, gamma: float = 0.1, **kwargs: Any) -> None:
        self.gamma = gamma
        self._traces: list[list[int] | None] = []
        super().__init__(*args, **kwargs)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        if not self.model.training:
            self._traces = []
            return super()._generate_and_score_completions(inputs)
        first = self.accelerator.process_index * len(inputs)
        ends = [(first + i + 1) % self.num_generations == 0 for i in range(len(inputs))]
        self._traces = [
            self._tokens(row) if last else None for row, last in zip(inputs, ends, strict=True)
        ]
        output = super()._generate_and_score_completions(inputs)
        placed = [trace is not None for trace in self._traces]
        output["off_policy"] = torch.tensor(placed, device=self.accelerator.device)
        share = sum(placed) / max(1, sum(ends))
        self._metrics["train"]["luffy/traces"].append(share)
        self._traces = []
        return output

    def _tokens(self, row: Mapping[str, Any]) -> list[int] | None:
        """The trace as a completion: its tokens and the end; None if it cannot be one."""
        if row["trace"] is None:
            return None
        ids = trace_tokens(self.processing_class, json.loads(row["trace"]))
        return ids if len(ids) <= self.max_completion_length else None

    def _generate_single_turn(self, *args: Any, **kwargs: Any) -> Any:
        completion_ids, logprobs = super()._generate_single_turn(*args, **kwargs)
        for i, trace in enumerate(self._traces):
            if trace is not None:
                completion_ids[i] = trace
        return completion_ids, logprobs

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        """The stock loss of the rollouts plus the shaped loss of the traces.

        Rows of advantage 0 add nothing to the stock loss and are counted in its mean, so the sum is
        the loss of one group of both.
        """
        off = inputs.get("off_policy")
        if off is None or not bool(off.any()):
            return super()._compute_loss(model, inputs)
        rollouts = {**inputs, "advantages": inputs["advantages"].masked_fill(off, 0.0)}
        loss: torch.Tensor = super()._compute_loss(model, rollouts)
        return loss + self._trace_loss(model, inputs, off)

    def _trace_loss(
        self, model: Any, inputs: Mapping[str, torch.Tensor], off: torch.Tensor
    ) -> torch.Tensor:
        ids = torch.cat([inputs["prompt_ids"][off], inputs["completion_ids"][off]], dim=1)
        mask = inputs["completion_mask"][off]
        attention = torch.cat([inputs["prompt_mask"][off], mask], dim=1)
        logps, _, _ = self._get_per_token_logps_and_entropies(model, ids, attention, mask.size(1))
        losses = shaped_losses(logps, inputs["advantages"][off], self.gamma) * mask
        rows = off.numel()
        if self.loss_type == "grpo":
            total = (losses.sum(-1) / mask.sum(-1).clamp(min=1.0)).sum() / rows
        else:
            total = losses.sum() / (rows * self.max_completion_length)
        loss: torch.Tensor = total / self.current_gradient_accumulation_steps
        return loss


def shaped_losses(logps: torch.Tensor, advantages: torch.Tensor, gamma: float) -> torch.Tensor:
    """``-A p / (p + gamma)`` of every token: rows x tokens, for ``advantages`` of the rows."""
    p = logps.exp()
    return -advantages.unsqueeze(1) * p / (p + gamma)


def trace_tokens(tokenizer: Any, trace: str) -> list[int]:
    """A trace as a policy would write it: its tokens and the end of a completion."""
    ids: Sequence[int] = tokenizer(trace, add_special_tokens=False)["input_ids"]
    return [*ids, tokenizer.eos_token_id]
