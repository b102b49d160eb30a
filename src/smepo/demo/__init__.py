"""The main job on one page: mask and audit samples, train three arms, judge them, report."""

from smepo.demo.stages import Options, Outcome, run

__all__ = ["Options", "Outcome", "run"]
