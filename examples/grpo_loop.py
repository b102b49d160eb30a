"""SMEPO on one page: GRPO in plain PyTorch, and the five lines by which it is guided.

    python examples/grpo_loop.py                        # SMEPO, 60 steps, a few minutes on a CPU
    python examples/grpo_loop.py --guidance grpo        # the same loop without guidance
    python examples/grpo_loop.py --guidance full        # the whole trace: reward rises, ability not

The policy and the problems are those of the testbed's math family, so nothing is downloaded. A real
run uses TRL or verl; this page is for reading.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence

import torch
from torch.nn.functional import log_softmax
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

import smepo
from smepo.guidance import Example
from smepo.prompting import render
from smepo.testbed import policy_path, problems

GROUP = 8  # rollouts a prompt
LENGTH = 80  # tokens of a completion at most


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--guidance", default="smepo", help="a preset: smepo, grpo, full, ghpo ...")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--prompts", type=int, default=8, help="a step, GROUP rollouts each")
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--every", type=int, default=20, help="steps between two evaluations")
    parser.add_argument("--problems", type=int, default=128, help="held out, for the evaluation")
    parser.add_argument("--level", default="hardest")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    path = policy_path("math")
    tokenizer = AutoTokenizer.from_pretrained(path, padding_side="left")
    policy = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=args.lr, weight_decay=0.0)
    verifier = smepo.verifier("math")

    # 1. Mask every expert trace and audit what is left with the verifier that will pay the policy.
    rows = [
        Example.from_masked(
            p.id, smepo.mask(p.trace, domain="math", question=p.question, target=p.target)
        )
        for p in problems(split="train", level=args.level, n=256, seed=args.seed)
    ]
    held_out = problems(split="heldout", level=args.level, n=args.problems, seed=0)

    # 2. Guidance decides from (row, step, seed) what a prompt shows beside its question.
    guidance = smepo.Guidance.from_name(args.guidance, seed=args.seed, steps=args.steps)
    draw = random.Random(args.seed)

    for step in range(args.steps + 1):
        if step % args.every == 0:
            accuracy = evaluate(policy, tokenizer, held_out, verifier)
            print(f"step {step}: unguided accuracy {100 * accuracy:.1f} %", flush=True)
        if step == args.steps:
            break
        batch = draw.sample(rows, args.prompts)
        prompts = [
            # 3. The one difference from GRPO: the prompt. All rollouts of a group share it.
            render(tokenizer, row.question, guidance.text(row, step), budget=256).ids
            for row in batch
        ]
        ids, completion = sample(policy, tokenizer, [p for p in prompts for _ in range(GROUP)])

        # 4. The reward is the verifier's, as without guidance.
        texts = tokenizer.batch_decode(completion, skip_special_tokens=True)
        targets = [row.target for row in batch for _ in range(GROUP)]
        rewards = torch.tensor(
            [verifier(text, target).score for text, target in zip(texts, targets, strict=True)]
        )
        loss = grpo_loss(policy, tokenizer, ids, completion, rewards)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()

        # 5. Schedules that follow the policy learn from the groups.
        for row, group in zip(batch, rewards.view(-1, GROUP).tolist(), strict=True):
            guidance.observe(row.id, step, group)
        if step % 5 == 4:
            live = (rewards.view(-1, GROUP).std(dim=1) > 0).float().mean()
            print(f"step {step + 1}: reward {rewards.mean():.2f}, live groups {live:.2f}")


@torch.no_grad()
def sample(
    policy: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Sequence[int]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """One completion a prompt at temperature 1.

    Returns the ids of prompt and completion, (rollouts, tokens), padded on the left and the right;
    and those of the completion alone, (rollouts, completion tokens).
    """
    width = max(map(len, prompts))
    pad = tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts])
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
    policy.eval()
    out = policy.generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=LENGTH,
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        pad_token_id=pad,
        eos_token_id=tokenizer.eos_token_id,
    )
    policy.train()
    return out, out[:, width:]


def grpo_loss(
    policy: torch.nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    ids: torch.Tensor,
    completion: torch.Tensor,
    rewards: torch.Tensor,
) -> torch.Tensor:
    """GRPO (arXiv 2402.03300) with one update a batch, where the ratio is 1 and clipping is inert.

    The advantage of a rollout is its reward, less its group's mean, over the group's deviation; the
    loss is the mean over rollouts of the mean over tokens of -advantage * log probability.
    """
    groups = rewards.view(-1, GROUP)
    centred = groups - groups.mean(dim=1, keepdim=True)
    advantages = centred / (groups.std(dim=1, keepdim=True) + 1e-4)
    end = tokenizer.eos_token_id
    # a completion counts up to its first end token, that one included
    counted = ((completion == end).cumsum(dim=1) - (completion == end).long() == 0).float()
    length = completion.shape[1]
    real = (ids != tokenizer.pad_token_id).long()
    real[:, -length:] = counted.long()
    positions = (real.cumsum(dim=1) - 1).clamp(min=0)
    logits = policy(input_ids=ids, attention_mask=real, position_ids=positions).logits
    steps = log_softmax(logits[:, -length - 1 : -1].float(), dim=-1)
    chosen = steps.gather(2, completion.unsqueeze(2)).squeeze(2)
    by_rollout = (chosen * counted).sum(dim=1) / counted.sum(dim=1)
    return -(advantages.flatten() * by_rollout).mean()


def evaluate(
    policy: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, held_out: Sequence, verifier
) -> float:
    """The share of held-out problems that are solved, one answer each, without any guidance."""
    prompts = [render(tokenizer, p.question, budget=256).ids for p in held_out]
    _, completion = sample(policy, tokenizer, prompts)
    texts = tokenizer.batch_decode(completion, skip_special_tokens=True)
    scores = [verifier(text, p.target).score for text, p in zip(texts, held_out, strict=True)]
    return sum(scores) / len(scores)


if __name__ == "__main__":
    main()
