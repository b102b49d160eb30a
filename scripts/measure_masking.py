"""Mask and audit a data file and print one table of what leaked and what was kept.

    python scripts/measure_masking.py ../shared/data/math/scaf800.json --rows 200 --show 3

Knows the columns of the data sets that the project is measured on; two processes. Also the tool for
reading masks by eye: ``--show N`` prints every N-th one, ``--repaired`` what the audit hid.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from smepo.auditing.attack import judge
from smepo.pipeline.mask import mask_and_audit
from smepo.types import AuditReport, MaskedTrace, Verifier
from smepo.verifiers import verifier

COLUMNS = (
    ("query", "ground_truth", "full_reasoning"),
    ("problem", "answer", "solution"),
    ("question", "target", "trace"),
)
KEPT = ("operators", "labels", "givens", "words")


def rows(path: Path) -> Iterator[tuple[str, Any, str]]:
    """Question, target and trace of each row."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        text = file.read()
    records = json.loads(text) if text.lstrip()[:1] == "[" else map(json.loads, text.splitlines())
    for record in records:
        names = next((names for names in COLUMNS if all(n in record for n in names)), None)
        if names is not None:
            yield record[names[0]], record[names[1]], record[names[2]]
        elif "####" in record.get("answer", ""):
            yield record["question"], record["answer"].split("####")[1].strip(), record["answer"]
        else:
            raise SystemExit(f"{path}: unknown columns {sorted(record)}")


@cache
def own_verifier(path: str) -> Verifier:
    """One verifier a process, warm."""
    found: Verifier = verifier(path, workers=1) if path == "math" else verifier(path)
    judge(found, [found.wrap("x + 1")], "1 + x")
    return found


Work = tuple[tuple[str, Any, str], str, str]


def one(work: Work) -> tuple[MaskedTrace, AuditReport | None, float]:
    """One row, and the seconds it took."""
    (question, target, trace), mode, path = work
    checker = own_verifier(path)
    began = time.perf_counter()
    masked, report = mask_and_audit(
        trace, domain="math", question=question, target=target, mode=mode, verifier=checker
    )
    return masked, report, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=None)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--mode", default="critical-path")
    parser.add_argument("--verifier", default="math")
    parser.add_argument("--show", type=int, default=0, help="print every N-th masked trace")
    parser.add_argument("--repaired", action="store_true", help="print what the audit hid")
    parser.add_argument("--lost", choices=KEPT, help="print what of this was lost")
    args = parser.parse_args()
    last = None if args.rows is None else args.skip + args.rows
    work = [(row, args.mode, args.verifier) for row in rows(args.path)][args.skip : last]
    statuses: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    seconds: list[tuple[float, int]] = []
    began = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        for index, (masked, report, took) in enumerate(pool.map(one, work, chunksize=8)):
            statuses[masked.status.value] += 1
            seconds.append((took, index))
            if report is not None:
                add(sums, masked, report)
            if args.show and index % args.show == 0:
                show(index, masked)
            if args.repaired and any(blank.audit for blank in masked.blanks):
                repaired(index, masked)
            if args.lost:
                lost(index, masked, args.lost)
    table(len(work), statuses, sums, time.perf_counter() - began, seconds)


def add(sums: Counter[str], masked: MaskedTrace, report: AuditReport) -> None:
    """Add one report to the sums."""
    sums.update(report.metrics)
    sums["incidental"] += report.incidental
    sums["expression_leaks"] += len(report.expression_leaks)
    sums["undecided"] += report.undecided
    sums["candidates"] += report.candidates
    if masked.status.shown:
        sums["shown"] += 1
        sums["leaking_shown"] += bool(report.leaks)


def show(index: int, masked: MaskedTrace) -> None:
    print(f"\n===== row {index}  {masked.status.value} {masked.reason}  target {masked.target!r}")
    print(f"--- question: {masked.question}\n--- masked: {masked.text}\n")


def repaired(index: int, masked: MaskedTrace) -> None:
    print(f"row {index} target {masked.target!r} {masked.status.value}")
    for blank in masked.blanks:
        if blank.audit:
            print("    ", repr(context(masked.trace, blank.start, blank.end)))


def lost(index: int, masked: MaskedTrace, name: str) -> None:
    for start, end in missing(masked, name):
        print(f"row {index} lost {name}: {context(masked.trace, start, end)!r}")


def context(text: str, start: int, end: int) -> str:
    return f"{text[max(0, start - 50) : start]}⟦{text[start:end]}⟧{text[end : end + 30]}"


def missing(masked: MaskedTrace, name: str) -> Iterator[tuple[int, int]]:
    """What of ``operators``, ``labels``, ``givens`` or ``words`` a mask hid."""
    from smepo.auditing.metrics import lost as spans

    yield from spans(masked, name)


def table(
    count: int,
    statuses: Counter[str],
    sums: Counter[str],
    elapsed: float,
    seconds: list[tuple[float, int]],
) -> None:
    shown = sums["shown"]
    print(f"\n{count} rows in {elapsed:.1f} s, {count / elapsed:.0f} a second with two processes")
    print("status           ", dict(statuses))
    print(f"without guidance  {count - shown} ({(count - shown) / max(1, count):.2%})")
    print(f"leaking, shown    {sums['leaking_shown']}")
    for name in KEPT:
        total, kept = sums[name], sums[f"{name}_kept"]
        print(f"{name:<17} {kept / total if total else 1:.3%} of {total:.0f} kept")
    for name in ("characters", "tokens"):
        print(f"{name:<17} {sums[f'{name}_hidden'] / max(1, sums[name]):.1%} hidden")
    for name in ("candidates", "undecided", "incidental", "expression_leaks", "blanks_audit"):
        print(f"{name:<17} {sums[name]:.0f}")
    print(f"LaTeX balance     {sums['balance_kept']:.0f} of {count}")
    kinds = {k.removeprefix("blanks_"): int(v) for k, v in sums.items() if k.startswith("blanks_")}
    print("blanks           ", kinds)
    print("slowest          ", [f"{i}: {s:.2f} s" for s, i in sorted(seconds)[:-6:-1]])


if __name__ == "__main__":
    main()
