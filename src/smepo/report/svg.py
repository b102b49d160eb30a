"""The few SVG elements that the charts are made of, and the frame that maps data to pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing area of ``width`` x ``height`` units with data ranges [0, x_max] and [0, y_max]."""

    x_max: float = 1.0
    y_max: float = 1.0
    left: float = 54
    right: float = 22
    top: float = 14
    bottom: float = 38
    width: float = 520
    height: float = 300

    def x(self, value: float) -> float:
        """Pixel of a data value."""
        return self.left + value / self.x_max * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        """Pixel of a data value; up is less."""
        floor_ = self.height - self.bottom
        return floor_ - value / self.y_max * (floor_ - self.top)


def ticks(high: float, count: int = 4) -> list[float]:
    """Round numbers from 0 on that cover ``high``, about ``count`` of them."""
    raw = max(high, 1e-9) / count
    magnitude = 10.0 ** floor(log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw * 0.999)
    return [i * step for i in range(ceil(high / step - 1e-9) + 1)]


def picture(frame: Frame, label: str, body: Iterable[Markup]) -> Markup:
    """The SVG element around ``body``."""
    return Markup('<svg viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">{}</svg>').format(
        frame.width, frame.height, label, Markup("").join(body)
    )


def text(css: str, x: float, y: float, content: str, anchor: str = "start") -> Markup:
    """A line of text."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        css, x, y, anchor, content
    )


def rule(css: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    """A straight line."""
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        css, x1, y1, x2, y2
    )


def dot(css: str, x: float, y: float, radius: float, tip: str) -> Markup:
    """A circle with a tooltip."""
    return Markup(
        '<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:g}"><title>{}</title></circle>'
    ).format(css, x, y, radius, tip)


def path(tag: str, css: str, corners: Sequence[tuple[float, float]], dash: str = "") -> Markup:
    """A polyline or polygon."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return Markup('<{0} class="{1}" stroke-dasharray="{2}" points="{3}"/>').format(
        tag, css, dash, points
    )


def x_axis(frame: Frame, values: Sequence[float], *, share: bool, grid: bool = False) -> Markup:
    """Tick labels below the frame, with vertical lines if asked for."""
    base = frame.height - frame.bottom
    parts = [text("tick", frame.x(v), base + 19, number(v, share), "middle") for v in values]
    if grid:
        parts += [rule("grid", frame.x(v), frame.top, frame.x(v), base) for v in values]
    return Markup("").join(parts)


def y_axis(frame: Frame, values: Sequence[float], *, share: bool) -> Markup:
    """Tick labels left of the frame, with horizontal lines."""
    parts = []
    for value in values:
        y = frame.y(value)
        parts += [
            rule("grid", frame.left, y, frame.width - frame.right, y),
            text("tick", frame.left - 8, y + 4, number(value, share), "end"),
        ]
    return Markup("").join(parts)


def number(value: float, share: bool) -> str:
    """``0.25`` -> ``25 %`` for shares, else ``0.25``."""
    return f"{100 * value:g} %" if share else f"{value:g}"
