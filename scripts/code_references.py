"""Every solution of three public sets against its own tests: what is right must score 1.

    python scripts/code_references.py ../shared/data

Sets: LeetCode solutions, LeetCode written answers with their fenced program, HumanEval, MBPP. The
table counts verdicts by status; whatever is not correct is named below it with the reason.
``--only NAME`` takes one set, ``--sample N`` so many rows of each, drawn with ``--seed``.
Exit status 1 if a solution scores 0 that is not known to fail its own tests.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from smepo.types import Verdict, VerdictStatus
from smepo.verifiers.code import CodeVerifier

BATCH = 50
# id -> why a solution fails its own tests
KNOWN = {"word-ladder-ii": "the order of its answer depends on that of a set of strings"}


class Reference(NamedTuple):
    """A solution: the row's id, a completion that holds it, and the row's target."""

    id: str
    completion: str
    target: dict[str, Any]


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a jsonl file, packed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            yield json.loads(line)


def leetcode(data: Path, verifier: CodeVerifier, column: str = "completion") -> list[Reference]:
    """``column``: "completion" is the bare program, "response" the answer with prose around it."""
    return [
        Reference(
            row["task_id"],
            verifier.wrap(row[column]) if column == "completion" else row[column],
            {"tests": row["test"], "entry_point": row["entry_point"], "setup": row["prompt"]},
        )
        for row in records(data / "code" / "leetcode_train.jsonl.gz")
    ]


def humaneval(data: Path, verifier: CodeVerifier) -> list[Reference]:
    """The prompt and the solution are one program."""
    return [
        Reference(
            row["task_id"],
            verifier.wrap(row["prompt"] + row["canonical_solution"]),
            # some tests call helpers that the prompt defines
            {"tests": row["test"], "entry_point": row["entry_point"], "setup": row["prompt"]},
        )
        for row in records(data / "code" / "HumanEval.jsonl.gz")
    ]


def mbpp(data: Path, verifier: CodeVerifier) -> list[Reference]:
    """Lists of assertions."""
    return [
        Reference(
            str(row["task_id"]),
            verifier.wrap(row["code"]),
            {
                "tests": row["test_list"] + row["challenge_test_list"],
                "setup": row["test_setup_code"],
            },
        )
        for row in records(data / "code" / "mbpp.jsonl")
    ]


SETS: dict[str, Callable[[Path, CodeVerifier], list[Reference]]] = {
    "LeetCode solutions": leetcode,
    "LeetCode responses": lambda data, verifier: leetcode(data, verifier, "response"),
    "HumanEval": humaneval,
    "MBPP": mbpp,
}


def main() -> int:
    """Judge, print the table; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder with the public data sets")
    parser.add_argument("--only", choices=SETS, action="append")
    parser.add_argument("--sample", type=int, help="so many rows of each set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--isolation", default="rlimits", help="refuse weaker levels")
    options = parser.parse_args()
    verifier = CodeVerifier(isolation=options.isolation, workers=options.workers)
    print("| set | rows | correct | other | seconds | level |\n|---|---|---|---|---|---|")
    unexpected = []
    for name in options.only or SETS:
        references = SETS[name](options.data, verifier)
        if options.sample:
            draw = random.Random(options.seed)
            references = draw.sample(references, min(options.sample, len(references)))
        began = time.perf_counter()
        verdicts = judged(verifier, references)
        seconds = time.perf_counter() - began
        counts = Counter(verdict.status.value for verdict in verdicts)
        right = counts.pop("correct", 0)
        other = ", ".join(f"{count} {status}" for status, count in counts.items()) or "-"
        levels = "/".join(sorted({v.detail.split(":")[0] for v in verdicts}))
        print(
            f"| {name} | {len(verdicts):,} | {right:,} | {other} | {seconds:.0f} | {levels} |",
            flush=True,
        )
        unexpected += [
            (name, reference.id, verdict)
            for reference, verdict in zip(references, verdicts, strict=True)
            if verdict.status is not VerdictStatus.CORRECT
        ]
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, row, verdict in unexpected:
        why = f" (known: {KNOWN[row]})" if row in KNOWN else ""
        print(f"{name}, {row}: {verdict.status.value}, {verdict.detail}{why}")
    return int(any(row not in KNOWN for _, row, _ in unexpected))


def judged(verifier: CodeVerifier, references: list[Reference]) -> list[Verdict]:
    """The verdicts, in order."""
    verdicts: list[Verdict] = []
    for at in range(0, len(references), BATCH):
        part = references[at : at + BATCH]
        verdicts += verifier.many([(one.completion, one.target) for one in part])
        print(f"{len(verdicts)} of {len(references)}", end="\r", file=sys.stderr, flush=True)
    return verdicts


if __name__ == "__main__":
    sys.exit(main())
