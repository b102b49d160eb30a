"""How fast traces are masked and audited, beside the fastest that Python could be.

    python benchmarks/masking.py
    python benchmarks/masking.py --rows 800
    python benchmarks/masking.py --memory --size 100 2000   # peak memory of `smepo mask`, in MB
    python benchmarks/masking.py --released semantic_masking.py   # of the paper's release
    python benchmarks/masking.py --passes 25   # on a machine that others share

One core. The limit in each line is a bare `re.sub` of one pattern over the same text, in the same
run: numbers for math and search, fenced blocks for code. Processor time, best of several passes, so
that other work on the machine does not count; an audit's pass is a process of its own, as verdicts
are cached. Two processes against one is wall time, which needs an idle machine. The speeds that are
wanted were set on a machine on which the released masks run at 2.6 MB/s: with that file at hand
they are timed before and after each pass, and the line is said at that machine's speed too (median
of the passes), as if code, search and audit slowed down as the released masks do. Uses the public
data beside the checkout, or the samples, and says which.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import platform
import re
import resource
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import smepo
import traces
from memory import COMMAND, measure
from smepo.masking import mask_trace
from smepo.pipeline.mask import mask_and_audit
from smepo.pipeline.messages import join
from traces import Data

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
FENCE = re.compile(r"```.*?```", re.DOTALL)
ROUNDS = 3  # of one process, two, and two apart
FLAGS = "--domain math --question question --target target --trace trace --id id --json".split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", action="store_true", help="measure peak memory, nothing else")
    parser.add_argument("--size", type=int, nargs="+", default=[100, 2000], help="MB of input")
    parser.add_argument("--format", choices=("jsonl", "parquet"), default="jsonl")
    parser.add_argument("--audit", action="store_true", help="audit too while memory is measured")
    parser.add_argument("--rows", type=int, default=1 << 20, help="of the run with two processes")
    parser.add_argument("--released", type=Path, help="scripts/masking/semantic_masking.py")
    parser.add_argument("--passes", type=int, default=5, help="of each line; the best counts")
    parser.add_argument("--one-audit", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one_audit:
        print(json.dumps(audited()))
        return
    print(about())
    if args.memory:
        for size in args.size:
            measure(size, args.format, audit=args.audit)
        return
    yard = Yardstick(args.released, args.passes)
    print(f"{'workload':<44}{'MB/s':>8}{'limit':>9}{'share':>8}{'wanted':>9}{yard.head()}")
    masks(yard)
    audits(yard)
    processes(args.rows)


def about() -> str:
    """The machine, and whether the inner loops are compiled."""
    record = Path(smepo.__file__).with_name("compiled.json")
    here = record.is_file() and not str(inspect.getfile(mask_loop())).endswith(".py")
    built = f"{len(json.loads(record.read_text()))} modules compiled" if here else "plain Python"
    return (
        f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, {built}"
    )


def mask_loop() -> Any:
    import smepo.numerals

    return smepo.numerals


def processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


class Yardstick:
    """The speed of the released masks on this machine, now: its clock is not always the same."""

    SET_ON = 2.6  # MB/s, where the wanted speeds were set

    def __init__(self, file: Path | None, passes: int) -> None:
        self.passes = passes  # of each line
        self.mask: Callable[[str], str] | None = None
        self.texts = [item.trace for item in traces.scaf().items[:200]] if file else []
        if file is not None:
            self.mask = runpy.run_path(str(file))["mask_math_teacher_trace"]
            self.now()  # warm

    def head(self) -> str:
        return f"{'released':>10}{'at 2.6':>8}" if self.mask else ""

    def now(self) -> float:
        if self.mask is None:
            return 0.0
        began = time.process_time()
        for text in self.texts:
            self.mask(text)
        spent = time.process_time() - began
        return sum(len(text.encode()) for text in self.texts) / spent / 1e6

    def columns(self, passes: list[tuple[float, float, float]]) -> str:
        """The released masks' speed, and that of the passes where it is ``SET_ON``.

        A pass is its own speed, and that of the released masks before and after it.
        """
        if self.mask is None:
            return ""
        around = [(before + after) / 2 for _, before, after in passes]
        shares = [speed / beside for (speed, *_), beside in zip(passes, around, strict=True)]
        return f"{median(around):>10.2f}{median(shares) * self.SET_ON:>8.1f}"


def masks(yard: Yardstick) -> None:
    """Masks alone, by domain, mode and level."""
    math, code, fireact = traces.scaf(), traces.leetcode(), traces.fireact()
    speed(yard, math, NUMBER, 10, mode="paper")
    speed(yard, math, NUMBER, 4, mode="critical-path")
    speed(yard, code, FENCE, 15, level="block")
    speed(yard, code, FENCE, 2, level="skeleton")
    speed(yard, fireact, NUMBER, 4)
    try:
        wiki = traces.twowiki()
    except ImportError:
        wiki = None
    if wiki is None:
        print(f"{'2Wiki trajectories':<44}{'not there':>17}")
    else:
        speed(yard, wiki, NUMBER, 4)


def speed(yard: Yardstick, data: Data, bare: re.Pattern[str], wanted: float, **how: str) -> None:
    """MB of trace a second (UTF-8 bytes, 10**6), and of the bare `re.sub`."""
    texts = [
        item.trace if isinstance(item.trace, str) else join(item.trace).text for item in data.items
    ]
    size = sum(len(text.encode()) for text in texts)
    given = {k: v for k, v in how.items() if v != "block"}

    def masking() -> None:
        for item, text in zip(data.items, texts, strict=True):
            mask_trace(
                text,
                domain=data.domain,
                question=item.question,
                aliases=item.aliases,
                target=item.target,
                **given,  # type: ignore[arg-type]
            )

    def limit() -> None:
        for text in texts:
            bare.sub("[X]", text)

    passes = []
    for _ in range(yard.passes):
        before = yard.now()
        passes.append((size / seconds(masking) / 1e6, before, yard.now()))
    ours = max(speed for speed, *_ in passes)
    theirs = size / min(seconds(limit) for _ in range(yard.passes)) / 1e6
    behind = yard.columns(passes)
    name = " ".join([data.name, *how.values()])
    print(
        f"{name:<44}{ours:>8.1f}{theirs:>9.0f}{ours / theirs:>8.1%}{wanted:>9}{behind}", flush=True
    )


def seconds(work: Callable[[], None]) -> float:
    """Processor seconds of one pass."""
    began = time.process_time()
    work()
    return time.process_time() - began


def audits(yard: Yardstick) -> None:
    """Mask, audit, mask what leaks: traces a second, the checks by math-verify included."""
    data = traces.scaf()
    passes, walls = [], []
    for _ in range(yard.passes):
        before = yard.now()
        command = [sys.executable, __file__, "--one-audit"]
        run = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        spent, wall = json.loads(run.stdout)
        passes.append((len(data.items) / spent, before, yard.now()))
        walls.append(len(data.items) / wall)
    name = f"mask and audit, {data.name}: traces a second"
    best = max(speed for speed, *_ in passes)
    print(f"{name:<52}{best:>17.0f}{150:>9}{yard.columns(passes)}   ", end="")
    print(f"{max(walls):.0f} by the clock", flush=True)


def audited() -> tuple[float, float]:
    """Processor and wall seconds of one pass, of the verifier's processes too."""
    data = traces.scaf()
    verifier = smepo.verifier("math", workers=1)
    # the imports of math-verify, and a child that waits
    verifier.pool.call("smepo.verifiers.stock:compare", (["x"], "y", 6), timeout=60)
    children = verifier_seconds()
    began, wall = time.process_time(), time.perf_counter()
    for item in data.items:
        mask_and_audit(
            item.trace,
            domain="math",
            question=item.question,
            target=item.target,
            verifier=verifier,
        )
    spent = time.process_time() - began + verifier_seconds() - children
    return spent, time.perf_counter() - wall


def verifier_seconds() -> float:
    """Processor seconds of the children of this process and of theirs, those that live included."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    found = [os.getpid()]
    for pid in found:
        tasks = Path(f"/proc/{pid}/task")
        for task in tasks.iterdir() if tasks.is_dir() else ():
            found += [int(child) for child in (task / "children").read_text().split()]
        if pid != os.getpid() and (stat := Path(f"/proc/{pid}/stat")).is_file():
            fields = stat.read_text().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15]))
    return total / ticks


def processes(rows: int) -> None:
    """The same file through `smepo mask` with one process and with two, by the clock, all told.

    The limit is what two cores of this machine give to anyone: two runs of one process at the same
    time, each with every other row. Medians of ``ROUNDS`` rounds in turns.
    No row stands twice: verdicts are cached, so one process would do less work than two. The two
    need two idle cores: read the load beside the ratio. The processor seconds of both tell
    what the second process costs.
    """
    data = traces.math()
    rows = min(rows, len(data.items))
    lines = [json.dumps(row) for row in islice(traces.repeated(data, 1 << 40), rows)]
    clock: dict[str, list[float]] = {"one": [], "two": [], "limit": []}
    used: dict[str, list[float]] = {"one": [], "two": [], "limit": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, held in (("all", lines), ("even", lines[::2]), ("odd", lines[1::2])):
            (folder / f"{file}.jsonl").write_text("\n".join(held) + "\n", encoding="utf-8")
        for _ in range(ROUNDS):
            for run, files, workers in (
                ("one", ["all"], 1),
                ("two", ["all"], 2),
                ("limit", ["even", "odd"], 1),
            ):
                seconds, processor = masked(folder, run, files, workers)
                clock[run].append(seconds)
                used[run].append(processor)
        same = output(folder, "one").read_bytes() == output(folder, "two").read_bytes()
    ratio, limit = (
        median(one / other for one, other in zip(clock["one"], clock[run], strict=True))
        for run in ("two", "limit")
    )
    print(f"{f'two processes against one, {rows} traces with audit':<45}", end="")
    print(f"{ratio:>6.2f}x{limit:>8.2f}x{ratio / limit:>7.0%}{'1.8x':>9}   ", end="")
    print(" and ".join(f"{median(clock[run]):.1f}" for run in ("one", "two")), end=" s, ")
    print(f"load {os.getloadavg()[0]:.1f}; processor ", end="")
    print(" and ".join(f"{median(used[run]):.1f}" for run in ("one", "two")), end=" s; ")
    print("the same bytes" if same else "OTHER BYTES", flush=True)


def masked(folder: Path, run: str, files: list[str], workers: int) -> tuple[float, float]:
    """Mask the files at the same time: seconds by the clock, and of the processor."""
    began, used = time.perf_counter(), children_seconds()
    started = []
    for file in files:
        target = output(folder, run if len(files) == 1 else file)
        target.unlink(missing_ok=True)
        command = [sys.executable, "-c", COMMAND, "mask", f"{folder / file}.jsonl", str(target)]
        command += [*FLAGS, "--workers", str(workers)]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    if set(map(subprocess.Popen.wait, started)) != {0}:
        raise SystemExit("smepo mask failed")
    return time.perf_counter() - began, children_seconds() - used


def output(folder: Path, run: str) -> Path:
    return folder / f"out-{run}.jsonl"


def children_seconds() -> float:
    """Processor seconds of the child processes that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
