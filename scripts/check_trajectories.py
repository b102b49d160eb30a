"""Trajectories of every converter, masked and audited: do any leak, is the plan kept, is the syntax
whole?

    python scripts/check_trajectories.py ../shared/data              # ten of each converter
    python scripts/check_trajectories.py ../shared/data --n 100 --show

Each trajectory is taken in three forms: ReAct text, messages, and text with calls of tools as JSON
in tags. Exit status 1 if one leaks or breaks, or if a converter keeps under 95 % of the plan.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import smepo
from smepo.data.convert import FORMATS, convert
from smepo.types import MaskedTrace

FILES = {
    "twowiki": "search/twowiki_train500.json",
    "musique": "search/musique_train100.json",
    "hotpotqa": "search/hotpotqa_train100.json",
    "fireact": "search/fireact_hotpotqa.jsonl",
}
KEPT = 0.95  # of the plan's words
_LINE = re.compile(r"^(Thought|Action|Observation): ", re.MULTILINE)
_ACTION = re.compile(r"Action: (search|finish|lookup)\[.*\]", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w'-])[a-z]+(?![\w'-])")  # of a thought or query; names are capitalised
_TAG = re.compile(r"</?[a-z_]+>")


@dataclass(slots=True)
class Found:
    """What was seen of one converter: words of plans, those that are kept, and faults."""

    masked: int = 0
    words: int = 0
    kept: int = 0
    faults: list[str] = field(default_factory=list)


def spread(rows: Sequence[dict[str, Any]], n: int) -> list[dict[str, Any]]:
    """``n`` rows from the whole of a file."""
    return [rows[i * len(rows) // n] for i in range(min(n, len(rows)))]


def tagged(trace: str) -> str:
    """A ReAct trajectory as models with tools write it: JSON calls, results and answer in tags."""
    made = []
    for line in re.split(r"\n(?=(?:Thought|Action|Observation): )", trace):
        kind, _, text = line.partition(": ")
        if kind == "Thought":
            made.append(f"<think>{text}</think>")
        elif kind == "Observation":
            made.append(f"<tool_response>{text}</tool_response>")
        else:
            name, _, argument = text.removesuffix("]").partition("[")
            call = {"name": name.lower(), "arguments": {"query": argument}}
            made.append(
                f"<answer>{argument}</answer>"
                if call["name"] == "finish"
                else f"<tool_call>{json.dumps(call, ensure_ascii=False)}</tool_call>"
            )
    return "\n".join(made)


def forms(react: str, messages: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, Any]]:
    """The name of a form and the trajectory in it."""
    yield "react", react
    yield "messages", list(messages)
    yield "tags", tagged(react)


def check(masked: MaskedTrace, trace: Any, form: str) -> list[str]:
    """What is wrong with a masked trajectory, in words."""
    if not masked.status.shown:
        return [f"{masked.status.value}: {masked.reason}"]
    report = smepo.audit(masked, verifier=smepo.verifier("search"))
    faults = [f"leaks {leak.candidate!r}" for leak in report.leaks]
    if form == "tags":
        return faults + broken_tags(masked.trace, masked.text)
    return faults + broken_lines(masked.trace, masked.text)


def broken_lines(before: str, after: str) -> list[str]:
    """Lines of another kind or order than before, and actions whose brackets are not whole."""
    faults = []
    if _LINE.findall(before) != _LINE.findall(after):
        faults.append("the order of thoughts, actions and observations is another")
    actions = [line for line in after.split("\n") if line.startswith("Action: ")]
    return faults + [f"broken: {line}" for line in actions if not _ACTION.fullmatch(line.strip())]


def broken_tags(before: str, after: str) -> list[str]:
    """Tags that are not those of before, and calls that are no JSON any more."""
    faults = [] if _TAG.findall(before) == _TAG.findall(after) else ["the tags are others"]
    for call in re.findall(r"<tool_call>(.*?)</tool_call>", after, re.DOTALL):
        try:
            if set(json.loads(call)) != {"name", "arguments"}:
                faults.append(f"no call: {call}")
        except ValueError:
            faults.append(f"no JSON: {call}")
    return faults


def plan_words(masked: MaskedTrace) -> tuple[int, int]:
    """Words of thoughts and queries that are no names, and how many of them are not hidden."""
    hidden = [(blank.start, blank.end) for blank in masked.blanks]
    words = kept = 0
    for line in re.finditer(r"^(?:Thought|Action): (?!finish).*", masked.trace, re.MULTILINE):
        for word in _WORD.finditer(masked.trace, line.start() + len("Thought"), line.end()):
            words += 1
            kept += not any(start <= word.start() < end for start, end in hidden)
    return words, kept


def examine(name: str, source: Path, n: int, show: bool = False) -> Found:
    """``n`` trajectories of a converter, in every form."""
    rows: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for style in ("react", "messages"):
            out = Path(folder) / f"{style}.jsonl"
            convert(name, source, out, style)  # type: ignore[arg-type]
            rows[style] = spread([json.loads(line) for line in out.open(encoding="utf-8")], n)
    found = Found()
    for row, said in zip(rows["react"], rows["messages"], strict=True):
        assert row["id"] == said["id"]
        for form, trace in forms(row["trace"], said["trace"]):
            masked = smepo.mask(
                trace,
                domain="search",
                question=row["question"],
                target=row["target"],
                aliases=row["aliases"],
            )
            found.masked += 1
            faults = check(masked, trace, form)
            found.faults += [f"{row['id']}, {form}: {fault}" for fault in faults]
            if form == "react":
                words, kept = plan_words(masked)
                found.words, found.kept = found.words + words, found.kept + kept
            if show and form == "react":
                print(f"{row['id']} {row['question']}\n{masked.text}\n")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--n", type=int, default=10)
    parser.add_argument("--show", action="store_true", help="print the masked trajectories")
    args = parser.parse_args()
    failed = False
    for name in FORMATS:
        found = examine(name, args.data / FILES[name], args.n, args.show)
        share = found.kept / found.words
        print(f"{name}: {found.masked} masked, {len(found.faults)} faults, plan kept {share:.1%}")
        for fault in found.faults:
            print(f"  {fault}")
        failed |= bool(found.faults) or share < KEPT
    sys.exit(failed)


if __name__ == "__main__":
    main()
