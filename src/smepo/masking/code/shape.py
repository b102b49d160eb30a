"""The shape of Python code, which stays at the level ``skeleton``; what computes becomes blanks.

    def total(a: list[int], start=[CODE_1]) -> int:
        \"\"\"The sum of the list.\"\"\"
        [CODE_2]  # nothing is added yet
        for [CODE_3] in [CODE_4]:
            [CODE_5]
        return [CODE_6]

Signatures, docstrings, comments, imports and the words of control flow stay. What is not on that
list hides: a node of the syntax tree is kept by name, so that nothing new can slip through. Code
that tree-sitter cannot read without an error has no shape to keep, and the caller hides it whole.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import tree_sitter
import tree_sitter_python

from smepo.masking.code import remarks

Range = tuple[int, int]

# What is done with a node, by its type. Any other type hides.
_ENTER: Final = 1
_STAY: Final = 2
_NAME: Final = 3  # stays as the name of a definition or a parameter
_BY_TEXT: Final = 4  # stays if its text is plain
_COMMENT: Final = 5
_STATEMENT: Final = 6  # hides, but for a docstring, ``...`` and the word of a ``yield``
_DOCSTRING_STAYS: Final = 7
_DECORATES: Final = 8  # hides, but for the name that a decorator calls

_ACTIONS: Final[dict[str, int]] = {
    **dict.fromkeys(
        "module block if_statement elif_clause else_clause for_statement while_statement"
        " try_statement except_clause finally_clause with_statement with_clause with_item"
        " as_pattern match_statement case_clause if_clause decorated_definition"
        " function_definition class_definition parameters typed_parameter default_parameter"
        " typed_default_parameter return_statement raise_statement assert_statement yield"
        " decorator".split(),
        _ENTER,
    ),
    **dict.fromkeys(
        "if elif else for while in try except finally with as match case def class async return"
        " raise assert from : , ; ( ) = -> * @ pass_statement break_statement"
        " continue_statement import_statement future_import_statement line_continuation"
        " positional_separator keyword_separator".split(),
        _STAY,
    ),
    **dict.fromkeys("identifier list_splat_pattern dictionary_splat_pattern".split(), _NAME),
    **dict.fromkeys(
        "type type_parameter attribute argument_list import_from_statement".split(), _BY_TEXT
    ),
    "call": _DECORATES,
    "comment": _COMMENT,
    "expression_statement": _STATEMENT,
}
_NAMED: Final = frozenset("function_definition class_definition parameters typed_parameter".split())
_DECORATION: Final = frozenset(("decorator", "call"))  # calls are entered there alone
_DEFAULTS: Final = frozenset(("default_parameter", "typed_default_parameter"))
_PLAIN: Final = {
    "type": re.compile(r"[\w.\[\],\s|\"']*"),
    "type_parameter": re.compile(r"[\w.\[\],\s|:]*"),
    "argument_list": re.compile(r"\([\w.\[\],\s=]*\)"),
    "arguments": re.compile(r"\(\s*\)"),  # of a decorator
    "attribute": re.compile(r"[\w.]+"),
    # Renaming defines a function: ``from math import comb as solve`` is a solution.
    "import_from_statement": re.compile(r"(?:(?!\bas\b|\*)[^#])*"),
}
_LEAD: Final = {
    "argument_list": re.compile(r"\("),
    "arguments": re.compile(r"\("),
    "import_from_statement": re.compile(r"from\s+[\w.]+\s+import\b\s*"),
}
_LONGEST: Final = 200_000  # characters of a block that are read; an error in more takes seconds
_CHUNK: Final = 65_536  # bytes that the parser is handed at a time
_DOCSTRING = re.compile(r"[rRuU]?[\"']")

_MARKS = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_INDENT = re.compile(r"(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*")
_FOREIGN = re.compile(r"[^\x01-\x7f]")


def find(text: str, start: int, end: int, stated: frozenset[str]) -> list[Range] | None:
    """What the skeleton of the Python code ``text[start:end]`` hides, in order.

    ``stated`` are the lines of the question: a line of a comment or a docstring that is one of
    them stays as it is. None if the code cannot be read, or is longer than ``_LONGEST``. Linear:
    tree-sitter parses without recursion, and every node is visited once.
    """
    if end - start > _LONGEST:
        return None
    line = text.rfind("\n", 0, start) + 1
    line = line if _INDENT.fullmatch(text, line, start) else start
    source = _source(text, line, start, end)
    tree = _parsed(source.encode("ascii"))
    if tree is None or tree.root_node.has_error:
        return None
    return _Walk(text, source, line, stated).hidden(tree.walk())


def _parsed(code: bytes) -> tree_sitter.Tree | None:
    """The syntax tree; None if tree-sitter met an error early: it could search long for a mend."""

    def read(at: int, point: object) -> bytes:
        return code[at : at + _CHUNK]

    def stop(at: int, has_error: bool) -> bool:
        return has_error

    parser = _parser()
    try:
        return parser.parse(read, progress_callback=stop)
    except ValueError:  # what a parser says that was stopped
        parser.reset()
        return None


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))


def _source(text: str, line: int, start: int, end: int) -> str:
    """ASCII of the same length as ``text[line:end]``, so that bytes are positions.

    Marks of quotations and lists become space; letters stay letters and all else that is foreign
    becomes ``?``, which is valid in literals and comments alone.
    """
    lead = re.sub(r"[^\t]", " ", text[line:start])
    code = text[start:end]
    if ">" in text[line:start]:
        code = _MARKS.sub(lambda mark: " " * len(mark[0]), code)
    source = lead + code
    if not source.isascii() or "\0" in source:
        source = _FOREIGN.sub(lambda found: "x" if found[0].isalpha() else "?", source)
    return source


class _Walk:
    """One pass over a tree. Every character is kept on purpose or hidden."""

    def __init__(self, text: str, source: str, shift: int, stated: frozenset[str]) -> None:
        self.text, self.source, self.shift, self.stated = text, source, shift, stated
        self.found: list[Range] = []
        self.parents: list[str] = []
        self.doc_depth = -1  # of the statement that is a docstring if it is a string

    def hidden(self, cursor: tree_sitter.TreeCursor) -> list[Range] | None:
        """The ranges to hide; None if the tree leaves something out."""
        at = 0
        while True:
            node = cursor.node
            assert node is not None
            kind, start, end = node.type, node.start_byte, node.end_byte
            action = _ACTIONS.get(kind, 0)
            if action == _STATEMENT:
                action = self._statement(node)
            elif action == _DECORATES:
                action = _ENTER if self.parents[-1] in _DECORATION else 0
            elif len(self.parents) == self.doc_depth and action != _COMMENT:
                self.doc_depth = -1
            if action == _ENTER and self._enter(cursor, kind):
                continue
            if start > at and self.source[at:start].strip():
                return None
            at = max(at, end)
            self._leaf(cursor, action, kind, start, end)
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return None if self.source[at:].strip() else self.found
                self.parents.pop()

    def _enter(self, cursor: tree_sitter.TreeCursor, kind: str) -> bool:
        if not cursor.goto_first_child():
            return False
        defines = kind == "block" and self.parents[-1] in _NAMED
        self.parents.append(kind)
        if defines or kind == "module":
            self.doc_depth = len(self.parents)
        return True

    def _statement(self, node: tree_sitter.Node) -> int:
        """What becomes of an expression statement."""
        first = node.child(0)
        kind = "" if first is None else first.type
        docstring = kind == "string" and len(self.parents) == self.doc_depth
        self.doc_depth = -1
        if docstring and _DOCSTRING.match(self.source, node.start_byte):
            return _DOCSTRING_STAYS
        return _ENTER if kind == "yield" else _STAY if kind == "ellipsis" else 0

    def _leaf(
        self, cursor: tree_sitter.TreeCursor, action: int, kind: str, start: int, end: int
    ) -> None:
        if action in (_STAY, _ENTER):
            return
        if action in (_COMMENT, _DOCSTRING_STAYS):
            find = remarks.comment if action == _COMMENT else remarks.docstring
            self.found += find(self.text, start + self.shift, end + self.shift, self.stated)
            return
        parent = self.parents[-1]
        if action == _NAME and (parent in _NAMED or parent in _DECORATION):
            return
        if action == _NAME and parent in _DEFAULTS and cursor.field_name == "name":
            return
        end = start + len(self.source[start:end].rstrip())
        if action == _BY_TEXT and (kind != "attribute" or parent in _DECORATION):
            decorates = kind == "argument_list" and parent in _DECORATION
            start, end = self._not_plain("arguments" if decorates else kind, start, end)
        if start < end:
            self.found.append((start + self.shift, end + self.shift))

    def _not_plain(self, kind: str, start: int, end: int) -> Range:
        """What hides of an annotation, a decorator, superclasses or an import of names."""
        if _PLAIN[kind].fullmatch(self.source, start, end):
            return end, end
        lead = _LEAD[kind].match(self.source, start, end) if kind in _LEAD else None
        if lead is None:
            return start, end
        inside = lead[0].endswith("(") and self.source[end - 1] == ")"
        return lead.end(), end - inside
