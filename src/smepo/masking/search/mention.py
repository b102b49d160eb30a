"""A mention: a piece of a section that may be hidden; and many of them without overlaps."""

from __future__ import annotations

from typing import Final

from smepo.types import Kind

# Kinds in the order in which one wins over another of the same extent.
KINDS: Final = (Kind.ANSWER, Kind.DATE, Kind.ENTITY, Kind.NUMBER)
ANSWER: Final = 0
DATE: Final = 1
ENTITY: Final = 2
NUMBER: Final = 3


class Mention:
    """A piece of a section that is hidden unless it is ``given``; ``kind`` is a place in KINDS."""

    def __init__(self, start: int, end: int, kind: int, key: str, given: bool = False) -> None:
        self.start = start
        self.end = end
        self.kind = kind
        self.key = key
        self.given = given


def merge(found: list[Mention]) -> list[Mention]:
    """In order and without overlaps: the wider span wins, and what hides wins over what stays."""
    if _is_flat(found):
        return found
    merged: list[Mention] = []
    last: Mention | None = None
    for mention in sorted(found, key=order):
        if last is None or mention.start >= last.end:
            merged.append(mention)
            last = mention
        elif last.given and not mention.given:
            merged[-1] = last = mention
        elif mention.end > last.end and not mention.given:
            last.end = mention.end
    return merged


def _is_flat(found: list[Mention]) -> bool:
    """True if ``found`` is in order and without overlaps as it is: sorting costs more than this."""
    reached = 0
    for mention in found:
        if mention.start < reached:
            return False
        reached = mention.end
    return True


def order(mention: Mention) -> tuple[int, int, bool, int]:
    """Where a mention stands among others: of those that start together the widest is first."""
    return (mention.start, -mention.end, mention.given, mention.kind)
