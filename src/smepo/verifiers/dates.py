"""Dates as people write them in short answers."""

from __future__ import annotations

import re

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun",
            "july jul", "august aug", "september sep sept", "october oct", "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_FORMS = [
    re.compile(p, re.IGNORECASE)
    for p in (
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m>{_MONTH})\.?,?\s+(?P<y>\d{{3,4}})\Z",
        rf"(?P<m>{_MONTH})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{3,4}})\Z",
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})\Z",
        rf"(?P<m>{_MONTH})\.?,?\s+(?P<y>\d{{3,4}})\Z",
        rf"(?P<m>{_MONTH})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\Z",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m>{_MONTH})\Z",
    )
]


def parse_date(text: str) -> tuple[int, int, int] | None:
    """``(year, month, day)``, 0 for what is not said; None without a named month or ISO form."""
    text = text.strip().rstrip(".").removeprefix("on ").strip()
    if len(text) > 40 or not any(c.isdigit() for c in text):
        return None
    for form in _FORMS:
        match = form.match(text)
        if match:
            said = match.groupdict()
            month = said["m"].lower()
            number = _MONTHS[month] if month in _MONTHS else int(month)
            date = (int(said.get("y") or 0), number, int(said.get("d") or 0))
            return date if 1 <= number <= 12 and date[2] <= 31 else None
    return None
