"""Programs that cannot pass any test, told without running them.

Only what is certain: a program that the verifier cannot read, and one that does nothing but define
functions under other names than the tests need. Everything else is run.
"""

from __future__ import annotations

import ast
import sys
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
