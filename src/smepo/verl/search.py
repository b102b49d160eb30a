"""The search tools as functions of verl, for the file that `smepo export verl` writes.

verl loads that file once in each agent loop worker. Its tools are shared by all rollouts of the
worker, so what is counted an episode elsewhere (`Limits.calls`) is `max_assistant_turns` here, and
each call hands its counts to the agent loop (`smepo.verl.turns`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from verl.tools.function_tool import function_tool

from smepo.search import Index, Limits, Remote, Tools
from smepo.search.episode import Retriever
from smepo.search.schemas import FOR_ENDPOINTS
from smepo.verl.turns import COUNTS

Said = tuple[str, None, dict[str, dict[str, int]]]  # text, no reward, counts


def offer(where: str, *, k: int = 3, characters: int = 1200, timeout: float = 10.0) -> None:
    """Register ``search`` and ``read`` over an index folder, or a retriever's URL.

    ``k`` passages a search at most, ``characters`` of each; ``timeout`` in seconds, of a server.
    """
    limits = Limits(calls=1, k=k, characters=characters)

    def search(query: Any, k: Any = 3) -> Said:
        return _told(lambda tools: tools.search(query, k))

    def read(title: Any) -> Said:
        return _told(lambda tools: tools.read(title))

    def _told(ask: Callable[[Tools], str]) -> Said:
        tools = Tools(_retriever(where, timeout), limits)
        text = ask(tools)
        return text, None, {COUNTS: {"calls": tools.record.calls, **tools.record.counts}}

    for made, schema in zip((search, read), FOR_ENDPOINTS, strict=True):
        function_tool(made.__name__, schema=schema)(made)


@lru_cache(maxsize=1)
def _retriever(where: str, timeout: float) -> Retriever:
    """Opened with the first call, and then shared by the worker's threads."""
    return Remote(where, timeout) if "://" in where else Index.open(where)
