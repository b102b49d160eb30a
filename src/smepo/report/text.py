"""Numbers as a reader wants them."""

from __future__ import annotations

from smepo.report.data import Point


def percent(value: float) -> str:
    """``0.1234`` -> ``12.3 %``; only a whole is called 100 %, and only nothing 0 %."""
    for digits in (1, 2, 3, 4):
        text = f"{100 * value:.{digits}f}"
        if float(text) not in (0.0, 100.0) or value in (0.0, 1.0):
            break
    return f"{text.removesuffix('.0')} %"


def with_interval(point: Point) -> str:
    """``12.3 % (9.8 to 15.2)``."""
    if point.low is None or point.high is None:
        return percent(point.value)
    return f"{percent(point.value)} ({100 * point.low:.1f} to {100 * point.high:.1f})"


def duration(seconds: float) -> str:
    """``83`` -> ``1 min 23 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
