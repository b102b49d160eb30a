"""Trains the tiny base policy of a family of the testbed, from nothing.

    python scripts/train_base_policy.py --family code --minutes 30 \
        --out src/smepo/testbed/policies/code

Next-token prediction on the assistant's turns of generated dialogues (see base_policy_recipe.py),
AdamW, warm-up and cosine decay. Problems grow from three to ``--max-steps`` steps over the first
stage. ``--minutes`` fits curriculum and learning rate to a time limit and ends the run there.
Writes the model, its tokenizer and its card. On a GPU:

    python scripts/train_base_policy.py --family code --device cuda --workers 8 --bf16 --out ...
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

import base_policy_code
import base_policy_math
import smepo
from base_policy_recipe import Document, Recipe, Shares
from base_policy_tokenizer import ASSISTANT, END, build
from smepo.masking import mask_trace
from smepo.prompting import compose
from smepo.testbed import FAMILIES, Problem, problems
from smepo.verifiers.rewards import many

RECIPES = {r.family: r for r in (base_policy_math.RECIPE, base_policy_code.RECIPE)}
GUIDES = ("none", "masked", "full")


def new_model(
    tokenizer: PreTrainedTokenizerFast, width: int, layers: int, heads: int
) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def batch(
    tokenizer: PreTrainedTokenizerFast, documents: Sequence[Document]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and labels, both (documents, tokens), padded on the right; labels of -100 do not
    count: the user's turn and the padding."""
    prompts = [f"<|user|>{d.user}{END}{ASSISTANT}" for d in documents]
    texts = [f"{p}{d.assistant}{END}" for p, d in zip(prompts, documents, strict=True)]
    heads = tokenizer(prompts, add_special_tokens=False).input_ids
    rows = tokenizer(texts, add_special_tokens=False).input_ids
    labels = [[-100] * len(head) + row[len(head) :] for head, row in zip(heads, rows, strict=True)]
    return padded(rows, labels, tokenizer.pad_token_id)


def padded(
    rows: Sequence[Sequence[int]], labels: Sequence[Sequence[int]], pad: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and their labels as two tensors of (rows, tokens), filled up on the right."""
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), pad)
    targets = torch.full_like(ids, -100)
    for i, (row, label) in enumerate(zip(rows, labels, strict=True)):
        ids[i, : len(row)] = torch.tensor(row)
        targets[i, : len(label)] = torch.tensor(label)
    return ids, targets


def guidance_of(problem: Problem, domain: str, guide: str) -> str | None:
    """What the prompt shows of a problem's trace."""
    if guide == "none":
        return None
    if guide == "full":
        return str(problem.trace)
    return mask_trace(problem.trace, domain=domain, question=problem.question).text


@torch.no_grad()
def accuracy(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    items: Sequence[Problem],
    recipe: Recipe,
    guide: str,
) -> float:
    """Share of completions, one a problem at temperature 1, that the family's verifier accepts."""
    domain = FAMILIES[recipe.family].domain
    contents = [compose(p.question, guidance_of(p, domain, guide)) for p in items]
    prompts = [f"<|user|>{content}{END}{ASSISTANT}" for content in contents]
    encoded = tokenizer(prompts, add_special_tokens=False, return_tensors="pt", padding=True)
    model.eval()
    output = model.generate(
        **{k: encoded[k].to(model.device) for k in ("input_ids", "attention_mask")},
        max_new_tokens=recipe.answer_tokens,
        do_sample=True,
        top_k=0,
        top_p=1.0,
    )
    model.train()
    texts = tokenizer.batch_decode(
        output[:, encoded.input_ids.shape[1] :], skip_special_tokens=True
    )
    pairs = [(text, p.target) for text, p in zip(texts, items, strict=True)]
    return sum(verdict.score for verdict in many(smepo.verifier(domain), pairs)) / len(pairs)


def measure(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    recipe: Recipe,
    *,
    split: str,
    n: int,
    seed: int,
) -> dict[str, dict[str, float]]:
    """Accuracy by level and guide."""
    torch.manual_seed(seed)
    found: dict[str, dict[str, float]] = {}
    for level in FAMILIES[recipe.family].levels:
        items = problems(recipe.family, split=split, level=level, n=n, seed=seed)
        found[level] = {
            guide: round(accuracy(model, tokenizer, items, recipe, guide), 4) for guide in GUIDES
        }
    return found


def learning_rate(step: int, progress: float, peak: float) -> float:
    """Linear warm-up over 100 steps, then a cosine to a twentieth."""
    warm = min(1.0, (step + 1) / 100)
    return peak * warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress)))


def draw_documents(
    rng: random.Random, recipe: Recipe, size: int, max_steps: int, shares: Shares
) -> list[list[Document]]:
    """Documents, apart by length: those without guidance, with it, and with random blanks."""
    kinds = rng.choices(tuple(recipe.kinds), tuple(recipe.kinds.values()), k=size)
    documents = [recipe.document(rng, kind, max_steps, shares) for kind in kinds]
    apart = ("unguided", "random")
    groups = [[d for d in documents if d.kind == kind] for kind in apart]
    groups.append([d for d in documents if d.kind not in apart])
    return [group for group in groups if group]


@dataclass(frozen=True)
class Clock:
    """How far a stage is: by its steps, or by the time since ``began`` where there is a limit."""

    steps: int
    seconds: float | None
    began: float

    def progress(self, step: int) -> float:
        """From 0 to 1 and beyond."""
        return step / self.steps if self.seconds is None else self.elapsed() / self.seconds

    def elapsed(self) -> float:
        return time.time() - self.began


class Batches(IterableDataset[list[tuple[torch.Tensor, torch.Tensor]]]):
    """The batches of a stage, endless. Each step has dice of its own, so the number of worker
    processes that make them changes none."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        recipe: Recipe,
        args: argparse.Namespace,
        stage: int,
        clock: Clock,
    ) -> None:
        self.tokenizer, self.recipe, self.args = tokenizer, recipe, args
        self.stage, self.clock = stage, clock

    def __iter__(self) -> Iterator[list[tuple[torch.Tensor, torch.Tensor]]]:
        worker = get_worker_info()
        first, every = (0, 1) if worker is None else (worker.id, worker.num_workers)
        shares = self.recipe.stages[self.stage]
        for step in itertools.count(first, every):
            rng = random.Random(f"{self.args.seed}/{self.stage}/{step}")
            grown = 3 + int(8 * self.clock.progress(step)) if self.stage == 0 else 8
            most = min(self.args.max_steps, grown)
            groups = draw_documents(rng, self.recipe, self.args.batch, most, shares)
            yield [batch(self.tokenizer, group) for group in groups]


def train(
    args: argparse.Namespace,
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    recipe: Recipe,
    stage: int,
) -> int:
    """One stage of the run, in place; the number of its steps."""
    peak = args.lr[stage]
    seconds = 60 * args.minutes * args.steps[stage] / sum(args.steps) if args.minutes else None
    clock = Clock(args.steps[stage], seconds, time.time())
    torch.manual_seed(args.seed + stage)
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}],
        lr=peak,
        betas=(0.9, 0.98),
    )
    batches = Batches(tokenizer, recipe, args, stage, clock)
    step = 0
    for pairs in DataLoader(batches, batch_size=None, num_workers=args.workers):
        progress = clock.progress(step)
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, progress, peak)
        loss = update(model, optimizer, pairs, args)
        if step % 50 == 0:
            print(f"step {step} loss {loss:.4f} {clock.elapsed():.0f} s", flush=True)
        if args.eval_every and step % args.eval_every == args.eval_every - 1:
            found = measure(model, tokenizer, recipe, split="train", n=96, seed=1)
            print(json.dumps(found), flush=True)
            model.save_pretrained(args.out / "latest")
        step += 1
    return step


def update(
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    pairs: Sequence[tuple[torch.Tensor, torch.Tensor]],
    args: argparse.Namespace,
) -> float:
    """One optimiser step on batches of ids and labels; the mean loss a counted token."""
    counted = sum(int((labels != -100).sum()) for _, labels in pairs)
    total = 0.0
    for ids, labels in pairs:
        ids, labels = ids.to(model.device), labels.to(model.device)
        with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=args.bf16):
            logits = model(input_ids=ids).logits
        loss = torch.nn.functional.cross_entropy(
            logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), reduction="sum"
        )
        (loss / counted).backward()
        total += loss.item() / counted
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=sorted(RECIPES), default="math")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--workers", type=int, default=0, help="processes that make the data")
    parser.add_argument("--minutes", type=float, help="time limit, shared out as the steps are")
    parser.add_argument("--steps", type=int, nargs="+", help="of each stage; default: the recipe's")
    parser.add_argument("--batch", type=int, default=64, help="documents a step")
    parser.add_argument(
        "--max-steps", type=int, choices=range(3, 9), default=5, help="of a problem; 8: level long"
    )
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--lr", type=float, nargs="+", help="of each stage; default: the recipe's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", help="matrix products in bfloat16")
    parser.add_argument("--eval-every", type=int, default=0, help="steps; writes OUT/latest too")
    parser.add_argument("--problems", type=int, default=500, help="held out, a level, for the card")
    parser.add_argument("--start", type=Path, help="result of the first stage: skip it")
    parser.add_argument("--start-seconds", type=int, help="how long that took, for the card")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    began = time.time()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    recipe = RECIPES[args.family]
    args.steps = args.steps or list(recipe.steps)
    args.lr = args.lr or list(recipe.lr)
    tokenizer = build(recipe.pieces)
    if args.start:
        model = LlamaForCausalLM.from_pretrained(args.start, dtype=torch.float32)
    else:
        model = new_model(tokenizer, args.width, args.layers, args.heads)
    model.to(args.device)
    done = [args.steps[0] if args.start else 0, *[0] * (len(recipe.stages) - 1)]
    for stage in range(1 if args.start else 0, len(recipe.stages)):
        done[stage] = train(args, model, tokenizer, recipe, stage)
        if stage + 1 < len(recipe.stages):
            model.save_pretrained(args.out / "first-stage")
    args.steps = done
    model.save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)
    write_card(args, model, tokenizer, recipe, time.time() - began)


def digest(folder: Path) -> str:
    """The hash of a folder's weights."""
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def write_card(
    args: argparse.Namespace,
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    recipe: Recipe,
    seconds: float,
) -> None:
    """``card.json``: what the policy is, what it was trained on, and what it can do."""
    weights = args.out / "model.safetensors"
    settings = (
        "steps",
        "minutes",
        "batch",
        "max_steps",
        "width",
        "layers",
        "heads",
        "lr",
        "seed",
        "threads",
        "bf16",
    )
    card = {
        "family": recipe.family,
        "architecture": "LlamaForCausalLM",
        "parameters": sum(p.numel() for p in model.parameters()),
        "bytes": weights.stat().st_size,
        "sha256": digest(args.out),
        "data": f"generated dialogues of the training split: {recipe.file}",
        "documents": sum(args.steps) * args.batch,
        "kinds": dict(recipe.kinds),
        "shares": [asdict(shares) for shares in recipe.stages],
        "settings": {name: getattr(args, name) for name in settings},
        "seconds": round(seconds),
        "torch": torch.__version__,
        "accuracy": {
            "split": "heldout",
            "problems": args.problems,
            "seed": 0,
            "temperature": 1.0,
            "by_level": measure(model, tokenizer, recipe, split="heldout", n=args.problems, seed=0),
        },
    }
    if args.start:  # the first stage ran on its own
        card["first_stage"] = {"sha256": digest(args.start), "seconds": args.start_seconds}
    (args.out / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card["accuracy"]), flush=True)


if __name__ == "__main__":
    main()
