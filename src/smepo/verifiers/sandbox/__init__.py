"""The sandbox: programs of a policy run here, apart from the machine and from their tests.

levels, box     one sandbox: bubblewrap, namespaces of our own, or limits alone
boxes           a bounded pool of them
run             a program's tests, or one run on standard input
inside          what runs in the sandbox
"""

from smepo.verifiers.sandbox.box import BrokenError
from smepo.verifiers.sandbox.boxes import Boxes
from smepo.verifiers.sandbox.levels import LEVELS, Level, Shown
from smepo.verifiers.sandbox.limits import Limits
from smepo.verifiers.sandbox.run import Output, Report, judged, run

__all__ = [
    "LEVELS",
    "Boxes",
    "BrokenError",
    "Level",
    "Limits",
    "Output",
    "Report",
    "Shown",
    "judged",
    "run",
]
