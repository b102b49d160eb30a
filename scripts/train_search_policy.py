"""Trains the tiny base policy of the testbed's search family, on a CPU, from nothing.

    python scripts/train_search_policy.py --out src/smepo/testbed/policies/search

Next-token prediction on the assistant's turns of generated episodes (search_policy_corpus.py):
queries and answers count, pages only where a full trace has them. Writes the model, its tokenizer
and its card, after every stage; `--start OUT --stage 3` goes on with stage 3, as in one go. A
quarter of an hour to half of one on one core.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from base_policy_tokenizer import END
from search_policy_corpus import Document, draw_document, expected
from search_policy_tokenizer import build
from smepo.testbed import search
from train_base_policy import digest, learning_rate, new_model, padded


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the run: which episodes, the share of rare pages, whether pages that stand in a
    full trace count, steps, episodes a step, and the peak of the learning rate."""

    kinds: Mapping[str, float]
    rare: float
    pages: bool
    steps: int
    batch: int
    lr: float


SETTINGS = ("width", "layers", "seed", "threads", "share")
ALL = {"unguided": 0.40, "masked": 0.36, "full": 0.18, "cut": 0.06}
COPYING = {"unguided": 0.32, "masked": 0.28, "full": 0.32, "cut": 0.08}
STAGES = (
    Stage({"unguided": 1.0}, 0.75, False, 1000, 16, 2e-3),  # to search for the person named
    Stage(
        {"unguided": 0.32, "masked": 0.28, "full": 0.32, "cut": 0.08}, 0.75, True, 1400, 16, 2e-3
    ),
    Stage(ALL, 0.5, False, 900, 16, 2e-3),  # copying, until here
    Stage({"drill": 0.5, "unguided": 0.5}, 0.0, False, 900, 14, 3e-3),  # to read a fact
    Stage(ALL, 0.75, False, 1300, 24, 2e-3),  # what the authors believe
    Stage({"drill": 0.2} | {k: 0.8 * v for k, v in ALL.items()}, 0.75, False, 1800, 24, 2e-3),
)


def batch(
    tokenizer: PreTrainedTokenizerFast, documents: Sequence[Document], *, pages: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and labels, both (documents, tokens), padded on the right; -100 does not count.

    ``pages``: those of full traces count as well.
    """
    rows: list[list[int]] = []
    labels: list[list[int]] = []
    for document in documents:
        rows.append([])
        labels.append([])
        for role, text in document.turns:
            head = tokenizer(f"<|{role}|>", add_special_tokens=False).input_ids
            body = tokenizer(f"{text}{END}", add_special_tokens=False).input_ids
            # A page that stands in the trace is there to be copied: the densest lesson in copying.
            counts = role == "assistant" or (pages and role == "tool" and document.kind == "full")
            rows[-1] += head + body
            labels[-1] += [-100] * len(head) + (body if counts else [-100] * len(body))
    return padded(rows, labels, tokenizer.pad_token_id)


@torch.no_grad()
def ready_to_copy(model: LlamaForCausalLM) -> None:
    """What attention reads it passes on as it is: values and outputs that undo each other.

    From the usual start, names are not copied after 250 steps (their loss is that of chance); from
    this one they are after 100. After Trockman and Kolter, "Mimetic Initialization" (2023).
    """
    model.model.embed_tokens.weight.normal_(0.0, 0.1)
    for layer in model.model.layers:
        width = layer.self_attn.v_proj.weight.shape[0]
        turned = torch.linalg.qr(torch.randn(width, width))[0]
        layer.self_attn.v_proj.weight.copy_(turned)
        layer.self_attn.o_proj.weight.copy_(0.7 * turned.T)


def update(
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    pairs: Sequence[tuple[torch.Tensor, torch.Tensor]],
) -> float:
    """One optimiser step; the mean loss a counted token. The head sees counted positions only,
    which are one in eight."""
    counted = sum(int((labels != -100).sum()) for _, labels in pairs)
    total = 0.0
    for ids, labels in pairs:
        kept = labels[:, 1:] != -100
        states = model.model(input_ids=ids).last_hidden_state[:, :-1][kept]
        loss = torch.nn.functional.cross_entropy(
            model.lm_head(states), labels[:, 1:][kept], reduction="sum"
        )
        (loss / counted).backward()
        total += loss.item() / counted
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0, help="of the steps of every stage")
    parser.add_argument("--start", type=Path, help="what the stages before --stage have written")
    parser.add_argument("--stage", type=int, default=0, help="the first to run")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    tokenizer = build()
    began, earlier = time.time(), 0.0
    if args.start:
        model = LlamaForCausalLM.from_pretrained(args.start, dtype=torch.float32)
        earlier = json.loads((args.start / "card.json").read_text())["seconds"]
    else:
        model = new_model(tokenizer, args.width, args.layers, 4)
        ready_to_copy(model)
    tokenizer.save_pretrained(args.out)
    for number, stage in list(enumerate(STAGES))[args.stage :]:
        train(args, model, tokenizer, number, stage)
        model.save_pretrained(args.out)
        write_card(args, model, number, earlier + time.time() - began)


def train(
    args: argparse.Namespace,
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    number: int,
    stage: Stage,
) -> None:
    """One stage of the run, in place."""
    rng = random.Random(f"{args.seed}/{number}")
    optimizer = torch.optim.AdamW(model.parameters(), lr=stage.lr, betas=(0.9, 0.98))
    steps = round(stage.steps * args.share)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, step / steps, stage.lr)
        kinds = rng.choices(tuple(stage.kinds), tuple(stage.kinds.values()), k=stage.batch)
        documents = [draw_document(rng, kind, stage.rare) for kind in kinds]
        short = [d for d in documents if d.kind in ("unguided", "drill")]
        long = [d for d in documents if d.kind not in ("unguided", "drill")]
        groups = [batch(tokenizer, g, pages=stage.pages) for g in (short, long) if g]
        loss = update(model, optimizer, groups)
        if step % 100 == 0:
            print(f"stage {number} step {step} loss {loss:.4f}", flush=True)


def write_card(
    args: argparse.Namespace, model: LlamaForCausalLM, last: int, seconds: float
) -> None:
    """``card.json``: what the policy is and what it was trained on, the ``last`` stage included.
    What it can do is added by measure_search_policy.py."""
    pages = [page for page in search.world("heldout").values() if page.rare]
    card = {
        "family": "search",
        "architecture": "LlamaForCausalLM",
        "parameters": sum(p.numel() for p in model.parameters()),
        "sha256": digest(args.out),
        "data": "generated episodes: scripts/search_policy_corpus.py",
        "episodes": sum(round(s.steps * args.share) * s.batch for s in STAGES[: last + 1]),
        "stages": [asdict(stage) for stage in STAGES[: last + 1]],
        "share_of_right_reads": round(expected(pages), 4),
        "settings": {k: v for k, v in vars(args).items() if k in SETTINGS},
        "seconds": round(seconds),
        "torch": torch.__version__,
    }
    (args.out / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card), flush=True)


if __name__ == "__main__":
    main()
