"""The program in a completion."""

from __future__ import annotations

import ast
import re
import textwrap
import threading
import warnings
from functools import lru_cache
from typing import NamedTuple

_FENCE = re.compile(r"^[ \t]*(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE)
_PYTHON = frozenset(("python", "python3", "py", "py3", "pycon", "ipython", "cpython"))
MAX_CODE = 100_000  # characters; nobody writes a longer program


def extract(completion: str, needs: str = "") -> str | None:
    """The last fenced block with code, else the whole text if it is code; None: there is no code.

    After ``</think>`` counts before what was thought. Blocks that say that they are Python come
    before those that say nothing, and those that define the name ``needs`` before others. The other
    languages' count only where there is nothing else.
    """
    thought = completion.rfind("</think>")
    if thought >= 0:
        found = extract(completion[thought + len("</think>") :], needs)
        if found is not None:
            return found
    blocks = fences(completion)
    ranked: list[tuple[bool, bool, int, int, str]] = []
    for at, (_, _, language, code) in enumerate(blocks):
        if code.strip():
            parses = parsed(code) is not None
            says = 2 if language in _PYTHON else int(not language)
            ranked.append((parses and needs in _defined(code), parses, says, at, code))
    if ranked:
        return max(ranked)[-1]
    if blocks or not completion.strip():
        return None
    return completion if parsed(completion) is not None else None


class Fence(NamedTuple):
    """A fenced block: where its content stands, the language it says (lower case), its code."""

    start: int
    end: int
    language: str
    code: str


def fences(text: str) -> list[Fence]:
    """The fenced blocks, by CommonMark; the last may be open. Linear in the text."""
    blocks: list[Fence] = []
    mark, language, start = "", "", 0
    for match in _FENCE.finditer(text):
        info = match["info"].strip()
        if mark:
            if match["mark"].startswith(mark) and not info:
                blocks.append(_block(text, start, match.start(), language))
                mark = ""
        elif "`" not in info or match["mark"][0] == "~":
            mark, start = match["mark"], match.end() + 1
            language = info.split()[0].lower().strip("{}.") if info else ""
    if mark:
        blocks.append(_block(text, start, len(text), language))
    return blocks


def _block(text: str, start: int, end: int, language: str) -> Fence:
    start = min(start, end)
    return Fence(start, end, language, textwrap.dedent(text[start:end].replace("\r\n", "\n")))


_PARSING = threading.RLock()


def tree_of(code: str) -> ast.Module:
    """``ast.parse``, by one thread at a time.

    CPython 3.11 keeps one depth count for all threads: where two build trees at once, one may fail
    with SystemError (python/cpython#106905). The filters of warnings are the process's own too.
    """
    with _PARSING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


@lru_cache(maxsize=64)
def parsed(code: str) -> ast.Module | None:
    """The syntax tree, or None for what is no Python."""
    if len(code) > MAX_CODE:
        return None
    try:
        return tree_of(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=64)
def _defined(code: str) -> frozenset[str]:
    """The names that a program binds at its top level, among others."""
    tree = parsed(code)
    names: set[str] = set()
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(a.asname or a.name).split(".")[0] for a in node.names}
    return frozenset(names)


def fence(code: str) -> str:
    """A completion with one fenced block, whose fence the code does not hold."""
    longest = max((len(m) for m in re.findall(r"`{3,}", code)), default=2)
    mark = "`" * max(3, longest + 1)
    return f"{mark}python\n{code}\n{mark}"
