"""How many checks a second: plain numbers, algebra, math-verify through the pool, small programs.

    python benchmarks/verifiers.py

Comparisons are made in turns within one run (a part by the one way, the same part by the other way,
and again), so that what else the machine does hits both; the ratio is that of the sums, and the
range over the turns is told. Processor time is told beside, which a busy machine does not change:
where others compute, two processes get no more of it than one, and the pool wins nothing by the
clock. "By processor time" is what it wins on cores of its own: the loop's time over the pool's (its
children, their parent and this process), shared by so many cores.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import smepo
from smepo.verifiers.code import CodeVerifier
from smepo.verifiers.math import COMPARE, DIGITS, MathVerifier
from smepo.verifiers.pool import Pool, default_size
from smepo.verifiers.sandbox import Level, inside, levels

Pair = tuple[str, str]
HANG = r"\sum_{m=1}^\infty \frac{(-1)^{m+1}}{7m} \sum_{j=0}^{m-1} \frac{1}{2j+1}"  # several seconds
HEAD = f"| {'workload':<50} | {'checks':>7} | {'seconds':>7} | {'a second':>9} | note |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=480, help="of the math-verify comparison")
    parser.add_argument("--limit", type=int, default=1, help="seconds for one check there")
    parser.add_argument("--programs", type=int, default=120, help="of the comparison of programs")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", choices=("plain", "symbolic", "programs"), action="append")
    options = parser.parse_args()
    loads = [os.getloadavg()[0]]
    print(f"{HEAD}\n|---|---|---|---|---|")
    wanted = options.only or ("plain", "symbolic", "programs")
    if "plain" in wanted:
        plain(smepo.verifier("math"))
    for hangs in (False, True) if "symbolic" in wanted else ():
        symbolic(options.pairs, options.limit, options.turns, hangs=hangs)
    if "programs" in wanted:
        programs(options.programs, options.turns)
    loads.append(os.getloadavg()[0])
    print(f"\n{os.cpu_count()} cores, load {loads[0]:.1f} at the start, {loads[1]:.1f} at the end")


def line(name: str, checks: int, seconds: float, note: str = "") -> None:
    rate = f"{checks / seconds:,.0f}"
    print(f"| {name:<50} | {checks:>7,} | {seconds:>7.2f} | {rate:>9} | {note} |", flush=True)


# --- one process, exact comparisons


def plain(verifier: MathVerifier) -> None:
    """Answers that need no computer algebra."""
    fast(verifier, "plain numbers, one target", [("4321", str(n)) for n in range(40_000)])
    numbers = [(str(n % 997), str(n)) for n in range(40_000)]
    fast(verifier, "plain numbers, 997 targets", numbers)
    fractions = [(r"\frac{7}{11}", rf"\frac{{{n}}}{{11}}") for n in range(8_000)]
    fast(verifier, "fractions, every one new", fractions)
    surds = [(r"2\sqrt{3}+\pi", rf"{n}\sqrt{{3}}+\pi") for n in range(4_000)]
    fast(verifier, "surds with pi, every one new", surds)
    assert verifier.pool.counts["jobs"] == 0


def fast(verifier: MathVerifier, name: str, pairs: list[Pair]) -> None:
    wrapped = [(verifier.wrap(answer), target) for target, answer in pairs]
    began, cpu = time.perf_counter(), time.process_time()
    verifier.many(wrapped)
    cpu = time.process_time() - cpu
    note = f"{len(pairs) / cpu:,.0f} a second of processor time"
    line(name, len(pairs), time.perf_counter() - began, note)


# --- turns


def turns(names: tuple[str, str], ways: Sequence[Callable[[int], str]], count: int, n: int) -> None:
    """Time two ways in turns; way(turn) does the work of a turn and says what came out."""
    seconds: tuple[list[float], list[float]] = ([], [])
    said: tuple[list[str], list[str]] = ([], [])
    for turn in range(n):
        for at in (0, 1) if turn % 2 else (1, 0):  # who goes first takes turns too
            began = time.perf_counter()
            said[at].append(ways[at](turn))
            seconds[at].append(time.perf_counter() - began)
    for name, spent, words in zip(names, seconds, said, strict=True):
        line(name, count, sum(spent), " / ".join(dict.fromkeys(words)))
    ratios = sorted(a / b for a, b in zip(*seconds, strict=True))
    ratio = sum(seconds[0]) / sum(seconds[1])
    print(
        f"| **ratio {ratio:.2f}** (turns {ratios[0]:.2f} to {ratios[-1]:.2f}) | | | | |", flush=True
    )


# --- math-verify alone and through the pool


def symbolic(count: int, limit: int, n: int, *, hangs: bool) -> None:
    """Pairs that only computer algebra decides; with ``hangs`` one in twenty takes too long."""
    pairs = symbolic_pairs(count, hangs=hangs)
    size = -(-count // n)
    parts = [pairs[at : at + size] for at in range(0, count, size)]
    pool = Pool(default_size(), preload=["smepo.verifiers.stock:warm"])
    stock(pairs[1:3], limit)  # the imports
    pool.map(COMPARE, [([t], a, DIGITS) for t, a in pairs[1:5]], timeout=limit)

    spent = {"loop": 0.0, "pool": 0.0}

    def looped(turn: int) -> str:
        began = time.process_time()
        results = stock(parts[turn], limit)
        spent["loop"] += time.process_time() - began
        return told(results)

    def pooled(turn: int) -> str:
        rows = [([target], answer, DIGITS) for target, answer in parts[turn]]
        began = processor_time(pool)
        outcomes = pool.map(COMPARE, rows, timeout=limit)
        spent["pool"] += processor_time(pool) - began
        return told(o.value or o.kind for o in outcomes)

    what = f"symbolic{', one in twenty hangs' if hangs else ''}: "
    names = (what + "math-verify alone", what + f"pool of {pool.size}")
    turns(names, (looped, pooled), count, len(parts))
    ratio = pool.size * spent["loop"] / spent["pool"]
    seconds = f"{spent['loop']:.1f} s and {spent['pool']:.1f} s on {pool.size} cores"
    print(f"| by processor time **{ratio:.2f}** ({seconds}) | | | | |", flush=True)
    pool.close()


def processor_time(pool: Pool) -> float:
    """Seconds that this process, the pool's nursery and all children of it have computed."""
    assert pool._nursery is not None
    text = Path(f"/proc/{pool._nursery.process.pid}/stat").read_text()
    ticks = map(int, text.rsplit(")", 1)[1].split()[11:15])  # its own, and of dead children
    alive = sum(time.clock_gettime(-8 * (child.pid + 1) + 2) for child in pool.lending.all())
    return time.process_time() + sum(ticks) / os.sysconf("SC_CLK_TCK") + alive


def symbolic_pairs(count: int, *, hangs: bool) -> list[Pair]:
    """Half are equal, and all differ."""
    pairs = []
    for k in range(count):
        if hangs and k % 20 == 10:
            pairs.append((r"\frac{\pi^2}{16}", HANG.replace("7", str(k))))
        elif k % 2:
            pairs.append((rf"\sin^2({k}x)+\cos^2({k}x)+y", "y+1"))
        else:
            pairs.append((rf"\frac{{{k + 2}^{{n+1}} + a}}{{2}}", rf"\frac{{{k + 2}^n + 2a}}{{2}}"))
    return pairs


def stock(pairs: list[Pair], limit: int) -> list[str]:
    """A plain loop, as a reward function of one's own has it."""
    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)
    results = []
    for target, answer in pairs:
        gold = parse(rf"\boxed{{{target}}}", parsing_timeout=limit)
        found = parse(rf"\boxed{{{answer}}}", parsing_timeout=limit)
        results.append("equal" if verify(gold, found, timeout_seconds=limit) else "different")
    return results


def told(results: object) -> str:
    """How often each result came."""
    counts = Counter(results)  # type: ignore[call-overload]
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


# --- small programs: a fresh interpreter each, and the verifier's warm boxes

TESTS = "assert f(2) == 3\nassert f(-1) == 0\nassert f(10**9) == 10**9 + 1\n"
# What a warm box gives up for each program, an interpreter of its own gives up for one.
ALONE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from inside import confine, enter, landlock
level, user, paths, code = sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4]), sys.argv[5]
limits = {"cpu": 30, "memory": 1 << 30, "files": 16 << 20, "file_count": 1000, "threads": 64,
          "processes": 0}
rules = None
if level == "unshare":
    enter.enter(paths)
if level == "rlimits":
    rules = landlock.ruleset(confine.libc, [path for path, _ in paths])
confine.give_up(limits, user, judge=False, rules=rules)
exec(code)
"""


def programs(count: int, n: int) -> None:
    """Right and wrong programs, one at a time."""
    verifier = CodeVerifier(workers=1)
    target = {"tests": TESTS, "entry_point": "f"}
    codes = [f"def f(n):\n    return n + {1 + k % 2}  # {k}\n" for k in range(count)]
    verifier(verifier.wrap(codes[0]), target)
    with verifier.boxes.box() as box:
        level = box.level
    command = alone(level)
    size = -(-count // n)
    parts = [codes[at : at + size] for at in range(0, count, size)]

    def fresh(turn: int) -> str:
        done = (
            subprocess.run([*command, code + TESTS], capture_output=True, check=False, env={})
            for code in parts[turn]
        )
        return told("wrong" if one.returncode else "correct" for one in done)

    def warm(turn: int) -> str:
        verdicts = (verifier(verifier.wrap(code), target) for code in parts[turn])
        return told(verdict.status.value for verdict in verdicts)

    names = (f"programs, {level}: a fresh interpreter each", f"programs, {level}: the verifier")
    turns(names, (fresh, warm), count, len(parts))


def alone(level: Level) -> list[str]:
    """The command line for one program, which is its last word."""
    fresh = levels.command(level, 0, 0, levels.Shown())
    until = fresh.index("-c")
    home = fresh[until + 2]
    listed = "[]" if level == "bubblewrap" else fresh[-2]
    assert Path(inside.__file__).exists()
    return [*fresh[:until], "-c", ALONE, home, level, "0", listed]


if __name__ == "__main__":
    main()
