"""100,000 mixed checks from 32 threads, with crashes: is every check answered, is memory flat?

    python benchmarks/stress.py
    python benchmarks/stress.py --checks 2000     # the size of the test

The mix, by turns that are drawn with a seed: plain math, search, rewards of the user's own in
killable children, computer algebra (every pair new), programs. Some are made to end badly: rewards
that kill their child or raise, comparisons that hang, programs that crash, loop or bomb the memory.
Besides, a thread kills a worker or a sandbox now and then, with the check that is in it: such a
check may end as ``error``, no other way. Each check has one expected status; whatever else comes is
shown. Exit status 1 if a check is not answered, or answered wrongly, or memory grows.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import smepo
from smepo.types import Verdict
from smepo.verifiers.sandbox import Limits
from smepo.verifiers.user import UserVerifier

ADD = {"tests": ["assert f(2) == 3", "assert f(0) == 1"], "entry_point": "f"}
ECHO = {"inputs": ["3 4\n"], "outputs": ["7\n"]}
HANG = r"9^{9^{9^{9^9}}}+x"
GROWTH = 1.15  # of the second half's memory over the first half's


def own(completion: str, target: str) -> float:
    """A reward that ends as the completion says."""
    if completion == "exit":
        os._exit(3)
    if completion == "abort":
        os.kill(os.getpid(), signal.SIGABRT)
    if completion == "raise":
        raise ValueError("as it was told")
    return float(completion == target)


@dataclass
class Judges:
    """The verifiers, shared by all threads."""

    math: Any = field(default_factory=lambda: smepo.verifier("math", timeout=20.0))
    hurried: Any = field(
        default_factory=lambda: smepo.verifier("math", timeout=0.3, final_form=False)
    )
    search: Any = field(default_factory=lambda: smepo.verifier("search"))
    code: Any = field(default_factory=lambda: smepo.verifier("code", limits=LIMITS))
    user: Any = field(default_factory=lambda: UserVerifier("stress:own", timeout=20.0))


LIMITS = Limits(seconds=0.5, total_seconds=1.0, memory=256 << 20)
Kind = Callable[[Judges, int], tuple[Verdict, str]]


def plain(judges: Judges, n: int) -> tuple[Verdict, str]:
    right = n % 3 == 0
    answer = str(n if right else n + 1)
    return judges.math(judges.math.wrap(answer), str(n)), "correct" if right else "wrong"


def nothing(judges: Judges, n: int) -> tuple[Verdict, str]:
    return (judges.math("", "7"), "empty") if n % 2 else (judges.math("hm", "7"), "unparsed")


def search(judges: Judges, n: int) -> tuple[Verdict, str]:
    name = f"Street {n}" if n % 2 else f"Street {n} or {n + 1}"
    return judges.search(judges.search.wrap(name), f"street {n}"), "correct" if n % 2 else "wrong"


def algebra(judges: Judges, n: int) -> tuple[Verdict, str]:
    answer = rf"\frac{{3^{{n+1}} + {n}}}{{2}}"
    target = rf"\frac{{3 \cdot 3^{{n}} + {n if n % 2 else n + 1}}}{{2}}"
    return judges.math(judges.math.wrap(answer), target), "correct" if n % 2 else "wrong"


def hang(judges: Judges, n: int) -> tuple[Verdict, str]:
    return judges.hurried(judges.hurried.wrap(f"{HANG}+{n}"), "x+1"), "timeout"


def user(judges: Judges, n: int) -> tuple[Verdict, str]:
    return judges.user(str(n % 2), "1"), "correct" if n % 2 else "wrong"


def crash(judges: Judges, n: int) -> tuple[Verdict, str]:
    return judges.user(("exit", "abort", "raise")[n % 3], "1"), "error"


def program(judges: Judges, n: int) -> tuple[Verdict, str]:
    if n % 2:
        code, target = f"a, b = map(int, input().split())\nprint(a + b)  # {n}", ECHO
    else:
        code, target = f"def f(n): return n + {1 + n % 4 // 2}", ADD
    return judges.code(judges.code.wrap(code), target), "wrong" if n % 4 == 2 else "correct"


def bad_program(judges: Judges, n: int) -> tuple[Verdict, str]:
    bodies = {
        "import os; os._exit(0)": "wrong",
        "import ctypes; ctypes.string_at(0)": "wrong",
        "return [0] * 10**9": "wrong",
        "while True: pass": "timeout",
        "import os; os.fork(); return n + 1": "wrong",
    }
    body, status = list(bodies.items())[n % len(bodies)]
    return judges.code(judges.code.wrap(f"def f(n):\n    {body}"), ADD), status


KINDS: dict[Kind, float] = {  # and their shares
    plain: 0.72,
    search: 0.15,
    nothing: 0.05,
    user: 0.04,
    program: 0.025,
    algebra: 0.012,
    crash: 0.0015,
    bad_program: 0.001,
    hang: 0.0005,
}


def main() -> int:
    """Run, print; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checks", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--every", type=float, default=2.0, help="seconds from a kill to the next")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent))  # where the children find the reward
    judges, draw = Judges(), random.Random(options.seed)
    for kind in KINDS:
        kind(judges, 2)
    kinds = draw.choices(list(KINDS), list(KINDS.values()), k=options.checks)
    done: list[tuple[str, str, str, str] | None] = [None] * options.checks
    stop, kills, memory = threading.Event(), Counter[str](), list[tuple[int, int]]()
    watchers = [
        threading.Thread(target=chaos, args=(judges, stop, kills, options.every, options.seed)),
        threading.Thread(target=watch, args=(done, stop, memory)),
    ]
    for thread in watchers:
        thread.start()

    def check(at: int) -> None:
        verdict, wanted = kinds[at](judges, at)
        done[at] = (kinds[at].__name__, verdict.status.value, wanted, verdict.detail)

    began = time.perf_counter()
    with ThreadPoolExecutor(options.threads) as threads:
        for failed in threads.map(check, range(options.checks), chunksize=1):
            assert failed is None
    seconds = time.perf_counter() - began
    stop.set()
    for thread in watchers:
        thread.join()
    return report(done, kills, memory, seconds)


def chaos(
    judges: Judges, stop: threading.Event, kills: Counter[str], every: float, seed: int
) -> None:
    """Kill a child of a pool or a sandbox, again and again."""
    draw = random.Random(seed)
    while not stop.wait(every):
        pools = [judges.math.pool, *pools_of(judges.user)]
        children = [child.pid for pool in pools for child in pool.lending.all()]
        boxes = [box._process.pid for box in judges.code.boxes.lending.all()]
        for name, pids in (("worker", children), ("sandbox", boxes)):
            if pids:
                with suppress(ProcessLookupError):
                    os.kill(draw.choice(pids), signal.SIGKILL)
                    kills[name] += 1


def pools_of(verifier: UserVerifier) -> list[Any]:
    """The pool behind a reward of the user's own."""
    from smepo.verifiers.pool import default_size
    from smepo.verifiers.user import _pool

    return [_pool("stress", verifier.workers or default_size())]


def watch(done: list[Any], stop: threading.Event, memory: list[tuple[int, int]]) -> None:
    """Note the memory of this process and of all that it has started, in bytes."""
    while not stop.wait(0.5):
        answered = len(done) - done.count(None)
        memory.append((answered, sum(map(resident, [os.getpid(), *descendants(os.getpid())]))))


def resident(pid: int) -> int:
    """Bytes that a process has for itself, shared pages by their part; 0 if it is gone."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) << 10
    return 0


def descendants(root: int) -> list[int]:
    """The processes that descend from one."""
    found: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == root:
                found += [int(folder.name), *descendants(int(folder.name))]
    return found


def report(
    done: list[tuple[str, str, str, str] | None],
    kills: Counter[str],
    memory: list[tuple[int, int]],
    seconds: float,
) -> int:
    """The tables; 1 if something is not as it has to be."""
    answered = [one for one in done if one is not None]
    statuses = sorted({status for _, status, _, _ in answered})
    print(
        f"| check | all | {' | '.join(statuses)} | expected |\n|---|{'---|' * (len(statuses) + 2)}"
    )
    for name in [kind.__name__ for kind in KINDS]:
        mine = [one for one in answered if one[0] == name]
        counts = Counter(status for _, status, _, _ in mine)
        right = sum(status == wanted for _, status, wanted, _ in mine)
        cells = " | ".join(f"{counts[status]:,}" for status in statuses)
        print(f"| {name} | {len(mine):,} | {cells} | {right:,} |")
    killed = kills.total()
    other = [one for one in answered if one[1] != one[2]]
    strange = [one for one in other if one[1] != "error"]
    print(f"\n{len(answered):,} of {len(done):,} checks answered in {seconds:.0f} s")
    print(f"kills from outside: {dict(kills)}; checks that they ended: {len(other) - len(strange)}")
    half = len(memory) // 2
    first, second = memory[half // 2 : half], memory[half + half // 2 :]  # settled, of each half
    grown = _mean(second) / max(_mean(first), 1)
    told = [f"{bytes_ >> 20} MB at {at:,}" for at, bytes_ in memory[:: max(1, len(memory) // 8)]]
    print(f"memory of all processes: {', '.join(told)}; ratio of the halves {grown:.2f}")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for one in strange[:20]:
        print("NOT EXPECTED", one)
    bad = len(answered) < len(done) or strange or len(other) > killed
    return int(bool(bad or (grown > GROWTH and len(memory) > 40)))


def _mean(samples: list[tuple[int, int]]) -> float:
    return sum(bytes_ for _, bytes_ in samples) / max(len(samples), 1)


if __name__ == "__main__":
    sys.exit(main())
