"""Do the intervals of a comparison cover the truth, and how often does the alarm ring?

    python benchmarks/intervals.py [--draws 1000]

Intervals: accuracies of seeds x problems with known mean 0.5, four answers a problem, chance
between problems and between seeds; the share of draws in which the 95 % interval holds 0.5, and
that of a plain bootstrap over seeds and problems. Alarm: runs of seven probes of 32 problems with
four answers, of known accuracies; the share of runs in which it rings.
"""

from __future__ import annotations

import argparse
import random

import numpy as np

from smepo.comparison.statistics import interval
from smepo.training.alarm import Probe, check

RISING = (0.1, 0.2, 0.35, 0.5, 0.6, 0.65, 0.7)
FLAT = (0.05,) * 7
RUNS = {
    "guided rises, unguided does not": (RISING, FLAT),
    "unguided rises a quarter as much": (RISING, tuple(r / 4 for r in RISING)),
    "unguided rises half as much (the edge)": (RISING, tuple(r / 2 for r in RISING)),
    "both rise": (RISING, RISING),
    "nothing rises": (FLAT, FLAT),
    "guided high from the start": ((0.6,) * 7, FLAT),
}


def covered(seeds: int, problems: int, spread: float, draws: int) -> tuple[float, float]:
    """Coverage of our interval and of a plain bootstrap."""
    draw = np.random.default_rng(0)
    ours = plain = 0
    for n in range(draws):
        rate = draw.beta(2, 2, size=(1, problems)) * 0.6 + 0.2 + draw.normal(0, spread, (seeds, 1))
        table = draw.binomial(4, np.clip(rate, 0, 1)) / 4
        found = interval(table, seed=n, resamples=500)
        ours += found.low <= 0.5 <= found.high
        rows = draw.multinomial(seeds, [1 / seeds] * seeds, size=500) / seeds
        columns = draw.multinomial(problems, [1 / problems] * problems, size=500) / problems
        low, high = np.quantile(((rows @ table) * columns).sum(axis=1), [0.025, 0.975])
        plain += low <= 0.5 <= high
    return ours / draws, plain / draws


def rings(guided: tuple[float, ...], unguided: tuple[float, ...], seed: int) -> bool:
    """Whether the alarm rings in a run of seven probes."""
    draw = random.Random(seed)
    hard = [draw.uniform(0.6, 1.4) for _ in range(32)]

    def answers(rate: float) -> tuple[float, ...]:
        return tuple(sum(draw.random() < min(1.0, rate * h) for _ in range(4)) / 4 for h in hard)

    probes: list[Probe] = []
    for step, (g, u) in enumerate(zip(guided, unguided, strict=True)):
        probes.append(Probe(step, answers(u), answers(g)))
        if check(probes):
            return True
    return False


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    draws = parser.parse_args().draws
    print("seeds  problems  sd between seeds  coverage  plain bootstrap")
    for seeds, problems, spread in (
        (3, 256, 0.0),
        (3, 256, 0.02),
        (3, 256, 0.05),
        (5, 256, 0.02),
        (5, 256, 0.05),
    ):
        ours, plain = covered(seeds, problems, spread, draws)
        print(f"{seeds:5}  {problems:8}  {spread:16.2f}  {ours:8.1%}  {plain:15.1%}")
    for name, (guided, unguided) in RUNS.items():
        rung = sum(rings(guided, unguided, seed) for seed in range(draws))
        print(f"alarm, {name}: {rung / draws:.1%}")


if __name__ == "__main__":
    main()
