"""What masks and verifier do with a family of the testbed.

    python scripts/measure_testbed.py code

Masks and audits problems of the training split, all levels alike; counts what leaks, what is kept,
whether the whole trace scores, and how long the verifier takes for the 64 completions of a step: 8
problems, each with its own program and those of the 7 others.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter

import smepo
from smepo.pipeline.prepare import MaskOptions, prepare
from smepo.testbed import FAMILIES, problems
from smepo.verifiers.rewards import many

STEPS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=sorted(FAMILIES))
    parser.add_argument("--n", type=int, default=500, help="problems of all levels together")
    args = parser.parse_args()
    family = FAMILIES[args.family]
    each = args.n // len(family.levels)
    made = [p for level in family.levels for p in problems(args.family, level=level, n=each)]
    prepared = [prepare(p.row(), MaskOptions(domain=family.domain)) for p in made]
    reports = [p.report for p in prepared if p.report is not None]
    print(f"{len(made)} problems:", dict(Counter(p.status.value for p in prepared)))
    print(f"leaks: {sum(len(report.leaks) for report in reports)}")
    for name in ("words", "labels"):
        total = sum(report.metrics[name] for report in reports)
        kept = sum(report.metrics[f"{name}_kept"] for report in reports)
        print(f"{name} kept: {kept:.0f} of {total:.0f}")
    share = statistics.mean(report.metrics["characters_share"] for report in reports)
    print(f"characters hidden: {share:.1%}")
    judge = smepo.verifier(family.domain)
    whole = many(judge, [(p.trace, p.target) for p in made])
    print(f"whole traces that score: {sum(v.score for v in whole):.0f}")
    step = [(a.trace, b.target) for a in made[:8] for b in made[:8]]
    wall, busy = time.perf_counter(), time.process_time()
    for _ in range(STEPS):
        right = sum(verdict.score for verdict in many(judge, step))
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    print(
        f"64 completions, {right:.0f} right: {wall / STEPS:.2f} s, {busy / STEPS:.2f} s of it here"
    )


if __name__ == "__main__":
    main()
