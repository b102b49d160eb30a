"""Records inside a page: compressed, in pieces, so that a browser opens thousands at once.

The index (one short entry a record, for the list and its filters) is read when the page opens; the
pieces with the whole records only when one of them is looked at, or searched. Base64 has no `<`, so
nothing in a record can end the element it stands in.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

PIECE = 100  # records a piece


def packed(value: Any) -> str:
    """A JSON value as base64 of gzip; equal values give equal text."""
    text = json.dumps(value, separators=(",", ":"))  # ASCII: lone surrogates travel as escapes
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def unpacked(text: str) -> Any:
    """The inverse of `packed`."""
    return json.loads(gzip.decompress(base64.b64decode(text)))


def embedded(
    name: str, index: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]
) -> Markup:
    """The script elements that hold ``records`` and their ``index``, which are of one length.

    ``name`` is the id of the element of the index; that of piece n is ``name-n``.
    """
    pieces = [records[at : at + PIECE] for at in range(0, len(records), PIECE)]
    head = Markup(
        '<script type="application/octet-stream" id="{}" data-piece="{}" data-pieces="{}">{}'
        "</script>\n"
    ).format(name, PIECE, len(pieces), packed(index))
    return head + Markup("\n").join(
        Markup('<script type="application/octet-stream" id="{}-{}">{}</script>').format(
            name, n, packed(piece)
        )
        for n, piece in enumerate(pieces)
    )
