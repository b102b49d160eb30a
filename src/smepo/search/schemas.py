"""The tools as JSON schemas, for chat templates and for endpoints in OpenAI's form."""

from __future__ import annotations

from typing import Any

# As endpoints take them: `schemas` without what the tools return. Asking an endpoint needs no
# transformers.
FOR_ENDPOINTS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "search",
            "description": "Search the corpus for passages.",
            "parameters": {
                "type": "object",
                "properties": {
                    "query": {
                        "type": "string",
                        "description": "What to look for, in a few words.",
                    },
                    "k": {"type": "integer", "description": "How many passages to return."},
                },
                "required": ["query"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "read",
            "description": "Read the passage with a title.",
            "parameters": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "description": "The exact title of a passage."}
                },
                "required": ["title"],
            },
        },
    },
]


def schemas() -> list[dict[str, Any]]:
    """Of `search` and `read`, made from their signatures and docstrings by transformers."""
    from transformers.utils import get_json_schema

    from smepo.search.episode import Tools

    tools = Tools(_Nowhere())
    return [get_json_schema(tools.search), get_json_schema(tools.read)]


class _Nowhere:
    """A retriever that finds nothing: a schema needs no other."""

    def search(self, query: str, k: int = 5) -> list[Any]:
        return []

    def read(self, title: str) -> None:
        return None
