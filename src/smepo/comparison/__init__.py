"""Arms x seeds x families: run what is missing, then one table and one page.

plan = load("compare.toml")
execute(plan, plan.cells, console)
summaries = summarize(collect(plan, plan.cells, ...).records, plan.arms, plan.against)
"""

from smepo.comparison.config import ArmPlan, Cell, Plan, load
from smepo.comparison.execute import execute, record_of
from smepo.comparison.page import build
from smepo.comparison.results import Results, collect, export, read
from smepo.comparison.summary import ArmSummary, FamilySummary, summarize

__all__ = [
    "ArmPlan",
    "ArmSummary",
    "Cell",
    "FamilySummary",
    "Plan",
    "Results",
    "build",
    "collect",
    "execute",
    "export",
    "load",
    "read",
    "record_of",
    "summarize",
]
