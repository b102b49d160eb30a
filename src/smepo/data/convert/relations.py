"""Relations of Wikidata in the words of a thought and of a query."""

from __future__ import annotations

_PHRASES = {  # where "the RELATION of X" is no English
    "applies to jurisdiction": "the region that {} is for",
    "award received": "the award that {} received",
    "country of citizenship": "the nationality of {}",
    "educated at": "the school of {}",
    "founded by": "the founder of {}",
    "inception": "the founding date of {}",
    "instance of": "what {} is",
    "licensed to broadcast to": "the city that {} broadcasts to",
    "located in or next to body of water": "the water next to {}",
    "located in the administrative territorial entity": "the region that {} lies in",
    "member of political party": "the party of {}",
    "member of sports team": "the team of {}",
    "named after": "what {} is named after",
    "part of": "what {} is a part of",
    "publication date": "the release date of {}",
    "shares border with": "the neighbour of {}",
}


def need(relation: str, subject: str) -> str:
    """What completes "I need ...": ``the nationality of Ilse Brandt``."""
    return _PHRASES.get(relation, f"the {relation} of {{}}").format(subject)


def noun(relation: str) -> str:
    """The relation as a query says it: ``nationality``, ``release date``."""
    phrase = _PHRASES.get(relation, "")
    if not phrase.endswith(" of {}"):
        return relation
    return phrase.removesuffix(" of {}").removeprefix("the ")
