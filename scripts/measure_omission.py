"""Does hiding point at the target? The omission attack on a data file, guess by guess.

    python scripts/measure_omission.py ../shared/data/math/gsm8k_train.jsonl

Masks every row twice: for its own target, and for a random one of the same kind for that row. What
a guess gains on the first mask over the second can only come from hiding. ``--control`` does the
same with two masks that look at the target, to show what is found where there is something: one
hides its target and nothing else, the other every number but customary constants, the 2 of
``x^2`` or ``/2``, and those too where they are the target. A third, for comparison, never looks.
"""

from __future__ import annotations

import argparse
import functools
import random
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from measure_masking import rows
from smepo.auditing.exchange import of_kind, pools_of
from smepo.auditing.omission import Advantage, Trial, measure, trial
from smepo.auditing.omission import without_audit as without
from smepo.masking.detector import Context
from smepo.masking.paper import RULES
from smepo.masking.render import render
from smepo.pipeline.pool import Workers, usable_cores
from smepo.pipeline.prepare import MaskOptions, prepare, warm
from smepo.types import Prepared, Row, Span

_CUSTOMARY = re.compile(r"(?:\^\{?|/ ?|\\sqrt\{|\\frac\{)\Z")  # what such a constant follows


def masked(options: MaskOptions, row: Row) -> Prepared:
    return prepare(row, options)


def only(row: Row, target: str) -> str:
    """The trace with nothing hidden but a target, wherever it stands."""
    return re.sub(rf"(?<!\d){re.escape(target)}(?!\d)", "[NUMBER_1]", row.traces[0])


def constants(row: Row, target: str) -> str:
    """The trace without its numbers. Customary constants stay unless they are the target."""
    trace = row.traces[0]

    def stays(number: Span) -> bool:
        held = trace[number.start : number.end]
        before = trace[max(number.start - 6, 0) : number.start]
        return held in ("1", "2") and held != target and _CUSTOMARY.search(before) is not None

    numbers = RULES["math"](trace, Context(row.question))
    return render(trace, [one for one in numbers if not stays(one)], indexed=True)[0]


def attacked(row: Row, guidance: str | None, blind: str | None) -> Trial | None:
    if guidance is None:
        return None
    made = trial(row.id, row.question, guidance, row.target, blind)
    return made if made.target.kind else None


def with_other_targets(found: dict[str, tuple[Row, Trial]], seed: int) -> list[Row]:
    """Each row with a random target of the same kind."""
    pools = pools_of([one.target for _, one in found.values()])
    changed = []
    for name, (row, one) in found.items():
        chances = of_kind(one.target, pools)
        pick = random.Random(f"{seed}:{name}").choices(list(chances), list(chances.values()))
        changed.append(replace(row, target=pick[0]))
    return changed


def control(held: list[Row], seed: int, title: str, mask: Callable[[Row, str], str]) -> None:
    made = {row.id: (row, attacked(row, mask(row, row.target), None)) for row in held}
    found = {name: (row, one) for name, (row, one) in made.items() if one is not None}
    pairs = [(found[other.id][0], other.target) for other in with_other_targets(found, seed)]
    trials = [attacked(row, mask(row, row.target), mask(row, target)) for row, target in pairs]
    show(title, [one for one in trials if one is not None])


def show(title: str, trials: list[Trial]) -> None:
    found = measure(trials)
    print(f"\n{title}: rows under attack {dict(found.rows)}, {found.alone} alone in their context")
    print(f"{'':20} accuracy   chance  difference  at least  gained  at least")
    for one in (found.best, found.unmatched, found.pointing, *found.predictors):
        if one is not None:
            print(line(one))


def line(one: Advantage) -> str:
    text = f"{one.name:20} {one.accuracy:8.2%} {one.chance:8.2%}"
    text += f" {one.difference:+11.2%} {one.low:+9.2%}"
    if one.gained is None or one.gained_low is None:
        return text
    return f"{text} {one.gained:+7.2%} {one.gained_low:+9.2%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--control", action="store_true", help="masks that look at the target")
    args = parser.parse_args()
    held = [Row(str(n), q, t, (trace,)) for n, (q, t, trace) in enumerate(rows(args.path))]
    held = held[: args.rows]
    if args.control:
        control(held, args.seed, "the target alone is hidden", only)
        control(held, args.seed, "constants are hidden where they are the target", constants)
        control(held, args.seed, "constants are never hidden", lambda row, _: constants(row, ""))
        return
    options = MaskOptions(domain="math")
    one = functools.partial(masked, options)
    with Workers(usable_cores(), functools.partial(warm, options)) as pool:
        ours = list(pool.ordered(one, held))
        plain = {}
        for prepared in ours:
            text = prepared.guidance
            blind = None if text is None else without(text, prepared.blanks)
            if (made := attacked(prepared.row, text, blind)) is not None:
                plain[prepared.row.id] = (prepared.row, made)
        show("against the mask without the audit's blanks", [made for _, made in plain.values()])
        others = list(pool.ordered(one, with_other_targets(plain, args.seed)))
    guidance = {prepared.row.id: prepared.guidance for prepared in ours}
    compared = [
        attacked(plain[other.row.id][0], guidance[other.row.id], other.guidance)
        for other in others
        if other.guidance is not None
    ]
    show("against the mask for a random target", [made for made in compared if made is not None])
    held_back = sum(prepared.guidance is None for prepared in ours)
    print(f"\n{len(held):,} rows, {held_back:,} without guidance")


if __name__ == "__main__":
    main()
