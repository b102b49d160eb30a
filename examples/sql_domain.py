"""A domain of your own: SQL. A detector, a reward, and the candidates of its audit.

cd examples
smepo mask sql.jsonl masked.jsonl --domain sql_domain:spans --verifier sql_domain:same_rows
smepo audit masked.jsonl --strict
"""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from smepo.masking import Context
from smepo.types import Kind, Role, Span

QUERY = re.compile(r"\b(?:SELECT|WITH)\b(?:[^;`*\n]|\*(?!\*)|\n(?!\s*\n|```))+")
ANY_CASE = re.compile(QUERY.pattern, re.IGNORECASE)
QUOTED = re.compile(r"`([^`\n]+)`")
CLAUSE = re.compile(r"[<>=*()]|\b(?:FROM|WHERE|JOIN|GROUP|ORDER|HAVING|LIMIT|ON|AND|OR|IN)\b")


def spans(text: str, context: Context) -> list[Span]:
    """Queries and quoted clauses are what a step yields; quoted names of tables stay."""
    queries = [query.span() for query in QUERY.finditer(text)]
    clauses = [
        quoted.span(1)
        for quoted in QUOTED.finditer(text)
        if CLAUSE.search(quoted[1]) and quoted[1] not in context.question
    ]
    return [
        Span(start, end, Kind.CODE, Role.RESULT, key=text[start:end].strip())
        for start, end in queries + clauses
    ]


def same_rows(completion: str, target: Mapping[str, Any]) -> bool:
    """Whether the completion's last query yields the rows of ``target["query"]``.

    Each of ``target["setups"]`` makes a database; with two of them no constant can be right.
    """
    queries = ANY_CASE.findall(completion)
    if not queries:
        return False
    wanted = [rows(setup, target["query"]) for setup in target["setups"]]
    try:
        return [rows(setup, queries[-1]) for setup in target["setups"]] == wanted
    except (sqlite3.Error, sqlite3.Warning):  # the query of a policy
        return False


def rows(setup: str, query: str, steps: int = 1_000_000) -> list[tuple[object, ...]]:
    """The result in any order, of a query that may only read; raises sqlite3.Error.

    ``steps`` of the virtual machine end a query that runs away.
    """
    with sqlite3.connect(":memory:") as base:
        base.executescript(setup)
        allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
        base.set_authorizer(lambda act, *_: int(act not in allowed))
        base.set_progress_handler(lambda: 1, steps)
        return sorted(base.execute(query).fetchmany(10_000), key=repr)


def candidates(text: str) -> list[tuple[int, int]]:
    """What a policy could cut out as an answer: every stretch from a keyword on."""
    return [match.span() for match in ANY_CASE.finditer(text)]


same_rows.wrap = "```sql\n{}\n```".format
same_rows.candidates = candidates
