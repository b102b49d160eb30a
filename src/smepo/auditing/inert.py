"""Programs and pieces of programs that cannot matter, told without running them.

Only what is certain: a program that the verifier cannot read, or that does nothing but define
functions under other names than the tests need; a statement that does nothing; a name that means
nothing. Everything else is run.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import re
import sys
import textwrap
from functools import lru_cache
from typing import Any

from smepo.types import Verifier
from smepo.verifiers.code import CodeVerifier
from smepo.verifiers.programs import parsed
from smepo.verifiers.tasks import TargetError, Task, task_of


def hopeless(code: str, target: Any, verifier: Verifier) -> bool:
    """True if the verdict on this program, wrapped, cannot be ``correct``.

    Known for our own verifier alone; a reward of the user's own has to run everything.
    """
    if not isinstance(verifier, CodeVerifier):
        return False
    try:
        task = task_of(target)
    except TargetError:
        return False  # the verdict says so
    program, verdict = verifier.quick(verifier.wrap(code), task)
    if verdict is not None:
        return True
    tree = parsed(program)
    return tree is not None and not _acts(tree) and _wanting(tree, task)


@lru_cache(maxsize=256)
def weight(code: str) -> str | None:
    """What a piece does as a statement: "code" something, "name" nothing but to name or state one
    thing, "" nothing; None: it is no Python, not even as a part of a statement."""
    tree = parsed(code)
    if tree is None:
        indented = textwrap.indent(code, "    ")
        heads = ("if 1:\n    pass\n", "try:\n    pass\n") if ":" in code else ()
        contexts = [f"{code}\n    pass", f"if 1:\n{indented}"]
        contexts += [f"{head}{code}{tail}" for head in heads for tail in ("", "\n    pass")]
        return "code" if any(parsed(one) is not None for one in contexts) else None
    if not all(_still(node) and not _defines(node) for node in tree.body):
        return "code"
    return "name" if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else ""


def returnable(code: str) -> bool:
    """Whether a piece is an expression."""
    tree = parsed(code)
    return tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)


def means(code: str, starter: str, target: Any) -> bool:
    """Whether a bare name or constant can have a value below the starter code.

    A name that neither the starter nor the setup knows is a NameError, whatever the trace says.
    """
    name = code.strip()
    if not name.isidentifier() or hasattr(builtins, name):
        return True
    try:
        setup = task_of(target).setup
    except TargetError:
        return True
    if re.search(rf"\b{re.escape(name)}\b", f"{starter}\n{setup}"):
        return True
    return any(name in _public(module) for module in _STAR.findall(setup))


_STAR = re.compile(r"^[ \t]*from[ \t]+(\S+)[ \t]+import[ \t]+\*", re.MULTILINE)
_PLAIN = frozenset(
    "typing functools collections itertools heapq bisect string operator math".split()
)


class _Everything(frozenset[str]):
    def __contains__(self, name: object) -> bool:
        return True


@lru_cache(maxsize=64)
def _public(module: str) -> frozenset[str]:
    """What a star takes from a module; everything, for one that is not imported here to see."""
    return frozenset(dir(importlib.import_module(module))) if module in _PLAIN else _Everything()


def _defines(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _acts(tree: ast.Module) -> bool:
    """Whether running a module does more than to bind the names of functions and to read names."""
    return not all(_still(node) for node in tree.body)


def _still(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = node.args
        run_now = [*node.decorator_list, *arguments.defaults, *arguments.kw_defaults]
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
        run_now += [node.returns, *(one.annotation for one in every)]
        return all(one is None for one in run_now)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant | ast.Name)
    return isinstance(node, ast.Pass)


def _wanting(tree: ast.Module, task: Task) -> bool:
    """Whether such a module lacks what the tests need: a name, or any output."""
    if task.stdio:
        return not task.setup and any(text.strip() for text in task.outputs)
    names = {task.needs} if task.entry else set(task.names) - sys.stdlib_module_names
    bound = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    return any(name and name not in bound and name not in task.setup for name in names)
