"""One self-contained HTML page for a data set, a run or a comparison."""

from smepo.report.data import (
    Arm,
    Comparison,
    MaskSummary,
    Part,
    Point,
    ReportData,
    TraceCard,
)
from smepo.report.page import build

__all__ = ["Arm", "Comparison", "MaskSummary", "Part", "Point", "ReportData", "TraceCard", "build"]
