"""The Arrow type of JSON columns, found over the whole input before anything is written.

A parquet column has one type. Whole numbers and fractions together become floats, objects get the
union of their keys; anything else that differs is refused with both places named, so that nothing
is turned into another type behind the user's back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smepo.data.records import name_of
from smepo.errors import InputError
from smepo.types import Location

if TYPE_CHECKING:
    import pyarrow as pa

_INT64 = 2**63
_WORDS = {
    "boolean": "true or false",
    "integer": "a number",
    "float": "a number",
    "text": "text",
    "list": "a list",
    "object": "an object",
}
_EXACT = 2**53  # whole numbers up to here are exact as floats


class Shape:
    """What a JSON value has been so far; grows with `add`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind = "null"
        self.where: Location | None = None
        self.largest = 0
        self.item: Shape | None = None
        self.fields: dict[str, Shape] = {}

    def add(self, value: Any, where: Location) -> None:
        """Widen to hold ``value``. Raises InputError if no parquet type holds both."""
        if value is None:
            return
        kind = _kind(value)
        if self.kind == "null" or (self.kind, kind) == ("integer", "float"):
            self.where = self.where or where
            self.kind = kind
        elif kind != self.kind and (self.kind, kind) != ("float", "integer"):
            raise self._refusal(name_of(value), where)
        if kind == "integer":
            self._check_size(value, where)
        elif kind == "list":
            self.item = self.item or Shape(f"{self.name}[]")
            for one in value:
                self.item.add(one, where)
        elif kind == "object":
            self._add_fields(value, where)

    def merge(self, other: Shape) -> None:
        """Widen to hold what ``other`` has seen, in rows behind those of this shape."""
        if other.kind == "null" or other.where is None:
            return
        if self.kind == "null" or (self.kind, other.kind) == ("integer", "float"):
            self.where = self.where or other.where
            self.kind = other.kind
        elif other.kind != self.kind and (self.kind, other.kind) != ("float", "integer"):
            raise self._refusal(_WORDS[other.kind], other.where)
        self.largest = max(self.largest, other.largest)
        if other.item is not None:
            self.item = self.item or Shape(other.item.name)
            self.item.merge(other.item)
        for key, shape in other.fields.items():
            self.fields.setdefault(key, Shape(shape.name)).merge(shape)

    def _refusal(self, found: str, where: Location) -> InputError:
        return InputError(
            f"column {self.name}: {found} in {where.file} row {where.row}, but "
            f"{self.kind} in {self._place()}; parquet holds one type a column: "
            "write to a .jsonl file, which keeps both"
        )

    def _add_fields(self, value: Mapping[str, Any], where: Location) -> None:
        for key, one in value.items():
            field = self.fields.get(key)
            if field is None:
                field = self.fields[key] = Shape(f"{self.name}.{key}" if self.name else key)
            field.add(one, where)

    def _check_size(self, value: int, where: Location) -> None:
        self.largest = max(self.largest, abs(value))
        if self.largest >= _INT64:
            raise InputError(
                f"column {self.name}: the number in {where.file} row {where.row} is too large for "
                "parquet; write to a .jsonl file"
            )

    def arrow(self) -> pa.DataType:
        """The Arrow type. Raises InputError for what parquet cannot hold."""
        import pyarrow as pa

        if self.kind == "list":
            return pa.list_(self.item.arrow() if self.item else pa.null())
        if self.kind == "object":
            if not self.fields:
                raise InputError(
                    f"column {self.name}: only empty objects (first in {self._place()}), which "
                    "parquet cannot hold; write to a .jsonl file"
                )
            return pa.struct([(key, shape.arrow()) for key, shape in self.fields.items()])
        if self.kind == "float" and self.largest > _EXACT:
            raise InputError(
                f"column {self.name}: whole numbers too large to stand beside fractions exactly "
                f"(first in {self._place()}); write to a .jsonl file"
            )
        types = {
            "null": pa.null(),
            "boolean": pa.bool_(),
            "integer": pa.int64(),
            "float": pa.float64(),
            "text": pa.string(),
        }
        return types[self.kind]

    def schema(self) -> pa.Schema:
        """The fields as the columns of a table."""
        import pyarrow as pa

        return pa.schema([(key, shape.arrow()) for key, shape in self.fields.items()])

    def _place(self) -> str:
        return f"{self.where.file} row {self.where.row}" if self.where else "no row"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"
