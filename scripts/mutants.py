"""Mechanical mutations of a Python program, by its syntax tree.

    mutants(code, count, seed)   # so many different programs, each with one change

Ten operators, named after what they do; a program's mutants take turns through them, so that ten
mutants of one program are ten kinds of fault where it has a place for each.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Change = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one change: the operator's name, the line before and after, the program."""

    operator: str
    before: str
    after: str
    code: str


_ARITHMETIC: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Add(),
    ast.Div: ast.Mult(),
    ast.FloorDiv: ast.Mult(),
    ast.Mod: ast.FloorDiv(),
    ast.Pow: ast.Mult(),
    ast.BitAnd: ast.BitOr(),
    ast.BitOr: ast.BitAnd(),
    ast.BitXor: ast.BitAnd(),
    ast.LShift: ast.RShift(),
    ast.RShift: ast.LShift(),
}
_COMPARISONS: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
}


def mutants(code: str, count: int, seed: int) -> list[Mutant]:
    """Up to ``count`` mutants that differ from each other and from the program, all of which parse.

    The operators take turns in a drawn order; each has its places in a drawn order.
    """
    draw = random.Random(seed)
    original = ast.unparse(ast.parse(code))
    size = {name: sum(1 for _ in places(ast.parse(original))) for name, places in OPERATORS.items()}
    order = {name: draw.sample(range(n), n) for name, n in size.items()}
    names = draw.sample(list(OPERATORS), len(OPERATORS))
    found: dict[str, Mutant] = {}
    while len(found) < count and any(order.values()):
        for name in names:
            if order[name] and len(found) < count:
                made = _mutant(original, name, order[name].pop())
                if made is not None and made.code != original:
                    found.setdefault(made.code, made)
    return list(found.values())


def _mutant(original: str, name: str, at: int) -> Mutant | None:
    tree = ast.parse(original)
    change = next(c for n, c in enumerate(OPERATORS[name](tree)) if n == at)
    change()
    try:
        code = ast.unparse(ast.fix_missing_locations(tree))
        compile(code, "<mutant>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    before, after = _difference(original, code)
    return Mutant(name, before, after, code)


def _difference(one: str, two: str) -> tuple[str, str]:
    """The lines that differ, without those that both programs begin and end with."""
    a, b = one.splitlines(), two.splitlines()
    while a and b and a[0] == b[0]:
        del a[0], b[0]
    while a and b and a[-1] == b[-1]:
        del a[-1], b[-1]
    return " / ".join(line.strip() for line in a), " / ".join(line.strip() for line in b)


def _setter(owner: ast.AST, name: str, value: object) -> Change:
    return lambda: setattr(owner, name, value)


def _off_by_one(tree: ast.AST) -> Iterator[Change]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is int:
            yield _setter(node, "value", node.value + 1)
            yield _setter(node, "value", node.value - 1)


def _swapped_operator(tree: ast.AST) -> Iterator[Change]:
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
            yield _setter(node, "op", _ARITHMETIC[type(node.op)])


def _swapped_comparison(tree: ast.AST) -> Iterator[Change]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for at, op in enumerate(node.ops):
                if type(op) in _COMPARISONS:
                    ops = [*node.ops[:at], _COMPARISONS[type(op)], *node.ops[at + 1 :]]
                    yield _setter(node, "ops", ops)


def _negated_condition(tree: ast.AST) -> Iterator[Change]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            yield _setter(node, "test", ast.UnaryOp(ast.Not(), node.test))


def _early_return(tree: ast.AST) -> Iterator[Change]:
    """Return at a statement in the middle: what a later return of the function gives, or None."""
    for function in _functions(tree):
        for body in _bodies(function):
            for at in range(len(body)):
                yield _inserted(body, at, ast.Return(ast.Constant(None)))


def _empty_body(tree: ast.AST) -> Iterator[Change]:
    for function in _functions(tree):
        yield _setter(function, "body", [ast.Pass()])


def _wrong_constant(tree: ast.AST) -> Iterator[Change]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bool):
                yield _setter(node, "value", not node.value)
            elif isinstance(node.value, int | float):
                yield _setter(node, "value", 2 * node.value + 3)
            elif isinstance(node.value, str):
                yield _setter(node, "value", node.value + "#" if len(node.value) != 1 else "#")


def _dropped_statement(tree: ast.AST) -> Iterator[Change]:
    for function in _functions(tree):
        for body in _bodies(function):
            for at, node in enumerate(body):
                if not isinstance(node, ast.Pass | ast.FunctionDef):
                    yield _replaced(body, at, ast.Pass())


def _swapped_logic(tree: ast.AST) -> Iterator[Change]:
    """``and`` for ``or``; the branches of an ``if``; the first two arguments of a call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp):
            yield _setter(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        elif isinstance(node, ast.If) and node.orelse:
            yield _both(node, "body", node.orelse, "orelse", node.body)
        elif isinstance(node, ast.Call) and len(node.args) >= 2:
            yield _setter(node, "args", [node.args[1], node.args[0], *node.args[2:]])


def _wrong_return(tree: ast.AST) -> Iterator[Change]:
    """A returned value is None, negated, or one more."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            yield _setter(node, "value", ast.Constant(None))
            yield _setter(node, "value", ast.UnaryOp(ast.Not(), node.value))
            yield _setter(node, "value", ast.BinOp(node.value, ast.Add(), ast.Constant(1)))


OPERATORS: dict[str, Callable[[ast.AST], Iterator[Change]]] = {
    "off by one": _off_by_one,
    "swapped operator": _swapped_operator,
    "swapped comparison": _swapped_comparison,
    "negated condition": _negated_condition,
    "early return": _early_return,
    "empty body": _empty_body,
    "wrong constant": _wrong_constant,
    "dropped statement": _dropped_statement,
    "swapped logic": _swapped_logic,
    "wrong return": _wrong_return,
}


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _bodies(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    """The lists of statements of a function, without those of functions in it."""
    waiting: list[ast.AST] = [function]
    while waiting:
        node = waiting.pop()
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                yield body
                waiting += [one for one in body if not isinstance(one, ast.FunctionDef)]


def _inserted(body: list[ast.stmt], at: int, node: ast.stmt) -> Change:
    return lambda: body.insert(at, copy.copy(node))


def _replaced(body: list[ast.stmt], at: int, node: ast.stmt) -> Change:
    def change() -> None:
        body[at] = node

    return change


def _both(node: ast.AST, one: str, first: object, two: str, second: object) -> Change:
    def change() -> None:
        setattr(node, one, first)
        setattr(node, two, second)

    return change
