"""How much of a rewarded completion stands verbatim in its guidance, by what the domain hides."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from smepo.masking.search.names import runs
from smepo.masking.search.words import Words

# A numeral with its separators: 12, 1,234, 3.5. A hyphen or point that ends a word is left out.
_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_FENCE = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_CODE = re.compile(r"[^\W\d]\w*|\d+(?:\.\d+)?|[^\w\s]")
RUN = 6  # tokens of code that must follow one another; shorter runs are idiom


@dataclass(frozen=True, slots=True)
class CopyCount:
    """Hidden-kind tokens of a rewarded completion: all, in the guidance, the same beyond the
    question."""

    tokens: int = 0
    copied: int = 0
    new_tokens: int = 0
    new_copied: int = 0


def numerals(text: str) -> list[str]:
    """Math: the numerals of a text.

    >>> numerals("So 6*7 = 42, or 1,234.5.")
    ['6', '7', '42', '1,234.5']
    """
    return _NUMERAL.findall(text)


def code_runs(text: str) -> list[str]:
    """Code: every run of `RUN` tokens of the fenced code, of the whole text where no fence is.

    >>> code_runs("Add them: ```python\\nreturn a + b * c\\n```")
    ['return a + b * c']
    """
    tokens = _CODE.findall("\n".join(_FENCE.findall(text)) or text)
    return [" ".join(tokens[i : i + RUN]) for i in range(len(tokens) - RUN + 1)]


def entities(text: str) -> list[str]:
    """Search: names, folded and without an article, and numerals. A single word that opens a
    sentence is no name.

    >>> entities("The founder was Tomas Orlen, born in 1932 in Brask.")
    ['tomas orlen', 'brask', '1932']
    """
    found = [name for name in runs(Words(text)) if len(name.words) > 1 or not name.opens]
    return [" ".join(name.words).removeprefix("the ") for name in found] + numerals(text)


TOKENS: Mapping[str, Callable[[str], list[str]]] = {
    "math": numerals,
    "code": code_runs,
    "search": entities,
}


def count_copied(completion: str, shown: str, question: str, domain: str) -> CopyCount | None:
    """How many of a completion's tokens stand verbatim in the guidance; None for a domain of one's
    own, which has no such count.

    Tokens are compared whole: 4 does not stand in "42". The question's own tokens are counted
    apart, because a mask leaves them in the guidance and using them is no copying.
    """
    if domain not in TOKENS:
        return None
    of = TOKENS[domain]
    tokens = of(completion)
    source, stated = set(of(shown)), set(of(question))
    new = [token for token in tokens if token not in stated]
    return CopyCount(
        tokens=len(tokens),
        copied=sum(token in source for token in tokens),
        new_tokens=len(new),
        new_copied=sum(token in source for token in new),
    )
