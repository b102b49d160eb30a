"""An index behind HTTP, in the form that `Remote` asks and Search-R1's users run: `smepo serve`.

    POST /retrieve {"queries": ["..."], "topk": 3, "return_scores": true}
    -> {"result": [[{"document": {"contents": "\\"Title\\"\\nText"}, "score": 1.5}]]}

Without ``return_scores`` the documents alone. A request that is none is answered with a status of
400 and a sentence, one that is too large with 413.
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from smepo.errors import ConfigError
from smepo.search.episode import Retriever
from smepo.search.index import Found

PATH = "/retrieve"
LARGEST = 4 << 20  # bytes of a request that are read
QUERIES = 1024  # of a request at most
MOST = 100  # passages a query at most
TOPK = 3  # where a request does not say
PATIENCE = 30.0  # seconds that a connection may be silent


class _BadRequestError(Exception):
    """What is wrong with a request, in words."""


def server(retriever: Retriever, host: str, port: int) -> ThreadingHTTPServer:
    """A server that answers from ``serve_forever``, one thread a connection; port 0 takes a free
    one. Raises ConfigError if the address cannot be had."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = PATIENCE

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal():
                return self._send(411, {"error": "give a Content-Length"})
            if int(length) > LARGEST:
                return self._send(413, {"error": f"a request has at most {LARGEST} bytes"})
            data = self.rfile.read(int(length))
            if self.path.rstrip("/") != PATH:
                return self._send(404, {"error": f"there is only {PATH}"}, close=False)
            try:
                said = {"result": answer(retriever, data)}
            except _BadRequestError as error:
                return self._send(400, {"error": str(error)}, close=False)
            return self._send(200, said, close=False)

        def _send(self, status: int, value: Any, *, close: bool = True) -> None:
            """``close``: the body of the request was not read, so the connection is no use."""
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if close:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Nothing: a training asks thousands of times."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128  # a step's rollouts connect at once

    try:
        return Server((host, port), Handler)
    except OSError as error:
        raise ConfigError(f"--host, --port: {host}:{port} cannot be served: {error}") from error


def answer(retriever: Retriever, data: bytes) -> list[list[Any]]:
    """The passages for each query of a request. Raises _BadRequestError."""
    try:
        asked = json.loads(data)
    except ValueError as error:
        raise _BadRequestError(f"no JSON: {error}") from error
    queries = asked.get("queries") if isinstance(asked, dict) else None
    if not isinstance(queries, list) or not all(isinstance(one, str) for one in queries):
        raise _BadRequestError('give "queries", a list of texts')
    if len(queries) > QUERIES:
        raise _BadRequestError(f"{len(queries)} queries; at most {QUERIES} a request")
    k = asked.get("topk") or TOPK
    if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= MOST:
        raise _BadRequestError(f'"topk": a whole number from 1 to {MOST}')
    scored = bool(asked.get("return_scores"))
    return [[_passage(one, scored) for one in retriever.search(query, k)] for query in queries]


def _passage(found: Found, scored: bool) -> dict[str, Any]:
    title = " ".join(found.title.split())  # it ends at the first line break
    document = {"contents": f'"{title}"\n{found.text}'}
    return {"document": document, "score": found.score} if scored else document
