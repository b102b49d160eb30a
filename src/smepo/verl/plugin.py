"""The entry point of the group `verl.plugins`: verl loads it in its driver and in every Ray worker.

verl only whispers (level DEBUG) when this fails; `smepo doctor` says whether it did, and why.
"""

from smepo.verl import loops

__all__ = ["loops"]
