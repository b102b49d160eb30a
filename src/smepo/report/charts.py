"""Small charts as inline SVG. Colours come from CSS variables, so that dark mode applies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from smepo.report.data import Point
from smepo.report.svg import Frame, dot, path, picture, rule, text, ticks, x_axis, y_axis

SMOOTHING = 5  # steps of the moving mean over training curves
DASHES = ("6 4", "2 4", "", "10 4 2 4")
NAMES = 118  # room for the names of arms, left of a chart; more where a name is long
LETTER = 7.6  # of a name, on average
EMPTY = Markup('<p class="empty">No data.</p>')


@dataclass(frozen=True, slots=True)
class Series:
    """One line. ``color`` is an index into the palette of the page."""

    label: str
    points: Sequence[Point]
    color: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a forest or pair chart; ``note`` stands there if it has no values."""

    label: str
    color: int
    point: Point | None
    other: float | None = None
    note: str = ""


def lines(series: Sequence[Series], *, title: str) -> Markup:
    """Curves over steps of values in [0, 1], shown in percent, with bands for intervals."""
    drawn = [s for s in series if s.points]
    if not drawn:
        return EMPTY
    points = [p for s in drawn for p in s.points]
    last = max(max(p.step for p in points), 1)
    y_ticks = _share_ticks(points)
    frame = Frame(x_max=last, y_max=y_ticks[-1])
    summary = "; ".join(f"{s.label} ends at {100 * s.points[-1].value:.1f} %" for s in drawn)
    return picture(
        frame,
        f"{title}. {summary}.",
        [
            y_axis(frame, y_ticks, share=True),
            x_axis(frame, [x for x in ticks(last) if x <= last and x == int(x)], share=False),
            text("tick", frame.width - frame.right, frame.height - 6, "training step", "end"),
            *(_band(frame, s) for s in drawn),
            *(_line(frame, s) for s in drawn),
        ],
    )


def forest(bars: Sequence[Bar], *, title: str, base: Point | None = None) -> Markup:
    """Final accuracy an arm as a dot with its interval; ``base`` is a dashed line."""
    known = [bar.point for bar in bars if bar.point] + ([base] if base else [])
    if not known:
        return EMPTY
    x_ticks = _share_ticks(known)
    frame = _rows(bars, x_ticks[-1], top=26 if base else 8, right=80)
    body = [x_axis(frame, x_ticks, share=True, grid=True)]
    if base is not None:
        x = frame.x(base.value)
        body += [
            rule("base", x, frame.top - 4, x, frame.height - frame.bottom),
            text("tick", x, frame.top - 11, "before training", "middle"),
        ]
    body += [_forest_row(frame, bar, y) for bar, y in _centres(frame, bars)]
    return picture(frame, title, body)


def pairs(bars: Sequence[Bar], *, title: str) -> Markup:
    """Two dots an arm: hollow for ``other``, filled for ``point``."""
    if not any(bar.point or bar.other is not None for bar in bars):
        return EMPTY
    frame = _rows(bars, 1.0, top=8, right=24)
    body = [x_axis(frame, [0, 0.25, 0.5, 0.75, 1], share=True, grid=True)]
    body += [_pair_row(frame, bar, y) for bar, y in _centres(frame, bars)]
    return picture(frame, title, body)


def histogram(
    values: Sequence[float], *, title: str, top: float = 1.0, share: bool = True, bins: int = 20
) -> Markup:
    """How values from 0 to ``top`` are distributed; what is above stands in the last column.

    With ``share`` the values are shares, shown in percent; otherwise they are counts.
    """
    if not values:
        return EMPTY
    marks = [x for x in ticks(top) if x <= top and (share or x == int(x))]
    counts = [0] * bins
    for value in values:
        counts[min(max(int(value / top * bins), 0), bins - 1)] += 1
    heights = ticks(max(counts), 3)
    frame = Frame(x_max=top, y_max=heights[-1], width=380, height=200)
    unit, factor = (" %", 100) if share else ("", 1)
    columns = [
        Markup(
            '<rect class="bin" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
            "<title>{:g} to {:g}{}: {}</title></rect>"
        ).format(
            frame.x(top * i / bins) + 1,
            frame.y(count),
            frame.x(top / bins) - frame.left - 2,
            frame.y(0) - frame.y(count),
            factor * top * i / bins,
            factor * top * (i + 1) / bins,
            unit,
            count,
        )
        for i, count in enumerate(counts)
    ]
    axes = [
        y_axis(frame, [t for t in heights if t == int(t)], share=False),
        x_axis(frame, marks, share=share),
    ]
    return picture(frame, title, axes + columns)


def _share_ticks(points: Iterable[Point]) -> list[float]:
    top = max(p.value if p.high is None else p.high for p in points)
    return ticks(min(1.0, max(top, 0.02) * 1.04))


def _rows(bars: Sequence[Bar], x_max: float, *, top: float, right: float) -> Frame:
    height = top + 44 * len(bars) + 28
    left = max(NAMES, round(LETTER * max(len(bar.label) for bar in bars)) + 12)
    return Frame(x_max=x_max, left=left, right=right, top=top, bottom=28, height=height)


def _centres(frame: Frame, bars: Sequence[Bar]) -> list[tuple[Bar, float]]:
    return [(bar, frame.top + 44 * i + 22) for i, bar in enumerate(bars)]


def _band(frame: Frame, series: Series) -> Markup:
    known = [(p.step, p.low, p.high) for p in series.points]
    upper = [(frame.x(x), frame.y(high)) for x, _, high in known if high is not None]
    lower = [(frame.x(x), frame.y(low)) for x, low, _ in known if low is not None]
    if len(upper) < 2 or len(lower) < 2:
        return Markup("")
    return path("polygon", f"band c{series.color}", upper + lower[::-1])


def _line(frame: Frame, series: Series) -> Markup:
    corners = [(frame.x(p.step), frame.y(p.value)) for p in series.points]
    dash = DASHES[series.color % len(DASHES)]
    marked = series.points if len(series.points) <= 24 else series.points[-1:]
    return Markup("").join(
        [
            path("polyline", f"line c{series.color}", corners, dash),
            *(
                dot(f"dot c{series.color}", frame.x(p.step), frame.y(p.value), 3.2, _tip(series, p))
                for p in marked
            ),
        ]
    )


def _tip(item: Series | Bar, p: Point) -> str:
    step = f", step {p.step}" if p.step else ""
    text_ = f"{item.label}{step}: {100 * p.value:.1f} %"
    if p.low is None or p.high is None:
        return text_
    return f"{text_} ({100 * p.low:.1f} to {100 * p.high:.1f})"


def _forest_row(frame: Frame, bar: Bar, y: float) -> Markup:
    name = text("name", 0, y + 5, bar.label)
    p = bar.point
    if p is None:
        return name + text("failed", frame.left + 8, y + 5, bar.note or "no result")
    low, high = (p.value if p.low is None else p.low), (p.value if p.high is None else p.high)
    return Markup("").join(
        [
            name,
            rule(f"whisker c{bar.color}", frame.x(low), y, frame.x(high), y),
            dot(f"dot c{bar.color}", frame.x(p.value), y, 6.5, _tip(bar, p)),
            text("value", frame.x(high) + 10, y + 5, f"{100 * p.value:.1f} %"),
        ]
    )


def _pair_row(frame: Frame, bar: Bar, y: float) -> Markup:
    parts = [text("name", 0, y + 5, bar.label)]
    values = [("hollow", bar.other), ("dot", bar.point.value if bar.point else None)]
    if bar.point and bar.other is not None:
        parts.append(rule("gap", frame.x(bar.other), y, frame.x(bar.point.value), y))
    for css, value in values:
        if value is not None:
            tip = f"{bar.label}: {100 * value:.1f} %"
            parts.append(dot(f"{css} c{bar.color}", frame.x(value), y, 6.5, tip))
    if bar.point is None and bar.other is None:
        parts.append(text("failed", frame.left + 8, y + 5, bar.note or "no result"))
    return Markup("").join(parts)
