"""Values as plain data, with their identities: a table of nodes that refer to each other.

A scalar (None, bool, int, float, str) stands for itself; ``[i]`` is node ``i``. A node is a list of
a tag and its parts: ``l`` list, ``t`` tuple, ``s`` set, ``f`` frozenset, ``q`` deque, ``d`` dict
(key, value, key, value ...), ``o`` object (class name, attribute, value ...), ``b`` bytes, ``B``
bytearray, ``c`` complex, ``g`` range, ``p`` a scalar of a subclass, ``y`` a built-in type, ``v``
another value of the standard library, and ``h`` a handle: an object that stays where it is.
Decoding makes nothing but these, whatever it is given.
"""

from __future__ import annotations

import builtins
import datetime
import decimal
import fractions
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

SCALARS = frozenset((type(None), bool, int, float, str))
_TAGS: dict[type, str] = {list: "l", tuple: "t", set: "s", frozenset: "f", deque: "q"}
_FILLED: dict[str, type] = {"l": list, "s": set, "q": deque, "d": dict}
_BASES: tuple[Any, ...] = (
    str,
    int,
    float,
    list,
    tuple,
    dict,
    set,
    frozenset,
    deque,
)  # of subclasses
_VALUES: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "Fraction": (fractions.Fraction, str, fractions.Fraction),
    "Decimal": (decimal.Decimal, str, decimal.Decimal),
    "datetime": (
        datetime.datetime,
        datetime.datetime.isoformat,
        datetime.datetime.fromisoformat,
    ),
    "date": (datetime.date, datetime.date.isoformat, datetime.date.fromisoformat),
}

Nodes = list[Any]
MAX_DEPTH = 200


class DataError(Exception):
    """Data that cannot be read, or a value that cannot be sent."""


class Encoder:
    """Builds one table. ``known`` objects take the first nodes, in their order.

    ``classes``: names of classes whose objects are sent by their attributes. ``handle``: gives a
    number to any other object; without it such an object is a ``DataError``.
    """

    def __init__(
        self,
        classes: Collection[str],
        handle: Callable[[Any], int] | None = None,
        known: Sequence[Any] = (),
    ) -> None:
        self.nodes: Nodes = []
        self._classes = classes
        self._handle = handle
        self._objects: list[Any] = list(known)
        self._index = {id(one): at for at, one in enumerate(self._objects)}

    def add(self, value: Any) -> Any:
        """The value as it stands in a node; what it holds is in ``nodes`` afterwards."""
        found = self._reference(value)
        while len(self.nodes) < len(self._objects):
            self.nodes.append(self._node(self._objects[len(self.nodes)]))
        return found

    @property
    def objects(self) -> Sequence[Any]:
        """The object of each node."""
        return self._objects

    def _reference(self, value: Any) -> Any:
        if type(value) in SCALARS:
            return value
        at = self._index.get(id(value))
        if at is None:
            at = self._index[id(value)] = len(self._objects)
            self._objects.append(value)
        return [at]

    def _node(self, value: Any) -> list[Any]:
        kind: Any = type(value)
        tag = _TAGS.get(kind)
        if tag is not None:
            return [tag, *self._parts(list(value))]
        if kind is dict:
            return ["d", *self._parts([part for pair in value.items() for part in pair])]
        name = kind.__name__
        if name in self._classes:
            pairs = attributes(value).items()
            return ["o", name, *self._parts([part for pair in pairs for part in pair])]
        return self._rare(value, kind)

    def _parts(self, parts: list[Any]) -> list[Any]:
        if SCALARS.issuperset(map(type, parts)):
            return parts
        return [self._reference(part) for part in parts]

    def _rare(self, value: Any, kind: Any) -> list[Any]:
        if kind in (bytes, bytearray):
            return ["b" if kind is bytes else "B", value.hex()]
        if kind is complex:
            return ["c", value.real, value.imag]
        if kind is range:
            return ["g", value.start, value.stop, value.step]
        if kind is type and value.__module__ == "builtins":
            return ["y", value.__name__]
        for name, (cls, write, _) in _VALUES.items():
            if kind is cls:
                return ["v", name, write(value)]
        for base in _BASES:
            if isinstance(value, base):
                plain = base(value)
                return ["p", plain] if base in SCALARS else self._node(plain)
        if self._handle is None:
            raise DataError(f"a {kind.__name__} cannot be sent")
        return ["h", self._handle(value)]


def attributes(value: Any) -> dict[str, Any]:
    """The attributes of an object, those in slots too."""
    found = dict(getattr(value, "__dict__", ()))
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found[name] = getattr(value, name)
    return found


class Decoder:
    """Reads one table. The first nodes are ``known`` objects, which are brought up to date.

    ``make``: an empty object of a class by its name. ``held``: what a handle stands for.
    """

    def __init__(
        self,
        nodes: Any,
        make: Callable[[str], Any],
        held: Callable[[int], Any],
        known: Sequence[Any] = (),
    ) -> None:
        if not isinstance(nodes, list) or len(nodes) < len(known):
            raise DataError("no table")
        self._nodes = nodes
        self._made: list[Any] = [_MISSING] * len(nodes)
        self._open: set[int] = set()
        self._depth: dict[int, int] = {}  # of tuples and frozensets, by id
        try:
            for at, node in enumerate(nodes):
                self._made[at] = self._shell(node, known[at] if at < len(known) else _MISSING)
                if at < len(known):
                    continue
                if node[0] == "o":
                    self._made[at] = make(node[1])
                elif node[0] == "h":
                    self._made[at] = held(_int(node[1]))
            for at in range(len(nodes)):
                self._fill(at)
        except DataError:
            raise
        except (
            ArithmeticError,
            AttributeError,
            IndexError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ) as error:
            raise DataError(f"{type(error).__name__}: {error}") from None

    def value(self, part: Any) -> Any:
        """A part of a node as a value."""
        if type(part) in SCALARS:
            return part
        if type(part) is not list or len(part) != 1:
            raise DataError("neither a scalar nor a reference")
        return self._at(_int(part[0]))

    @property
    def objects(self) -> Sequence[Any]:
        """The object of each node."""
        return self._made

    def _shell(self, node: Any, known: Any) -> Any:
        if type(node) is not list or not node or type(node[0]) is not str:
            raise DataError("not a node")
        kind = _FILLED.get(node[0])
        if known is not _MISSING:
            if kind is not None and not isinstance(known, kind):
                raise DataError("an argument has changed its type")
            return known
        return _MISSING if kind is None else kind()

    def _at(self, at: int) -> Any:
        if not 0 <= at < len(self._made):
            raise DataError("no such node")
        if self._made[at] is _MISSING:
            if at in self._open:
                raise DataError("a value that holds itself")
            self._open.add(at)
            self._made[at] = self._fixed(self._nodes[at])
        return self._made[at]

    def _fixed(self, node: list[Any]) -> Any:
        """A value that cannot be changed later: it needs its parts now."""
        tag = node[0]
        if tag in ("t", "f"):
            parts = self._values(node[1:])
            depth = 1 + max((self._depth.get(id(one), 0) for one in parts), default=0)
            if depth > MAX_DEPTH:  # to hash or compare it would overflow the stack of C
                raise DataError("a tuple in a tuple in a tuple ...")
            made = (tuple if tag == "t" else frozenset)(parts)
            self._depth[id(made)] = depth
            return made
        if tag in ("b", "B"):
            return (bytes if tag == "b" else bytearray).fromhex(node[1])
        if tag == "c":
            return complex(float(node[1]), float(node[2]))
        if tag == "g":
            return range(_int(node[1]), _int(node[2]), _int(node[3]))
        if tag == "v":
            return _VALUES[node[1]][2](node[2])
        if tag == "p" and type(node[1]) in SCALARS:
            return node[1]
        if tag == "y" and type(vars(builtins).get(node[1])) is type:
            return vars(builtins)[node[1]]
        raise DataError("unknown tag")

    def _values(self, parts: list[Any]) -> list[Any]:
        if SCALARS.issuperset(map(type, parts)):
            return parts
        return [self.value(part) for part in parts]

    def _fill(self, at: int) -> None:
        node, made = self._nodes[at], self._at(at)
        tag = node[0]
        if tag not in ("l", "s", "q", "d", "o"):
            return
        parts = self._values(node[2:] if tag == "o" else node[1:])
        if tag == "l":
            made[:] = parts
        elif tag in ("s", "q"):
            made.clear()
            (made.update if tag == "s" else made.extend)(parts)
        elif tag == "d":
            made.clear()
            made.update(zip(parts[::2], parts[1::2], strict=True))
        else:
            methods = type(made)
            for name, value in zip(parts[::2], parts[1::2], strict=True):
                if callable(getattr(methods, name, None)) or name[:2] == "__":
                    raise DataError(f"an attribute in the place of the method {name}")
                object.__setattr__(made, name, value)


class _Missing:
    """Stands where a node has no object yet."""


_MISSING = _Missing()


def _int(value: Any) -> int:
    if type(value) is not int:
        raise DataError("not a number")
    return value
