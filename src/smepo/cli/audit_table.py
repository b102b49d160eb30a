"""The tables of `smepo audit`: one data set as it stands, or modes side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from smepo.auditing.omission import Advantage, Omission
from smepo.cli import dataset
from smepo.pipeline.audit import Audited
from smepo.pipeline.tally import STRUCTURE
from smepo.types import Status

_NAMES = {"words": "plan words", "balance": "LaTeX balance", "json": "JSON"}


def show_one(console: Console, audited: Audited, source: str, seconds: float, workers: int) -> None:
    """The guidance of one data set."""
    tally = audited.tally
    counts, rows = tally.counts, tally.counts["rows"]
    made = dataset.table(f"{rows:,} rows of {source}")
    dataset.add_row(made, "with guidance", counts["guided"], rows)
    if rows - counts["guided"] - counts["quarantined"]:
        missing = rows - counts["guided"] - counts["quarantined"]
        dataset.add_row(made, "without guidance", missing, rows)
    if counts["quarantined"]:
        reasons = ", ".join(f"{reason} ({n:,})" for reason, n in tally.reasons.most_common(5))
        dataset.add_row(made, "not readable", counts["quarantined"], rows, reasons)
    remark = f"of {counts['candidates']:,} candidates put to the verifier"
    dataset.add_row(made, "leaking", counts["leaking"], counts["audited"], remark)
    undecided = tally.statuses[Status.ERROR]
    if undecided:
        dataset.add_row(made, "undecided", undecided, counts["audited"], "time-outs and errors")
    if counts["expression_leaks"]:
        made.add_row(
            "expression leaks", f"{counts['expression_leaks']:,}", "", "for rewards that take 6*7"
        )
    if counts["incidental"]:
        made.add_row("incidental", f"{counts['incidental']:,}", "", "digits of labels and lists")
    dataset.add_shares(made, tally)
    if audited.omission.best is not None:
        made.add_row("omission", "", "", Text(_said(audited.omission)))
    made.add_row("time", "", "", Text(f"{seconds:.1f} s, {workers} workers"))
    console.print(made)
    if (worst := dataset.worst_leaks(tally)) is not None:
        console.print(worst)


def _said(omission: Omission) -> str:
    best, kind, pointing = omission.best, omission.unmatched, omission.pointing
    assert best is not None
    assert kind is not None
    rows = sum(omission.rows.values())
    text = f"{rows:,} rows, the best guess from the blanks: "
    if pointing is not None and pointing.gained is not None and pointing.gained_low is not None:
        low = _signed(pointing.gained_low)
        text += f"{_signed(pointing.gained)} points by hiding (at least {low}); "
    text += f"{_signed(best.difference)} over chance in the same context ({_signed(best.low)}), "
    return text + f"{_signed(kind.difference)} over chance ({_signed(kind.low)})"


def show_modes(
    console: Console, found: Sequence[Audited], source: str, seconds: float, workers: int
) -> None:
    """One column a mode, one line a measure."""
    rows = found[0].tally.counts["rows"]
    made = Table(title=Text(f"{rows:,} rows of {source}"), title_justify="left", box=None)
    made.add_column("", no_wrap=True)
    for one in found:
        made.add_column(one.mode, justify="right")
    for name, cell in _measures(found):
        cells = [cell(one) for one in found]
        if any(cells):
            made.add_row(Text(name), *(Text(text or "-") for text in cells))
    console.print(made)
    if found[0].tally.counts["quarantined"]:
        reasons = found[0].tally.reasons.most_common(5)
        said = ", ".join(f"{reason} ({n:,})" for reason, n in reasons)
        console.print(Text(f"not readable: {said}"))
    console.print(Text(f"{seconds:.1f} s, {workers} workers"))


Cell = Callable[[Audited], str]


def _measures(found: Sequence[Audited]) -> list[tuple[str, Cell]]:
    counts = {
        "rows with guidance": "guided",
        "rows that leak": "leaking",
        "... and are shown": "leaking_shown",
        "candidates": "candidates",
        "undecided candidates": "undecided",
        "incidental": "incidental",
        "expression leaks": "expression_leaks",
    }
    kinds = sorted({kind for one in found for kind in one.tally.hidden_by_kind()["characters"]})
    return [
        *((name, _count(key)) for name, key in counts.items()),
        *((f"{name} hidden", _hidden(name)) for name in ("characters", "tokens")),
        *((f"  as {kind}", _by_kind(kind)) for kind in kinds),
        *((f"{_NAMES.get(name, name)} kept", _kept(name)) for name in (*STRUCTURE, "balance")),
        ("omission, by hiding", lambda one: _gained(one.omission.pointing)),
        ("  at least", lambda one: _gained_low(one.omission.pointing)),
        ("  in the same context", lambda one: _points(one.omission.best)),
        ("  at least", lambda one: _low(one.omission.best)),
        ("  over chance", lambda one: _points(one.omission.unmatched)),
        ("  at least", lambda one: _low(one.omission.unmatched)),
    ]


def _count(key: str) -> Cell:
    return lambda one: f"{one.tally.counts[key]:,}"


def _hidden(name: str) -> Cell:
    return lambda one: _percent(one.tally.hidden()[name])


def _by_kind(kind: str) -> Cell:
    def cell(one: Audited) -> str:
        held = one.tally.hidden_by_kind()
        shares = [held[name].get(kind) for name in ("characters", "tokens")]
        return "" if None in shares else " / ".join(map(_percent, shares))

    return cell


def _kept(name: str) -> Cell:
    return lambda one: _percent(one.tally.structure()[name])


def _percent(share: float | None) -> str:
    return "" if share is None else dataset.percent(share)


def _signed(share: float) -> str:
    """A difference of shares, in points; never -0.00."""
    return f"{round(100 * share, 2) + 0.0:+.2f}"


def _points(best: Advantage | None) -> str:
    return "" if best is None else _signed(best.difference)


def _low(best: Advantage | None) -> str:
    return "" if best is None else _signed(best.low)


def _gained(best: Advantage | None) -> str:
    return "" if best is None or best.gained is None else _signed(best.gained)


def _gained_low(best: Advantage | None) -> str:
    return "" if best is None or best.gained_low is None else _signed(best.gained_low)
