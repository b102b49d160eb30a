"""Ten mechanical mutations of each of 200 LeetCode solutions: what is wrong must score 0.

    python scripts/mutate_solutions.py ../shared/data --write docs/mutants.md

A mutant that scores 1 is a survivor. It is run beside its original on inputs beyond the row's
tests (``--inputs``, drawn like the row's own: ranges, lengths, alphabets, order and distinctness
are kept, see ``differential``), and is listed as

- *same*: every result was the same, so nothing that was tried tells the two programs apart;
- *weak tests*: some input tells them apart, which the table names: the row's tests miss the fault;
- *open*: no input could be drawn, or none whose result reaches the modulus that was changed.

Then each input that tells a survivor apart becomes a further test of its row, and the survivors
with *weak tests* are judged once more, beside the row's own solution: by tests that ask for it they
score 0 and it scores 1. Exit status 1 if a survivor is open or one of these does not.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from code_references import BATCH, records
from differential import Difference, compare
from mutants import OPERATORS, Mutant, mutants
from smepo.types import Verdict, VerdictStatus
from smepo.verifiers.code import CodeVerifier

MODULUS = "10 ** 9 + 7"  # of results that grow: another one is another answer, if one is reached
START, END = "<!-- table of mutate_solutions.py -->", "<!-- end of the table -->"


class Trial(NamedTuple):
    """A mutant of a row."""

    row: dict[str, Any]
    mutant: Mutant


def main() -> int:
    """Mutate, judge, compare, print; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder with the public data sets")
    parser.add_argument("--solutions", type=int, default=200)
    parser.add_argument("--each", type=int, default=10, help="mutants of a solution")
    parser.add_argument("--inputs", type=int, default=1000, help="beyond the row's, for survivors")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=2.0, help="seconds of CPU for one call")
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--write", type=Path, help="a page with markers for the table")
    options = parser.parse_args()
    verifier = CodeVerifier(timeout=options.timeout, total=20.0, workers=options.workers)
    trials = drawn(options.data, options.solutions, options.each, options.seed)
    began = time.perf_counter()
    verdicts = judged(verifier, trials)
    survivors = [
        trial
        for trial, verdict in zip(trials, verdicts, strict=True)
        if verdict.status is VerdictStatus.CORRECT
    ]
    found = []
    for at, trial in enumerate(survivors):
        told = f"survivor {at + 1} of {len(survivors)}: {trial.row['task_id']}"
        print(f"{told:<70}", end="\r", file=sys.stderr, flush=True)
        far = MODULUS in trial.mutant.before
        found.append(compare(trial.row, trial.mutant.code, options.inputs, options.seed, far=far))
    weak = [(t, one) for t, one in zip(survivors, found, strict=True) if one.test]
    again, own = judged_again(verifier, weak)
    counted = strengthened(again, own)
    text = "\n".join([*summary(trials, verdicts), "", *table(survivors, found, counted)])
    print(text)
    print(f"\n{time.perf_counter() - began:.0f} s at load {os.getloadavg()[0]:.1f}")
    if options.write:
        write(options.write, text)
    missed = any(v.score for v in again) or not all(v.score for v in own)
    return int(missed or " | open | " in text)


def drawn(data: Path, solutions: int, each: int, seed: int) -> list[Trial]:
    """``each`` mutants of ``solutions`` rows, drawn from those that have so many."""
    rows = list(records(data / "code" / "leetcode_train.jsonl.gz"))
    trials: list[Trial] = []
    for at, row in enumerate(random.Random(seed).sample(rows, len(rows))):
        made = mutants(row["completion"], each, seed + at)
        if len(made) == each:
            trials += [Trial(row, one) for one in made]
        if len(trials) == solutions * each:
            break
    return trials


def judged(verifier: CodeVerifier, trials: list[Trial]) -> list[Verdict]:
    """The verdicts, in order."""
    verdicts: list[Verdict] = []
    for at in range(0, len(trials), BATCH):
        pairs = []
        for row, mutant in trials[at : at + BATCH]:
            target = {key: row[name] for key, name in COLUMNS.items()}
            pairs.append((verifier.wrap(mutant.code), target))
        verdicts += verifier.many(pairs)
        print(f"{len(verdicts)} of {len(trials)}", end="\r", file=sys.stderr, flush=True)
    return verdicts


def judged_again(
    verifier: CodeVerifier, weak: list[tuple[Trial, Difference]]
) -> tuple[list[Verdict], list[Verdict]]:
    """Survivors by their row's tests and the inputs that tell one of the row's survivors apart;
    the rows' own solutions by the same tests."""
    rows: dict[str, dict[str, Any]] = {}
    for (row, _), one in weak:
        known = rows.setdefault(row["task_id"], row)
        rows[row["task_id"]] = known | {"test": f"{known['test'].rstrip()}\n    {one.test}\n"}
    trials = [Trial(rows[row["task_id"]], mutant) for (row, mutant), _ in weak]
    own = [Trial(row, Mutant("none", "", "", row["completion"])) for row in rows.values()]
    return judged(verifier, trials), judged(verifier, own)


def strengthened(again: list[Verdict], own: list[Verdict]) -> str:
    """What the second judgement found, as a sentence."""
    zero, right = sum(not v.score for v in again), sum(bool(v.score) for v in own)
    return (
        f"With the inputs shown as further tests of their rows {zero} of the {len(again)} that an "
        f"input tells apart score 0, and {right} of these {len(own)} rows' own solutions score 1."
    )


COLUMNS = {"tests": "test", "entry_point": "entry_point", "setup": "prompt"}


def summary(trials: list[Trial], verdicts: list[Verdict]) -> list[str]:
    """A line an operator, and one for all."""
    lines = ["| operator | mutants | score 0 | wrong | timeout | other | score 1 |"]
    lines.append("|---|---|---|---|---|---|---|")
    by_name: dict[str, Counter[str]] = {name: Counter() for name in OPERATORS}
    for trial, verdict in zip(trials, verdicts, strict=True):
        by_name[trial.mutant.operator][verdict.status.value] += 1
    for name, counts in [*by_name.items(), ("**all**", sum(by_name.values(), Counter()))]:
        total, right = counts.total(), counts["correct"]
        other = total - right - counts["wrong"] - counts["timeout"]
        lines.append(
            f"| {name} | {total:,} | {total - right:,} | {counts['wrong']:,} "
            f"| {counts['timeout']:,} | {other} | {right} |"
        )
    return lines


def table(survivors: list[Trial], found: list[Difference], counted: str) -> list[str]:
    """A line a survivor: what was changed, and what tells the programs apart, if anything."""
    lines = [
        "| row | operator | before | after | verdict | evidence |",
        "|---|---|---|---|---|---|",
    ]
    for (row, mutant), one in zip(survivors, found, strict=True):
        cells = [row["task_id"], mutant.operator, code(mutant.before), code(mutant.after)]
        if not one.tried:
            cells += ["open", one.shown or "no input could be drawn"]
        elif one.shown:
            cells += ["weak tests", code(one.shown)]
        elif MODULUS in mutant.before and MODULUS not in mutant.after:
            cells += ["open", f"no result of {one.tried:,} inputs reaches the modulus"]
        else:
            cells += ["same", f"{one.tried:,} inputs beyond the tests agree"]
        lines.append("| " + " | ".join(cells) + " |")
    same, weak, untold = (
        sum(f" | {name} | " in line for line in lines) for name in ("same", "weak tests", "open")
    )
    told = f"{len(survivors)} survivors: {same} the same on all inputs tried, {weak} with tests"
    return [f"{told} that miss the fault, {untold} open.", "", counted, "", *lines]


def code(text: str, most: int = 110) -> str:
    """A cell of code."""
    text = " ".join(text.split()).replace("|", "\\|").replace("`", "'")
    return f"`{text if len(text) <= most else text[: most - 1] + '…'}`" if text else "(nothing)"


def write(page: Path, text: str) -> None:
    """Put the table between the markers of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{START}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
