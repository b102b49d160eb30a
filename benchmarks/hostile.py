"""Seconds to mask, and to mask and audit, a hostile trace of 1 MB; wanted: at most 2 each.

    python benchmarks/hostile.py [--domain math] [--slow 2]

Processor time of this process and of the verifier's children, on the inputs of the tests. What
takes longer is timed again in a process of its own, up to ``TRIES`` times in all, and its best time
counts: on a shared machine the same work can take twice as long from one minute to the next.
"""

from __future__ import annotations

import argparse
import inspect
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import smepo
from masking import about, verifier_seconds
from smepo.masking import mask_trace
from smepo.pipeline.mask import mask_and_audit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from hostile_inputs import INPUTS

TRIES = 5
QUESTION = "What is 3 + 4, and who was Tilda Varrow?"
TARGETS: dict[str, Any] = {
    "math": "7",
    "search": ["Orsholm"],
    "code": {"tests": "assert f(3) == 4", "entry_point": "f"},
}


def ways() -> dict[str, Callable[[str], object]]:
    """What is measured, by name."""
    found: dict[str, Callable[[str], object]] = {}
    for domain in ("math", "code", "search"):
        for mode in ("paper", "critical-path"):
            found[f"{domain} {mode}"] = masking(domain, mode=mode)
    if "level" in inspect.signature(mask_trace).parameters:
        found["code skeleton"] = masking("code", level="skeleton")
    for domain, target in TARGETS.items():
        found[f"{domain} audit"] = auditing(domain, target)
    return found


def masking(domain: str, **how: Any) -> Callable[[str], object]:
    return lambda text: mask_trace(text, domain=domain, question=QUESTION, **how)


def auditing(domain: str, target: Any) -> Callable[[str], object]:
    options = {"workers": 1} if domain == "math" else {}
    verifier = smepo.verifier(domain, **options)
    if domain == "math":
        verifier("\\boxed{x + 1}", "1 + x")  # the imports of math-verify
    return lambda text: mask_and_audit(
        text, domain=domain, question=QUESTION, target=target, verifier=verifier
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domain", help="only what begins so, such as `math` or `math audit`")
    parser.add_argument("--size", type=int, default=1_000_000, help="characters")
    parser.add_argument("--slow", type=float, default=2.0, help="name what takes longer (seconds)")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        way, what = args.one
        print(seconds(ways()[way], INPUTS[what](args.size)))
        return
    print(about())
    print(f"{'':<22}{'slowest':>9}{'mean':>8}  over {args.slow:g} s")
    for name, way in ways().items():
        if name.startswith(args.domain or ""):
            report(name, way, args.size, args.slow)


def report(name: str, way: Callable[[str], object], size: int, slow: float) -> None:
    taken = {}
    for what, make in INPUTS.items():
        taken[what] = seconds(way, make(size))
        for _ in range(1, TRIES):
            if taken[what] > slow:
                taken[what] = min(taken[what], again(name, what, size))
    over = {what: took for what, took in taken.items() if took > slow}
    said = ", ".join(
        f"{what} {took:.1f}" for what, took in sorted(over.items(), key=lambda x: -x[1])
    )
    mean = sum(taken.values()) / len(taken)
    print(f"{name:<22}{max(taken.values()):>9.2f}{mean:>8.2f}  {said or 'none'}", flush=True)


def again(name: str, what: str, size: int) -> float:
    """The seconds of one input in a new process, where nothing is cached."""
    command = [sys.executable, __file__, "--size", str(size), "--one", name, what]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def seconds(way: Callable[[str], object], text: str) -> float:
    began = time.process_time() + verifier_seconds()
    way(text)
    return time.process_time() + verifier_seconds() - began


if __name__ == "__main__":
    main()
