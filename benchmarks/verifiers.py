"""How many checks a second: plain numbers, algebra, and math-verify through the pool.

    python benchmarks/verifiers.py

The last comparison runs the same pairs with the same time limit through a plain math-verify loop
and through the pool, with one check in twenty busy for longer than the limit.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections import Counter
from collections.abc import Callable

import smepo
from smepo.verifiers.math import COMPARE, DIGITS, MathVerifier
from smepo.verifiers.pool import Pool, default_size

Pair = tuple[str, str]
HANG = r"\sum_{m=1}^\infty \frac{(-1)^{m+1}}{7m} \sum_{j=0}^{m-1} \frac{1}{2j+1}"  # several seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=120, help="of the math-verify comparison")
    parser.add_argument("--limit", type=int, default=1, help="seconds for one check there")
    options = parser.parse_args()
    print(f"{'workload':<58}{'checks':>8}{'seconds':>9}{'per second':>12}")
    verifier = smepo.verifier("math")
    fast(verifier, "plain numbers, one target", [("4321", str(n)) for n in range(40_000)])
    numbers = [(str(n % 997), str(n)) for n in range(40_000)]
    fast(verifier, "plain numbers, 997 targets", numbers)
    fractions = [(r"\frac{7}{11}", rf"\frac{{{n}}}{{11}}") for n in range(8_000)]
    fast(verifier, "fractions, every one new", fractions)
    surds = [(r"2\sqrt{3}+\pi", rf"{n}\sqrt{{3}}+\pi") for n in range(4_000)]
    fast(verifier, "surds with pi, every one new", surds)
    assert verifier.pool.counts["jobs"] == 0
    for hangs in (False, True):
        compare(symbolic(options.pairs, hangs=hangs), options.limit, hangs=hangs)


def fast(verifier: MathVerifier, name: str, pairs: list[Pair]) -> None:
    wrapped = [(verifier.wrap(answer), target) for target, answer in pairs]
    began = time.perf_counter()
    verifier.many(wrapped)
    line(name, len(pairs), time.perf_counter() - began)


def line(name: str, checks: int, seconds: float, end: str = "\n") -> None:
    print(f"{name:<58}{checks:>8}{seconds:>9.2f}{checks / seconds:>12,.0f}", end=end, flush=True)


def symbolic(count: int, *, hangs: bool) -> list[Pair]:
    """Pairs that only computer algebra decides: half are equal, and all differ."""
    pairs = []
    for k in range(count):
        if hangs and k % 20 == 10:
            pairs.append((r"\frac{\pi^2}{16}", HANG.replace("7", str(k))))
        elif k % 2:
            pairs.append((rf"\sin^2({k}x)+\cos^2({k}x)+y", "y+1"))
        else:
            pairs.append((rf"\frac{{{k + 2}^{{n+1}} + a}}{{2}}", rf"\frac{{{k + 2}^n + 2a}}{{2}}"))
    return pairs


def compare(pairs: list[Pair], limit: int, *, hangs: bool) -> None:
    what = f"symbolic{', one in twenty hangs' if hangs else ''}: "
    alone = timed(what + "math-verify alone", lambda: stock(pairs, limit), len(pairs))
    pool = Pool(default_size(), preload=["smepo.verifiers.stock:warm"])
    rows = [([target], answer, DIGITS) for target, answer in pairs]
    pool.call(COMPARE, rows[0], timeout=limit)  # the imports, which the loop above made too
    pooled = timed(
        what + f"pool of {pool.size}",
        lambda: Counter(o.value or o.kind for o in pool.map(COMPARE, rows, timeout=limit)),
        len(pairs),
    )
    load = os.getloadavg()[0]
    print(f"{'':<58}ratio {alone / pooled:.2f} on {os.cpu_count()} cores at load {load:.1f}")
    pool.close()


def stock(pairs: list[Pair], limit: int) -> Counter[str]:
    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)
    results: Counter[str] = Counter()
    for target, answer in pairs:
        gold = parse(rf"\boxed{{{target}}}", parsing_timeout=limit)
        found = parse(rf"\boxed{{{answer}}}", parsing_timeout=limit)
        results["equal" if verify(gold, found, timeout_seconds=limit) else "different"] += 1
    return results


def timed(name: str, work: Callable[[], Counter[str]], checks: int) -> float:
    began = time.perf_counter()
    results = work()
    seconds = time.perf_counter() - began
    line(name, checks, seconds, end=f"  {dict(results)}\n")
    return seconds


if __name__ == "__main__":
    main()
