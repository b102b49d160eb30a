"""Unguided avg@k and pass@k with intervals. Importing this room needs no torch."""

from smepo.evaluation.evaluate import evaluate, refuse_guidance
from smepo.evaluation.results import Estimate, EvalResult, ProblemRecord, write
from smepo.evaluation.statistics import bootstrap, pass_at_k, wilson

__all__ = [
    "Estimate",
    "EvalResult",
    "ProblemRecord",
    "bootstrap",
    "evaluate",
    "pass_at_k",
    "refuse_guidance",
    "wilson",
    "write",
]
