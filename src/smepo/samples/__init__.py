"""Sample traces in three domains, written for this project: everything can be tried offline.

Each domain is a JSON-lines file beside this module with the columns ``id``, ``question``,
``target`` and ``trace``; search rows have ``aliases`` too. A trace is a string or, in some search
rows, a list of messages.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from smepo.errors import InputError
from smepo.types import Location, Row

DOMAINS = ("math", "code", "search")


def text(domain: str) -> str:
    """The sample file of a domain, as JSON lines."""
    if domain not in DOMAINS:
        raise InputError(f"there are no samples of domain {domain!r}; choose one of {DOMAINS}")
    return resources.files(__name__).joinpath(f"{domain}.jsonl").read_text(encoding="utf-8")


def load(domain: str) -> list[Row]:
    """The sample rows of a domain. Raises InputError for a domain without samples."""
    lines = text(domain).splitlines()
    return [_row(json.loads(line), domain, index) for index, line in enumerate(lines)]


def _row(columns: dict[str, Any], domain: str, index: int) -> Row:
    return Row(
        id=columns["id"],
        question=columns["question"],
        target=columns["target"],
        traces=(columns["trace"],),
        columns=columns,
        location=Location(f"{domain}.jsonl", index),
    )
