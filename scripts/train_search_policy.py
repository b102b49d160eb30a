"""Trains the tiny base policy of the testbed's search family, on a CPU, from nothing.

    python scripts/train_search_policy.py --out src/smepo/testbed/policies/search

Next-token prediction on the assistant's turns of generated episodes (search_policy_corpus.py):
queries and answers count, pages only where a full trace has them. Writes the model, its tokenizer
and its card.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from base_policy_tokenizer import END
from search_policy_corpus import KINDS, Document, draw_document, expected
from search_policy_tokenizer import build
from smepo.testbed import search
from train_base_policy import digest, learning_rate, new_model

UNGUIDED_FIRST = 0.15  # of the time: short episodes, to learn searching and reading


def batch(
    tokenizer: PreTrainedTokenizerFast, documents: Sequence[Document]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and labels, both (documents, tokens), padded on the right; -100 does not count."""
    pairs = []
    for document in documents:
        ids: list[int] = []
        labels: list[int] = []
        for role, text in document.turns:
            head = tokenizer(f"<|{role}|>", add_special_tokens=False).input_ids
            body = tokenizer(f"{text}{END}", add_special_tokens=False).input_ids
            # A page that stands in the trace is there to be copied: the densest lesson in copying.
            counts = role == "assistant" or (role == "tool" and document.kind == "full")
            ids += head + body
            labels += [-100] * len(head) + (body if counts else [-100] * len(body))
        pairs.append((ids, labels))
    width = max(len(ids) for ids, _ in pairs)
    padded = torch.full((len(pairs), width), tokenizer.pad_token_id)
    targets = torch.full_like(padded, -100)
    for i, (ids, labels) in enumerate(pairs):
        padded[i, : len(ids)] = torch.tensor(ids)
        targets[i, : len(labels)] = torch.tensor(labels)
    return padded, targets


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
    parser.add_argument("--minutes", type=float, default=17.0, help="by the clock")
    parser.add_argument("--batch", type=int, default=16, help="episodes a step")
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every", type=int, default=250)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    tokenizer = build()
    model = new_model(tokenizer, args.width, args.layers, 4)
    ready_to_copy(model)
    rng = random.Random(args.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.98))
    began = time.time()
    step = 0
    while (done := (time.time() - began) / (60 * args.minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, done, args.lr)
        kinds = rng.choices(tuple(KINDS), tuple(KINDS.values()), k=args.batch)
        if done < UNGUIDED_FIRST:
            kinds = ["unguided"] * args.batch
        documents = [draw_document(rng, kind) for kind in kinds]
        short = [d for d in documents if d.kind == "unguided"]
        long = [d for d in documents if d.kind != "unguided"]
        loss = update(model, optimizer, [batch(tokenizer, g) for g in (short, long) if g])
        if step % 50 == 0:
            print(f"step {step} loss {loss:.4f} {time.time() - began:.0f} s", flush=True)
        if step % args.save_every == args.save_every - 1:
            model.save_pretrained(args.out)
            tokenizer.save_pretrained(args.out)
        step += 1
    model.save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)
    write_card(args, model, step, time.time() - began)


def write_card(
    args: argparse.Namespace, model: LlamaForCausalLM, steps: int, seconds: float
) -> None:
    """``card.json``: what the policy is and what it was trained on. What it can do is measured by
    `smepo eval` (benchmarks in docs/experiments.md)."""
    pages = [page for page in search.world("heldout").values() if page.rare]
    card = {
        "family": "search",
        "architecture": "LlamaForCausalLM",
        "parameters": sum(p.numel() for p in model.parameters()),
        "sha256": digest(args.out),
        "data": "generated episodes: scripts/search_policy_corpus.py",
        "episodes": steps * args.batch,
        "kinds": dict(KINDS),
        "share_of_right_reads": round(expected(pages), 4),
        "settings": {k: v for k, v in vars(args).items() if k != "out"},
        "seconds": round(seconds),
        "torch": torch.__version__,
    }
    (args.out / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card), flush=True)


if __name__ == "__main__":
    main()
