"""Tables, chart and records of evaluations for the page."""

from __future__ import annotations

from markupsafe import Markup

from smepo.report import charts
from smepo.report.data import Case, Evaluation
from smepo.report.embed import embedded
from smepo.report.text import percent

QUESTION = 160  # characters of a question in the list


def result_chart(evaluation: Evaluation) -> Markup:
    """Accuracy with its interval: every measure of one evaluation, avg@k of two."""
    results = evaluation.results
    if len(results) == 1:
        bars = [
            charts.Bar(one.name, 2, one.point, note="nothing judged") for one in results[0].measures
        ]
    else:
        bars = [
            charts.Bar(one.title, 1 + i, one.measures[0].point, note="nothing judged")
            for i, one in enumerate(results)
        ]
    return charts.forest(bars, title="Accuracy without guidance")


def measure_rows(evaluation: Evaluation) -> list[tuple[str, list[str]]]:
    """A row a measure: value, interval and problems of each result; empty where it has none."""
    names = list(dict.fromkeys(m.name for result in evaluation.results for m in result.measures))
    rows = []
    for name in names:
        cells: list[str] = []
        for result in evaluation.results:
            found = next((m for m in result.measures if m.name == name), None)
            point = found.point if found else None
            if found is None or point is None:
                cells += ["", "", str(found.problems) if found else ""]
                continue
            low, high = point.low, point.high
            interval = "" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}"
            cells += [percent(point.value), interval, f"{found.problems:,}"]
        rows.append((name, cells))
    return rows


def change_words(evaluation: Evaluation) -> list[str]:
    """What changed between two results, in sentences; nothing for one."""
    change = evaluation.change
    if change is None:
        return []
    before, after = (result.title for result in evaluation.results)
    d = change.difference
    interval = ""
    if d.low is not None and d.high is not None:
        interval = f" (95 % interval {100 * d.low:+.1f} to {100 * d.high:+.1f}, paired)"
    said = [
        f"From {before} to {after}: {100 * d.value:+.1f} points{interval} over "
        f"{change.problems:,} problems; {change.gained:,} went up, {change.lost:,} went down."
    ]
    if change.p is not None:
        said.append(f"McNemar's exact test on the problems that flipped: p = {change.p:.3g}.")
    if change.aside:
        said.append(
            f"{change.aside:,} problems are in one of the two alone, or have nothing judged there."
        )
    return said


def embed_cases(evaluation: Evaluation) -> Markup:
    """The problems for the viewer."""
    titles = [result.title for result in evaluation.results]
    pair = len(titles) == 2
    entries = [
        {
            "i": case.id,
            "q": case.question[:QUESTION],
            "d": evaluation.domain,
            "l": f"level {case.level}" if case.level.isdecimal() else case.level,
            "a": _outcome(case, 0),
            "b": _outcome(case, 1) if pair else [],
            "c": [_flip(case)] if pair else [],
            "s": sorted({one.status for side in case.sides for one in side}),
            "n": [_share(case, side) for side in range(len(titles))],
        }
        for case in evaluation.cases
    ]
    records = [
        {
            "q": case.question,
            "t": case.target,
            "d": [
                [
                    title if pair else "",
                    _share(case, side),
                    [[a.status, a.text, a.extracted, a.tokens] for a in case.sides[side]],
                ]
                for side, title in enumerate(titles)
            ],
        }
        for case in evaluation.cases
    ]
    return embedded("problems", entries, records)


def _outcome(case: Case, side: int) -> list[str]:
    if not case.sides[side]:
        return ["not asked"]
    rate = case.rates[side]
    if rate is None:
        return ["nothing judged"]
    return ["solved" if rate == 1.0 else "unsolved" if rate == 0.0 else "sometimes solved"]


def _flip(case: Case) -> str:
    before, after = case.rates
    if before is None or after is None:
        return "not in both"
    return "up" if after > before else "down" if after < before else "same"


def _share(case: Case, side: int) -> str:
    attempts = case.sides[side]
    if not attempts:
        return "not asked"
    right = sum(one.status == "correct" for one in attempts)
    return f"{right} of {len(attempts)}"
