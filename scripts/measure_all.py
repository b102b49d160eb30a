"""Mask and audit six public data sets and write one table: what leaks, and what is kept.

    python scripts/measure_all.py ../shared/data --write docs/experiments.md

Every set is masked by `critical-path` and, as the control, by `paper`; both are judged by the same
audit. ``--rows N`` takes the first N rows of each set, ``--only NAME`` one of them; with
``--keep FILE`` the table holds the results of earlier runs too.

Structure is counted over what a plan is made of: for math the whole trace, for code the text
outside of fences, inline code and formulas, for search thoughts and queries without observations
and conclusions ("So ...", "the answer is ...", `finish[...]`). In search a plan word is one in
small letters outside of names, and a given is a name that the question has, unless it is the
answer: that is hidden where a thought concludes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from smepo.auditing.metrics import structure
from smepo.data.convert import converter
from smepo.pipeline.prepare import MaskOptions, prepare
from smepo.pipeline.tally import Tally
from smepo.types import Blank, MaskedTrace, Prepared, Row

MODES = ("critical-path", "paper")
CHUNK = 8
_CODE = re.compile(
    r"^[ \t>]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t>]*\1[^\n]*$|\Z)|`[^`\n]+`"
    r"|\\\[.*?\\\]|\\\(.*?\\\)|\$[^$\n]+\$",
    re.M | re.S,
)
_SEARCH = re.compile(
    r"^Observation[ \d]*:.*?(?=^(?:Thought|Action)|\Z)|finish\[.*?\]\s*$"
    r"|\b(?:So|Thus|Hence|Therefore)\b[^.\n]*|\banswer (?:is|should be)\b[^.\n]*",
    re.M | re.S,
)
_SMALL = re.compile(r"(?<![\w'’-])[a-z]{2,}(?:['’]s)?(?![\w'’-])")
_SMALL_PARTS = "of|the|de|and|in|von|van|bin|ibn|di|der|la|del|ja"
_NAME = re.compile(rf"[A-Z][\w'’-]+(?: (?:(?:{_SMALL_PARTS}) )*[A-Z][\w'’-]+)*")
_VALUED = frozenset("yes no one two three four five six seven eight nine ten".split())


@dataclass(frozen=True)
class DataSet:
    """A public file: its domain, and how a record becomes a row."""

    name: str
    path: str
    domain: str
    row: Callable[[dict[str, Any]], Row]


def plain(question: str, target: str, trace: str) -> Callable[[dict[str, Any]], Row]:
    return lambda record: Row("", record[question], str(record[target]), (record[trace],))


def gsm8k(record: dict[str, Any]) -> Row:
    answer = record["answer"]
    return Row("", record["question"], answer.split("####")[1].strip(), (answer,))


def leetcode(record: dict[str, Any]) -> Row:
    target = {
        "tests": record["test"],
        "entry_point": record["entry_point"],
        "setup": record["prompt"],
    }
    return Row("", record["query"], target, (record["response"],))


def trajectory(name: str) -> Callable[[dict[str, Any]], Row]:
    def row(record: dict[str, Any]) -> Row:
        made = converter(name)(record, "react")
        target = made.target if len(made.target) > 1 else made.target[0]
        return Row("", made.question, target, (made.trace,), made.as_json())

    return row


SETS = (
    DataSet(
        "scaf800", "math/scaf800.json", "math", plain("query", "ground_truth", "full_reasoning")
    ),
    DataSet("GSM8K train", "math/gsm8k_train.jsonl", "math", gsm8k),
    DataSet(
        "AIME 1983-2023", "math/aime_1983_2023.json", "math", plain("problem", "answer", "solution")
    ),
    DataSet("LeetCode", "code/leetcode_train.jsonl.gz", "code", leetcode),
    DataSet("FireAct", "search/fireact_hotpotqa.jsonl", "search", trajectory("fireact")),
    DataSet("2Wiki", "search/twowiki_train500.json", "search", trajectory("twowiki")),
)


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a JSON array or of JSON lines, gzipped or not."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        text = file.read()
    found: list[dict[str, Any]] = (
        json.loads(text) if text.lstrip()[:1] == "[" else [json.loads(x) for x in text.splitlines()]
    )
    return found


def measure(work: tuple[str, str, list[dict[str, Any]]]) -> Tally:
    """A chunk of one data set under one mode."""
    name, mode, found = work
    data = next(data for data in SETS if data.name == name)
    options = MaskOptions(domain=data.domain, mode=mode)
    tally = Tally()
    for record in found:
        row = data.row(record)
        done = prepare(row, options)
        if done.report is not None:
            metrics = {**done.report.metrics, **json_lines(done), **plan(done, data.domain)}
            done = replace(done, report=replace(done.report, metrics=metrics))
        elif done.guidance is not None:  # there is no verifier to audit with
            whole = outside(done, [])
            tally.metrics.update({**structure(whole), **plan(done, data.domain)})
            tally.counts["compared"] += 1
        tally.counts["rows"] += 1
        tally.add(done)
    return tally


def plan(done: Prepared, domain: str) -> dict[str, float]:
    """The structure of what a plan is made of, instead of that of the whole trace."""
    trace = done.row.traces[0]
    if domain == "math" or done.guidance is None:
        return {"balance": 1}
    if domain == "code":  # a list in a program is code
        counts = structure(outside(done, [m.span() for m in _CODE.finditer(trace)]))
        named = ("operators", "labels", "givens", "words")
        return {"json": 0, **{k: v for k, v in counts.items() if k.startswith(named)}}
    rest = outside(done, [m.span() for m in _SEARCH.finditer(trace)])
    hidden = bytearray(len(rest.trace))
    for blank in rest.blanks:
        hidden[blank.start : blank.end] = b"\1" * (blank.end - blank.start)
    names = list(_NAME.finditer(rest.trace))
    inside = bytearray(len(rest.trace))
    for name in names:
        inside[name.start() : name.end()] = b"\1" * (name.end() - name.start())
    words = [
        m for m in _SMALL.finditer(rest.trace) if m[0] not in _VALUED and not inside[m.start()]
    ]
    answers = [done.row.target] if isinstance(done.row.target, str) else done.row.target or ()
    asked = {m[0] for m in _NAME.finditer(done.row.question)} - set(answers)
    named = [name for name in names if name[0] in asked and len(name[0]) > 3]
    kept = structure(rest)
    return {
        **{k: v for k, v in kept.items() if k.startswith(("operators", "labels"))},
        "words": len(words),
        "words_kept": sum(not any(hidden[slice(*m.span())]) for m in words),
        "givens": len(named),
        "givens_kept": sum(not any(hidden[slice(*m.span())]) for m in named),
    }


def outside(done: Prepared, cut: list[tuple[int, int]]) -> MaskedTrace:
    """The masked trace without the stretches ``cut``, which become one line break each."""
    trace, mode = done.row.traces[0], "critical-path"
    pieces: list[str] = []
    blanks: list[Blank] = []
    at = length = 0
    for start, end in [*cut, (len(trace), len(trace))]:
        for blank in done.blanks:
            first, last = max(blank.start, at), min(blank.end, start)
            if first < last:
                first, last = first - at + length, last - at + length
                blanks.append(
                    blank._replace(start=first, end=last, text=blank.text[: last - first])
                )
        pieces += [trace[at:start], "\n"]
        length += start - at + 1
        at = end
    joined = "".join(pieces)
    blanks = [blank._replace(text=joined[blank.start : blank.end]) for blank in blanks]
    return MaskedTrace(joined, "", tuple(blanks), "", mode, done.status, question=done.row.question)


def json_lines(done: Prepared) -> dict[str, float]:
    """How many lines of the trace are JSON objects or arrays, and how many still are."""
    trace, text = done.row.traces[0], done.guidance or ""
    lines = [n for n, line in enumerate(trace.split("\n")) if is_json(line)]
    after = text.split("\n")
    same = len(after) == trace.count("\n") + 1
    kept = sum(is_json(after[n]) for n in lines) if same else 0
    return {"json": len(lines), "json_kept": kept} if lines else {}


def is_json(line: str) -> bool:
    line = line.strip()
    if line[:1] not in ("{", "[") or line[-1:] not in ("}", "]"):
        return False
    try:
        return isinstance(json.loads(line), dict | list)
    except ValueError:
        return False


def share(tally: Tally, name: str) -> str:
    total, kept = tally.metrics[name], tally.metrics[f"{name}_kept"]
    if not total:
        return "-"
    text = percent(kept / total)
    return text if kept == total else f"{text} ({total - kept:,.0f} of {total:,.0f})"


def percent(part: float) -> str:
    """Never rounded up to 100 % nor down to 0 %."""
    text = f"{100 * part:.1f}"
    if text in ("100.0", "0.0") and part not in (0.0, 1.0):
        text = f"{100 * part:.3f}"
    return f"{text.removesuffix('.0')} %"


def leaks(tally: Tally) -> str:
    counts = tally.counts
    if counts["audited"] < counts["guided"]:
        return f"not audited ({counts['guided'] - counts['audited']:,} rows)"
    shown = counts["leaking_shown"]
    return f"{shown:,} ({percent(shown / max(1, counts['guided']))})"


def without(tally: Tally) -> str:
    rows = tally.counts["rows"]
    return f"{rows - tally.counts['guided']:,} ({percent(1 - tally.counts['guided'] / rows)})"


def hidden(tally: Tally) -> str:
    part = tally.hidden()["characters"]
    return "-" if part is None else percent(part)


LINES: tuple[tuple[str, str, Callable[[Tally], str]], ...] = (
    ("rows", "", lambda t: f"{t.counts['rows']:,}"),
    ("guided", "", lambda t: f"{t.counts['guided']:,}"),
    ("repaired by the audit", "", lambda t: f"{t.statuses['repaired']:,}"),
    ("rows without guidance", "≤ 1 %", without),
    ("rows whose guidance scores", "0", leaks),
    ("operators kept", "100 %", lambda t: share(t, "operators")),
    ("labels kept", "100 %", lambda t: share(t, "labels")),
    ("LaTeX balanced", "100 %", lambda t: share(t, "balance")),
    ("JSON lines valid", "100 %", lambda t: share(t, "json")),
    ("givens kept", "≥ 99 %", lambda t: share(t, "givens")),
    ("plan words kept", "≥ 95 %", lambda t: share(t, "words")),
    ("characters hidden", "", hidden),
)
OF_PAPER = (3, 4, 5, 6, 7, 8, 9, 10, 11)


def table(tallies: dict[tuple[str, str], Tally], names: list[str]) -> str:
    """The markdown table: data sets in columns, measures in rows, the control below."""
    lines = [f"| | want | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for label, want, show in LINES:
        cells = [show(tallies[name, MODES[0]]) for name in names]
        lines.append(f"| {label} | {want} | {' | '.join(cells)} |")
    for index in OF_PAPER:
        label, _, show = LINES[index]
        cells = [show(tallies[name, MODES[1]]) for name in names]
        lines.append(f"| `paper`: {label} | | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Put the table between its two markers."""
    first, last = "<!-- table of measure_all.py -->\n", "<!-- end of the table -->\n"
    held = path.read_text(encoding="utf-8")
    if held.count(first) != 1 or held.count(last) != 1:
        raise SystemExit(f"{path}: the markers {first.strip()} and {last.strip()} are not there")
    before, rest = held.split(first)
    path.write_text(before + first + text + last + rest.split(last)[1], encoding="utf-8")


def load(path: Path | None) -> dict[tuple[str, str], Tally]:
    """The results of earlier runs."""
    if path is None or not path.is_file():
        return {}
    held = json.loads(path.read_text(encoding="utf-8"))
    return {(name, mode): Tally.from_json(tally) for name, mode, tally in held}


def save(path: Path | None, tallies: dict[tuple[str, str], Tally]) -> None:
    if path is not None:
        held = [(name, mode, tally.as_json()) for (name, mode), tally in tallies.items()]
        path.write_text(json.dumps(held), encoding="utf-8")


def chunks(found: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(found)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder of the public data")
    parser.add_argument("--rows", type=int, default=None)
    parser.add_argument("--only", action="append", choices=[data.name for data in SETS])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=Path, help="a page with the markers of the table")
    parser.add_argument("--keep", type=Path, help="a JSON file of results, for runs with --only")
    args = parser.parse_args()
    chosen = [data for data in SETS if not args.only or data.name in args.only]
    tallies = load(args.keep)
    with ProcessPoolExecutor(args.workers) as pool:
        for data in chosen:
            found = read(args.data / data.path)[: args.rows]
            for mode in MODES:
                began, tally = time.perf_counter(), Tally()
                for part in pool.map(
                    measure, [(data.name, mode, chunk) for chunk in chunks(found)]
                ):
                    tally.merge(part)
                tallies[data.name, mode] = tally
                save(args.keep, tallies)
                seconds = time.perf_counter() - began
                print(f"{data.name}, {mode}: {seconds:.0f} s, {dict(tally.statuses)}", flush=True)
    text = table(tallies, [data.name for data in SETS if (data.name, MODES[-1]) in tallies])
    print(f"\n{text}")
    if args.write is not None:
        write(args.write, text)


if __name__ == "__main__":
    main()
