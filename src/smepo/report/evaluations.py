"""Results of `smepo eval` for the page: one, or two of the same problems."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from smepo.errors import InputError
from smepo.evaluation.flips import compare, read_records, share
from smepo.evaluation.results import ProblemRecord, collect
from smepo.report.collect import target_text
from smepo.report.data import Attempt, Case, Change, Evaluation, Measure, Point, Result
from smepo.report.searching import of_summary
from smepo.types import VerdictStatus

LEVELS = ("level", "difficulty")  # columns of a record that say how hard a problem is
SETTINGS = (
    "model endpoint data benchmark domain temperature top_p max_tokens max_new_tokens seed system"
).split()

FIELDS = ("question", "target", "completions", "statuses", "scores")  # of a record
SUMMARY = 1 << 20  # bytes; a larger .json is a data set

Record = Mapping[str, Any]


def is_evaluation(path: Path) -> bool:
    """True for the summary or the records of `smepo eval --out`, or a folder that holds one."""
    if path.is_dir():
        return any(is_evaluation(file) for file in path.glob("*.json"))
    if not path.is_file() or path.suffix not in (".json", ".jsonl"):
        return False
    if path.suffix == ".json" and path.stat().st_size > SUMMARY:
        return False
    with path.open(encoding="utf-8", errors="replace") as lines:
        text = next(islice(lines, 1), "") if path.suffix == ".jsonl" else lines.read()
    try:
        found = json.loads(text)
    except ValueError:
        return False
    wanted = {"avg_at_k", "statuses", "settings"}
    if path.suffix == ".jsonl":
        wanted = {"completions", "statuses", "question"}
    return isinstance(found, dict) and wanted <= found.keys()


def evaluation(paths: Iterable[Path], limit: int) -> Evaluation:
    """One or two results, with at most ``limit`` problems to read.

    Raises InputError for what is no result, and for two that share no problem.
    """
    files = [records_file(path) for path in paths]
    held = [read_records(file, FIELDS) for file in files]
    summaries = [_summary(file, records) for file, records in zip(files, held, strict=True)]
    titles = _titles(files)
    results = [
        _result(title, summary, len(records))
        for title, summary, records in zip(titles, summaries, held, strict=True)
    ]
    ids = list(dict.fromkeys(id for records in held for id in records))
    return Evaluation(
        results=tuple(results),
        cases=tuple(_case(id, held) for id in ids[:limit]),
        cases_total=len(ids),
        change=_change(files) if len(files) == 2 else None,
        domain=str(summaries[0]["settings"].get("domain", "")),
    )


def records_file(path: Path) -> Path:
    """The records (.jsonl) of a summary, of themselves, or of the one result in a folder."""
    if path.is_dir():
        found = [file for file in sorted(path.glob("*.json")) if is_evaluation(file)]
        if len(found) != 1:
            names = ", ".join(file.name for file in found) or "none"
            raise InputError(f"{path}: give one result of `smepo eval`; this folder has: {names}")
        path = found[0]
    if not is_evaluation(path):
        raise InputError(f"{path}: no result of `smepo eval --out`")
    records = path.with_suffix(".jsonl")
    if not records.is_file():
        raise InputError(f"{path}: its records are missing; they should be in {records}")
    return records


def _summary(file: Path, records: Mapping[str, Record]) -> Mapping[str, Any]:
    """As it was written beside the records, else from them."""
    beside = file.with_suffix(".json")
    if beside.is_file() and is_evaluation(beside):
        held: Mapping[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
        return held
    problems = [_problem(record) for record in records.values()]
    k = max((len(one.statuses) for one in problems), default=1)
    summed = collect(problems, k=k, seed=0, seconds=0.0, truncated=0, settings={})
    return {**summed.summary(), "truncated": None}  # records do not tell


def _problem(record: Record) -> ProblemRecord:
    statuses = tuple(VerdictStatus(status) for status in record["statuses"])
    return ProblemRecord(
        id=str(record["id"]),
        question=record["question"],
        target=record["target"],
        completions=tuple(record["completions"]),
        statuses=statuses,
        scores=tuple(record["scores"]),
        extracted=tuple(record.get("extracted") or [None] * len(statuses)),
        tokens=tuple(record.get("tokens") or ()),
        undecided=tuple(VerdictStatus(s) for s in record["undecided"]),
    )


def _result(title: str, summary: Mapping[str, Any], problems: int) -> Result:
    k = int(summary["k"])
    named = [(f"avg@{k}", summary["avg_at_k"])]
    named += [(f"pass@{n}", value) for n, value in summary["pass_at"].items() if n != "1"]
    majority = summary.get("maj_at_k")
    if majority is not None and k > 1:
        named.append((f"maj@{k}", majority))
    settings = summary["settings"]
    return Result(
        title=title,
        k=k,
        problems=problems,
        measures=tuple(_measure(name, value) for name, value in named),
        statuses=summary["statuses"],
        undecided=int(summary.get("undecided_problems", 0)),
        truncated=summary["truncated"],
        settings={n: str(settings[n]) for n in SETTINGS if settings.get(n) is not None},
        searched=of_summary(summary, title) if "episodes" in summary else None,
    )


def _measure(name: str, value: Mapping[str, Any]) -> Measure:
    known = value["value"] is not None
    point = Point(0, value["value"], value["low"], value["high"]) if known else None
    return Measure(name, point, int(value["problems"]))


def _case(id: str, held: Sequence[Mapping[str, Record]]) -> Case:
    records = [records.get(id) for records in held]
    first = next(record for record in records if record is not None)
    columns = first.get("columns") or {}
    return Case(
        id=id,
        question=first["question"],
        target=target_text(first["target"]),
        sides=tuple(() if record is None else _attempts(record) for record in records),
        rates=tuple(None if record is None else share(record) for record in records),
        level=next((str(columns[name]) for name in LEVELS if columns.get(name)), ""),
    )


def _attempts(record: Record) -> tuple[Attempt, ...]:
    count = len(record["completions"])
    extracted = record.get("extracted") or [None] * count
    tokens = record.get("tokens") or [None] * count
    rows = zip(record["completions"], record["statuses"], extracted, tokens, strict=True)
    return tuple(Attempt(text, status, found or "", n) for text, status, found, n in rows)


def _change(files: Sequence[Path]) -> Change:
    found = compare(*files)
    return Change(
        problems=found.problems,
        difference=Point(0, found.difference, found.low, found.high),
        gained=len(found.gained),
        lost=len(found.lost),
        p=found.p,
        aside=found.only_a + found.only_b + found.left_out,
    )


def _titles(files: Sequence[Path]) -> list[str]:
    """The names of the files, with their folders where the names are equal; the steps of a run."""
    names = [_step(file.stem) or file.stem for file in files]
    if len(set(names)) == len(names):
        return names
    return [f"{file.resolve().parent.name}/{file.stem}" for file in files]


def _step(name: str) -> str:
    """``step-000060`` is step 60; empty for other names."""
    head, _, number = name.partition("-")
    return f"step {int(number)}" if head == "step" and number.isdecimal() else ""
