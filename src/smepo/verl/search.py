"""The search tools as functions of verl, for the file that `smepo export verl --index` writes.

verl loads that file once in each agent loop worker. Its tools are shared by all rollouts of the
worker, so what is counted an episode elsewhere (`Limits.calls`) is `max_assistant_turns` here.
"""

from __future__ import annotations

from functools import lru_cache

from verl.tools.function_tool import function_tool

from smepo.search import Index, Remote, Tools
from smepo.search.episode import Retriever


def offer(where: str) -> None:
    """Register ``search`` and ``read`` over an index folder, or a retriever's URL."""

    def search(query: str, k: int = 3) -> str:
        return Tools(_retriever(where)).search(query, k)

    def read(title: str) -> str:
        return Tools(_retriever(where)).read(title)

    search.__doc__, read.__doc__ = Tools.search.__doc__, Tools.read.__doc__
    function_tool(search)
    function_tool(read)


@lru_cache(maxsize=1)
def _retriever(where: str) -> Retriever:
    """Opened with the first call, and then shared by the worker's threads."""
    return Remote(where) if "://" in where else Index.open(where)
