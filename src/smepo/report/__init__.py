"""One self-contained HTML page for a data set, a run or a comparison."""

from smepo.report.data import (
    Arm,
    Comparison,
    Episode,
    MaskSummary,
    Part,
    Point,
    ReportData,
    TraceCard,
    Turn,
)
from smepo.report.page import build

__all__ = [
    "Arm",
    "Comparison",
    "Episode",
    "MaskSummary",
    "Part",
    "Point",
    "ReportData",
    "TraceCard",
    "Turn",
    "build",
]
