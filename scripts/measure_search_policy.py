"""What the search family's base policy can do, by level and by what its prompt shows.

    python scripts/measure_search_policy.py src/smepo/testbed/policies/search --n 500
    python scripts/measure_search_policy.py --authors     # of its training data, by simulation

One episode a held-out problem at temperature 1, in %. Guided prompts are measured here to know the
policy; evaluation proper is unguided.
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import smepo
from search_policy_corpus import simulated
from smepo.evaluation.episodes import evaluate_episodes, local_policy
from smepo.prompting import compose
from smepo.search import Limits
from smepo.testbed import Problem, problems
from smepo.testbed.search import LEVELS
from smepo.training.search import SearchConfig, retriever


def shown(problem: Problem, guide: str) -> str | None:
    """The guidance of a problem: nothing, its masked trace, or its whole trace."""
    if guide == "none":
        return None
    if guide == "full":
        return str(problem.trace)
    return smepo.mask(
        problem.trace, domain="search", question=problem.question, target=problem.target
    ).text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policy", type=Path, nargs="?")
    parser.add_argument("--authors", action="store_true", help="simulate them; no policy is needed")
    parser.add_argument("--n", type=int, default=500)
    parser.add_argument("--card", action="store_true", help="add the result to card.json")
    args = parser.parse_args()
    if args.authors:
        for split, level in product(("train", "heldout"), LEVELS):
            print(split, level, json.dumps(simulated(level, split)), flush=True)
        return
    if args.policy is None:
        parser.error("which policy?")
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(args.policy, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(args.policy, dtype=torch.float32)
    index, judge = retriever(SearchConfig(index="testbed:search")), smepo.verifier("search")
    found: dict[str, dict[str, float]] = {}
    for level in LEVELS:
        n = min(args.n, 150) if level == "easy" else args.n  # there are few
        made = problems("search", split="heldout", level=level, n=n)
        found[level] = {}
        for guide in ("none", "masked", "full"):
            prompts = [
                [{"role": "user", "content": compose(p.question, shown(p, guide))}] for p in made
            ]
            policy = local_policy(model, tokenizer, max_new_tokens=8)
            rows = [p.row() for p in made]
            result, _ = evaluate_episodes(
                policy, rows, prompts, judge, index, limits=Limits(calls=3, k=1), batch_size=256
            )
            found[level][guide] = round(result.avg_at_k.value, 4)
            print(level, guide, json.dumps(result.summary()["episodes"]), flush=True)
    if args.card:
        file = args.policy / "card.json"
        card = json.loads(file.read_text())
        card["accuracy"] = {"split": "heldout", "problems": args.n, "seed": 0, "by_level": found}
        file.write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
