"""A masked trace as HTML for notebooks: blanks coloured by kind, their text on hover."""

from __future__ import annotations

from html import escape

from smepo.types import Kind, MaskedTrace

TINTS = {
    Kind.NUMBER: "#cfe9e4",
    Kind.EXPRESSION: "#d3e3f6",
    Kind.CHOICE: "#e5dbf5",
    Kind.CODE: "#dfe3e8",
    Kind.ENTITY: "#f8e4bd",
    Kind.DATE: "#e4ebc4",
    Kind.PASSAGE: "#eadfd6",
    Kind.ANSWER: "#f7d5da",
}


def html_of(masked: MaskedTrace) -> str:
    """What the policy is shown, and one line on what was hidden. Self-contained, no script."""
    pieces, at = [], 0
    for blank in masked.blanks:
        if blank.message is not None:  # a list of messages: its text is not that of the trace
            return f"<pre>{escape(masked.text)}</pre>{_line(masked)}"
        style = f"background:{TINTS[blank.kind]};color:#22262b;border-radius:3px;padding:0 2px"
        shown, hidden = escape(blank.placeholder), escape(blank.text)
        pieces.append(escape(masked.trace[at : blank.start]))
        pieces.append(f'<span style="{style}" title="{hidden}">{shown}</span>')
        at = blank.end
    pieces.append(escape(masked.trace[at:]))
    return f'<pre style="white-space:pre-wrap">{"".join(pieces)}</pre>{_line(masked)}'


def _line(masked: MaskedTrace) -> str:
    count = len(masked.blanks)
    why = f": {masked.reason}" if masked.reason else ""
    said = f"{masked.domain}, {masked.mode}, {count} blanks, {masked.status.value}{why}"
    return f"<small>{escape(said)}</small>"
