"""Expert-guided RL with verifiable rewards: hide what scores in a trace, keep the plan.

    masked = smepo.mask(trace, domain="math", question=question, target=target)
    report = smepo.audit(masked, verifier=smepo.verifier("math"))

Names are imported on first use, so that ``import smepo`` stays quick and needs no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "mask": "smepo.pipeline.mask",
    "masker": "smepo.pipeline.masker",
    "audit": "smepo.auditing",
    "verifier": "smepo.verifiers",
    "reward": "smepo.verifiers",
    "Guidance": "smepo.guidance",
}
_MODULES = ("trl", "verl")

__all__ = [
    "Guidance",
    "__version__",
    "audit",
    "mask",
    "masker",
    "reward",
    "trl",
    "verifier",
    "verl",
]

if TYPE_CHECKING:
    from smepo import trl as trl
    from smepo import verl as verl
    from smepo.auditing import audit as audit
    from smepo.guidance import Guidance as Guidance
    from smepo.pipeline.mask import mask as mask
    from smepo.pipeline.masker import masker as masker
    from smepo.verifiers import reward as reward
    from smepo.verifiers import verifier as verifier


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"smepo.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'smepo' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
