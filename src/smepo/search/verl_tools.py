"""The tools for verl: `actor_rollout_ref.rollout.multi_turn.function_tool_path=.../verl_tools.py`.

    SMEPO_INDEX=/data/wiki.index      a folder of `smepo index`, or a retrieval server's address
    SMEPO_SEARCH_K=3                  passages a search at most
    SMEPO_SEARCH_CHARACTERS=1200      of a passage

verl loads this file in every worker and limits the turns itself (`max_assistant_turns`). The index
is opened at the first call. Control strings of common model families are broken in what is found.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from verl.tools.function_tool import function_tool

_UNLIMITED = 1 << 62  # calls: the limit is verl's, and a worker serves many episodes


@cache
def _source() -> Any:
    """The retriever and the limits that the environment names. Raises ConfigError."""
    from smepo.errors import ConfigError
    from smepo.search import Index, Limits, Remote

    where = os.environ.get("SMEPO_INDEX", "")
    if not where:
        raise ConfigError("SMEPO_INDEX: name a folder of `smepo index` or a server's address")
    limits = Limits(
        calls=_UNLIMITED,
        k=int(os.environ.get("SMEPO_SEARCH_K", "3")),
        characters=int(os.environ.get("SMEPO_SEARCH_CHARACTERS", "1200")),
    )
    remote = where.startswith(("http://", "https://"))
    return (Remote(where) if remote else Index.open(where)), limits


def _tools() -> Any:
    from smepo.search import Tools

    return Tools(*_source())


@function_tool
def search(query: str, k: int = 3) -> str:
    """
    Search the corpus for passages.

    Args:
        query: What to look for, in a few words.
        k: How many passages to return.
    """
    return str(_tools().search(query, k))


@function_tool
def read(title: str) -> str:
    """
    Read the passage with a title.

    Args:
        title: The exact title of a passage.
    """
    return str(_tools().read(title))
