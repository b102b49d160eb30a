"""Stream the elements of a JSON array, so that a `.json` file of any size is never held whole."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO

from smepo.errors import InputError

CHUNK = 1 << 20
_BLANK = re.compile(r"[ \t\r\n]+")
# An error this close to the end of what is read so far may only be a value cut in two.
_MARGIN = 32
_ENDS = (",", "]", " ", "\n", "\r", "\t")


def is_array(path: str, handle: IO[bytes]) -> bool:
    """True for an array, False for JSON lines in a `.json` file; rewinds ``handle``.

    Raises InputError for anything else, such as one object over several lines.
    """
    head = b"\n"
    while head and not head.removeprefix(b"\xef\xbb\xbf").strip():
        head = handle.read(4096)
    handle.seek(0)
    if not head or head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        return bool(head)
    first = next(line for line in handle if line.removeprefix(b"\xef\xbb\xbf").strip())
    handle.seek(0)
    if _is_object(first.removeprefix(b"\xef\xbb\xbf")):
        return False
    raise InputError(
        f"{path}: neither an array of objects nor one object a line; "
        "write the rows as [{...}, ...] or as .jsonl"
    )


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def elements(path: str, handle: IO[bytes]) -> Iterator[bytes]:
    """The bytes of each element of the array in ``handle``, also where they are not UTF-8.

    Linear in the file: what is unread grows by doubling until a whole element stands in it. Raises
    InputError where the array is broken: nothing after that place can be trusted.
    """
    window = _Window(path, handle)
    if window.skip_space() != "[":
        raise InputError(f"{path}: not a JSON array")
    window.start += 1
    row = 0
    if window.skip_space() == "]":
        window.start += 1
        window.finish()
        return
    while True:
        yield window.element(row).encode("utf-8", "surrogateescape")
        row += 1
        sign = window.skip_space()
        window.start += 1
        if sign == "]":
            window.finish()
            return
        if sign != "," or window.skip_space() in ("]", ""):
            raise InputError(
                f"{path}: the array breaks after row {row - 1}; it is cut short or not JSON"
            )


class _Window:
    """The unread part of the file: ``text[start:]``, longer on demand."""

    def __init__(self, path: str, handle: IO[bytes]) -> None:
        self.path = path
        self.handle = handle
        self.decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
        self.parse = json.JSONDecoder().raw_decode
        self.text = ""
        self.start = 0
        self.ended = False

    def grow(self) -> None:
        unread = self.text[self.start :]
        data = self.handle.read(max(CHUNK, len(unread)))
        self.ended = not data
        self.text = unread + self.decode(data, final=self.ended)
        self.start = 0

    def skip_space(self) -> str:
        """Move to the next sign and return it; empty at the end of the file."""
        while True:
            if blank := _BLANK.match(self.text, self.start):
                self.start = blank.end()
            if self.start < len(self.text):
                return self.text[self.start]
            if self.ended:
                return ""
            self.grow()

    def element(self, row: int) -> str:
        """The text of the value at ``start``; moves behind it."""
        while True:
            try:
                end = self.parse(self.text, self.start)[1]
                # `1` may be the head of `12`, `1.5` or `1e9` while the text ends near it
                if (
                    self.ended
                    or end + _MARGIN < len(self.text)
                    or self.text[end : end + 1] in _ENDS
                ):
                    value = self.text[self.start : end]
                    self.start = end
                    return value
            except json.JSONDecodeError as error:
                open_string = error.msg.startswith("Unterminated string")
                cut = open_string or error.pos + _MARGIN > len(self.text)
                if self.ended or not cut:
                    raise InputError(
                        f"{self.path}: row {row} of the array is not JSON: {error.msg}"
                    ) from error
            except (RecursionError, ValueError) as error:
                raise InputError(f"{self.path}: row {row} of the array: {error}") from error
            self.grow()

    def finish(self) -> None:
        """After the array only blank space may stand."""
        if self.skip_space():
            raise InputError(f"{self.path}: something stands behind the end of the array")
