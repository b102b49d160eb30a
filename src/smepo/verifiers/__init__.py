"""Is an answer right: math, code, search, and rewards of the user's own."""

from __future__ import annotations

from typing import Any

from smepo.errors import ConfigError
from smepo.verifiers.code import CodeVerifier
from smepo.verifiers.math import MathVerifier
from smepo.verifiers.rewards import Reward
from smepo.verifiers.search import SearchVerifier
from smepo.verifiers.user import UserVerifier

__all__ = [
    "CodeVerifier",
    "MathVerifier",
    "Reward",
    "SearchVerifier",
    "UserVerifier",
    "reward",
    "verifier",
]


def verifier(
    domain_or_path: str, **options: Any
) -> MathVerifier | CodeVerifier | SearchVerifier | UserVerifier:
    """The verifier of a domain ("math", "code", "search"), or one of ``package.module:function``.

    Options go to the class: for math ``final_form``, ``timeout`` (seconds), ``tolerance``,
    ``workers``; for code ``timeout``, ``isolation``, ``strict``, ``partial`` and more; for search
    ``metric``. Raises ConfigError for an unknown name or option.
    """
    try:
        if domain_or_path == "math":
            return MathVerifier(**options)
        if domain_or_path == "code":
            return CodeVerifier(**options)
        if domain_or_path == "search":
            return SearchVerifier(**options)
        if ":" in domain_or_path:
            return UserVerifier(domain_or_path, **options)
    except TypeError as error:  # an option that the class does not take
        raise ConfigError(f"verifier {domain_or_path}: {error}") from error
    raise ConfigError(
        f"unknown verifier {domain_or_path!r}: "
        "use 'math', 'code', 'search' or package.module:function"
    )


def reward(domain_or_path: str, **options: Any) -> Reward:
    """A verifier as a TRL reward function; takes the options of ``verifier``."""
    name = domain_or_path.replace(":", ".").rsplit(".", 1)[-1]
    return Reward(verifier(domain_or_path, **options), f"{name}_reward")
