"""Targets of code: what a program is tested with."""

from __future__ import annotations

import ast
import builtins
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from smepo.verifiers.programs import tree_of

KEYS = ("tests", "inputs", "outputs", "entry_point", "fn_name", "setup")


class TargetError(ValueError):
    """A target that cannot test anything."""


@dataclass(frozen=True, slots=True)
class Task:
    """A target, read.

    ``tests``: pieces of test code, in order. ``inputs`` and ``outputs``: of calls of ``entry``, or
    texts of standard input and output where there is no ``entry``. ``entry``: an expression such
    as ``Solution().twoSum``. ``setup``: code before the program. ``names``: what the tests take
    from the program or from the standard library.
    """

    tests: tuple[str, ...] = ()
    inputs: tuple[Any, ...] = ()
    outputs: tuple[Any, ...] = ()
    entry: str = ""
    setup: str = ""
    names: tuple[str, ...] = ()

    @property
    def stdio(self) -> bool:
        """Whether programs are run on standard input."""
        return bool(self.inputs) and not self.entry

    @property
    def needs(self) -> str:
        """The name that a program has to define; empty if none is known."""
        return self.entry.split("(")[0].split(".")[0].strip()


def task_of(target: Any) -> Task:
    """Read a target: a mapping, or its JSON; raises ``TargetError``."""
    if isinstance(target, str):
        return _from_text(target)
    if not isinstance(target, Mapping):
        raise TargetError(f"the target is a {type(target).__name__}, not {_WANTED}")
    return _read(target)


_WANTED = 'an object with "tests" or with "inputs" and "outputs"'


@lru_cache(maxsize=256)
def _from_text(text: str) -> Task:
    try:
        target = json.loads(text)
    except (ValueError, RecursionError):
        raise TargetError(f"the target is no JSON: it has to be {_WANTED}") from None
    if not isinstance(target, Mapping):
        raise TargetError(f"the target is a {type(target).__name__}, not {_WANTED}")
    return _read(target)


def _read(target: Mapping[str, Any]) -> Task:
    entry = str(target.get("entry_point") or target.get("fn_name") or "").strip()
    setup = str(target.get("setup") or "")
    tests = target.get("tests")
    if tests is not None and not isinstance(tests, str) and not _is_list(tests):
        raise TargetError('"tests" is neither a text nor a list of texts')
    if tests is not None and len(tests):
        pieces = [tests] if isinstance(tests, str) else [str(one) for one in tests]
        return _with_tests(tuple(pieces), entry, setup)
    inputs, outputs = target.get("inputs"), target.get("outputs")
    if inputs is None or outputs is None:
        raise TargetError(f"there are no tests: the target has to be {_WANTED}")
    if not (_is_list(inputs) and _is_list(outputs)) or len(inputs) != len(outputs):
        raise TargetError('"inputs" and "outputs" are not lists of one length')
    if not len(inputs):
        raise TargetError("there are no tests: the lists are empty")
    if entry:
        inputs = [_arguments(one) for one in inputs]
        outputs = [_value(one) for one in outputs]
    else:
        inputs, outputs = map(_text, inputs), map(_text, outputs)
    return Task((), tuple(inputs), tuple(outputs), entry, setup)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _text(value: Any) -> str:
    return "\n".join(map(str, value)) if _is_list(value) else str(value)


def _arguments(value: Any) -> list[Any]:
    """The arguments of a call: a list of them, or a text with one a line, each as JSON."""
    if isinstance(value, str):
        return [_value(line) for line in value.splitlines()]
    return list(value) if _is_list(value) else [value]


def _value(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


@lru_cache(maxsize=256)
def _with_tests(tests: tuple[str, ...], entry: str, setup: str) -> Task:
    """Test code: calls its ``check`` if it does not itself, and finds out what names it needs."""
    try:
        trees = [tree_of(text) for text in tests]
        before = tree_of(setup)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise TargetError(f"the tests or their setup are no Python: {error}") from None
    if not any(_acting(tree) for tree in trees):
        raise TargetError("there are no tests: the code is empty")
    defined = _names(before).stored
    loose = sorted(_names(before).loaded - defined)
    if loose and not entry and not _stars(before) and not set(loose) <= sys.stdlib_module_names:
        # it builds objects of the program's own classes: it belongs to the tests
        tests, trees, setup, defined = (setup, *tests), [before, *trees], "", frozenset()
    if entry and _defines_check(trees) and not _calls_check(trees):
        tests = (*tests, "check(candidate)")
    needed: set[str] = set()
    known = defined | (frozenset((entry, "candidate", "check")) if entry else frozenset())
    called: set[str] = set()
    for tree in trees:
        names = _names(tree)
        needed |= names.loaded
        known |= names.stored
        called |= names.called
    names_found = needed - known
    if not entry and not names_found:
        names_found = called - known  # functions that have the name of a built-in one
    names_found = {n for n in names_found if not entry or n in sys.stdlib_module_names}
    return Task(tests, entry=entry, setup=setup, names=tuple(sorted(names_found)))


def _acting(tree: ast.Module) -> list[ast.stmt]:
    """The statements of a module that do anything."""
    return [
        node
        for node in tree.body
        if not (isinstance(node, ast.Pass))
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


@dataclass(frozen=True, slots=True)
class _Names:
    loaded: frozenset[str]  # without those of built-in things
    stored: frozenset[str]
    called: frozenset[str]  # those of built-in functions


def _names(tree: ast.AST) -> _Names:
    loaded: set[str] = set()
    stored: set[str] = set()
    called: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            stored.add(node.name)
        elif isinstance(node, ast.arg):
            stored.add(node.arg)
        elif isinstance(node, ast.alias):
            stored.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            stored.add(node.name)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
    free = frozenset(name for name in loaded if not hasattr(builtins, name))
    own = frozenset(name for name in called if hasattr(builtins, name))
    return _Names(free, frozenset(stored), own)


def _stars(tree: ast.Module) -> bool:
    return any(isinstance(n, ast.alias) and n.name == "*" for n in ast.walk(tree))


def _defines_check(trees: Sequence[ast.Module]) -> bool:
    return any(
        isinstance(node, ast.FunctionDef) and node.name == "check"
        for tree in trees
        for node in tree.body
    )


def _calls_check(trees: Sequence[ast.Module]) -> bool:
    return any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "check"
        for tree in trees
        for node in tree.body
    )
