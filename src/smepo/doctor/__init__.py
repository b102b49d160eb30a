"""`smepo doctor`: is everything here that a run needs, and what to do where it is not."""

from smepo.doctor.finding import Finding, State
from smepo.doctor.look import examine

__all__ = ["Finding", "State", "examine"]
