"""Two evaluations of the same problems, side by side: the difference, and what flipped.

The interval of the difference is a bootstrap over problems, whose completions stay together. Where
each problem has one completion, McNemar's exact test (Psychometrika 12, 1947) on the problems that
flipped is told too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from smepo.errors import InputError
from smepo.evaluation.statistics import bootstrap
from smepo.verifiers.rewards import UNDECIDED


@dataclass(frozen=True, slots=True)
class Flip:
    """A problem whose accuracy differs, from ``a`` to ``b``."""

    id: str
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class Compared:
    """``difference`` is the mean of b - a over the shared problems with its 95 % interval.

    ``left_out`` counts problems of which one side has nothing judged; ``p`` is McNemar's, None for
    several completions a problem.
    """

    problems: int
    a: float
    b: float
    difference: float
    low: float
    high: float
    gained: tuple[Flip, ...]
    lost: tuple[Flip, ...]
    only_a: int
    only_b: int
    left_out: int
    p: float | None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compare(a: str | Path, b: str | Path) -> Compared:
    """Compare the records that ``smepo eval --out`` wrote (``X.json`` or its ``X.jsonl``).

    Raises InputError for files that hold no records, or records without a shared problem.
    """
    first, second = read_records(Path(a)), read_records(Path(b))
    shared = [id for id in first if id in second]
    if not shared:
        raise InputError(f"{a}, {b}: no problem is in both")
    for id in shared:
        if first[id]["question"] != second[id]["question"]:
            raise InputError(f"{a}, {b}: problem {id} has another question in each")
    pairs = [(id, share(first[id]), share(second[id])) for id in shared]
    known = [(id, x, y) for id, x, y in pairs if x is not None and y is not None]
    if not known:
        raise InputError(f"{a}, {b}: nothing was judged in both")
    differences = [y - x for _, x, y in known]
    low, high = bootstrap(differences)
    flips = [Flip(id, x, y) for id, x, y in known if x != y]
    gained = tuple(flip for flip in flips if flip.b > flip.a)
    lost = tuple(flip for flip in flips if flip.b < flip.a)
    single = all(len(held[id]["statuses"]) == 1 for held in (first, second) for id in shared)
    return Compared(
        problems=len(known),
        a=math.fsum(x for _, x, _ in known) / len(known),
        b=math.fsum(y for _, _, y in known) / len(known),
        difference=math.fsum(differences) / len(known),
        low=low,
        high=high,
        gained=gained,
        lost=lost,
        only_a=len(first) - len(shared),
        only_b=len(second) - len(shared),
        left_out=len(pairs) - len(known),
        p=mcnemar(len(gained), len(lost)) if single else None,
    )


def mcnemar(gained: int, lost: int) -> float:
    """The two-sided exact p value that gains and losses are equally likely.

    >>> mcnemar(5, 5), round(mcnemar(10, 1), 4)
    (1.0, 0.0117)
    """
    n = gained + lost
    tail: float = sum(math.comb(n, i) for i in range(min(gained, lost) + 1)) / 2**n
    return min(1.0, 2 * tail)


def read_records(
    path: Path, needed: Sequence[str] = ("question", "statuses")
) -> dict[str, Mapping[str, Any]]:
    """The records beside ``path`` by id, each with ``undecided``.

    Raises InputError for a missing file, and for a line without ``id`` or a field of ``needed``.
    """
    file = path.with_suffix(".jsonl")
    if not file.is_file():
        raise InputError(f"{file}: no such file; `smepo eval ... --out {path}` writes it")
    found: dict[str, Mapping[str, Any]] = {}
    lines = file.read_text(encoding="utf-8").split("\n")  # a text may hold other line ends
    for number, line in enumerate(line for line in lines if line):
        try:
            record = {"undecided": UNDECIDED, **json.loads(line)}
        except (ValueError, TypeError) as error:
            raise InputError(f"{file}, row {number}: no record of `smepo eval`: {error}") from error
        if missing := {"id", *needed} - record.keys():
            lack = ", ".join(sorted(missing))
            raise InputError(f"{file}, row {number}: no record of `smepo eval`: no {lack}")
        found[str(record["id"])] = record
    return found


def share(record: Mapping[str, Any]) -> float | None:
    """The share of right completions among those that were judged; None where none was."""
    statuses: Sequence[str] = record["statuses"]
    judged = [status for status in statuses if status not in record["undecided"]]
    return judged.count("correct") / len(judged) if judged else None
