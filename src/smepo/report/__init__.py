"""One self-contained HTML page for a data set, a run or a comparison."""

from smepo.report.data import (
    Arm,
    Attempt,
    Case,
    Change,
    Comparison,
    Episode,
    Evaluation,
    MaskSummary,
    Measure,
    Part,
    Point,
    ReportData,
    Result,
    TraceCard,
    Turn,
)
from smepo.report.page import build

__all__ = [
    "Arm",
    "Attempt",
    "Case",
    "Change",
    "Comparison",
    "Episode",
    "Evaluation",
    "MaskSummary",
    "Measure",
    "Part",
    "Point",
    "ReportData",
    "Result",
    "TraceCard",
    "Turn",
    "build",
]
