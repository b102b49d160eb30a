"""Is an answer right: math, search, and rewards of the user's own."""

from __future__ import annotations

from typing import Any

from smepo.errors import ConfigError, SmepoError
from smepo.verifiers.math import MathVerifier
from smepo.verifiers.rewards import Reward
from smepo.verifiers.search import SearchVerifier
from smepo.verifiers.user import UserVerifier

NO_CODE = (
    "code verification is not in this version; use 'math' or 'search', or pass your own reward "
    "as package.module:function"
)

__all__ = ["MathVerifier", "Reward", "SearchVerifier", "UserVerifier", "reward", "verifier"]


def verifier(domain_or_path: str, **options: Any) -> MathVerifier | SearchVerifier | UserVerifier:
    """The verifier of a domain ("math", "search"), or one around ``package.module:function``.

    Options go to the class: for math ``final_form``, ``timeout`` (seconds), ``tolerance``,
    ``workers``; for search ``metric``. Raises ConfigError for an unknown name or option.
    """
    try:
        if domain_or_path == "math":
            return MathVerifier(**options)
        if domain_or_path == "search":
            return SearchVerifier(**options)
        if ":" in domain_or_path:
            return UserVerifier(domain_or_path, **options)
    except TypeError as error:  # an option that the class does not take
        raise ConfigError(f"verifier {domain_or_path}: {error}") from error
    if domain_or_path == "code":
        raise SmepoError(NO_CODE)
    raise ConfigError(
        f"unknown verifier {domain_or_path!r}: use 'math', 'search' or package.module:function"
    )


def reward(domain_or_path: str, **options: Any) -> Reward:
    """A verifier as a TRL reward function; takes the options of ``verifier``."""
    name = domain_or_path.replace(":", ".").rsplit(".", 1)[-1]
    return Reward(verifier(domain_or_path, **options), f"{name}_reward")
