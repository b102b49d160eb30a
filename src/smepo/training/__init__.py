"""Training on stock TRL: configuration, the adapter, monitors, and a whole run.

Importing this room needs no torch; `GuidedGRPOTrainer` is in `smepo.trl`.
"""

from smepo.training.config import RunConfig, load, parse
from smepo.training.events import Event, Listener
from smepo.training.run import RunResult, check, train

__all__ = ["Event", "Listener", "RunConfig", "RunResult", "check", "load", "parse", "train"]
