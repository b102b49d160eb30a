"""FireAct: ReAct trajectories that a strong model made, as lists of `messages`.

Source: Chen et al., "FireAct: Toward Language Agent Fine-tuning" (2023). The first message is the
question; the last says whether the answer of `finish[...]` was right. Only right ones are taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from smepo.data.convert.record import Converted, UnusableError, items
from smepo.data.convert.trajectory import Style

_FINISH = re.compile(r"finish\[([^\n]*)\]\s*\Z", re.IGNORECASE)
_REWARD = re.compile(r"Episode finished, reward = (\w+)")


def convert(record: Mapping[str, Any], style: Style = "react") -> Converted:
    """One record as a row; raises UnusableError. Its id is a hash of the question."""
    said = _messages(record)
    question = said[0]["content"].strip()
    reward = _REWARD.search(said[-1]["content"])
    if reward is None or reward[1] != "True":
        raise UnusableError("messages", "the last one does not say that the answer was right")
    steps = said[1:-1]
    finish = _FINISH.search(steps[-1]["content"]) if steps else None
    if not question or finish is None or not finish[1].strip():
        raise UnusableError("messages", "no question at the start, or no finish[...] at the end")
    trace = "\n".join(message["content"] for message in steps)
    return Converted(
        id=blake2b(question.encode("utf-8", "replace"), digest_size=8).hexdigest(),
        question=question,
        target=[finish[1].strip()],
        aliases=[],
        trace=[said[0], *steps] if style == "messages" else trace,
        type="",
        titles=[],
    )


def _messages(record: Mapping[str, Any]) -> list[dict[str, str]]:
    made = []
    for message in items(record, "messages"):
        role = message.get("role") if isinstance(message, Mapping) else None
        content = message.get("content") if isinstance(message, Mapping) else None
        if not isinstance(role, str) or not isinstance(content, str):
            raise UnusableError("messages", "objects with role and content expected")
        made.append({"role": role, "content": content})
    return made
