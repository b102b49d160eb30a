"""The words around question and guidance. Policies are sensitive to them, so they are data."""

from __future__ import annotations

import re
from dataclasses import dataclass

from smepo.types import PLACEHOLDER_NAMES

# Known names only: `[ABC]` is also the area of a triangle and must stay what it is.
PLACEHOLDER = re.compile(r"\[(" + "|".join(PLACEHOLDER_NAMES.values()) + r")(_\d+)?\]")


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of a prompt, and the plain template for models without a chat template.

    ``example`` is the paper's. ``blanks`` follows a guidance that has blanks. ``plain`` and
    ``plain_system`` are `str.format` templates with the fields ``content`` and ``system``.
    """

    example: str = "Here is an example solution:"
    blanks: str = "Names in square brackets stand for hidden parts that you have to work out."
    plain: str = "Question: {content}\n\nAnswer:"
    plain_system: str = "{system}\n\n"


WORDING = Wording()


def compose(question: str, guidance: str | None, *, wording: Wording = WORDING) -> str:
    """The user's turn: the question, then the guidance and what its blanks mean.

    >>> print(compose("What is 6 times 7?", "Multiply: 6*7 = [NUMBER_1]"))
    What is 6 times 7?
    <BLANKLINE>
    Here is an example solution:
    Multiply: 6*7 = [NUMBER_1]
    <BLANKLINE>
    Names in square brackets stand for hidden parts that you have to work out.
    >>> print(compose("What is 6 times 7?", None))
    What is 6 times 7?
    """
    if guidance is None or not guidance.strip():
        return question
    parts = [question, f"{wording.example}\n{guidance.rstrip()}"]
    if wording.blanks and PLACEHOLDER.search(guidance):
        parts.append(wording.blanks)
    return "\n\n".join(parts)
