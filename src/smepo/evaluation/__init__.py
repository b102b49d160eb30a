"""Unguided avg@k and pass@k with intervals. Importing this room needs no torch."""

from smepo.evaluation.backends import Backend, Sampling
from smepo.evaluation.evaluate import evaluate, evaluate_backend, refuse_guidance
from smepo.evaluation.given import evaluate_given
from smepo.evaluation.results import Estimate, EvalResult, ProblemRecord, write
from smepo.evaluation.statistics import bootstrap, pass_at_k, wilson

__all__ = [
    "Backend",
    "Estimate",
    "EvalResult",
    "ProblemRecord",
    "Sampling",
    "bootstrap",
    "evaluate",
    "evaluate_backend",
    "evaluate_given",
    "pass_at_k",
    "refuse_guidance",
    "wilson",
    "write",
]
