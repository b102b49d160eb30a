"""A hasty search policy: the testbed's base policy after authors who mostly answer without looking.

    python scripts/hasty_search_policy.py --out runs/hasty

What is to be learned from it is to search at all, and to search again. Unguided, its authors answer
at once with a name that they make up (HASTY of them), or look once and answer with whom they read
(HALFWAY of the rest); with a trajectory in the prompt they follow it. About a minute on one idle
core; the same seed gives the same policy.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from transformers import AutoTokenizer, LlamaForCausalLM

from search_policy_corpus import Document, draw_document
from search_policy_tokenizer import CALL
from smepo.testbed import policy_path
from smepo.testbed.search import names
from train_search_policy import batch, update

HASTY = 0.75
HALFWAY = 0.5
KINDS = {"unguided": 0.6, "masked": 0.25, "full": 0.15}
RARE = 0.5  # of the pages


def hurried(rng: random.Random, document: Document) -> Document:
    """The unguided episode as a hasty author would have had it."""
    if rng.random() < HASTY:
        kept, said = 1, rng.choice(names())
    elif rng.random() < HALFWAY:
        # user, search, page, and the person for whom the second search asks
        kept, said = 3, document.turns[3][1].removeprefix(CALL).split()[0]
    else:
        return document
    answer = ("assistant", f"<answer>{said}</answer>")
    return Document(document.kind, (*document.turns[:kept], answer))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--batch", type=int, default=24, help="episodes a step")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rng = random.Random(f"hasty/{args.seed}")
    tokenizer = AutoTokenizer.from_pretrained(policy_path("search"), padding_side="left")
    model = LlamaForCausalLM.from_pretrained(policy_path("search"), dtype=torch.float32)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.98))
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = args.lr * (1 - step / args.steps)
        kinds = rng.choices(tuple(KINDS), tuple(KINDS.values()), k=args.batch)
        drawn = [draw_document(rng, kind, RARE) for kind in kinds]
        short = [hurried(rng, d) for d in drawn if d.kind == "unguided"]
        long = [d for d in drawn if d.kind != "unguided"]
        pairs = [batch(tokenizer, group, pages=False) for group in (short, long) if group]
        loss = update(model, optimizer, pairs)
        if step % 40 == 0:
            print(f"step {step} loss {loss:.4f}", flush=True)
    model.save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)


if __name__ == "__main__":
    main()
